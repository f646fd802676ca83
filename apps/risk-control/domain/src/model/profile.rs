//! How values were spread when a model was trained, and how far they have moved since.

use accord_learning::is_missing;
use serde::{Deserialize, Serialize};

/// Parts into which the present values are cut, at most: deciles.
const PARTS: usize = 10;
/// A cell without values counts as this share, because a logarithm of nothing says nothing.
const SHARE_MIN: f64 = 1e-4;

/// Shares of values by cell: missing ones, then what lies at or below each edge in turn, then the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValueProfile {
    /// Ascending, without repetition.
    pub edges: Vec<f64>,
    /// One share more than there are parts: missing values come first.
    pub shares: Vec<f64>,
}

impl ValueProfile {
    /// Deciles of the values, fewer where values repeat.
    pub fn of(values: &[f64]) -> Self {
        let mut present: Vec<f64> = values
            .iter()
            .copied()
            .filter(|value| !is_missing(*value))
            .collect();
        present.sort_by(f64::total_cmp);
        let mut edges: Vec<f64> = (1..PARTS)
            .filter_map(|part| present.get(present.len() * part / PARTS).copied())
            .collect();
        edges.dedup();
        // What no value exceeds divides nothing.
        if edges.last() == present.last() {
            edges.pop();
        }
        let mut profile = Self {
            edges,
            shares: Vec::new(),
        };
        let mut counts = vec![0_u64; profile.cells()];
        for value in values {
            counts[profile.cell(*value)] += 1;
        }
        let total = values.len().max(1) as f64;
        profile.shares = counts.iter().map(|count| *count as f64 / total).collect();
        profile
    }

    /// Number of cells.
    pub fn cells(&self) -> usize {
        self.edges.len() + 2
    }

    /// The cell of a value.
    pub fn cell(&self, value: f64) -> usize {
        if is_missing(value) {
            0
        } else {
            1 + self.edges.partition_point(|edge| *edge < value)
        }
    }

    /// Population stability index of counts by cell against these shares: Σ (now − then) · ln(now / then), 0 where
    /// nothing has moved. Below 0.1 is usually called stable, from 0.25 on shifted. `None` without values.
    ///
    /// Source: Siddiqi, *Credit Risk Scorecards* (2006), chapter 8.
    ///
    /// # Panics
    /// If there are not as many counts as cells.
    pub fn stability_index(&self, counts: &[u64]) -> Option<f64> {
        assert_eq!(counts.len(), self.shares.len(), "one count for each cell");
        let total: u64 = counts.iter().sum();
        (total > 0).then(|| {
            counts
                .iter()
                .zip(&self.shares)
                .map(|(count, then)| {
                    let now = (*count as f64 / total as f64).max(SHARE_MIN);
                    let then = then.max(SHARE_MIN);
                    (now - then) * (now / then).ln()
                })
                .sum()
        })
    }
}

#[cfg(test)]
mod tests {
    use accord_learning::MISSING;

    use super::*;

    fn counts(profile: &ValueProfile, values: &[f64]) -> Vec<u64> {
        let mut counts = vec![0; profile.cells()];
        for value in values {
            counts[profile.cell(*value)] += 1;
        }
        counts
    }

    #[test]
    fn the_same_values_have_not_moved_and_others_have() {
        let values: Vec<f64> = (0..1_000).map(f64::from).collect();
        let profile = ValueProfile::of(&values);
        assert_eq!(profile.cells(), 11);
        assert!((profile.shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert_eq!(
            profile.stability_index(&counts(&profile, &values)),
            Some(0.0)
        );
        let doubled: Vec<f64> = values.iter().map(|value| value * 2.0).collect();
        let moved = profile.stability_index(&counts(&profile, &doubled));
        assert!(moved.is_some_and(|index| index > 0.25), "{moved:?}");
        assert_eq!(profile.stability_index(&vec![0; profile.cells()]), None);
    }

    #[test]
    fn an_index_worked_by_hand() {
        // Half missing and half present; later a quarter is missing.
        let profile = ValueProfile::of(&[MISSING, 1.0]);
        assert_eq!(profile.shares, [0.5, 0.5]);
        let index = profile.stability_index(&[1, 3]).unwrap();
        let expected = -0.25 * 0.5_f64.ln() + 0.25 * 1.5_f64.ln();
        assert!((index - expected).abs() < 1e-12, "{index}");
    }

    #[test]
    fn few_values_make_few_cells() {
        let flags = ValueProfile::of(&[0.0, 0.0, 0.0, 1.0]);
        assert_eq!(flags.edges, [0.0]);
        assert_eq!(flags.shares, [0.0, 0.75, 0.25]);
        assert_eq!(ValueProfile::of(&[3.0, 3.0]).shares, [0.0, 1.0]);
        assert_eq!(ValueProfile::of(&[]).shares, [0.0, 0.0]);
    }
}
