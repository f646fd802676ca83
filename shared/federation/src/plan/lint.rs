//! What a plan will cost, said before the first sum.

use serde::Serialize;

use super::{Plan, StatisticPlan};
use crate::plan::PlanError;
use crate::privacy::{epsilon, rho_of_noisy_sum};

/// Seconds for one key agreement, one signature or one check of a signature: a cautious figure for one core of a server.
const SECONDS_PER_CURVE_OPERATION: f64 = 100e-6;
/// Seconds for a byte of key stream, added to a vector.
const SECONDS_PER_MASK_BYTE: f64 = 1.0 / 0.7e9;

/// The costs of a job if every statistic is summed as often, and is as long, as the plan allows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LintReport {
    /// One line for each statistic.
    pub statistics: Vec<StatisticReport>,
    /// Sums in the whole job.
    pub sums: u64,
    /// Bytes that each institution sends for keys and shares, for one sum.
    pub setup_bytes_per_sum: u64,
    /// Bytes that each institution sends in the whole job.
    pub bytes_up: u64,
    /// Bytes that each institution receives in the whole job.
    pub bytes_down: u64,
    /// Seconds of one core of an institution, for the protocol alone. An estimate.
    pub seconds: f64,
    /// ε that the job may spend; `None` without noise: sums are exact and their privacy has no such bound.
    pub epsilon: Option<f64>,
}

/// The costs of one statistic.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatisticReport {
    /// Which queries.
    pub prefix: String,
    /// k.
    pub ring_bits: u32,
    /// Bits of the ring that the largest sum leaves free.
    pub margin_bits: f64,
    /// Bytes that each institution sends for one sum.
    pub bytes_up_per_sum: u64,
    /// Sums.
    pub sums: u32,
    /// ε of all its sums on their own.
    pub epsilon: Option<f64>,
}

impl Plan {
    /// Says what the plan costs, or why it is refused.
    pub fn lint(&self) -> Result<LintReport, PlanError> {
        self.check()?;
        let parties = self.roster.len() as u64;
        // For each sum: keys and hash; for each holder two shares with their nonces and two commitments; M4 and M5.
        let setup_bytes_per_sum = 64 + parties * (2 * (32 + 16) + 2 * 32);
        let round_bytes = 3 * 110 + parties * (32 + 16);
        let statistics: Vec<_> = self
            .statistics
            .iter()
            .map(|statistic| self.lint_statistic(statistic))
            .collect();
        let sums: u64 = statistics.iter().map(|one| u64::from(one.sums)).sum();
        let vector_bytes: u64 = statistics
            .iter()
            .map(|one| one.bytes_up_per_sum * u64::from(one.sums))
            .sum();
        let bytes_up = vector_bytes + sums * (setup_bytes_per_sum + round_bytes);
        let bytes_down =
            vector_bytes + sums * (setup_bytes_per_sum + parties * (64 + 65) + round_bytes);
        let curve_operations = (2 * parties + 6) as f64;
        let seconds = sums as f64 * curve_operations * SECONDS_PER_CURVE_OPERATION
            + vector_bytes as f64 * parties as f64 * SECONDS_PER_MASK_BYTE;
        Ok(LintReport {
            statistics,
            sums,
            setup_bytes_per_sum,
            bytes_up,
            bytes_down,
            seconds,
            epsilon: self.privacy.map(|_| self.epsilon()),
        })
    }

    fn lint_statistic(&self, statistic: &StatisticPlan) -> StatisticReport {
        let largest = statistic.sum_max(self.rows_max, self.roster.len());
        let free = statistic.ring.largest_sum() as f64 / largest.max(1) as f64;
        let vector_bytes = u64::from(statistic.dimension_max) * statistic.ring.bytes() as u64;
        let rho = self.rho_of_sum(statistic, statistic.dimension_max as usize);
        StatisticReport {
            prefix: statistic.prefix.clone(),
            ring_bits: statistic.ring.bits(),
            margin_bits: free.log2(),
            bytes_up_per_sum: vector_bytes,
            sums: statistic.sums_max,
            epsilon: self
                .privacy
                .filter(|_| statistic.noise.is_some())
                .map(|privacy| epsilon(rho * f64::from(statistic.sums_max), privacy.delta)),
        }
    }

    /// ρ of one sum, with only the honest of the fewest survivors counting; 0 without noise.
    pub fn rho_of_sum(&self, statistic: &StatisticPlan, dimension: usize) -> f64 {
        statistic.noise.map_or(0.0, |noise| {
            rho_of_noisy_sum(
                noise.sensitivity as f64,
                noise.variance as f64,
                self.thresholds.honest_survivors(),
                dimension,
            )
        })
    }

    /// ε if every statistic with noise is summed as often as the plan allows.
    pub(super) fn epsilon(&self) -> f64 {
        let rho: f64 = self
            .statistics
            .iter()
            .map(|statistic| {
                self.rho_of_sum(statistic, statistic.dimension_max as usize)
                    * f64::from(statistic.sums_max)
            })
            .sum();
        self.privacy
            .map_or(0.0, |privacy| epsilon(rho, privacy.delta))
    }
}
