//! Ask for a decision on a transaction.

use std::time::Instant;

use accord_event_log::{
    CommandEnvelope, Position, Recorded, Reply, Sequence, Unavailable, stages::Stage,
};
use accord_service::IdempotencyScope;
use risk_control::{
    AssessTransaction, Command, CustomerReference, Event, Transaction, TransactionAssessed,
};
use std::sync::Arc;
use uuid::Uuid;

use super::{ApplicationError, BankReply, CommandCaller, command_id};
use crate::{node::BankNode, personal::PersonalFields, policies::ActivePolicy};

/// A transaction as the bank's systems send it, checked for shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssessRequest {
    pub transaction_id: String,
    pub personal: PersonalFields,
    pub terminal_id: String,
    pub amount_minor: i64,
    pub currency: String,
    /// Event time in epoch microseconds; absent: now.
    pub occurred_at_us: Option<i64>,
}

/// A decision, as it stands in the log.
#[derive(Clone, Debug)]
pub struct Assessment {
    pub recorded: Arc<Recorded<Event>>,
    pub policy: Arc<ActivePolicy>,
    pub position: Position,
    /// The transaction had been decided before; this is that decision.
    pub replayed: bool,
}

impl Assessment {
    pub fn event(&self) -> Option<&TransactionAssessed> {
        match &self.recorded.event {
            Event::TransactionAssessed(event) => Some(event),
            _ => None,
        }
    }
}

impl BankNode {
    /// Decides a transaction, or gives the decision that it got before. When this returns, it is durable.
    pub async fn assess(
        &self,
        caller: &CommandCaller,
        request: AssessRequest,
    ) -> Result<Assessment, ApplicationError> {
        let begun = Instant::now();
        if request.currency != self.shared.currency {
            return Err(ApplicationError::OtherCurrency {
                expected: self.shared.currency.clone(),
            });
        }
        let identity = self.transaction_identity(&request.transaction_id);
        let subject = self
            .shared
            .keys
            .find_or_create(&request.personal.customer_id)
            .await?;
        let payload_hash = subject.fingerprint(&request.canonical());
        let customer = CustomerReference(subject.reference);
        let personal = request.personal.seal(&subject, identity);
        let card = request.personal.card_key(&subject);
        let device = request.personal.device_key(&self.shared.keys);
        let address = request.personal.address_key(&self.shared.keys);
        let fingerprints = self.list_fingerprints(&request.personal, &request.terminal_id);
        self.shared
            .bus
            .stages()
            .add(Stage::Encrypt, begun.elapsed(), 1);

        let command = Command::AssessTransaction(AssessTransaction {
            transaction: Transaction {
                transaction_id: request.transaction_id,
                customer,
                occurred_at_us: request
                    .occurred_at_us
                    .unwrap_or_else(|| self.shared.clock.now_us()),
                amount_minor: request.amount_minor,
                currency: request.currency,
                terminal_id: request.terminal_id,
                card,
                device,
                address,
            },
            personal,
            fingerprints,
        });
        let envelope = self.envelope(
            caller,
            self.partition_of(customer),
            identity,
            Some(payload_hash),
            command,
        );
        let reply = self.ask_once(caller, envelope).await?;
        let assessment = self.assessment(reply, payload_hash).await?;
        if !assessment.replayed {
            self.shared.latency.observe(begun.elapsed());
        }
        Ok(assessment)
    }

    /// Identity of a transaction: its own id, whoever sends it.
    pub(crate) fn transaction_identity(&self, transaction_id: &str) -> Uuid {
        transaction_identity(&self.shared.name, transaction_id)
    }

