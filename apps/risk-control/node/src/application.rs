//! What a caller can ask of a node, one file each. Nothing in here knows HTTP.

mod advise;
mod aftermath;
mod assess;
mod cases;
mod configure_cases;
mod error;
mod federated;
mod govern;
mod import;
mod label;
mod model_evidence;
mod parked_labels;
mod rebuild;
mod train;
mod training_jobs;
mod webhooks;

use std::{sync::Arc, time::Instant};

pub use advise::AdviceRequest;
pub use aftermath::{AftermathRequest, Happening};
pub use assess::{AssessRequest, Assessment};
pub use cases::{CaseAnswer, CaseRequest, CaseWork};
pub use error::ApplicationError;
pub use federated::{FederatedModel, LogMoment};
pub use govern::{GovernRequest, Governed};
pub use import::{HistoricalLabel, HistoricalTransaction};
pub use label::{LabelRequest, Labelled};
pub use train::{ReceivedModel, TrainingReport};
pub(crate) use training_jobs::TrainingJobs;
pub use training_jobs::{TrainingJob, TrainingState};
pub use webhooks::{NewWebhook, WebhookRequest};

use accord_event_log::{CommandEnvelope, PartitionId, Reply, Sequence};
use risk_control::{Command, CustomerReference, Event, Rejection};
use uuid::Uuid;

pub(crate) use assess::{canonical_transaction, transaction_identity};
pub(crate) use import::label_identity;

use crate::node::BankNode;

/// Who asks, and until when an answer is of use.
#[derive(Clone, Debug)]
pub struct CommandCaller {
    /// Id of the principal.
    pub actor: Arc<str>,
    pub deadline: Instant,
    /// W3C trace context.
    pub traceparent: Option<Arc<str>>,
}

pub(crate) type BankReply = Reply<Event, Rejection>;

/// Identity of a command, from whatever makes it the same request when it comes again.
pub(crate) fn command_id(identity: [u8; 16]) -> Uuid {
    uuid::Builder::from_custom_bytes(identity).into_uuid()
}

impl BankNode {
    pub(crate) fn partition_of(&self, customer: CustomerReference) -> PartitionId {
        self.shared.reader.header().layout.partition_of(customer.0)
    }

    pub(crate) fn envelope(
        &self,
        caller: &CommandCaller,
        partition: PartitionId,
        command_id: Uuid,
        payload_hash: Option<u64>,
        command: Command,
    ) -> CommandEnvelope<Command> {
        CommandEnvelope {
            partition,
            command_id,
            payload_hash,
            actor: Arc::clone(&caller.actor),
            correlation_id: None,
            causation_id: None,
            traceparent: caller.traceparent.clone(),
            expires_at_us: self.shared.bus.expires_at_us(caller.deadline),
            absent_through: Sequence::ZERO,
            command,
        }
    }
}
