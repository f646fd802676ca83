//! Counts of two times, compared.

use serde::{Deserialize, Serialize};

use crate::content_hash::content_hash;
use crate::deterministic::ln;

/// How far all features moved, in feature order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// One entry for each feature.
    pub features: Vec<FeatureDrift>,
}

/// How far one feature moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureDrift {
    /// The plan's name of the feature.
    pub name: String,
    /// Rows of the earlier time by bin, missing values first.
    pub earlier: Vec<i64>,
    /// Rows of the later time by bin.
    pub later: Vec<i64>,
    /// The population stability index; `None` where one of the times has no rows.
    pub index: Option<f64>,
}

impl Drift {
    /// SHA-256 over the canonical JSON.
    pub fn content_hash(&self) -> String {
        content_hash(self)
    }
}

/// The population stability index of two counts by bin, which must be of the same length.
///
/// Half a row is added to every bin: a bin that is empty in one of the times would otherwise make it infinite.
pub fn population_stability_index(earlier: &[i64], later: &[i64]) -> Option<f64> {
    let total = |counts: &[i64]| counts.iter().sum::<i64>();
    let (earlier_total, later_total) = (total(earlier), total(later));
    if earlier_total <= 0 || later_total <= 0 {
        return None;
    }
    let halves = earlier.len() as f64 / 2.0;
    let share = |count: i64, total: i64| (count as f64 + 0.5) / (total as f64 + halves);
    let terms = earlier.iter().zip(later).map(|(before, now)| {
        let (before, now) = (share(*before, earlier_total), share(*now, later_total));
        (now - before) * ln(now / before)
    });
    Some(terms.sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_shares_have_not_moved() {
        let index = population_stability_index(&[100, 300, 600], &[1_000, 3_000, 6_000]);
        assert!(index.expect("rows") < 1e-4);
        assert_eq!(population_stability_index(&[0, 5], &[0, 5]), Some(0.0));
    }

    #[test]
    fn the_index_is_that_of_the_formula() {
        // (0.6 - 0.5) ln(0.6 / 0.5) + (0.4 - 0.5) ln(0.4 / 0.5), where half a row does not matter.
        let index = population_stability_index(&[5_000_000, 5_000_000], &[6_000_000, 4_000_000]);
        let expected = 0.1 * (1.2f64.ln() - 0.8f64.ln());
        assert!((index.expect("rows") - expected).abs() < 1e-6);
    }

    #[test]
    fn an_empty_bin_is_far_but_not_infinitely_far() {
        let index = population_stability_index(&[1_000, 0], &[0, 1_000]).expect("rows");
        assert!(index.is_finite() && index > 10.0, "{index}");
        assert_eq!(population_stability_index(&[0, 0], &[1, 2]), None);
        assert_eq!(population_stability_index(&[1, 2], &[0, 0]), None);
    }
}
