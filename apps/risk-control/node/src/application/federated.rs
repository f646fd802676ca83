//! Training with other institutions: rows for a participant, and the model that comes back.

use std::ops::Range;
use std::sync::Arc;

use accord_event_log::Sequence;
use accord_learning::TrainingRows;
use risk_control::{
    FeatureSet, LearnerSettings, ModelOrigin, REPORTING_DAYS, ScoringModel, TrainingPeriod,
    TrainingSet,
};

use super::{ApplicationError, ReceivedModel};
use crate::node::BankNode;

/// Where a bank's log stands, and until when its transactions have labels that can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogMoment {
    pub through: Sequence,
    /// Epoch microseconds.
    pub now_us: i64,
    /// Epoch microseconds.
    pub labelled_until_us: i64,
}

/// A model that several institutions trained together.
#[derive(Clone, Debug)]
pub struct FederatedModel {
    pub job: String,
    /// That signed the plan.
    pub institutions: u32,
    pub model: ScoringModel,
    pub learner: LearnerSettings,
    /// This bank's own rows in it; of the others' nothing is known.
    pub own_rows: u64,
    /// Where this bank's log stood when training began.
    pub trained_through: Sequence,
    /// This bank's transactions that are not in it, with what is known of them, to measure it on (epoch microseconds).
    pub held_out_us: Range<i64>,
    /// What was known then (epoch microseconds).
    pub cutoff_us: i64,
}

impl BankNode {
    /// Where the log stands now.
    pub fn log_moment(&self) -> LogMoment {
        let now_us = self.shared.clock.now_us();
        LogMoment {
            through: self.shared.reader.last(),
            now_us,
            labelled_until_us: TrainingSet::labelled_until_us(now_us),
        }
    }

    /// Rows of the current feature set: a fold over the log up to `through`, with what was known at `cutoff_us`; of more
    /// than `rows_max` the last ones of the log. The same wish always gives the same rows.
    pub async fn training_rows(
        &self,
        through: Sequence,
        occurred_us: Range<i64>,
        cutoff_us: i64,
        rows_max: u64,
    ) -> Result<TrainingRows, ApplicationError> {
        let set = self.training_set(through).await?;
        newest_rows(&set, occurred_us, cutoff_us, rows_max)
    }

    /// Takes a model as a candidate: stored, measured on this bank's own transactions that it did not learn from beside
    /// the model that decides, and scored in shadow. It decides nothing by itself. A second time nothing happens.
    pub async fn receive_federated_model(
        &self,
        received: FederatedModel,
    ) -> Result<String, ApplicationError> {
        let set = self.training_set(received.trained_through).await?;
        let before = i64::MIN..received.held_out_us.start;
        let own = newest_rows(&set, before, received.cutoff_us, received.own_rows)?;
        let actor: Arc<str> = format!("federation/{}", received.job).into();
        let candidate = ReceivedModel {
            model: received.model,
            purpose: "Trained by several banks together, to be compared with the bank's own."
                .into(),
            origin: ModelOrigin::Federated {
                job: received.job,
                institutions: received.institutions,
            },
            learner: received.learner,
            training: TrainingPeriod {
                through: received.trained_through.0,
                first_us: set.first_occurred_us(),
                last_us: Some(received.held_out_us.start - 1),
                rows: own.len() as u64,
                frauds: frauds(&own),
                label_delay_days: REPORTING_DAYS as u32,
            },
            unseen_from_us: Some(received.held_out_us.start),
        };
        self.offer_candidate(&actor, candidate).await
    }
}

fn newest_rows(
    set: &TrainingSet,
    occurred_us: Range<i64>,
    cutoff_us: i64,
    rows_max: u64,
) -> Result<TrainingRows, ApplicationError> {
    let failed = |error: accord_learning::RowError| ApplicationError::Training(error.to_string());
    let (rows, _) = set.rows_within(occurred_us, cutoff_us).map_err(failed)?;
    let rows_max = usize::try_from(rows_max).unwrap_or(usize::MAX);
    let surplus = rows.len().saturating_sub(rows_max);
    if surplus == 0 {
        return Ok(rows);
    }
    let mut newest = TrainingRows::new(FeatureSet::CURRENT.features().len());
    for row in surplus..rows.len() {
        newest
            .push(rows.ids()[row], rows.features(row), rows.labels()[row])
            .map_err(failed)?;
    }
    Ok(newest)
}

fn frauds(rows: &TrainingRows) -> u64 {
    rows.labels().iter().filter(|fraud| **fraud).count() as u64
}
