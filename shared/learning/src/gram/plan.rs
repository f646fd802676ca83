//! What holders agree on before co-occurrences are counted.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How co-occurrences are counted. [`GramLearner::new`](super::GramLearner::new) checks it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GramPlan {
    /// Items in the shared catalogue.
    pub item_count: usize,
    /// Only the so many most frequent items take part (ties by item number); the others stay without a weight.
    pub items_max: usize,
    /// Items in fewer histories do not take part.
    pub support_min: u64,
    /// A history contributes at most its latest so many distinct items.
    pub items_per_history_max: usize,
    /// A history of m distinct items counts m^−e; 0 counts every history the same.
    pub length_exponent: f64,
}

/// The size up to which a Gram matrix is summed and inverted whole: 12.5 million cells, 100 MB for an inverse.
pub const ITEMS_MAX: usize = 5_000;

impl GramPlan {
    /// At most 5,000 items, each in at least one history, at most 500 of a history, all histories the same.
    pub fn new(item_count: usize) -> Self {
        Self {
            item_count,
            items_max: ITEMS_MAX,
            support_min: 1,
            items_per_history_max: 500,
            length_exponent: 0.0,
        }
    }

    /// The items that take part, ascending: frequent enough, and the most frequent if there are too many.
    pub(super) fn choose_items(&self, supports: &[i64]) -> Vec<u32> {
        let enough = |item: &u32| supports[*item as usize] >= self.support_min as i64;
        let mut items: Vec<u32> = (0u32..).take(supports.len()).filter(enough).collect();
        if items.len() > self.items_max {
            items.sort_by_key(|item| (-supports[*item as usize], *item));
            items.truncate(self.items_max);
            items.sort_unstable();
        }
        items
    }

    pub(super) fn check(&self) -> Result<(), PlanError> {
        let checks = [
            (
                u32::try_from(self.item_count).is_ok(),
                "fewer than 2^32 items",
            ),
            (self.support_min >= 1, "a least support of 1 or more"),
            (
                self.items_per_history_max >= 1,
                "at least one item of a history",
            ),
            (
                (0.0..=2.0).contains(&self.length_exponent),
                "a length exponent in 0..=2",
            ),
        ];
        match checks.into_iter().find(|(holds, _)| !holds) {
            Some((_, wanted)) => Err(PlanError { wanted }),
            None => Ok(()),
        }
    }
}

/// A number of a plan makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the plan needs {wanted}")]
pub struct PlanError {
    /// What would be sensible.
    pub wanted: &'static str,
}
