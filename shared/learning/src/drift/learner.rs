//! Drift as a state machine over sums.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::stability::{Drift, FeatureDrift, population_stability_index};
use crate::content_hash::content_hash;
use crate::learner::{AbsorbError, AnswerError, Learner, Query, check_dimension};
use crate::quantiles::{FeatureBins, QuantileBins};
use crate::rows::TrainingRows;

/// Which features, in which bins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriftPlan {
    /// Names in the order of a row's values.
    pub feature_names: Vec<String>,
    /// Bins of all features, in the same order. Ten or so tell most; many need many rows.
    pub bins: QuantileBins,
}

/// A plan with another number of names than of bins.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{names} names and bins of {bins} features")]
pub struct PlanError {
    /// Names.
    pub names: usize,
    /// Features that have bins.
    pub bins: usize,
}

/// One holder's rows of both times. Labels do not matter.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftRows {
    /// The time that is compared with.
    pub earlier: TrainingRows,
    /// The time that may have moved.
    pub later: TrainingRows,
}

/// Counts rows of both times by bin over all holders, in one query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DriftLearner {
    plan: DriftPlan,
    unit: u32,
    finished: Option<Drift>,
}

impl DriftLearner {
    /// A learner at its beginning.
    pub fn new(plan: DriftPlan) -> Result<Self, PlanError> {
        let (names, bins) = (plan.feature_names.len(), plan.bins.features.len());
        if names != bins {
            return Err(PlanError { names, bins });
        }
        Ok(Self {
            plan,
            unit: 0,
            finished: None,
        })
    }

    fn bin_count(&self) -> usize {
        let features = self.plan.bins.features.iter();
        features.map(FeatureBins::bin_count).sum()
    }

    fn count(&self, rows: &TrainingRows, counts: &mut [i64]) -> Result<(), AnswerError> {
        let expected = self.plan.bins.features.len();
        if !rows.is_empty() && rows.feature_count() != expected {
            return Err(AnswerError::FeatureCount {
                expected,
                actual: rows.feature_count(),
            });
        }
        for (values, _) in rows.iter() {
            let mut start = 0;
            for (bins, value) in self.plan.bins.features.iter().zip(values) {
                counts[start + usize::from(bins.bin_of(*value))] += 1;
                start += bins.bin_count();
            }
        }
        Ok(())
    }
}

impl Learner for DriftLearner {
    type Rows = DriftRows;
    type Workspace = ();
    type Model = Drift;

    fn next_query(&self) -> Option<Query> {
        self.finished.is_none().then(|| Query {
            name: "drift".to_owned(),
            unit: self.unit,
            dimension: 2 * self.bin_count(),
            row_bound: 1,
        })
    }

    fn answer(&self, rows: &DriftRows, _: &mut ()) -> Result<Vec<i64>, AnswerError> {
        let query = self.next_query().ok_or(AnswerError::Finished)?;
        query.ring_bits(rows.earlier.len().max(rows.later.len()) as u64)?;
        let mut counts = vec![0; query.dimension];
        let (earlier, later) = counts.split_at_mut(query.dimension / 2);
        self.count(&rows.earlier, earlier)?;
        self.count(&rows.later, later)?;
        Ok(counts)
    }

    fn absorb(&mut self, total: &[i64]) -> Result<(), AbsorbError> {
        check_dimension(self.next_query().as_ref(), total)?;
        if let Some(coordinate) = total.iter().position(|count| *count < 0) {
            return Err(AbsorbError::Impossible {
                coordinate,
                reason: "a negative count",
            });
        }
        let (mut earlier, mut later) = total.split_at(total.len() / 2);
        let mut features = Vec::with_capacity(self.plan.feature_names.len());
        for (name, bins) in self.plan.feature_names.iter().zip(&self.plan.bins.features) {
            let (before, rest) = earlier.split_at(bins.bin_count());
            earlier = rest;
            let (now, rest) = later.split_at(bins.bin_count());
            later = rest;
            features.push(FeatureDrift {
                name: name.clone(),
                earlier: before.to_vec(),
                later: now.to_vec(),
                index: population_stability_index(before, now),
            });
        }
        self.finished = Some(Drift { features });
        Ok(())
    }

    fn close_unit(&mut self) {
        if self.finished.is_none() {
            self.unit += 1;
        }
    }

    fn model(&self) -> Option<&Drift> {
        self.finished.as_ref()
    }

    fn progress_hash(&self) -> String {
        content_hash(self)
    }
}
