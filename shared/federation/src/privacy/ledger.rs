//! What has been spent, with a hard stop.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::accounting::epsilon;

/// The releases of one job against its budget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PrivacyLedger {
    rho: f64,
    delta: f64,
    epsilon_max: f64,
}

/// A release would spend more than there is.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("this release would bring ε to {would_be:.3}, the budget is {budget:.3}")]
pub struct BudgetExceeded {
    /// ε after the release.
    pub would_be: f64,
    /// The plan's ε.
    pub budget: f64,
}

impl PrivacyLedger {
    /// Nothing spent of a budget of ε at δ.
    pub fn new(epsilon_max: f64, delta: f64) -> Self {
        Self {
            rho: 0.0,
            delta,
            epsilon_max,
        }
    }

    /// ε so far.
    pub fn epsilon(&self) -> f64 {
        epsilon(self.rho, self.delta)
    }

    /// ρ so far.
    pub fn rho(&self) -> f64 {
        self.rho
    }

    /// Refuses a release that does not fit the budget any more.
    pub fn check(&self, rho: f64) -> Result<(), BudgetExceeded> {
        let would_be = epsilon(self.rho + rho, self.delta);
        if would_be > self.epsilon_max {
            return Err(BudgetExceeded {
                would_be,
                budget: self.epsilon_max,
            });
        }
        Ok(())
    }

    /// Notes a release that has happened; what has happened cannot be refused.
    pub fn spend(&mut self, rho: f64) {
        self.rho += rho;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_a_hard_stop() {
        let mut ledger = PrivacyLedger::new(2.0, 1e-6);
        let mut releases = 0;
        while ledger.check(0.01).is_ok() {
            ledger.spend(0.01);
            releases += 1;
        }
        assert!(releases > 2, "{releases}");
        assert!(ledger.epsilon() <= 2.0);
        let refused = ledger.check(0.01).expect_err("spent");
        assert!(refused.would_be > 2.0);
        assert!((ledger.rho() - 0.01 * f64::from(releases)).abs() < 1e-12);
    }
}
