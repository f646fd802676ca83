//! Labels that came before their transaction: park them, apply them, discard them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use accord_event_log::{CommandEnvelope, PartitionId, Position, Reply, Sequence, Unavailable};
use accord_service::{IdempotencyScope, idempotency};
use risk_control::{
    Command, CustomerReference, Event, LabelTransaction, ParkLabel, ParkedOutcome,
    SettleParkedLabel,
};
use uuid::Uuid;

use super::{ApplicationError, BankReply, CommandCaller, LabelRequest, command_id};
use crate::{
    node::BankNode,
    projections::transaction_hash,
    queries::{parked_labels::ParkedLabelRow, transactions::TransactionRow},
};

/// Waiting labels that are looked at in one go.
const LOOKED_AT_ONCE: u32 = 64;
const APPLY_DEADLINE: Duration = Duration::from_secs(10);

impl BankNode {
    /// The partition that parks labels of a transaction: nobody knows its customer yet.
    fn parking_partition(&self, transaction_id: &str) -> PartitionId {
        let layout = self.shared.reader.header().layout;
        layout.partition_of(transaction_hash(transaction_id).cast_unsigned())
    }

    /// Parks a label; gives its position.
    pub(crate) async fn park_label(
        &self,
        caller: &CommandCaller,
        request: LabelRequest,
    ) -> Result<Position, ApplicationError> {
        if request.note.is_some() {
            return Err(ApplicationError::NoteWithoutCustomer);
        }
        let payload_hash = idempotency::payload_hash(&request.canonical()).max(1);
        let (identity, keyed) = match &request.key {
            Some(key) => (self.label_identity(&caller.actor, key), Some(payload_hash)),
            None => (Uuid::now_v7(), None),
        };
        let partition = self.parking_partition(&request.transaction_id);
        let command = Command::ParkLabel(ParkLabel {
            transaction_id: request.transaction_id,
            label: request.label,
            source: request.source,
            known_at_us: request.known_at_us,
        });
        let envelope = self.envelope(caller, partition, identity, keyed, command);
        match self.ask_once(caller, envelope).await? {
            Reply::Committed { through, .. } => Ok(self.position(through)),
            Reply::Duplicate { sequence } | Reply::KeyReused { sequence }
                if self.is_parked_by(sequence, payload_hash).await? =>
            {
                Ok(self.position(sequence))
            }
            Reply::Duplicate { .. } | Reply::KeyReused { .. } => Err(ApplicationError::KeyReused),
            other => Err(refusal(other)),
        }
    }

    /// Whether the event at `sequence` parked a label of this content.
    pub(crate) async fn is_parked_by(
        &self,
        sequence: Sequence,
        payload_hash: u64,
    ) -> Result<bool, ApplicationError> {
        let reader = &self.shared.reader;
        let recorded = reader
            .read_event::<risk_control::RiskControl>(sequence)
            .await?;
        Ok(matches!(recorded.event, Event::LabelParked(_))
            && recorded.metadata.payload_hash == payload_hash)
    }

    /// Looks at the next labels that wait, after `after`, and applies those whose transactions have arrived. Gives where
    /// to go on, from the beginning again once all were looked at. A kill in between repeats at most what repeats to no
    /// effect: the label has an identity of its own, and settling it twice is nothing.
    pub(crate) async fn apply_parked_labels(
        &self,
        after: Sequence,
    ) -> Result<Sequence, ApplicationError> {
        let waiting = self.waiting_labels(after, LOOKED_AT_ONCE).await?;
        for parked in &waiting {
            if let Some(transaction) = self.transaction_row(&parked.transaction_id).await? {
                self.apply_parked_label(parked, &transaction).await?;
            }
        }
        let last = waiting.last().map(|parked| parked.sequence);
        Ok(last
            .filter(|_| waiting.len() == LOOKED_AT_ONCE as usize)
            .unwrap_or(Sequence::ZERO))
    }

    async fn apply_parked_label(
        &self,
        parked: &ParkedLabelRow,
        transaction: &TransactionRow,
    ) -> Result<(), ApplicationError> {
        let customer = CustomerReference(transaction.customer);
        let caller = CommandCaller {
            actor: Arc::from(parked.actor.as_str()),
            deadline: Instant::now() + APPLY_DEADLINE,
            traceparent: None,
        };
        let identity = command_id(
            IdempotencyScope {
                institution: &self.shared.name,
                caller: "",
                operation: "parked label",
                key: &parked.command_id.simple().to_string(),
            }
            .hash(),
        );
        let label = Command::LabelTransaction(LabelTransaction {
            transaction_id: parked.transaction_id.clone(),
            customer,
            purchase: self.labelled_purchase(transaction.sequence).await?,
            label: parked.label,
            source: parked.source,
            known_at_us: Some(parked.known_at_us),
            note: None,
        });
        let envelope = CommandEnvelope {
            causation_id: Some(parked.command_id),
            ..self.envelope(
                &caller,
                self.partition_of(customer),
                identity,
                Some(1),
                label,
            )
        };
        match self.ask_once(&caller, envelope).await? {
            Reply::Committed { .. } | Reply::Duplicate { .. } => {}
            other => return Err(refusal(other)),
        }
        self.settle_parked_label(&caller, parked, ParkedOutcome::Applied)
            .await?;
        Ok(())
    }

    /// Ends the wait of a label; gives the position of that.
    pub(crate) async fn settle_parked_label(
        &self,
        caller: &CommandCaller,
        parked: &ParkedLabelRow,
        outcome: ParkedOutcome,
    ) -> Result<Position, ApplicationError> {
        let command = Command::SettleParkedLabel(SettleParkedLabel {
            transaction_id: parked.transaction_id.clone(),
            change: Some(parked.change),
            outcome,
        });
        let envelope = self.envelope(caller, parked.partition, Uuid::now_v7(), None, command);
        match self.ask_once(caller, envelope).await? {
            Reply::Committed { through, .. } => Ok(self.position(through)),
            other => Err(refusal(other)),
        }
    }

    /// Discards the label that waits for a transaction; gives the position of that.
    pub async fn discard_parked_label(
        &self,
        caller: &CommandCaller,
        transaction_id: &str,
    ) -> Result<Position, ApplicationError> {
        let last = self.shared.reader.last();
        self.wait_until_projected(last, caller.deadline).await?;
        let parked = self
            .waiting_label(transaction_id)
            .await?
            .ok_or(ApplicationError::UnknownParkedLabel)?;
        self.settle_parked_label(caller, &parked, ParkedOutcome::Discarded)
            .await
    }
}

fn refusal(reply: BankReply) -> ApplicationError {
    match reply {
        Reply::Rejected(rejection) => ApplicationError::Rejected(rejection),
        Reply::Unavailable(unavailable) => unavailable.into(),
        Reply::CheckArchive { .. } => Unavailable::Expired.into(),
        Reply::KeyReused { .. } => ApplicationError::KeyReused,
        Reply::Committed { .. } | Reply::Duplicate { .. } => ApplicationError::Inconsistent,
    }
}
