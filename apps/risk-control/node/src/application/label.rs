//! Say what a transaction turned out to be.

use accord_event_log::{Position, Reply, Sequence, Unavailable};
use accord_service::idempotency;
use risk_control::{
    Command, CustomerReference, Event, Label, LabelSource, LabelTransaction, LabelledPurchase,
};
use uuid::Uuid;

use super::{ApplicationError, CommandCaller};
use crate::node::BankNode;

/// A label as somebody gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelRequest {
    pub transaction_id: String,
    pub label: Label,
    pub source: LabelSource,
    /// When it became known, in epoch microseconds; absent: now.
    pub known_at_us: Option<i64>,
    pub note: Option<String>,
    /// The caller's idempotency key, if it sent one.
    pub key: Option<String>,
}

/// Where a label went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Labelled {
    pub position: Position,
    /// The transaction is not known yet: the label waits for it.
    pub parked: bool,
}

impl BankNode {
    /// What a label has to say of the transaction that an event brought. The row has neither card nor device; the event
    /// knows what stands for them, also after an erasure.
    pub(crate) async fn labelled_purchase(
        &self,
        sequence: Sequence,
    ) -> Result<LabelledPurchase, ApplicationError> {
        match self.transaction_event(sequence).await?.event {
            Event::TransactionAssessed(event) => Ok(LabelledPurchase::of(&event.transaction)),
            Event::TransactionImported(event) => Ok(LabelledPurchase::of(&event.transaction)),
            Event::TransactionAdvised(event) => Ok(LabelledPurchase::of(&event.transaction)),
            _ => Err(ApplicationError::Inconsistent),
        }
    }

    /// Labels a transaction, or parks the label where the transaction is not known yet.
    pub async fn label(
        &self,
        caller: &CommandCaller,
        request: LabelRequest,
    ) -> Result<Labelled, ApplicationError> {
        let transaction = self
            .settled_transaction_row(&request.transaction_id, caller.deadline)
            .await?;
        let Some(transaction) = transaction else {
            let position = self.park_label(caller, request).await?;
            return Ok(Labelled {
                position,
                parked: true,
            });
        };
        let customer = CustomerReference(transaction.customer);
        let purchase = self.labelled_purchase(transaction.sequence).await?;
        let subject = self.shared.keys.by_reference(customer.0);
        let canonical = request.canonical();
        let payload_hash = match &subject {
            Some(subject) => subject.fingerprint(&canonical),
            // Nothing personal is left of an erased customer, and a note is refused below.
            None => idempotency::payload_hash(&canonical).max(1),
        };
        let (identity, keyed) = match &request.key {
            Some(key) => (self.label_identity(&caller.actor, key), Some(payload_hash)),
            None => (Uuid::now_v7(), None),
        };
        let note = match &request.note {
            Some(note) => {
                let subject = subject.as_ref().ok_or(ApplicationError::Erased)?;
                Some(subject.seal(note.as_bytes(), identity.as_bytes()))
            }
            None => None,
        };
        let command = Command::LabelTransaction(LabelTransaction {
            transaction_id: request.transaction_id,
            customer,
            purchase,
            label: request.label,
            source: request.source,
            known_at_us: request.known_at_us,
            note,
        });
        let envelope = self.envelope(
            caller,
            self.partition_of(customer),
            identity,
            keyed,
            command,
        );
        let reply = self.ask_once(caller, envelope).await?;
        // Sent the first time before its transaction had arrived, it was parked, without any key of a customer.
        if let Reply::KeyReused { sequence } | Reply::Duplicate { sequence } = &reply
            && self
                .is_parked_by(*sequence, idempotency::payload_hash(&canonical).max(1))
                .await?
        {
            return Ok(Labelled {
                position: self.position(*sequence),
                parked: true,
            });
        }
        let position = self.label_position(reply, payload_hash).await?;
        Ok(Labelled {
            position,
            parked: false,
        })
    }

    /// Sequence of the label that a command gave or parked.
    pub(crate) async fn find_label_command(
        &self,
        command_id: Uuid,
    ) -> Result<Option<Sequence>, ApplicationError> {
        match self.find_label_sequence(command_id).await? {
            Some(sequence) => Ok(Some(sequence)),
            None => self.find_parked_label_sequence(command_id).await,
        }
    }

    async fn label_position(
        &self,
        reply: super::BankReply,
        payload_hash: u64,
    ) -> Result<Position, ApplicationError> {
        match reply {
            Reply::Committed { through, .. } => Ok(self.position(through)),
            Reply::Duplicate { sequence } => {
                self.check_label(sequence, payload_hash).await?;
                Ok(self.position(sequence))
            }
            Reply::KeyReused { .. } => Err(ApplicationError::KeyReused),
            Reply::Rejected(rejection) => Err(ApplicationError::Rejected(rejection)),
            Reply::Unavailable(unavailable) => Err(unavailable.into()),
            Reply::CheckArchive { .. } => Err(Unavailable::Expired.into()),
        }
    }

    async fn check_label(
        &self,
        sequence: Sequence,
        payload_hash: u64,
    ) -> Result<(), ApplicationError> {
        let recorded = self
            .shared
            .reader
            .read_event::<risk_control::RiskControl>(sequence)
            .await?;
        let is_label = matches!(recorded.event, Event::TransactionLabelled(_));
        if is_label && recorded.metadata.payload_hash == payload_hash {
            Ok(())
        } else {
            Err(ApplicationError::KeyReused)
        }
    }
}

impl LabelRequest {
    /// Everything that the caller said.
    pub(crate) fn canonical(&self) -> Vec<u8> {
        let canonical = (
            &self.transaction_id,
            self.label.name(),
            self.source.name(),
            self.known_at_us,
            &self.note,
        );
        serde_json::to_vec(&canonical).expect("plain fields always serialise")
    }
}
