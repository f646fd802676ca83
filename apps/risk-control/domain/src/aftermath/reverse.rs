//! Take a transaction back.

use super::{DecidedTransaction, ReversalCause, TransactionReversed, happened_at};
use crate::{
    commands::Rejection, decider::Context, events::Event, ids::text_hash, state::CustomerPartition,
};

/// Says that a transaction was taken back as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReverseTransaction {
    pub transaction: DecidedTransaction,
    pub cause: ReversalCause,
    /// Epoch microseconds; absent: now.
    pub happened_at_us: Option<i64>,
}

impl ReverseTransaction {
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
        // Money that was given back cannot be taken back as well.
        if happened.refunded_minor > 0 {
            return Err(Rejection::AlreadyRefunded);
        }
        Ok(vec![Event::TransactionReversed(TransactionReversed {
            transaction_id: transaction.transaction_id.clone(),
            customer: transaction.customer,
            cause: self.cause,
            happened_at_us: happened_at(self.happened_at_us, transaction, context)?,
        })])
    }
}
