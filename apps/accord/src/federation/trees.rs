//! The plan of a consortium that grows boosted trees.

use accord_federation::{Draft, plan::LearnerPlan};
use accord_learning::gbdt::GbdtPlan;

/// The learner's name in plans and transcripts.
pub const KIND: &str = LearnerPlan::TREES;

/// A plan in which `parties` institutions with at most `rows_max` rows each grow the trees of `plan`.
pub fn draft(parties: usize, rows_max: u64, plan: &GbdtPlan) -> anyhow::Result<Draft> {
    Ok(Draft::trees(parties, rows_max, plan)?)
}
