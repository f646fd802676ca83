//! Counts and sums for the overview: decisions and scores in quarters of an hour of event time.

use std::{collections::BTreeMap, sync::Arc};

use accord_event_log::Recorded;
use accord_read_store::{Poison, Projection, ProjectionError, RowInsert, TableSet};
use futures::future::BoxFuture;
use risk_control::{Decision, Event, Transaction};
use sqlx::SqliteConnection;

use super::transactions::decision_code;
use crate::console::overview::score_bin;

/// Width of an interval.
pub const INTERVAL_US: i64 = 15 * 60 * 1_000_000;
/// Projection of counts and sums.
pub struct Activity;

#[derive(Default)]
struct Totals {
    count: i64,
    amount_sum: i64,
}

impl Projection<Event> for Activity {
    fn name(&self) -> &'static str {
        "activity"
    }

    fn version(&self) -> u32 {
        1
    }

    fn poison(&self) -> Poison {
        Poison::StopsProjection
    }

    fn create_tables(&self, tables: TableSet) -> String {
        include_str!("../../../../../migrations/risk-control/activity.sql")
            .replace("{set}", &format!("g{}", tables.generation))
    }

    fn tables(&self) -> &'static [&'static str] {
        &["activity", "activity_scores"]
    }

    fn apply<'a>(
        &'a self,
        connection: &'a mut SqliteConnection,
        tables: TableSet,
        events: &'a [Arc<Recorded<Event>>],
    ) -> BoxFuture<'a, Result<(), ProjectionError>> {
        Box::pin(async move {
            let mut decisions: BTreeMap<(i64, i64), Totals> = BTreeMap::new();
            let mut scores: BTreeMap<(i64, i64), i64> = BTreeMap::new();
            for recorded in events {
                match &recorded.event {
                    Event::TransactionAssessed(event) => {
                        count(&mut decisions, &event.transaction, event.decision);
                        let bin = i64::try_from(score_bin(event.score)).unwrap_or(i64::MAX);
                        *scores
                            .entry((interval(&event.transaction), bin))
                            .or_default() += 1;
                    }
                    Event::TransactionImported(event) => {
                        count(&mut decisions, &event.transaction, event.decision);
                    }
                    Event::TransactionAdvised(event) => {
                        count(&mut decisions, &event.transaction, event.decision);
                    }
                    _ => {}
                }
            }
            let decisions: Vec<_> = decisions.into_iter().collect();
            let activity = tables.table("activity");
            RowInsert::new(
                "activity_add",
                &activity,
                &["interval_start", "decision", "transactions", "amount_sum"],
                &format!(
                    "ON CONFLICT (interval_start, decision) DO UPDATE SET \
                     transactions = {activity}.transactions + excluded.transactions, \
                     amount_sum = {activity}.amount_sum + excluded.amount_sum"
                ),
            )
            .insert(
                connection,
                &decisions,
                |query, ((interval, decision), totals)| {
                    query
                        .bind(*interval)
                        .bind(*decision)
                        .bind(totals.count)
                        .bind(totals.amount_sum)
                },
            )
            .await?;
            let scores: Vec<_> = scores.into_iter().collect();
            let activity_scores = tables.table("activity_scores");
            RowInsert::new(
                "activity_scores_add",
                &activity_scores,
                &["interval_start", "bin", "transactions"],
                &format!(
                    "ON CONFLICT (interval_start, bin) DO UPDATE SET \
                     transactions = {activity_scores}.transactions + excluded.transactions"
                ),
            )
            .insert(connection, &scores, |query, ((interval, bin), count)| {
                query.bind(*interval).bind(*bin).bind(*count)
            })
            .await?;
            Ok(())
        })
    }
}

fn interval(transaction: &Transaction) -> i64 {
    transaction.occurred_at_us.div_euclid(INTERVAL_US) * INTERVAL_US
}

fn count(
    decisions: &mut BTreeMap<(i64, i64), Totals>,
    transaction: &Transaction,
    decision: Decision,
) {
    let totals = decisions
        .entry((interval(transaction), decision_code(decision)))
        .or_default();
    totals.count += 1;
    totals.amount_sum += transaction.amount_minor;
}
