//! What a task sums: how often, how long, and in rings that cannot saturate.

use accord_federation::plan::StatisticPlan;
use accord_federation::{DIMENSION_MAX, RingBits};
use accord_learning::Learner;
use accord_learning::evaluation::EvaluationLearner;
use accord_learning::gbdt::GbdtPlan;
use accord_learning::logistic::LogisticPlan;
use accord_learning::quantiles::CutCounts;

use super::Task;

/// Fixed-point places of gradients.
const GRADIENT_BITS: u8 = 20;
/// The most that a row of weight 1 adds to a coordinate of a Newton step.
const NEWTON_BITS: u8 = 39;
/// Rounds of the search for bins.
const QUANTILE_ROUNDS: u32 = 4;

impl Task {
    /// The statistics of a plan over `parties` institutions of at most `rows_max` rows each; `None` where no ring holds
    /// the sums. An interruption may repeat a sum over others, so twice as many are allowed as are needed.
    pub(super) fn statistics(&self, parties: usize, rows_max: u64) -> Option<Vec<StatisticPlan>> {
        let made = |prefix: &str, fraction_bits, row_bound: u64, dimension: usize, sums: u32| {
            let largest = u128::from(rows_max) * parties as u128 * u128::from(row_bound);
            Some(StatisticPlan {
                prefix: prefix.to_owned(),
                ring: RingBits::holding(largest)?,
                fraction_bits,
                row_bound,
                dimension_max: dimension.clamp(1, DIMENSION_MAX) as u32,
                sums_max: sums.saturating_mul(2),
                noise: None,
            })
        };
        let quantiles = |features, cuts| {
            let dimension = bin_search_coordinates(features, cuts);
            made("quantiles", 0, 1, dimension, QUANTILE_ROUNDS)
        };
        let statistics = match self {
            Self::Gbdt(training) => {
                let plan = &training.learner;
                vec![
                    quantiles(plan.feature_names.len(), plan.cuts)?,
                    made(
                        "gbdt/tree",
                        GRADIENT_BITS,
                        1 << GRADIENT_BITS,
                        histogram_coordinates(plan),
                        plan.trees.saturating_mul(plan.depth),
                    )?,
                    made("gbdt/calibration", 0, 1, 1 << 16, 1)?,
                ]
            }
            Self::Logistic(training) => {
                let plan = &training.learner;
                let weight = u64::from(plan.positive_weight.max(plan.negative_weight));
                vec![
                    made(
                        "logistic/scaling",
                        GRADIENT_BITS,
                        self.first_row_bound()?,
                        2 + 3 * plan.features.len(),
                        1,
                    )?,
                    made(
                        "logistic/newton",
                        NEWTON_BITS,
                        weight << NEWTON_BITS,
                        newton_coordinates(plan),
                        plan.rounds_max,
                    )?,
                ]
            }
            Self::Quantiles(training) => {
                let plan = &training.learner;
                vec![quantiles(plan.feature_count, plan.cuts)?]
            }
            Self::Evaluation(_) => {
                let query = EvaluationLearner::default().next_query()?;
                vec![made("evaluation", 20, query.row_bound, query.dimension, 1)?]
            }
        };
        Some(statistics)
    }

    /// Sums of a run without interruption; a job may end earlier.
    pub fn sums_expected(&self) -> u32 {
        match self {
            Self::Gbdt(training) => {
                let plan = &training.learner;
                let calibration = u32::from(plan.calibration.is_some());
                QUANTILE_ROUNDS + plan.trees.saturating_mul(plan.depth) + calibration
            }
            Self::Logistic(training) => 1 + training.learner.rounds_max,
            Self::Quantiles(_) => QUANTILE_ROUNDS,
            Self::Evaluation(_) => 1,
        }
    }
}

/// Every bucket that may hold a cut has 256 children, counted by label.
fn bin_search_coordinates(features: usize, cuts: CutCounts) -> usize {
    features * (cuts.total() + 2) * 512
}

/// Gradient and curvature of each bin, and of the missing values, in each node of the last level.
fn histogram_coordinates(plan: &GbdtPlan) -> usize {
    let bins = plan.cuts.total() + 2;
    let nodes = 1_usize << plan.depth.clamp(1, 8).saturating_sub(1);
    plan.feature_names.len() * bins * 2 * nodes
}

/// Count, loss, gradient and the triangle of the Hessian.
fn newton_coordinates(plan: &LogisticPlan) -> usize {
    let missing = plan.features.iter().filter(|one| one.missing_indicator);
    let columns = plan.features.len() + missing.count() + 1;
    2 + columns + columns * (columns + 1) / 2
}
