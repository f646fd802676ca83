//! The non-decreasing curve from predicted to observed log-odds.

use serde::{Deserialize, Serialize};

use super::line::Observation;
use crate::deterministic::ln;

/// A non-decreasing curve through knots, straight between them and of slope 1 beyond the ends, so that it never makes
/// the highest scores equal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IsotonicCurve {
    /// Raw and calibrated log-odds, both ascending; at least one.
    knots: Vec<[f64; 2]>,
}

impl IsotonicCurve {
    /// Pools neighbours that are in the wrong order until none are left (Ayer et al., 1955).
    pub(super) fn fit(observations: &[Observation]) -> Option<Self> {
        let positives: f64 = observations
            .iter()
            .map(|observation| observation.positives)
            .sum();
        let negatives: f64 = observations
            .iter()
            .map(|observation| observation.negatives)
            .sum();
        if positives == 0.0 || negatives == 0.0 {
            return None;
        }
        let mut knots: Vec<[f64; 2]> = pooled(observations).iter().map(Block::knot).collect();
        keep_ascending(&mut knots);
        knots.dedup_by(|later, earlier| later[0] <= earlier[0]);
        Some(Self { knots })
    }

    /// Calibrated log-odds.
    pub fn log_odds(&self, raw: f64) -> f64 {
        let above = self.knots.partition_point(|knot| knot[0] <= raw);
        match (
            above.checked_sub(1).map(|below| self.knots[below]),
            self.knots.get(above),
        ) {
            (Some(low), Some(high)) => {
                low[1] + (high[1] - low[1]) * ((raw - low[0]) / (high[0] - low[0]))
            }
            (Some(last), None) => last[1] + (raw - last[0]),
            (None, Some(first)) => first[1] + (raw - first[0]),
            (None, None) => raw,
        }
    }
}

/// Only the first and the last block can be of one class alone, and being believed less than fully can have moved them
/// past their neighbour.
fn keep_ascending(knots: &mut [[f64; 2]]) {
    if let [first, second, ..] = knots {
        first[1] = first[1].min(second[1]);
    }
    if let [.., before, last] = knots {
        last[1] = last[1].max(before[1]);
    }
}

struct Block {
    positives: f64,
    negatives: f64,
    /// Sum over rows.
    log_odds_sum: f64,
}

impl Block {
    fn rows(&self) -> f64 {
        self.positives + self.negatives
    }

    /// Mean raw log-odds and observed log-odds. No finite number of rows proves a probability of 0 or 1: a block of
    /// one class is believed as if half a row of the other had been seen.
    fn knot(&self) -> [f64; 2] {
        let positives = self.positives.max(0.5);
        let negatives = self.negatives.max(0.5);
        [self.log_odds_sum / self.rows(), ln(positives / negatives)]
    }
}

fn pooled(observations: &[Observation]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for Observation {
        log_odds,
        positives,
        negatives,
    } in observations
    {
        let rows = positives + negatives;
        if rows == 0.0 {
            continue;
        }
        let mut block = Block {
            positives: *positives,
            negatives: *negatives,
            log_odds_sum: log_odds * rows,
        };
        // Counts are whole numbers below 2^53: the comparison of cross products is exact for 94 million rows.
        while let Some(last) =
            blocks.pop_if(|last| last.positives * block.rows() >= block.positives * last.rows())
        {
            block = Block {
                positives: last.positives + block.positives,
                negatives: last.negatives + block.negatives,
                log_odds_sum: last.log_odds_sum + block.log_odds_sum,
            };
        }
        blocks.push(block);
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(table: &[(f64, f64, f64)]) -> IsotonicCurve {
        let observations: Vec<Observation> = table
            .iter()
            .map(|(log_odds, positives, negatives)| Observation {
                log_odds: *log_odds,
                positives: *positives,
                negatives: *negatives,
            })
            .collect();
        IsotonicCurve::fit(&observations).expect("both classes")
    }

    #[test]
    fn neighbours_in_the_wrong_order_are_pooled() {
        let curve = curve(&[
            (-2.0, 1.0, 9.0),
            (0.0, 5.0, 5.0),
            (1.0, 3.0, 7.0),
            (3.0, 9.0, 1.0),
        ]);
        assert!((curve.log_odds(-2.0) + 9f64.ln()).abs() < 1e-12);
        assert!((curve.log_odds(0.5) - (2.0f64 / 3.0).ln()).abs() < 1e-12);
        assert!((curve.log_odds(3.0) - 9f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn beyond_the_ends_scores_stay_distinguishable() {
        let curve = curve(&[(-1.0, 0.0, 50.0), (1.0, 50.0, 0.0)]);
        assert!((curve.log_odds(1.0) - 100f64.ln()).abs() < 1e-12);
        assert!((curve.log_odds(4.0) - curve.log_odds(1.0) - 3.0).abs() < 1e-12);
        assert!(curve.log_odds(-9.0) < curve.log_odds(-8.0));
    }

    #[test]
    fn it_never_falls() {
        let curve = curve(&[
            (-3.0, 2.0, 30.0),
            (-1.0, 1.0, 30.0),
            (0.0, 9.0, 12.0),
            (0.5, 6.0, 9.0),
            (2.0, 8.0, 2.0),
        ]);
        let values: Vec<f64> = (-60..60)
            .map(|step| curve.log_odds(f64::from(step) / 10.0))
            .collect();
        assert!(
            values.windows(2).all(|pair| pair[0] <= pair[1]),
            "{values:?}"
        );
    }

    #[test]
    fn a_lone_certain_row_at_the_end_does_not_undercut_its_neighbour() {
        let curve = curve(&[(-1.0, 1.0, 99.0), (1.0, 90.0, 10.0), (2.0, 1.0, 0.0)]);
        assert!((curve.log_odds(2.0) - 9f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn one_class_has_no_curve() {
        let observation = Observation {
            log_odds: 0.0,
            positives: 5.0,
            negatives: 0.0,
        };
        assert_eq!(IsotonicCurve::fit(&[observation]), None);
        assert_eq!(IsotonicCurve::fit(&[]), None);
    }
}