    /// Asks the worker. Where it cannot tell from memory whether the key is new, the read store is searched first; a
    /// read store that is behind gives an error, never a second decision.
    pub(crate) async fn ask_once(
        &self,
        caller: &CommandCaller,
        mut envelope: CommandEnvelope<Command>,
    ) -> Result<BankReply, ApplicationError> {
        loop {
            let reply = self.shared.bus.ask(envelope.clone()).await;
            let Reply::CheckArchive { through } = reply else {
                return Ok(reply);
            };
            self.wait_until_projected(through, caller.deadline).await?;
            let found = match &envelope.command {
                Command::LabelTransaction(_) | Command::ParkLabel(_) => {
                    self.find_label_command(envelope.command_id).await?
                }
                Command::Case(_) => self.find_case_command(envelope.command_id).await?,
                Command::AssessTransaction(command) => {
                    self.find_transaction_sequence(&command.transaction.transaction_id, through)
                        .await?
                }
                Command::AdviseTransaction(command) => {
                    self.find_transaction_sequence(&command.transaction.transaction_id, through)
                        .await?
                }
                Command::ReverseTransaction(_)
                | Command::RefundTransaction(_)
                | Command::AnswerChallenge(_) => {
                    self.find_aftermath_sequence(envelope.command_id).await?
                }
                _ => self.find_governance_sequence(envelope.command_id).await?,
            };
            if let Some(sequence) = found {
                return Ok(Reply::Duplicate { sequence });
            }
            if envelope.absent_through >= through {
                return Err(ApplicationError::Inconsistent);
            }
            envelope.absent_through = through;
        }
    }

    async fn assessment(
        &self,
        reply: BankReply,
        payload_hash: u64,
    ) -> Result<Assessment, ApplicationError> {
        let (recorded, replayed) = match reply {
            Reply::Committed { events, .. } => {
                let recorded = events.into_iter().next();
                (recorded.ok_or(ApplicationError::Inconsistent)?, false)
            }
            Reply::Duplicate { sequence } => {
                let recorded = self
                    .shared
                    .reader
                    .read_event::<risk_control::RiskControl>(sequence)
                    .await?;
                if recorded.metadata.payload_hash != payload_hash {
                    return Err(ApplicationError::KeyReused);
                }
                (Arc::new(recorded), true)
            }
            Reply::KeyReused { .. } => return Err(ApplicationError::KeyReused),
            Reply::Rejected(rejection) => return Err(ApplicationError::Rejected(rejection)),
            Reply::Unavailable(unavailable) => return Err(unavailable.into()),
            Reply::CheckArchive { .. } => return Err(Unavailable::Expired.into()),
        };
        let Event::TransactionAssessed(event) = &recorded.event else {
            return Err(ApplicationError::KeyReused);
        };
        Ok(Assessment {
            policy: self.policy(event.policy).await?,
            position: self.position(recorded.metadata.sequence),
            recorded,
            replayed,
        })
    }

    pub(crate) fn position(&self, sequence: Sequence) -> Position {
        Position {
            log: self.shared.reader.short_id(),
            sequence,
        }
    }
}

impl AssessRequest {
    /// Everything that the caller said, to tell a repetition from another transaction under the same id.
    pub(super) fn canonical(&self) -> Vec<u8> {
        canonical_transaction(
            &self.transaction_id,
            &self.personal,
            &self.terminal_id,
            self.amount_minor,
            &self.currency,
            self.occurred_at_us,
        )
    }
}

/// Identity of a transaction of an institution.
pub(crate) fn transaction_identity(institution: &str, transaction_id: &str) -> Uuid {
    command_id(
        IdempotencyScope {
            institution,
            caller: "",
            operation: "transaction",
            key: transaction_id,
        }
        .hash(),
    )
}

/// Everything that a bank says of a transaction, as one text.
pub(crate) fn canonical_transaction(
    transaction_id: &str,
    personal: &PersonalFields,
    terminal_id: &str,
    amount_minor: i64,
    currency: &str,
    occurred_at_us: Option<i64>,
) -> Vec<u8> {
    let canonical = (
        transaction_id,
        personal,
        terminal_id,
        amount_minor,
        currency,
        occurred_at_us,
    );
    serde_json::to_vec(&canonical).expect("plain fields always serialise")
}
