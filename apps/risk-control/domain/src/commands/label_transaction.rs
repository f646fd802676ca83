//! Say what a transaction turned out to be.

use crate::{
    commands::Rejection,
    decider::Context,
    events::{Event, TransactionLabelled},
    ids::CustomerReference,
    transaction::{FUTURE_TOLERANCE_US, Label, LabelSource, LabelledPurchase},
};

/// Labels a transaction that exists: the caller has looked it up, and with it the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelTransaction {
    pub transaction_id: String,
    pub customer: CustomerReference,
    /// What the transaction says of its terminal, card, device and address.
    pub purchase: LabelledPurchase,
    pub label: Label,
    pub source: LabelSource,
    /// When it became known, in epoch microseconds; absent: now.
    pub known_at_us: Option<i64>,
    /// Sealed under the customer's key.
    pub note: Option<String>,
}

impl LabelTransaction {
    pub(crate) fn decide(&self, context: &Context) -> Result<Vec<Event>, Rejection> {
        let known_at_us = self.known_at_us.unwrap_or(context.now_us);
        if known_at_us > context.now_us.saturating_add(FUTURE_TOLERANCE_US) {
            return Err(Rejection::OccurredInFuture);
        }
        Ok(vec![Event::TransactionLabelled(TransactionLabelled {
            transaction_id: self.transaction_id.clone(),
            customer: self.customer,
            purchase: Some(self.purchase.clone()),
            label: self.label,
            source: self.source,
            known_at_us,
            note: self.note.clone(),
        })])
    }
}
