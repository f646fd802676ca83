//! Say what happened to a transaction after it was decided: reversed, refunded, a challenge answered.

use accord_event_log::{Position, Reply, Sequence, Unavailable};
use accord_service::{IdempotencyScope, idempotency};
use risk_control::{
    AnswerChallenge, ChallengeOutcome, Command, CustomerReference, DecidedTransaction, Event,
    RefundTransaction, ReversalCause, ReverseTransaction,
};
use uuid::Uuid;

use super::{ApplicationError, BankReply, CommandCaller, command_id};
use crate::node::BankNode;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    Reversed(ReversalCause),
    /// Minor units of the transaction's currency.
    Refunded(i64),
    ChallengeAnswered(ChallengeOutcome),
}

/// What happened to a transaction, as somebody says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AftermathRequest {
    pub transaction_id: String,
    pub happening: Happening,
    /// Epoch microseconds; absent: now.
    pub happened_at_us: Option<i64>,
    /// The caller's idempotency key, if it sent one.
    pub key: Option<String>,
}

impl Happening {
    fn operation(self) -> &'static str {
        match self {
            Self::Reversed(_) => "reversal",
            Self::Refunded(_) => "refund",
            Self::ChallengeAnswered(_) => "challenge",
        }
    }
}

impl BankNode {
    /// Records what happened to a transaction; gives where that stands, and whether it stood there before.
    pub async fn record_aftermath(
        &self,
        caller: &CommandCaller,
        request: AftermathRequest,
    ) -> Result<(Position, bool), ApplicationError> {
        let row = self
            .settled_transaction_row(&request.transaction_id, caller.deadline)
            .await?
            .ok_or(ApplicationError::UnknownTransaction)?;
        let customer = CustomerReference(row.customer);
        let transaction = DecidedTransaction {
            transaction_id: request.transaction_id.clone(),
            customer,
            occurred_at_us: row.occurred_at_us,
            amount_minor: row.amount_minor,
            decision: row.decision,
        };
        let happened_at_us = request.happened_at_us;
        let command = match request.happening {
            Happening::Reversed(cause) => Command::ReverseTransaction(ReverseTransaction {
                transaction,
                cause,
                happened_at_us,
            }),
            Happening::Refunded(amount_minor) => Command::RefundTransaction(RefundTransaction {
                transaction,
                amount_minor,
                happened_at_us,
            }),
            Happening::ChallengeAnswered(outcome) => Command::AnswerChallenge(AnswerChallenge {
                transaction,
                outcome,
                happened_at_us,
            }),
        };
        let payload_hash = idempotency::payload_hash(&request.canonical()).max(1);
        let (identity, keyed) = match &request.key {
            Some(key) => {
                let scope = IdempotencyScope {
                    institution: &self.shared.name,
                    caller: &caller.actor,
                    operation: request.happening.operation(),
                    key,
                };
                (command_id(scope.hash()), Some(payload_hash))
            }
            None => (Uuid::now_v7(), None),
        };
        let partition = self.partition_of(customer);
        let envelope = self.envelope(caller, partition, identity, keyed, command);
        let reply: BankReply = self.ask_once(caller, envelope).await?;
        match reply {
            Reply::Committed { through, .. } => Ok((self.position(through), false)),
            Reply::Duplicate { sequence } => {
                self.check_aftermath(sequence, payload_hash).await?;
                Ok((self.position(sequence), true))
            }
            Reply::KeyReused { .. } => Err(ApplicationError::KeyReused),
            Reply::Rejected(rejection) => Err(ApplicationError::Rejected(rejection)),
            Reply::Unavailable(unavailable) => Err(unavailable.into()),
            Reply::CheckArchive { .. } => Err(Unavailable::Expired.into()),
        }
    }

    async fn check_aftermath(
        &self,
        sequence: Sequence,
        payload_hash: u64,
    ) -> Result<(), ApplicationError> {
        let recorded = self.transaction_event(sequence).await?;
        let is_aftermath = matches!(
            recorded.event,
            Event::TransactionReversed(_)
                | Event::TransactionRefunded(_)
                | Event::ChallengeAnswered(_)
        );
        if is_aftermath && recorded.metadata.payload_hash == payload_hash {
            Ok(())
        } else {
            Err(ApplicationError::KeyReused)
        }
    }
}

impl AftermathRequest {
    /// Everything that the caller said.
    fn canonical(&self) -> Vec<u8> {
        let (detail, amount_minor) = match self.happening {
            Happening::Reversed(cause) => (cause.name(), 0),
            Happening::Refunded(amount_minor) => ("", amount_minor),
            Happening::ChallengeAnswered(outcome) => (outcome.name(), 0),
        };
        let canonical = (
            &self.transaction_id,
            self.happening.operation(),
            detail,
            amount_minor,
            self.happened_at_us,
        );
        serde_json::to_vec(&canonical).expect("plain fields always serialise")
    }
}
