//! How many rows of either class have which log-odds.

use serde::{Deserialize, Serialize};

use crate::calibration::Observation;
use crate::learner::AbsorbError;
use crate::metrics::{TiedGroup, average_precision_of_groups, roc_auc_of_groups};

/// Counts of negative and positive rows in 1,024 bins of log-odds of width 1/32, from −16 to 16; what lies beyond is
/// counted at the ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScoreBins {
    /// Negatives and positives per bin, in turn.
    counts: Vec<i64>,
}

const BINS: usize = 1_024;
const BINS_PER_UNIT: f64 = 32.0;
const LOWEST: f64 = -16.0;

impl ScoreBins {
    /// The length of [`counts`](Self::counts).
    pub const DIMENSION: usize = 2 * BINS;

    /// Bins without rows.
    pub fn empty() -> Self {
        Self {
            counts: vec![0; Self::DIMENSION],
        }
    }

    /// Counts one row.
    #[inline]
    pub fn add(&mut self, log_odds: f64, label: bool) {
        // The cast saturates: what is below the range, and NaN, goes into the first bin.
        let bin = (((log_odds - LOWEST) * BINS_PER_UNIT) as usize).min(BINS - 1);
        self.counts[2 * bin + usize::from(label)] += 1;
    }

    /// The counts as a vector to be summed.
    pub fn counts(&self) -> &[i64] {
        &self.counts
    }

    /// Bins from a sum of counts.
    pub fn from_total(total: &[i64]) -> Result<Self, AbsorbError> {
        if total.len() != Self::DIMENSION {
            return Err(AbsorbError::Dimension {
                expected: Self::DIMENSION,
                actual: total.len(),
            });
        }
        match total.iter().position(|count| *count < 0) {
            Some(coordinate) => Err(AbsorbError::Impossible {
                coordinate,
                reason: "a negative count",
            }),
            None => Ok(Self {
                counts: total.to_vec(),
            }),
        }
    }

    /// Negative and positive rows.
    pub fn class_counts(&self) -> (u64, u64) {
        let sum = |class: usize| {
            self.counts
                .iter()
                .skip(class)
                .step_by(2)
                .map(|count| count.unsigned_abs())
                .sum()
        };
        (sum(0), sum(1))
    }

    /// Area under the ROC curve, rows of one bin counting as ties.
    pub fn roc_auc(&self) -> Option<f64> {
        roc_auc_of_groups(self.groups_highest_first())
    }

    /// Average precision, rows of one bin counting as ties.
    pub fn average_precision(&self) -> Option<f64> {
        average_precision_of_groups(self.groups_highest_first())
    }

    fn groups_highest_first(&self) -> impl Iterator<Item = TiedGroup> {
        self.counts.chunks_exact(2).rev().map(|bin| TiedGroup {
            negatives: bin[0].unsigned_abs(),
            positives: bin[1].unsigned_abs(),
        })
    }

    /// The filled bins, lowest first, each at its middle.
    pub(crate) fn observations(&self) -> Vec<Observation> {
        let filled = self
            .counts
            .chunks_exact(2)
            .enumerate()
            .filter(|(_, bin)| bin[0] + bin[1] > 0);
        filled
            .map(|(index, bin)| Observation {
                log_odds: LOWEST + (index as f64 + 0.5) / BINS_PER_UNIT,
                positives: bin[1] as f64,
                negatives: bin[0] as f64,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_a_bin() {
        let mut bins = ScoreBins::empty();
        for log_odds in [f64::NEG_INFINITY, -16.0, f64::NAN] {
            bins.add(log_odds, false);
        }
        for log_odds in [15.99, 16.0, f64::INFINITY] {
            bins.add(log_odds, true);
        }
        assert_eq!(
            (bins.counts()[0], bins.counts()[ScoreBins::DIMENSION - 1]),
            (3, 3)
        );
        assert_eq!(bins.class_counts(), (3, 3));
        assert_eq!(bins.roc_auc(), Some(1.0));
    }

    #[test]
    fn observations_lie_in_the_middle_of_their_bin() {
        let mut bins = ScoreBins::empty();
        bins.add(0.0, true);
        bins.add(0.03, false);
        let expected = Observation {
            log_odds: 1.0 / 64.0,
            positives: 1.0,
            negatives: 1.0,
        };
        assert_eq!(bins.observations(), [expected]);
    }

    #[test]
    fn only_counts_become_bins() {
        assert!(ScoreBins::from_total(&[0; 3]).is_err());
        let mut total = vec![0; ScoreBins::DIMENSION];
        total[7] = -1;
        assert!(matches!(
            ScoreBins::from_total(&total),
            Err(AbsorbError::Impossible { coordinate: 7, .. })
        ));
    }
}
