//! What released sums tell about a customer, and noise against it.
//!
//! Each participant adds integer noise before masking, enough that the honest ones alone protect a customer. What every
//! release costs is counted in zero-concentrated differential privacy (zCDP), whose costs simply add, and is shown as
//! (ε, δ). The unit of privacy is one customer *of one institution*.

mod accounting;
mod discrete_gaussian;
mod ledger;

pub use accounting::{epsilon, rho_of_gaussian, rho_of_noisy_sum};
pub use discrete_gaussian::{DiscreteGaussian, VARIANCE_MAX, VARIANCE_MIN};
pub use ledger::{BudgetExceeded, PrivacyLedger};

/// Standard deviations that are left free in the ring for noise. Beyond lies one sum in 10^21.
pub const TAIL_DEVIATIONS: u64 = 10;
