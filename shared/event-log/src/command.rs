//! A command on its way to the decider, and what comes back.

use std::sync::Arc;

use uuid::Uuid;

use crate::{
    envelope::Recorded,
    ids::{PartitionId, Sequence},
};

/// A command with who asks, under which identity, and until when an answer is of use.
#[derive(Clone, Debug)]
pub struct CommandEnvelope<C> {
    pub partition: PartitionId,
    /// Identity of the command. Two commands with one id are the same request.
    pub command_id: Uuid,
    /// Hash of the payload that came under this identity. `None`: the command has no key and is never a duplicate.
    pub payload_hash: Option<u64>,
    pub actor: Arc<str>,
    pub correlation_id: Option<Uuid>,
    pub causation_id: Option<Uuid>,
    pub traceparent: Option<Arc<str>>,
    /// Microseconds on the runtime's monotonic clock after which the command is refused instead of decided.
    pub expires_at_us: u64,
    /// The read store was searched for this identity up to here, and it is not there.
    pub absent_through: Sequence,
    pub command: C,
}

impl<C> CommandEnvelope<C> {
    /// The payload's hash as it is stored with the events. There, 0 says that the command had no key, so a payload that
    /// happens to hash to 0 is stored as 1.
    pub fn stored_payload_hash(&self) -> Option<u64> {
        self.payload_hash.map(|hash| hash.max(1))
    }
}

/// Why a command could not be taken now. Nothing was decided, except after `OutcomeUnknown`, where a repetition
/// under the same key tells.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    #[error("the queue of commands is full")]
    QueueFull,
    #[error("the deadline passed before the command was decided")]
    Expired,
    #[error("the log could not take the commit: {0}")]
    NotCommitted(String),
    #[error("it is not known whether the commit reached the log: {0}")]
    OutcomeUnknown(String),
    #[error("the log takes no writes now: {0}")]
    ReadOnly(String),
    #[error("the node is stopping")]
    Stopping,
}

/// The answer to a command.
#[derive(Clone, Debug)]
pub enum Reply<E, R> {
    /// Decided now and durable. Empty when the command was already fulfilled.
    Committed {
        events: Vec<Arc<Recorded<E>>>,
        /// Last sequence of the log once this command was durable.
        through: Sequence,
    },
    /// This key was decided before; its first event stands at `sequence`.
    Duplicate {
        sequence: Sequence,
    },
    /// The key was used before with another payload.
    KeyReused {
        sequence: Sequence,
    },
    /// The key may have been used long ago: search the read store up to `through` and ask again.
    CheckArchive {
        through: Sequence,
    },
    Rejected(R),
    Unavailable(Unavailable),
}
