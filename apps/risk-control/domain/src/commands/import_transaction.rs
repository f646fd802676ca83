//! Take over a transaction of the past: it feeds the windows and the training set, and keeps its original decision.

use crate::{
    commands::Rejection,
    decider::Context,
    events::{Event, TransactionImported},
    features::FeatureSet,
    policy::Decision,
    state::CustomerPartition,
    transaction::{FUTURE_TOLERANCE_US, LATENESS_MAX_US, Transaction},
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
    pub(crate) fn decide(
        &self,
        state: &CustomerPartition,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        let transaction = &self.transaction;
        // Lateness counts from the customer's newest transaction: one of the future would shut the customer out.
        if transaction.occurred_at_us > context.now_us.saturating_add(FUTURE_TOLERANCE_US) {
            return Err(Rejection::OccurredInFuture);
        }
        let history = state.customers.get(&transaction.customer.0);
        let latest_us = history.and_then(|history| history.latest_us());
        if latest_us.is_some_and(|latest| {
            transaction.occurred_at_us < latest.saturating_sub(LATENESS_MAX_US)
        }) {
            return Err(Rejection::OccurredTooLongAgo);
        }
        let entities = context
            .entities
            .unwrap_or_else(|| state.known_entities(transaction));
        Ok(vec![Event::TransactionImported(TransactionImported {
            transaction: transaction.clone(),
            features: FeatureSet::CURRENT.compute(history, &entities, transaction),
            decision: self.decision,
            personal: self.personal.clone(),
        })])
    }
}
