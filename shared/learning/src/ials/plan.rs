//! What holders agree on before factors are learnt.

use serde::{Deserialize, Serialize};

use crate::gram::PlanError;

/// The hyper-parameters. [`IalsLearner::new`](super::IalsLearner::new) checks them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IalsPlan {
    /// Items in the shared catalogue.
    pub item_count: usize,
    /// Factors of a shopper and of an item, 1..=128.
    pub factors: usize,
    /// Times that all factors are solved.
    pub rounds: u32,
    /// What an item that was not chosen counts beside one that was.
    pub unobserved_weight: f64,
    /// L2 penalty λ; a vector's own is λ times what its observations count.
    pub ridge: f64,
    /// A history contributes at most its latest so many distinct items.
    pub items_per_history_max: usize,
    /// The first factors are a hash of it.
    pub seed: u64,
}

impl IalsPlan {
    /// 32 factors, eight rounds.
    pub fn new(item_count: usize) -> Self {
        Self {
            item_count,
            factors: 32,
            rounds: 8,
            unobserved_weight: 0.1,
            ridge: 0.003,
            items_per_history_max: 500,
            seed: 0,
        }
    }

    pub(super) fn check(&self) -> Result<(), PlanError> {
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let checks = [
            (
                u32::try_from(self.item_count).is_ok(),
                "fewer than 2^32 items",
            ),
            ((1..=128).contains(&self.factors), "1 to 128 factors"),
            (
                positive(self.unobserved_weight),
                "a positive weight of what was not chosen",
            ),
            (positive(self.ridge), "a positive ridge"),
            (
                self.items_per_history_max >= 1,
                "at least one item of a history",
            ),
        ];
        match checks.into_iter().find(|(holds, _)| !holds) {
            Some((_, wanted)) => Err(PlanError { wanted }),
            None => Ok(()),
        }
    }

    /// The ridge of a vector with so many observations, of `others` vectors on the other side.
    pub(super) fn ridge_of(&self, observations: f64, others: f64) -> f64 {
        self.ridge * (observations + self.unobserved_weight * others)
    }
}
