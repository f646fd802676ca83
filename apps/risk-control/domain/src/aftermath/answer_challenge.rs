//! Say how a challenge ended.

use super::{ChallengeAnswered, ChallengeOutcome, DecidedTransaction, happened_at};
use crate::{
    commands::Rejection, decider::Context, events::Event, ids::text_hash, policy::Decision,
    state::CustomerPartition,
};

/// Says how the customer of a challenged transaction answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerChallenge {
    pub transaction: DecidedTransaction,
    pub outcome: ChallengeOutcome,
    /// Epoch microseconds; absent: now.
    pub happened_at_us: Option<i64>,
}

impl AnswerChallenge {
    pub(crate) fn decide(
        &self,
        state: &CustomerPartition,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        let transaction = &self.transaction;
        if transaction.decision != Decision::Challenge {
            return Err(Rejection::NotChallenged);
        }
        let happened = state.happened(transaction.customer, text_hash(&transaction.transaction_id));
        if happened.challenge_answered {
            return Err(Rejection::ChallengeAnswered);
        }
        Ok(vec![Event::ChallengeAnswered(ChallengeAnswered {
            transaction_id: transaction.transaction_id.clone(),
            customer: transaction.customer,
            outcome: self.outcome,
            happened_at_us: happened_at(self.happened_at_us, transaction, context)?,
        })])
    }
}
