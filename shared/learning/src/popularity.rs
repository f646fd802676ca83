//! What is popular now: event counts that fade with age.

use serde::{Deserialize, Serialize};

use crate::content_hash::content_hash;
use crate::deterministic::{exp, quantise};
use crate::gram::PlanError;
use crate::histories::{Histories, latest_distinct};
use crate::learner::{AbsorbError, AnswerError, Learner, Query, check_dimension};

/// How popularity is counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PopularityPlan {
    /// Items in the shared catalogue.
    pub item_count: usize,
    /// A history contributes at most its latest so many distinct items, each once.
    pub items_per_history_max: usize,
    /// Histories d days before [`newest_day`](Self::newest_day) count e^(−d / this); infinite counts all the same.
    pub decay_days: f64,
    /// The day from which ages are counted, the same for all holders; later histories count 1.
    pub newest_day: u32,
}

impl PopularityPlan {
    /// All histories the same, at most 500 items of each.
    pub fn new(item_count: usize) -> Self {
        Self {
            item_count,
            items_per_history_max: 500,
            decay_days: f64::INFINITY,
            newest_day: 0,
        }
    }
}

const WEIGHT_BITS: u32 = 20;

/// Sums popularity over all holders' histories, in one query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PopularityLearner {
    plan: PopularityPlan,
    unit: u32,
    finished: Option<Popularity>,
}

/// How popular every item is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Popularity {
    /// One weight for each item, in units of 2^−20 of a history.
    weights: Vec<i64>,
}

impl Popularity {
    /// How many histories, faded, an item is in.
    pub fn weight(&self, item: u32) -> f64 {
        let weight = self.weights.get(item as usize).copied().unwrap_or(0);
        weight as f64 / f64::from(1u32 << WEIGHT_BITS)
    }

    /// One weight for each item of the catalogue.
    pub fn weights(&self) -> impl ExactSizeIterator<Item = f64> {
        self.weights
            .iter()
            .map(|weight| *weight as f64 / f64::from(1u32 << WEIGHT_BITS))
    }

    /// The model's name.
    pub fn content_hash(&self) -> String {
        content_hash(self)
    }
}

impl PopularityLearner {
    /// A learner at its beginning.
    pub fn new(plan: PopularityPlan) -> Result<Self, PlanError> {
        let wanted = match () {
            () if plan.decay_days.is_nan() || plan.decay_days <= 0.0 => Some("a positive decay"),
            () if plan.items_per_history_max == 0 => Some("at least one item of a history"),
            () => None,
        };
        match wanted {
            Some(wanted) => Err(PlanError { wanted }),
            None => Ok(Self {
                plan,
                unit: 0,
                finished: None,
            }),
        }
    }
}

impl Learner for PopularityLearner {
    type Rows = Histories;
    type Workspace = ();
    type Model = Popularity;

    fn next_query(&self) -> Option<Query> {
        self.finished.is_none().then(|| Query {
            name: "popularity".to_owned(),
            unit: self.unit,
            dimension: self.plan.item_count,
            row_bound: 1 << WEIGHT_BITS,
        })
    }

    fn answer(&self, histories: &Histories, _: &mut ()) -> Result<Vec<i64>, AnswerError> {
        let query = self.next_query().ok_or(AnswerError::Finished)?;
        query.ring_bits(histories.len() as u64)?;
        if histories.item_count() != self.plan.item_count {
            return Err(AnswerError::FeatureCount {
                expected: self.plan.item_count,
                actual: histories.item_count(),
            });
        }
        let mut sums = vec![0; self.plan.item_count];
        let mut distinct = Vec::new();
        for (day, items) in histories.iter() {
            let age = f64::from(self.plan.newest_day.saturating_sub(day));
            let weight = quantise(
                exp(-age / self.plan.decay_days),
                WEIGHT_BITS,
                1 << WEIGHT_BITS,
            );
            latest_distinct(items, self.plan.items_per_history_max, &mut distinct);
            for item in &distinct {
                sums[*item as usize] += weight;
            }
        }
        Ok(sums)
    }

    fn absorb(&mut self, total: &[i64]) -> Result<(), AbsorbError> {
        check_dimension(self.next_query().as_ref(), total)?;
        if let Some(coordinate) = total.iter().position(|sum| *sum < 0) {
            return Err(AbsorbError::Impossible {
                coordinate,
                reason: "a popularity below zero",
            });
        }
        self.finished = Some(Popularity {
            weights: total.to_vec(),
        });
        Ok(())
    }

    fn close_unit(&mut self) {
        if self.finished.is_none() {
            self.unit += 1;
        }
    }

    fn model(&self) -> Option<&Popularity> {
        self.finished.as_ref()
    }

    fn progress_hash(&self) -> String {
        content_hash(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::train_centrally;

    #[test]
    fn histories_fade_and_count_each_item_once() {
        let mut histories = Histories::new(3);
        histories.push(10, &[0, 0, 1]).expect("known items");
        histories.push(3, &[1]).expect("known items");
        histories.push(12, &[]).expect("known items");
        let plan = PopularityPlan {
            decay_days: 7.0,
            newest_day: 10,
            ..PopularityPlan::new(3)
        };
        let learner = PopularityLearner::new(plan).expect("a sensible plan");
        let popularity = train_centrally(learner, &histories).expect("trains");
        assert_eq!(popularity.weight(0), 1.0);
        assert!((popularity.weight(1) - 1.0 - exp(-1.0)).abs() < 1e-6);
        assert_eq!(popularity.weight(2), 0.0);
        assert_eq!(popularity.weight(9), 0.0);
    }

    #[test]
    fn a_plan_without_sense_is_refused() {
        for decay_days in [0.0, -1.0, f64::NAN] {
            let plan = PopularityPlan {
                decay_days,
                ..PopularityPlan::new(1)
            };
            assert!(PopularityLearner::new(plan).is_err(), "{decay_days}");
        }
    }
}
