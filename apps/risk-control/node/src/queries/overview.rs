//! The figures of a bank's first page, over the last simulated day.

use risk_control::{Decision, Label, MICROSECONDS_PER_DAY};
use sqlx::{AssertSqlSafe, Row};

pub use crate::console::overview::OverviewFigures;
use crate::{
    console::{
        decision::DecisionCounts,
        overview::{SCORE_BINS, THROUGHPUT_INTERVALS},
    },
    node::BankNode,
    projections::{ACTIVITY, INTERVAL_US, TRANSACTIONS, decision_code, label_code},
};

impl BankNode {
    /// Counts, sums, scores and throughput of the last day on the node's clock.
    pub async fn overview(&self) -> Result<OverviewFigures, sqlx::Error> {
        let now_us = self.shared.clock.now_us();
        let newest = now_us.div_euclid(INTERVAL_US) * INTERVAL_US;
        let oldest = newest - MICROSECONDS_PER_DAY + INTERVAL_US;
        let mut figures = OverviewFigures {
            simulated_now_us: now_us,
            counts: DecisionCounts::default(),
            value_minor: 0,
            currency: self.shared.currency.clone(),
            fraud_confirmed: 0,
            fraud_confirmed_value_minor: 0,
            open_cases: self.open_cases(),
            decision_latency_p99_us: self.shared.latency.p99_us(),
            scores: vec![0; SCORE_BINS],
            throughput: vec![0; THROUGHPUT_INTERVALS],
        };
        self.add_decisions(&mut figures, oldest).await?;
        self.add_scores(&mut figures, oldest).await?;
        self.add_confirmed_fraud(&mut figures, now_us - MICROSECONDS_PER_DAY)
            .await?;
        Ok(figures)
    }

    async fn add_decisions(
        &self,
        figures: &mut OverviewFigures,
        oldest: i64,
    ) -> Result<(), sqlx::Error> {
        let activity = self.tables(ACTIVITY).table("activity");
        let rows = sqlx::query(AssertSqlSafe(format!(
            "-- overview_decisions
             SELECT interval_start, decision, transactions, amount_sum FROM {activity}
             WHERE interval_start >= $1"
        )))
        .bind(oldest)
        .fetch_all(self.shared.store.readers())
        .await?;
        for row in rows {
            let (interval, decision): (i64, i64) = (row.get(0), row.get(1));
            let count = row.get::<i64, _>(2).cast_unsigned();
            let of = |decision_kind: Decision| decision == decision_code(decision_kind);
            let counts = &mut figures.counts;
            let counter = if of(Decision::Approve) {
                &mut counts.approve
            } else if of(Decision::Challenge) {
                &mut counts.challenge
            } else if of(Decision::Review) {
                &mut counts.review
            } else {
                &mut counts.decline
            };
            *counter += count;
            figures.value_minor += row.get::<i64, _>(3);
            let place = usize::try_from((interval - oldest) / INTERVAL_US).unwrap_or(usize::MAX);
            if let Some(throughput) = figures.throughput.get_mut(place) {
                *throughput += count;
            }
        }
        Ok(())
    }

    async fn add_scores(
        &self,
        figures: &mut OverviewFigures,
        oldest: i64,
    ) -> Result<(), sqlx::Error> {
        let scores = self.tables(ACTIVITY).table("activity_scores");
        let rows: Vec<(i64, i64)> = sqlx::query_as(AssertSqlSafe(format!(
            "-- overview_scores
             SELECT bin, SUM(transactions) FROM {scores} WHERE interval_start >= $1 GROUP BY bin"
        )))
        .bind(oldest)
        .fetch_all(self.shared.store.readers())
        .await?;
        for (bin, count) in rows {
            let place = usize::try_from(bin).unwrap_or(usize::MAX);
            if let Some(score) = figures.scores.get_mut(place) {
                *score = count.cast_unsigned();
            }
        }
        Ok(())
    }

    async fn add_confirmed_fraud(
        &self,
        figures: &mut OverviewFigures,
        since_us: i64,
    ) -> Result<(), sqlx::Error> {
        let transactions = self.tables(TRANSACTIONS).table("transactions");
        let (count, value): (i64, i64) = sqlx::query_as(AssertSqlSafe(format!(
            "-- overview_confirmed_fraud
             SELECT COUNT(*), COALESCE(SUM(amount_minor), 0) FROM {transactions}
             WHERE label IS NOT NULL AND label = $1 AND label_known_at >= $2"
        )))
        .bind(label_code(Label::Fraud))
        .bind(since_us)
        .fetch_one(self.shared.store.readers())
        .await?;
        figures.fraud_confirmed = count.cast_unsigned();
        figures.fraud_confirmed_value_minor = value;
        Ok(())
    }
}
