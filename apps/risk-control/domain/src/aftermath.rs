//! What happens to a transaction after it was decided: it is reversed, refunded, or its customer answers a challenge.
//!
//! Facts of the customer's partition, recorded beside the transaction. The windows of feature set `risk-2` count
//! transactions as they were attempted, so none of these changes a feature: what "spent" means would change, and that
//! needs a set of its own.

mod answer_challenge;
mod happenings;
mod refund;
mod reverse;

use serde::{Deserialize, Serialize};

pub use answer_challenge::AnswerChallenge;
pub use happenings::{HAPPENINGS_MAX, Happened, Happenings};
pub use refund::RefundTransaction;
pub use reverse::ReverseTransaction;

use crate::{
    commands::Rejection,
    decider::Context,
    ids::CustomerReference,
    policy::Decision,
    transaction::{FUTURE_TOLERANCE_US, unset_customer},
};

/// What a command about a transaction must know of it; the caller has looked it up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidedTransaction {
    pub transaction_id: String,
    pub customer: CustomerReference,
    pub occurred_at_us: i64,
    pub amount_minor: i64,
    pub decision: Decision,
}

/// A transaction was taken back as a whole before it was settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionReversed {
    pub transaction_id: String,
    #[serde(skip, default = "unset_customer")]
    pub customer: CustomerReference,
    pub cause: ReversalCause,
    /// When it happened, in epoch microseconds.
    #[serde(rename = "happened_at")]
    pub happened_at_us: i64,
}

/// Money of a transaction was given back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionRefunded {
    pub transaction_id: String,
    #[serde(skip, default = "unset_customer")]
    pub customer: CustomerReference,
    /// Minor units of the transaction's currency; several refunds together never exceed its amount.
    pub amount_minor: i64,
    #[serde(rename = "happened_at")]
    pub happened_at_us: i64,
}

/// The customer was asked to prove who they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChallengeAnswered {
    pub transaction_id: String,
    #[serde(skip, default = "unset_customer")]
    pub customer: CustomerReference,
    pub outcome: ChallengeOutcome,
    #[serde(rename = "happened_at")]
    pub happened_at_us: i64,
}

/// Who took a transaction back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReversalCause {
    Merchant,
    Customer,
    /// Nobody: an answer did not arrive in time.
    Timeout,
}

impl ReversalCause {
    pub const ALL: [Self; 3] = [Self::Merchant, Self::Customer, Self::Timeout];

    pub fn name(self) -> &'static str {
        match self {
            Self::Merchant => "merchant",
            Self::Customer => "customer",
            Self::Timeout => "timeout",
        }
    }
}

/// How a challenge ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChallengeOutcome {
    Passed,
    Failed,
    Abandoned,
}

impl ChallengeOutcome {
    pub const ALL: [Self; 3] = [Self::Passed, Self::Failed, Self::Abandoned];

    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Abandoned => "abandoned",
        }
    }
}

/// When something happened: as the caller says, or now. Never before the transaction, never ahead of the clock.
fn happened_at(
    said_us: Option<i64>,
    transaction: &DecidedTransaction,
    context: &Context,
) -> Result<i64, Rejection> {
    let at_us = said_us.unwrap_or_else(|| context.now_us.max(transaction.occurred_at_us));
    if at_us > context.now_us.saturating_add(FUTURE_TOLERANCE_US) {
        return Err(Rejection::OccurredInFuture);
    }
    if at_us < transaction.occurred_at_us {
        return Err(Rejection::BeforeTransaction);
    }
    Ok(at_us)
}
