//! SLIST: a linear item-item model of sessions with a closed form (Choi et al., WWW 2021, "Session-aware Linear
//! Item-Item Models for Session-based Recommendation").
//!
//! Two linear models share one set of weights B: SLIS reproduces a session from itself, SLIT foretells what comes after
//! from what came before. With S = Σ ω·x·xᵀ over sessions, Z = Σ ω·z·zᵀ and T = Σ ω·z·yᵀ over the cuts of sessions into
//! past z and future y, B = (α·S + (1 − α)·Z + λ·I)⁻¹ · (α·S + (1 − α)·T). All three are sums over sessions, so they
//! are exact integers here, and α and λ are chosen after summing.

mod learner;
mod plan;
mod session_rows;
mod solve;
mod sums;

pub use learner::SlistLearner;
pub use plan::{Past, SlistPlan, SlistSettings};
pub use solve::{SparseLimits, solve, solve_sparse};
pub use sums::SessionSums;
