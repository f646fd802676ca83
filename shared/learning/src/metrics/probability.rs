//! Metrics of probabilities, row by row.

use crate::deterministic::ln;

/// Mean of −ln of the probability given to what happened. Probabilities are kept 2^-52 away from 0 and 1, so that one
/// overconfident row costs 36 and not infinity. `None` without rows.
///
/// # Panics
/// If the slices differ in length.
pub fn log_loss(probabilities: &[f64], labels: &[bool]) -> Option<f64> {
    mean(probabilities, labels, |probability, label| {
        let probability = probability.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
        -ln(if label {
            probability
        } else {
            1.0 - probability
        })
    })
}

/// Mean squared distance between probability and outcome. `None` without rows.
///
/// # Panics
/// If the slices differ in length.
pub fn brier_score(probabilities: &[f64], labels: &[bool]) -> Option<f64> {
    mean(probabilities, labels, |probability, label| {
        let distance = probability - f64::from(u8::from(label));
        distance * distance
    })
}

fn mean(probabilities: &[f64], labels: &[bool], loss: impl Fn(f64, bool) -> f64) -> Option<f64> {
    assert_eq!(
        probabilities.len(),
        labels.len(),
        "one label per probability"
    );
    let sum: f64 = probabilities
        .iter()
        .zip(labels)
        .map(|(probability, label)| loss(*probability, *label))
        .sum();
    (!labels.is_empty()).then(|| sum / labels.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_tables_worked_by_hand() {
        let loss = log_loss(&[0.9, 0.2], &[true, false]).expect("rows");
        assert!((loss - (-(0.9f64.ln()) - 0.8f64.ln()) / 2.0).abs() < 1e-12);
        let brier = brier_score(&[0.9, 0.2], &[true, false]).expect("rows");
        assert!((brier - 0.025).abs() < 1e-12);
        assert_eq!(log_loss(&[], &[]), None);
        assert_eq!(brier_score(&[], &[]), None);
    }

    #[test]
    fn a_certain_mistake_costs_36() {
        let loss = log_loss(&[0.0], &[true]).expect("a row");
        assert!((loss - 36.04).abs() < 0.01);
    }
}
