//! Logistic regression by Newton's method (iteratively re-weighted least squares) over exact integer sums.
//!
//! The first query sums counts and moments, from which every feature is standardised ([`Standardisation`]). Each
//! further query sums, at the current weights, the gradient, the packed Hessian triangle and the log-loss, all in
//! fixed point and quantised per row; the step itself is a small Cholesky solve in a fixed order. Training ends when a
//! step promises next to nothing or after the plan's number of rounds.

mod averaging;
mod learner;
mod model;
mod newton;
mod plan;
mod standardisation;

pub use averaging::{AveragingLearner, AveragingPlan, AveragingPlanError};
pub use learner::LogisticLearner;
pub use model::{LogisticFeature, LogisticModel};
pub use plan::{FeaturePlan, LogisticPlan, PlanError, Transform};
pub use standardisation::Standardisation;
