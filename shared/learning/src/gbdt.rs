//! Gradient-boosted decision trees over exact integer sums.
//!
//! Bins come first ([`quantiles`](crate::quantiles)), over all holders' rows. Then, tree by tree and level by level,
//! one query sums first and second derivatives of the log-loss per node, feature and bin, in fixed point. Of two
//! siblings only one is asked; the other is the parent minus it, exactly. Every party draws the same conclusion from
//! the same sums, so the trees are the same for every spread of rows.
//!
//! A holder answers from its [`GbdtWorkspace`]: binned bytes, log-odds per row, rows sorted by node. There is no other
//! path for training in one place: that is the same answers, summed over one holder.

mod binned_rows;
mod contributions;
mod fixed_point;
mod forest;
mod growing_tree;
mod histogram;
mod learner;
mod model;
mod plan;
mod sampling;
mod shapley;
mod sorted_rows;
mod split;
mod tree;
mod workspace;

pub use learner::GbdtLearner;
pub use model::{GbdtModel, ModelError};
pub use plan::{CalibrationKind, CalibrationPlan, GbdtPlan, PlanError};
pub use tree::{Node, Tree};
pub use workspace::GbdtWorkspace;
