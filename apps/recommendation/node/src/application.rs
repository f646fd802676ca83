//! What a caller can ask of a node, one file each. Nothing in here knows HTTP.

mod campaigns;
mod erase;
mod error;
mod import;
mod interactions;
mod items;
mod lists;
mod orders;
mod record_lists;
mod replay;
mod settings;
mod train;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use accord_event_log::{
    CommandEnvelope, PartitionId, Position, Recorded, Reply, Sequence, Unavailable,
};
use accord_service::IdempotencyScope;
use recommendation::{Command, Event, Recommendation};
use uuid::Uuid;

pub use erase::ErasureReceipt;
pub use error::ApplicationError;
pub use import::{HistoricalInteraction, HistoricalOrder};
pub use interactions::InteractionRequest;
pub use lists::{ListAnswer, ListQuery, ListedRecommendation, ListedShare};
pub use orders::OrderRequest;
pub(crate) use record_lists::{ListRecorder, PendingList};
pub use replay::ReplayedList;
pub use train::TrainingReport;

use crate::node::MerchantNode;

/// Who asks, and until when an answer is of use.
#[derive(Clone, Debug)]
pub struct CommandCaller {
    /// Id of the principal.
    pub actor: Arc<str>,
    pub deadline: Instant,
    /// W3C trace context.
    pub traceparent: Option<Arc<str>>,
}

/// What the node does of its own accord waits for room in the queue instead of being refused, so it may wait long.
const PATIENT_DEADLINE: Duration = Duration::from_secs(120);

impl CommandCaller {
    /// Somebody who can wait: an import, a training.
    pub fn patient(actor: &Arc<str>) -> Self {
        Self {
            actor: Arc::clone(actor),
            deadline: Instant::now() + PATIENT_DEADLINE,
            traceparent: None,
        }
    }
}

/// What was decided, durable when it is given.
#[derive(Clone, Debug)]
pub struct Decided {
    /// The events of the command; of a repeated one, the first of them. Empty: it was fulfilled already.
    pub events: Vec<Arc<Recorded<Event>>>,
    pub position: Position,
    /// The same request had been made before; this is its answer.
    pub replayed: bool,
}

/// What makes a command the same when it comes again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity {
    pub command_id: Uuid,
    /// Hash of all that the caller said; `None`: the command has no identity of its own.
    pub payload_hash: Option<u64>,
}

impl Identity {
    /// Of a command that is new whenever it comes.
    pub fn new() -> Self {
        Self {
            command_id: Uuid::now_v7(),
            payload_hash: None,
        }
    }
}

impl MerchantNode {
    /// Identity of whatever bears this name at this merchant, whoever sends it.
    pub(crate) fn command_id(&self, operation: &str, name: &str) -> Uuid {
        let scope = IdempotencyScope {
            institution: &self.shared.name,
            caller: "",
            operation,
            key: name,
        };
        uuid::Builder::from_custom_bytes(scope.hash()).into_uuid()
    }

    pub(crate) fn envelope(
        &self,
        caller: &CommandCaller,
        partition: PartitionId,
        identity: Identity,
        command: Command,
    ) -> CommandEnvelope<Command> {
        CommandEnvelope {
            partition,
            command_id: identity.command_id,
            payload_hash: identity.payload_hash,
            actor: Arc::clone(&caller.actor),
            correlation_id: None,
            causation_id: None,
            traceparent: caller.traceparent.clone(),
            expires_at_us: self.shared.bus.expires_at_us(caller.deadline),
            absent_through: Sequence::ZERO,
            command,
        }
    }

    /// Decides one command, or gives what was decided when it came before.
    ///
    /// Where the worker cannot tell from memory whether an identity is new, the read store is searched first; a read store
    /// that is behind gives an error, never a second decision.
    pub(crate) async fn decide(
        &self,
        caller: &CommandCaller,
        partition: PartitionId,
        identity: Identity,
        command: Command,
    ) -> Result<Decided, ApplicationError> {
        let mut envelope = self.envelope(caller, partition, identity, command);
        loop {
            return match self.shared.bus.ask(envelope.clone()).await {
                Reply::Committed { events, through } => Ok(Decided {
                    events,
                    position: self.position(through),
                    replayed: false,
                }),
                Reply::Duplicate { sequence } => {
                    self.decided_before(sequence, envelope.stored_payload_hash())
                        .await
                }
                Reply::CheckArchive { through } => {
                    self.wait_until_projected(through, caller.deadline).await?;
                    if let Some(sequence) = self.find_command(envelope.command_id).await? {
                        return self
                            .decided_before(sequence, envelope.stored_payload_hash())
                            .await;
                    }
                    if envelope.absent_through >= through {
                        return Err(ApplicationError::Inconsistent);
                    }
                    envelope.absent_through = through;
                    continue;
                }
                Reply::KeyReused { .. } => Err(ApplicationError::KeyReused),
                Reply::Rejected(rejection) => Err(ApplicationError::Rejected(rejection)),
                Reply::Unavailable(unavailable) => Err(unavailable.into()),
            };
        }
    }

    async fn decided_before(
        &self,
        sequence: Sequence,
        payload_hash: Option<u64>,
    ) -> Result<Decided, ApplicationError> {
        let recorded = self
            .shared
            .reader
            .read_event::<Recommendation>(sequence)
            .await?;
        if Some(recorded.metadata.payload_hash) != payload_hash {
            return Err(ApplicationError::KeyReused);
        }
        Ok(Decided {
            events: vec![Arc::new(recorded)],
            position: self.position(sequence),
            replayed: true,
        })
    }

    /// Waits for commands of an import; gives how many of them were new.
    pub(crate) async fn all_done(
        &self,
        asked: Vec<impl Future<Output = Reply<Event, recommendation::Rejection>>>,
    ) -> Result<u64, ApplicationError> {
        let mut new = 0;
        for reply in futures::future::join_all(asked).await {
            match reply {
                Reply::Committed { .. } => new += 1,
                // A chunk that is imported again after a kill: what is there stays.
                Reply::Duplicate { .. } | Reply::KeyReused { .. } => {}
                // Nobody knows whether it is there. The caller repeats it one by one.
                Reply::CheckArchive { .. } => return Err(Unavailable::Expired.into()),
                Reply::Rejected(rejection) => return Err(ApplicationError::Rejected(rejection)),
                Reply::Unavailable(unavailable) => return Err(unavailable.into()),
            }
        }
        Ok(new)
    }

    pub(crate) fn position(&self, sequence: Sequence) -> Position {
        Position {
            log: self.shared.reader.short_id(),
            sequence,
        }
    }
}
