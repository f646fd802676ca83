//! Give money of a transaction back.

use super::{DecidedTransaction, TransactionRefunded, happened_at};
use crate::{
    commands::Rejection, decider::Context, events::Event, ids::text_hash, state::CustomerPartition,
};

/// Says that money of a transaction was given back, all or a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundTransaction {
    pub transaction: DecidedTransaction,
    /// Minor units of the transaction's currency.
    pub amount_minor: i64,
    /// Epoch microseconds; absent: now.
    pub happened_at_us: Option<i64>,
}

impl RefundTransaction {
    pub(crate) fn decide(
        &self,
        state: &CustomerPartition,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        let transaction = &self.transaction;
        let happened = state.happened(transaction.customer, text_hash(&transaction.transaction_id));
        if happened.reversed {
            return Err(Rejection::AlreadyReversed);
        }
        let left_minor = transaction.amount_minor - happened.refunded_minor;
        if !(1..=left_minor).contains(&self.amount_minor) {
            return Err(Rejection::RefundTooLarge);
        }
        Ok(vec![Event::TransactionRefunded(TransactionRefunded {
            transaction_id: transaction.transaction_id.clone(),
            customer: transaction.customer,
            amount_minor: self.amount_minor,
            happened_at_us: happened_at(self.happened_at_us, transaction, context)?,
        })])
    }
}
