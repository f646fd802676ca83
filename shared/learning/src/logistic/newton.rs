//! One Newton step: the sums it needs and the linear system it solves.

use serde::{Deserialize, Serialize};

use super::plan::LogisticPlan;
use super::standardisation::{CLIP, Scaling};
use crate::cholesky;
use crate::deterministic::{log_loss_of_logit, quantise, sigmoid};
use crate::rows::TrainingRows;

// Fixed point. Inputs lie in ±8, residuals in ±1, p(1 − p) in 0..=1/4. A row then adds at most 2^19 · 2^20 = 2^39 to
// the gradient and 2^13 · 2^13 · 2^13 = 2^39 to the Hessian. The Hessian only steers the step, so its inputs may be
// coarse; its weight may not, because at fraud rates most rows have a p(1 − p) of a thousandth and less.
const GRADIENT_INPUT_BITS: u32 = 16;
const RESIDUAL_BITS: u32 = 20;
const HESSIAN_INPUT_BITS: u32 = 10;
const HESSIAN_WEIGHT_BITS: u32 = 15;
const LOSS_BITS: u32 = 20;
/// A single row's loss is clipped here; a log-loss of 2^10 is an odds ratio of 10^444.
const LOSS_MAX: i64 = 1 << 10;

const INPUT_MAX: i64 = CLIP as i64;
const GRADIENT_INPUT_BOUND: i64 = INPUT_MAX << GRADIENT_INPUT_BITS;
const RESIDUAL_BOUND: i64 = 1 << RESIDUAL_BITS;
const HESSIAN_INPUT_BOUND: i64 = INPUT_MAX << HESSIAN_INPUT_BITS;
const HESSIAN_WEIGHT_BOUND: i64 = 1 << (HESSIAN_WEIGHT_BITS - 2);

/// The most that a row of class weight 1 can add to any coordinate.
pub(super) const ROW_BOUND: u64 = 1 << 39;
const _: () = assert!(GRADIENT_INPUT_BOUND * RESIDUAL_BOUND <= ROW_BOUND as i64);
const _: () =
    assert!(HESSIAN_INPUT_BOUND * HESSIAN_INPUT_BOUND * HESSIAN_WEIGHT_BOUND <= ROW_BOUND as i64);
const _: () = assert!(LOSS_MAX << LOSS_BITS <= ROW_BOUND as i64);

/// Coordinates: rows counted with their class weight, loss, gradient (one per column), packed Hessian triangle.
pub(super) fn dimension(plan: &LogisticPlan) -> usize {
    let columns = plan.column_count();
    2 + columns + cholesky::packed_length(columns)
}

/// Sums the step's statistics over `rows` at the weights `point` (one per column).
pub(super) fn answer(
    plan: &LogisticPlan,
    scaling: &Scaling,
    point: &[f64],
    rows: &TrainingRows,
) -> Vec<i64> {
    let columns = plan.column_count();
    let mut sums = vec![0i64; dimension(plan)];
    let (counts, rest) = sums.split_at_mut(2);
    let (gradient, hessian) = rest.split_at_mut(columns);
    let mut inputs = vec![0.0; columns];
    let mut hessian_inputs = vec![0i64; columns];
    for (features, label) in rows.iter() {
        fill_columns(plan, scaling, features, &mut inputs);
        let logit = dot(point, &inputs);
        let probability = sigmoid(logit);
        let class_weight = plan.class_weight(label);

        counts[0] += class_weight;
        counts[1] += class_weight
            * quantise(
                log_loss_of_logit(logit, label),
                LOSS_BITS,
                LOSS_MAX << LOSS_BITS,
            );

        let residual = probability - f64::from(u8::from(label));
        let residual = class_weight * quantise(residual, RESIDUAL_BITS, RESIDUAL_BOUND);
        for (sum, input) in gradient.iter_mut().zip(&inputs) {
            *sum += residual * quantise(*input, GRADIENT_INPUT_BITS, GRADIENT_INPUT_BOUND);
        }

        // At least one unit: a Hessian that is slightly too large makes a step cautious, one that is zero makes it
        // infinite.
        let curvature = quantise(
            probability * (1.0 - probability),
            HESSIAN_WEIGHT_BITS,
            HESSIAN_WEIGHT_BOUND,
        );
        let curvature = class_weight * curvature.max(1);
        for (quantised, input) in hessian_inputs.iter_mut().zip(&inputs) {
            *quantised = quantise(*input, HESSIAN_INPUT_BITS, HESSIAN_INPUT_BOUND);
        }
        add_outer_product(hessian, curvature, &hessian_inputs);
    }
    sums
}

