//! The best split of a node, from its sums.

use serde::{Deserialize, Serialize};

use super::fixed_point::to_real;
use super::histogram::{Column, HistogramLayout, Sums};
use super::plan::GbdtPlan;

/// How a node is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Split {
    pub feature: u16,
    /// Values in bins 1..=`last_left_bin` go left.
    pub last_left_bin: u8,
    /// Whether missing values go left.
    pub missing_left: bool,
}

impl Split {
    /// Whether a row with this bin of the feature goes right. Counting missing values as bin 255 − by wrapping below
    /// zero − where they go right leaves a single comparison.
    #[inline]
    pub(super) fn goes_right(self, bin: u8) -> bool {
        let shift = u8::from(!self.missing_left);
        bin.wrapping_sub(shift) > self.last_left_bin.wrapping_sub(shift)
    }
}

/// A split with the sums of its left side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    pub split: Split,
    pub left: Sums,
    score: f64,
}

/// The split that lowers the objective most, if any lowers it enough. Of equal ones the first wins, in the order of
/// columns, bins, and missing values going right before left.
pub(super) fn best_split(
    plan: &GbdtPlan,
    layout: &HistogramLayout,
    histogram: &[i64],
    node: Sums,
) -> Option<Candidate> {
    let search = Search { plan, node };
    let mut best = None;
    for column in &layout.columns {
        search.column(column, histogram, &mut best);
    }
    // The objective falls by half the rise of the scores (Chen and Guestrin, 2016, equation 7).
    best.filter(|candidate| (candidate.score - search.score(node)) / 2.0 > plan.gain_min)
}

struct Search<'plan> {
    plan: &'plan GbdtPlan,
    node: Sums,
}

impl Search<'_> {
    fn column(&self, column: &Column, histogram: &[i64], best: &mut Option<Candidate>) {
        let mut bins = column.of(histogram).chunks_exact(2).map(|bin| Sums {
            first: bin[0],
            second: bin[1],
        });
        let missing = bins.next().unwrap_or_default();
        if missing == Sums::default() {
            return self.column_without_missing(column, bins, best);
        }
        let mut values = Sums::default();
        // Bin 0 as the last left one: missing values against all others.
        self.consider(column.feature, 0, true, missing, best);
        // The last bin is left out: with all values on one side that would be the same split again.
        for (bin, sums) in (1u8..).zip(bins).take(column.bins - 2) {
            values = values + sums;
            if sums.second != 0 {
                self.consider(column.feature, bin, false, values, best);
                self.consider(column.feature, bin, true, values + missing, best);
            }
        }
    }

    /// No row of this node lacks the value: should one turn up later, it goes where most of the weight went.
    fn column_without_missing(
        &self,
        column: &Column,
        bins: impl Iterator<Item = Sums>,
        best: &mut Option<Candidate>,
    ) {
        let mut values = Sums::default();
        for (bin, sums) in (1u8..).zip(bins).take(column.bins - 2) {
            values = values + sums;
            if sums.second != 0 {
                let missing_left = values.second >= self.node.second - values.second;
                self.consider(column.feature, bin, missing_left, values, best);
            }
        }
    }

    #[inline]
    fn consider(
        &self,
        feature: u16,
        last_left_bin: u8,
        missing_left: bool,
        left: Sums,
        best: &mut Option<Candidate>,
    ) {
        let right = self.node - left;
        let lighter = to_real(left.second.min(right.second));
        if lighter <= 0.0 || lighter < self.plan.child_weight_min {
            return;
        }
        let score = self.score(left) + self.score(right);
        if best.is_none_or(|best| score > best.score) {
            *best = Some(Candidate {
                split: Split {
                    feature,
                    last_left_bin,
                    missing_left,
                },
                left,
                score,
            });
        }
    }

    /// Twice what the best constant on these rows takes off the objective.
    fn score(&self, sums: Sums) -> f64 {
        let first = to_real(sums.first);
        first * first / (to_real(sums.second) + self.plan.ridge)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixed_point::ONE;
    use super::*;

    fn split(bins: &[(i64, i64)], plan: &GbdtPlan) -> Option<(Split, Sums)> {
        let histogram: Vec<i64> = bins
            .iter()
            .flat_map(|(first, second)| [first * ONE, second * ONE])
            .collect();
        let layout = HistogramLayout {
            columns: vec![Column {
                feature: 0,
                bins: bins.len(),
                offset: 0,
            }],
            length: histogram.len(),
        };
        let node = layout.columns[0].total(&histogram);
        best_split(plan, &layout, &histogram, node)
            .map(|candidate| (candidate.split, candidate.left))
    }

    fn plan() -> GbdtPlan {
        GbdtPlan::new(vec!["x".into()])
    }

    fn expected(
        last_left_bin: u8,
        missing_left: bool,
        first: i64,
        second: i64,
    ) -> Option<(Split, Sums)> {
        let left = Sums {
            first: first * ONE,
            second: second * ONE,
        };
        Some((
            Split {
                feature: 0,
                last_left_bin,
                missing_left,
            },
            left,
        ))
    }

    #[test]
    fn the_classes_are_separated_where_they_change() {
        let bins = [(0, 0), (-5, 5), (-4, 4), (3, 3), (4, 4)];
        assert_eq!(split(&bins, &plan()), expected(2, true, -9, 9));
    }

    #[test]
    fn missing_values_go_to_the_side_they_resemble() {
        assert_eq!(
            split(&[(6, 3), (-5, 5), (5, 5)], &plan()),
            expected(1, false, -5, 5)
        );
        assert_eq!(
            split(&[(-6, 3), (-5, 5), (5, 5)], &plan()),
            expected(1, true, -11, 8)
        );
        assert_eq!(
            split(&[(9, 3), (-5, 5), (-5, 5)], &plan()),
            expected(0, true, 9, 3)
        );
    }

    #[test]
    fn a_split_needs_weight_on_both_sides_and_some_gain() {
        let bins = [(0, 0), (-3, 3), (9, 50)];
        assert!(split(&bins, &plan()).is_some());
        assert_eq!(
            split(
                &bins,
                &GbdtPlan {
                    child_weight_min: 4.0,
                    ..plan()
                }
            ),
            None
        );
        assert_eq!(
            split(
                &bins,
                &GbdtPlan {
                    gain_min: 100.0,
                    ..plan()
                }
            ),
            None
        );
        assert_eq!(
            split(
                &[(0, 0), (3, 3), (3, 3)],
                &GbdtPlan {
                    ridge: 1e-9,
                    ..plan()
                }
            ),
            None
        );
        assert_eq!(split(&[(0, 0), (3, 3)], &plan()), None);
    }

    #[test]
    fn one_comparison_sends_every_bin_its_way() {
        for last_left_bin in 0..=254 {
            for missing_left in [false, true] {
                if last_left_bin == 0 && !missing_left {
                    continue;
                }
                let split = Split {
                    feature: 0,
                    last_left_bin,
                    missing_left,
                };
                assert_eq!(split.goes_right(0), !missing_left);
                for bin in 1..=255 {
                    assert_eq!(split.goes_right(bin), bin > last_left_bin);
                }
            }
        }
    }
}
