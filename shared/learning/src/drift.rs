//! How far the features of one time have moved from those of another, over all holders, without a row.
//!
//! The measure is the population stability index over bins that the plan fixes (found once with
//! [`quantiles`](crate::quantiles), say over the training time): Σ (p − q) · ln(p / q), p and q being the shares of a
//! bin in both times. As a rule of thumb below 0.1 nothing has happened, and above 0.25 something has.

mod learner;
mod stability;

pub use learner::{DriftLearner, DriftPlan, DriftRows, PlanError};
pub use stability::{Drift, FeatureDrift, population_stability_index};
