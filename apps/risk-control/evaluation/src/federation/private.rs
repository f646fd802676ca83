//! An exchange whose sums are private: what one customer can change is capped, and noise covers it.
//!
//! Every week is one release. Of a customer count at most so many terminals a week, each once, and at most so many
//! frauds, each at another terminal; when a fraud had happened is not told apart from the week before it became known.
//! The unit of privacy is a customer of one bank, in the whole exchange.

use std::collections::HashMap;

use accord_federation::plan::{NoisePlan, PrivacyPlan, Thresholds};
use accord_federation::privacy::{VARIANCE_MAX, VARIANCE_MIN, epsilon, rho_of_noisy_sum};
use accord_learning::entities::{CellTotals, CellWidth};

use crate::table::TableRow;

/// Terminals of a customer that count in a week.
const USES_MAX: usize = 6;
/// Frauds of a customer that count in a week.
const FRAUDS_MAX: usize = 3;
/// The L2 norm of a customer's week, at most: the root of 9 ones.
const SENSITIVITY: u64 = 3;
const _: () = assert!(SENSITIVITY * SENSITIVITY >= (USES_MAX + FRAUDS_MAX) as u64);
/// δ of every ε.
pub const DELTA: f64 = 1e-6;
/// Fraud counts within so many standard deviations of zero are taken for noise.
const DEVIATIONS: f64 = 2.5;

/// How an exchange protects customers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Protection {
    /// `None`: contributions are capped, and no noise is added.
    noise: Option<Noise>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Noise {
    epsilon: f64,
    /// Of each bank.
    variance: u64,
    /// Standard deviation of the noise in a sum over all banks.
    deviation: f64,
}

impl Protection {
    /// Noise that keeps ε over `releases` sums of `dimension` integers by `banks` banks, or caps alone. `None` where no
    /// noise that can be sampled does.
    pub fn new(
        epsilon: Option<f64>,
        banks: usize,
        releases: u32,
        dimension: usize,
    ) -> Option<Self> {
        let Some(epsilon) = epsilon else {
            return Some(Self { noise: None });
        };
        let honest = Thresholds::smallest(banks, 0)?.honest_survivors();
        let variance = least_variance(epsilon, honest, releases, dimension)?;
        Some(Self {
            noise: Some(Noise {
                epsilon,
                variance,
                deviation: (variance as f64 * banks as f64).sqrt(),
            }),
        })
    }

    /// True if sums carry noise.
    pub fn is_noisy(&self) -> bool {
        self.noise.is_some()
    }

    /// What a plan says about it.
    pub fn plan(&self) -> Option<(NoisePlan, PrivacyPlan)> {
        let noise = self.noise?;
        Some((
            NoisePlan {
                sensitivity: SENSITIVITY,
                variance: noise.variance,
            },
            PrivacyPlan {
                epsilon_max: noise.epsilon,
                delta: DELTA,
            },
        ))
    }

    /// What a sum is read as.
    pub fn read(&self, totals: CellTotals) -> CellTotals {
        let threshold = self.noise.map_or(0.0, |noise| noise.deviation * DEVIATIONS);
        let frauds = if totals.frauds as f64 > threshold {
            totals.frauds
        } else {
            0
        };
        CellTotals {
            frauds,
            // All of them in the week before.
            age_cells: frauds,
            ..totals
        }
    }
}

/// The smallest variance of each bank's noise with which all releases together keep ε.
fn least_variance(epsilon_max: f64, honest: usize, releases: u32, dimension: usize) -> Option<u64> {
    let keeps = |variance: u64| {
        let rho = rho_of_noisy_sum(SENSITIVITY as f64, variance as f64, honest, dimension);
        epsilon(rho * f64::from(releases), DELTA) <= epsilon_max
    };
    let (mut low, mut high) = (VARIANCE_MIN, VARIANCE_MAX);
    if !keeps(high) {
        return None;
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if keeps(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(high)
}

/// Which of a customer's uses, or frauds, count: the first of each week, each at another terminal.
#[derive(Debug)]
pub struct Caps {
    per_week_max: usize,
    counted: HashMap<(u32, i64), Vec<u32>>,
}

impl Caps {
    /// Of uses.
    pub fn uses() -> Self {
        Self::of(USES_MAX)
    }

    /// Of frauds.
    pub fn frauds() -> Self {
        Self::of(FRAUDS_MAX)
    }

    fn of(per_week_max: usize) -> Self {
        Self {
            per_week_max,
            counted: HashMap::new(),
        }
    }

    /// Whether what the bank learnt at a moment counts.
    pub fn counts(&mut self, row: &TableRow, learnt_us: i64) -> bool {
        let week = CellWidth::Weekly.cell_of(learnt_us);
        let terminals = self.counted.entry((row.customer, week)).or_default();
        let counts = terminals.len() < self.per_week_max && !terminals.contains(&row.terminal);
        if counts {
            terminals.push(row.terminal);
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(terminal: u32, day: i64) -> TableRow {
        TableRow {
            transaction_id: "1".into(),
            occurred_at_us: day * risk_control::MICROSECONDS_PER_DAY,
            customer: 7,
            terminal,
            amount_minor: 1,
            fraud: true,
        }
    }

    #[test]
    fn a_customers_week_is_never_longer_than_the_sensitivity() {
        let (mut of_uses, mut of_frauds) = (Caps::uses(), Caps::frauds());
        let (mut uses, mut frauds) = (0, 0);
        for terminal in (0..20).chain(0..20) {
            let row = row(terminal, 3);
            uses += u64::from(of_uses.counts(&row, row.occurred_at_us));
            frauds += u64::from(of_frauds.counts(&row, row.occurred_at_us));
        }
        assert_eq!((uses, frauds), (USES_MAX as u64, FRAUDS_MAX as u64));
        // Each at another terminal: the squares add up.
        assert!(uses + frauds <= SENSITIVITY * SENSITIVITY);
        let next_week = row(0, 10);
        assert!(of_uses.counts(&next_week, next_week.occurred_at_us));
    }

    #[test]
    fn less_epsilon_needs_more_noise_and_the_budget_is_kept() {
        let mut before = u64::MAX;
        for target in [1.0, 4.0, 8.0, 16.0] {
            let variance = least_variance(target, 4, 13, 30_000).expect("can be sampled");
            assert!(variance < before, "{target}: {variance}");
            before = variance;
            let rho = rho_of_noisy_sum(SENSITIVITY as f64, variance as f64, 4, 30_000);
            let spent = epsilon(13.0 * rho, DELTA);
            assert!(spent <= target && spent > target * 0.9, "{spent}");
        }
    }

    #[test]
    fn counts_that_noise_explains_are_read_as_nothing() {
        let protection = Protection::new(Some(8.0), 5, 13, 30_000).expect("can be sampled");
        let deviation = protection.noise.expect("noisy").deviation;
        let read = |frauds: f64| {
            let totals = CellTotals {
                frauds: frauds as i64,
                ..CellTotals::default()
            };
            protection.read(totals).frauds
        };
        assert_eq!(read(2.0 * deviation), 0);
        assert_eq!(read(-9.0 * deviation), 0);
        assert!(read(3.0 * deviation) > 0);
        let capped = Protection::new(None, 5, 13, 30_000).expect("no noise");
        let one = CellTotals {
            frauds: 1,
            ..CellTotals::default()
        };
        assert_eq!(capped.read(one).age_cells, 1);
        assert!(capped.plan().is_none());
    }
}
