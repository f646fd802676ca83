//! The straight line from predicted to observed log-odds.

use serde::{Deserialize, Serialize};

use crate::cholesky;
use crate::deterministic::{log_loss_of_logit, sigmoid};

/// The line from predicted to observed log-odds. A calibrated score has slope 1 and intercept 0; a slope below 1 means
/// that the scores are too extreme, an intercept below 0 that they are too high.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CalibrationLine {
    /// Observed log-odds per predicted log-odds.
    pub slope: f64,
    /// Observed log-odds where 0 was predicted.
    pub intercept: f64,
}

/// Rows with one predicted log-odds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Observation {
    pub log_odds: f64,
    pub positives: f64,
    pub negatives: f64,
}

/// The most likely line (Cox, 1958), by Newton's method in two dimensions; a step that goes downhill is halved. `None`
/// if there is no finite answer: one class only, all predictions equal, or predictions that separate the classes.
///
/// Sums run in the order of `observations`.
pub(crate) fn fit_line(observations: &[Observation]) -> Option<CalibrationLine> {
    let mut line = CalibrationLine {
        slope: 1.0,
        intercept: 0.0,
    };
    let mut loss = total_loss(observations, line);
    for _ in 0..ROUNDS_MAX {
        let [intercept_step, slope_step] = newton_step(observations, line)?;
        let mut length = 1.0;
        (line, loss) = loop {
            let next = CalibrationLine {
                slope: line.slope + length * slope_step,
                intercept: line.intercept + length * intercept_step,
            };
            let next_loss = total_loss(observations, next);
            if next_loss <= loss * (1.0 + ROUNDING) || length < 1e-6 {
                break (next, next_loss);
            }
            length /= 2.0;
        };
        if intercept_step.abs() < CONVERGED && slope_step.abs() < CONVERGED {
            return Some(line);
        }
    }
    None
}

/// Separable data would let the slope grow for ever; anything else converges in about ten rounds.
const ROUNDS_MAX: u32 = 40;

/// Newton's method squares its error: after a step of 1e-7 the line is as exact as floating point allows.
const CONVERGED: f64 = 1e-7;

/// Relative rounding error allowed for in a sum of many losses.
const ROUNDING: f64 = 1e-12;

fn newton_step(observations: &[Observation], line: CalibrationLine) -> Option<[f64; 2]> {
    let mut gradient = [0.0; 2];
    let mut hessian = [0.0; 3];
    for Observation {
        log_odds,
        positives,
        negatives,
    } in observations
    {
        let probability = sigmoid(line.intercept + line.slope * log_odds);
        let residual = positives - (positives + negatives) * probability;
        let curvature = (positives + negatives) * probability * (1.0 - probability);
        gradient[0] += residual;
        gradient[1] += residual * log_odds;
        hessian[0] += curvature;
        hessian[1] += curvature * log_odds;
        hessian[2] += curvature * log_odds * log_odds;
    }
    // A correlation of one: all predictions are equal and the slope is anybody's guess.
    if hessian[0] * hessian[2] - hessian[1] * hessian[1] <= 1e-12 * hessian[0] * hessian[2] {
        return None;
    }
    cholesky::solve(&mut hessian, &mut gradient)?;
    Some(gradient)
}

fn total_loss(observations: &[Observation], line: CalibrationLine) -> f64 {
    let mut sum = 0.0;
    for Observation {
        log_odds,
        positives,
        negatives,
    } in observations
    {
        let calibrated = line.intercept + line.slope * log_odds;
        sum += positives * log_loss_of_logit(calibrated, true)
            + negatives * log_loss_of_logit(calibrated, false);
    }
    sum
}
