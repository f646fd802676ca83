//! What a model is worth on rows whose outcome is known.

use std::collections::BTreeMap;

use accord_learning::metrics::{
    CalibrationLine, ScoredTransaction, average_precision, calibration_line, card_precision,
    roc_auc,
};
use serde::{Deserialize, Serialize};

use crate::history::MICROSECONDS_PER_DAY;

/// Customers that a team looks at in a day, for the card precision.
pub const CARDS_INSPECTED: usize = 100;

/// A row whose outcome is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeasuredRow {
    /// Event time in epoch microseconds.
    pub occurred_at_us: i64,
    /// Whose card it is.
    pub customer: u64,
    /// Probability of fraud in 0..=1.
    pub score: f64,
    pub fraud: bool,
}

/// How well scores tell frauds from the rest. `None` where a figure is not defined: without rows of both kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    pub rows: u64,
    pub frauds: u64,
    /// Area under the ROC curve.
    pub auc: Option<f64>,
    pub average_precision: Option<f64>,
    /// Mean share of defrauded customers among the first [`CARDS_INSPECTED`] of each day.
    pub card_precision: Option<f64>,
    /// 1 where probabilities are as spread as the truth; below 1 they are too bold.
    pub calibration_slope: Option<f64>,
    /// 0 where probabilities are right on the whole.
    pub calibration_intercept: Option<f64>,
}

impl Measures {
    pub fn of(rows: &[MeasuredRow]) -> Self {
        let scores: Vec<f64> = rows.iter().map(|row| row.score).collect();
        let labels: Vec<bool> = rows.iter().map(|row| row.fraud).collect();
        let mut days: BTreeMap<i64, Vec<ScoredTransaction>> = BTreeMap::new();
        for row in rows {
            let day = row.occurred_at_us.div_euclid(MICROSECONDS_PER_DAY);
            days.entry(day).or_default().push(ScoredTransaction {
                customer: row.customer,
                score: row.score,
                fraud: row.fraud,
            });
        }
        let days: Vec<Vec<ScoredTransaction>> = days.into_values().collect();
        let frauds = labels.iter().filter(|fraud| **fraud).count() as u64;
        let line: Option<CalibrationLine> = calibration_line(&scores, &labels);
        Self {
            rows: rows.len() as u64,
            frauds,
            auc: roc_auc(&scores, &labels),
            average_precision: average_precision(&scores, &labels),
            card_precision: (frauds > 0)
                .then(|| card_precision(&days, CARDS_INSPECTED))
                .flatten(),
            calibration_slope: line.map(|line| line.slope),
            calibration_intercept: line.map(|line| line.intercept),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(day: i64, customer: u64, score: f64, fraud: bool) -> MeasuredRow {
        MeasuredRow {
            occurred_at_us: day * MICROSECONDS_PER_DAY + 5,
            customer,
            score,
            fraud,
        }
    }

    #[test]
    fn a_ranking_without_a_mistake_is_perfect() {
        let measures = Measures::of(&[
            row(0, 1, 0.9, true),
            row(0, 2, 0.2, false),
            row(1, 3, 0.8, true),
            row(1, 4, 0.1, false),
        ]);
        assert_eq!((measures.rows, measures.frauds), (4, 2));
        assert_eq!(measures.auc, Some(1.0));
        assert_eq!(measures.average_precision, Some(1.0));
        // One defrauded customer of a hundred looked at, on each of two days.
        assert_eq!(measures.card_precision, Some(0.01));
        assert_eq!(measures.calibration_slope, None, "it separates the classes");
    }

    #[test]
    fn nothing_is_said_where_nothing_is_known() {
        assert_eq!(Measures::of(&[]), Measures::default());
        let genuine_only = Measures::of(&[row(0, 1, 0.9, false)]);
        assert_eq!(
            genuine_only,
            Measures {
                rows: 1,
                ..Measures::default()
            }
        );
    }
}
