//! What a consortium that grows boosted trees agrees on.

use accord_learning::gbdt::{GbdtLearner, GbdtPlan};

use super::{CannotDraft, Draft, parameters};
use crate::plan::{LearnerPlan, StatisticPlan};
use crate::ring::{DIMENSION_MAX, RingBits};

/// Fixed-point places of gradients.
const GRADIENT_BITS: u8 = 20;

impl Draft {
    /// `parties` institutions with at most `rows_max` rows each grow the trees of `plan`.
    pub fn trees(parties: usize, rows_max: u64, plan: &GbdtPlan) -> Result<Self, CannotDraft> {
        let learner =
            GbdtLearner::new(plan.clone()).map_err(|error| CannotDraft::Plan(error.to_string()))?;
        let features = plan.feature_names.len();
        let gradient_bound: u64 = 1 << GRADIENT_BITS;
        let largest = u128::from(rows_max) * parties as u128 * u128::from(gradient_bound);
        let ring = RingBits::holding(largest).ok_or(CannotDraft::TooManyRows)?;
        let statistic =
            |prefix: &str, ring, row_bound: u64, dimension: usize, sums_max| StatisticPlan {
                prefix: prefix.to_owned(),
                ring,
                fraction_bits: if row_bound == 1 { 0 } else { GRADIENT_BITS },
                row_bound,
                dimension_max: dimension.clamp(1, DIMENSION_MAX) as u32,
                sums_max,
                noise: None,
            };
        let nodes = 1 << plan.depth.saturating_sub(1);
        Ok(Self {
            job: "trees".to_owned(),
            parties,
            colluders: 0,
            slots_per_batch: 32,
            rows_max,
            statistics: vec![
                // Four rounds, each of which an interruption may repeat.
                statistic("quantiles", RingBits::Bits32, 1, features * 512 * 64, 16),
                statistic(
                    "gbdt/tree",
                    ring,
                    gradient_bound,
                    features * 256 * 2 * nodes,
                    2 * plan.trees * plan.depth,
                ),
                statistic("gbdt/calibration", RingBits::Bits32, 1, 1 << 16, 4),
            ],
            privacy: None,
            learner: LearnerPlan::of(LearnerPlan::TREES, parameters(plan), &learner),
        })
    }
}
