//! Ask the control partition for a step of governance: a draft, an approval, a rule that is switched off.

use std::sync::Arc;

use accord_event_log::{PartitionId, Position, Recorded, Reply, Sequence, Unavailable};
use accord_service::{IdempotencyScope, idempotency};
use risk_control::{Command, Event, RiskControl};
use serde::Serialize;
use uuid::Uuid;

use super::{ApplicationError, CommandCaller, command_id};
use crate::{node::BankNode, policies::ActivePolicy};

/// What was decided, durable when it is given.
#[derive(Clone, Debug)]
pub struct Governed {
    /// The events of the command; of a repeated one, the first of them.
    pub events: Vec<Arc<Recorded<Event>>>,
    pub position: Position,
    /// The same request had been made before; this is its answer.
    pub replayed: bool,
}

impl Governed {
    /// Number of the draft that the command was about.
    pub fn draft(&self) -> Option<u64> {
        self.events
            .iter()
            .find_map(|recorded| match &recorded.event {
                Event::PolicyDrafted(event) => Some(event.draft),
                Event::PolicyDraftSubmitted(event) => Some(event.draft),
                Event::PolicyDraftApproved(event) => Some(event.draft),
                Event::PolicyDraftRejected(event) => Some(event.draft),
                Event::PolicyDraftClosed(event) => Some(event.draft),
                _ => None,
            })
    }

    /// Version of the entity that the command changed: of a draft, what an ETag names.
    pub fn entity_version(&self) -> u64 {
        self.events
            .first()
            .map_or(0, |recorded| recorded.metadata.entity_version)
    }
}

/// A step of governance, with what makes it the same step when it is asked again.
pub struct GovernRequest<'a, C: Serialize> {
    pub command: Command,
    /// Names the kind of step, because a key is the caller's for each kind.
    pub operation: &'static str,
    /// The caller's idempotency key, if it sent one.
    pub key: Option<&'a str>,
    /// Everything that the caller said, to notice when a key is used for something else.
    pub content: &'a C,
}

impl BankNode {
    /// Decides a step of governance.
    pub async fn govern<C: Serialize>(
        &self,
        caller: &CommandCaller,
        request: GovernRequest<'_, C>,
    ) -> Result<Governed, ApplicationError> {
        let (identity, payload_hash) = match request.key {
            Some(key) => {
                let scope = IdempotencyScope {
                    institution: &self.shared.name,
                    caller: &caller.actor,
                    operation: request.operation,
                    key,
                };
                let content = serde_json::to_vec(request.content)
                    .expect("what came as JSON or a form serialises");
                let hash = idempotency::payload_hash(&content).max(1);
                (command_id(scope.hash()), Some(hash))
            }
            None => (Uuid::now_v7(), None),
        };
        let envelope = self.envelope(
            caller,
            PartitionId::CONTROL,
            identity,
            payload_hash,
            request.command,
        );
        let reply = self.ask_once(caller, envelope).await?;
        match reply {
            Reply::Committed { events, through } => {
                self.remember_policies(&events);
                Ok(Governed {
                    events,
                    position: self.position(through),
                    replayed: false,
                })
            }
            Reply::Duplicate { sequence } => {
                self.governed_before(sequence, payload_hash.unwrap_or(0))
                    .await
            }
            Reply::KeyReused { .. } => Err(ApplicationError::KeyReused),
            Reply::Rejected(rejection) => Err(ApplicationError::Rejected(rejection)),
            Reply::Unavailable(unavailable) => Err(unavailable.into()),
            Reply::CheckArchive { .. } => Err(Unavailable::Expired.into()),
        }
    }

    async fn governed_before(
        &self,
        sequence: Sequence,
        payload_hash: u64,
    ) -> Result<Governed, ApplicationError> {
        let recorded = self
            .shared
            .reader
            .read_event::<RiskControl>(sequence)
            .await?;
        let metadata = &recorded.metadata;
        if !metadata.partition.is_control() || metadata.payload_hash != payload_hash {
            return Err(ApplicationError::KeyReused);
        }
        Ok(Governed {
            events: vec![Arc::new(recorded)],
            position: self.position(sequence),
            replayed: true,
        })
    }

    pub(super) fn remember_policies(&self, events: &[Arc<Recorded<Event>>]) {
        for recorded in events {
            if let Event::PolicyActivated(event) = &recorded.event {
                self.shared.policies.remember(ActivePolicy {
                    control_offset: recorded.metadata.offset,
                    policy: event.policy.clone(),
                });
            }
        }
    }
}
