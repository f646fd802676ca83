//! Whether probabilities mean what they say.

use crate::calibration::{CalibrationLine, Observation, fit_line};
use crate::deterministic::logit;

/// Logistic recalibration: the outcome regressed on the predicted log-odds (Cox, 1958). `None` if it has no finite
/// answer: one class only, all predictions equal, or predictions that separate the classes perfectly.
///
/// Probabilities are kept 2^-52 away from 0 and 1.
///
/// # Panics
/// If the slices differ in length.
pub fn calibration_line(probabilities: &[f64], labels: &[bool]) -> Option<CalibrationLine> {
    assert_eq!(
        probabilities.len(),
        labels.len(),
        "one label per probability"
    );
    let rows = probabilities.iter().zip(labels);
    let observations: Vec<Observation> = rows
        .map(|(probability, label)| {
            let positives = f64::from(u8::from(*label));
            let log_odds = logit(probability.clamp(f64::EPSILON, 1.0 - f64::EPSILON));
            Observation {
                log_odds,
                positives,
                negatives: 1.0 - positives,
            }
        })
        .collect();
    fit_line(&observations)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deterministic::sigmoid;

    /// Rows whose share of positives is exactly what `truth` says at each predicted log-odds.
    fn rows_that_follow(truth: CalibrationLine) -> (Vec<f64>, Vec<bool>) {
        let mut probabilities = Vec::new();
        let mut labels = Vec::new();
        for step in -20..=20 {
            let x = f64::from(step) / 5.0;
            let positives =
                (sigmoid(truth.intercept + truth.slope * x) * 10_000.0).round() as usize;
            probabilities.extend(core::iter::repeat_n(sigmoid(x), 10_000));
            labels.extend((0..10_000).map(|row| row < positives));
        }
        (probabilities, labels)
    }

    #[test]
    fn the_line_that_made_the_outcomes_is_found() {
        for (slope, intercept) in [(1.0, 0.0), (0.5, -1.0), (2.0, 0.7)] {
            let truth = CalibrationLine { slope, intercept };
            let (probabilities, labels) = rows_that_follow(truth);
            let line = calibration_line(&probabilities, &labels).expect("has an answer");
            assert!(
                (line.slope - slope).abs() < 2e-3 && (line.intercept - intercept).abs() < 2e-3,
                "{line:?}"
            );
        }
    }

    #[test]
    fn two_levels_worked_by_hand() {
        // Where 0.2 was predicted 1 of 4 happened, where 0.8 was predicted 3 of 4: log-odds of ±ln 3 against ±ln 4.
        let probabilities = [0.2, 0.2, 0.2, 0.2, 0.8, 0.8, 0.8, 0.8];
        let labels = [true, false, false, false, true, true, true, false];
        let line = calibration_line(&probabilities, &labels).expect("has an answer");
        assert!((line.slope - 3f64.ln() / 4f64.ln()).abs() < 1e-9);
        assert!(line.intercept.abs() < 1e-9);
    }

    #[test]
    fn what_has_no_finite_answer_has_none() {
        assert_eq!(calibration_line(&[], &[]), None);
        assert_eq!(
            calibration_line(&[0.3, 0.3, 0.3], &[true, false, false]),
            None
        );
        assert_eq!(calibration_line(&[0.1, 0.9], &[false, true]), None);
        assert_eq!(calibration_line(&[0.1, 0.9], &[true, true]), None);
    }
}
