//! The plan of a consortium that grows boosted trees.

use accord_federation::plan::{LearnerPlan, StatisticPlan};
use accord_federation::{DIMENSION_MAX, Draft, RingBits};
use accord_learning::gbdt::{GbdtLearner, GbdtPlan};
use anyhow::Context;

/// The learner's name in plans and transcripts.
pub const KIND: &str = "gbdt";

/// Fixed-point places of gradients.
const GRADIENT_BITS: u8 = 20;

/// A plan in which `parties` institutions with at most `rows_max` rows each grow the trees of `plan`.
pub fn draft(parties: usize, rows_max: u64, plan: &GbdtPlan) -> anyhow::Result<Draft> {
    let learner = GbdtLearner::new(plan.clone())?;
    let features = plan.feature_names.len();
    let gradient_bound: u64 = 1 << GRADIENT_BITS;
    let largest = u128::from(rows_max) * parties as u128 * u128::from(gradient_bound);
    let ring = RingBits::holding(largest).context("so many rows do not fit 64-bit sums")?;
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
    Ok(Draft {
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
        learner: LearnerPlan::of(KIND, serde_json::to_string(plan)?, &learner),
    })
}