/// Features, then missing indicators, then the intercept's 1.
pub(super) fn fill_columns(
    plan: &LogisticPlan,
    scaling: &Scaling,
    features: &[f64],
    columns: &mut [f64],
) {
    let mut indicator = features.len();
    for (index, ((feature, scale), raw)) in plan
        .features
        .iter()
        .zip(&scaling.features)
        .zip(features)
        .enumerate()
    {
        let value = scale.apply(*raw);
        columns[index] = value.unwrap_or(0.0);
        if feature.missing_indicator {
            columns[indicator] = f64::from(u8::from(value.is_none()));
            indicator += 1;
        }
    }
    columns[indicator] = 1.0;
}

pub(super) fn dot(point: &[f64], inputs: &[f64]) -> f64 {
    let mut sum = 0.0;
    for (weight, input) in point.iter().zip(inputs) {
        sum += weight * input;
    }
    sum
}

fn add_outer_product(triangle: &mut [i64], weight: i64, inputs: &[i64]) {
    let mut start = 0;
    for (row, input) in inputs.iter().enumerate() {
        let weighted = weight * input;
        for (sum, other) in triangle[start..=start + row].iter_mut().zip(inputs) {
            *sum += weighted * other;
        }
        start += row + 1;
    }
}

/// The sums of one round, back in floating point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Statistics {
    /// Rows, each counted with its class weight.
    pub weighted_rows: f64,
    /// Sum of the weighted log-losses.
    pub loss: f64,
    gradient: Vec<f64>,
    hessian: Vec<f64>,
}

impl Statistics {
    pub(super) fn from_total(columns: usize, total: &[i64]) -> Self {
        let fixed_point = |bits: u32, values: &[i64]| -> Vec<f64> {
            let scale = (1u64 << bits) as f64;
            values.iter().map(|value| *value as f64 / scale).collect()
        };
        let (gradient, hessian) = total[2..].split_at(columns);
        Self {
            weighted_rows: total[0] as f64,
            loss: total[1] as f64 / (1u64 << LOSS_BITS) as f64,
            gradient: fixed_point(GRADIENT_INPUT_BITS + RESIDUAL_BITS, gradient),
            hessian: fixed_point(2 * HESSIAN_INPUT_BITS + HESSIAN_WEIGHT_BITS, hessian),
        }
    }

    /// What rounding can have done to the loss: half a unit of the last place per row and counted twice.
    pub(super) fn loss_tolerance(&self) -> f64 {
        self.weighted_rows / (1u64 << LOSS_BITS) as f64
    }

    /// The Newton step from `point` under an L2 penalty on all columns but the intercept (the last), and the fall of
    /// the objective that it promises. `None` if the Hessian is not positive definite.
    pub(super) fn newton_step(&self, point: &[f64], ridge: f64) -> Option<(Vec<f64>, f64)> {
        let intercept = point.len() - 1;
        let mut hessian = self.hessian.clone();
        let mut gradient = self.gradient.clone();
        for column in 0..intercept {
            hessian[cholesky::packed_index(column, column)] += ridge;
            gradient[column] += ridge * point[column];
        }
        let mut step: Vec<f64> = gradient.iter().map(|slope| -slope).collect();
        cholesky::solve(&mut hessian, &mut step)?;
        let promised_fall = -dot(&gradient, &step) / 2.0;
        promised_fall.is_finite().then_some((step, promised_fall))
    }
}

/// λ/2 · |w|² without the intercept.
pub(super) fn penalty(point: &[f64], ridge: f64) -> f64 {
    let weights = &point[..point.len() - 1];
    ridge / 2.0 * dot(weights, weights)
}
