//! Take over a transaction of the past: it feeds the windows and the training set, and keeps its original decision.

use crate::{
    commands::Rejection,
    events::{Event, TransactionImported},
    features::Features,
    policy::Decision,
    state::CustomerPartition,
    transaction::{LATENESS_MAX_US, Transaction},
};

/// Brings in a transaction that was decided elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportTransaction {
    pub transaction: Transaction,
    pub decision: Decision,
    /// Personal fields, sealed under the customer's key.
    pub personal: String,
}

impl ImportTransaction {
    pub(crate) fn decide(&self, state: &CustomerPartition) -> Result<Vec<Event>, Rejection> {
        let transaction = &self.transaction;
        let history = state.customers.get(&transaction.customer.0);
        let latest_us = history.and_then(|history| history.latest_us());
        if latest_us.is_some_and(|latest| transaction.occurred_at_us < latest - LATENESS_MAX_US) {
            return Err(Rejection::OccurredTooLongAgo);
        }
        Ok(vec![Event::TransactionImported(TransactionImported {
            transaction: transaction.clone(),
            features: Features::of(
                history,
                transaction.occurred_at_us,
                transaction.amount_minor,
            ),
            decision: self.decision,
            personal: self.personal.clone(),
        })])
    }
}
