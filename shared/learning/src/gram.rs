//! How often items go together: the Gram matrix X'X of histories × items, as integer sums.

mod answer;
mod learner;
mod plan;
mod sparse;

pub use learner::{Gram, GramLearner};
pub use plan::{GramPlan, ITEMS_MAX, PlanError};
pub use sparse::SparseGram;
