//! What a decider must tell so that its events can be logged, folded again and snapshotted.

use std::borrow::Cow;

use serde::{Serialize, de::DeserializeOwned};

use crate::{Decider, PartitionId, PartitionOffset};

/// What the envelope says about an event without looking into its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description<'event> {
    pub event_type: &'static str,
    pub schema_version: u16,
    pub entity_type: &'static str,
    pub entity_id: Cow<'event, str>,
}

/// A stored event that this binary cannot read. Reading stops: skipping would make a different history.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    #[error("event type {event_type} version {schema_version} is unknown to this binary")]
    UnknownType {
        event_type: String,
        schema_version: u16,
    },
    #[error("payload of {event_type} version {schema_version} is not readable: {source}")]
    Payload {
        event_type: String,
        schema_version: u16,
        source: serde_json::Error,
    },
    #[error("{event_type} names an impossible entity: {entity_id}")]
    Entity {
        event_type: String,
        entity_id: String,
    },
    #[error("stored commit is not readable: {0}")]
    Commit(serde_json::Error),
}

/// A decider whose events live in a log.
pub trait LoggedDecider:
    Decider<
        State: Clone + Serialize + DeserializeOwned + Send + 'static,
        Command: Send + 'static,
        Event: Clone + Send + Sync + 'static,
        Context: Send + 'static,
        Rejection: Send + 'static,
    > + 'static
{
    /// Names the shape of the state; a snapshot with another name is discarded and rebuilt from the log.
    const STATE_SCHEMA: &'static str;

    /// State of a partition that has no events yet.
    fn initial(partition: PartitionId) -> Self::State;

    fn describe(event: &Self::Event) -> Description<'_>;

    /// Version of the event's entity once the event is folded (1 for the first event of an entity).
    fn entity_version(state: &Self::State, event: &Self::Event) -> u64;

    /// Writes the payload as JSON.
    fn encode(event: &Self::Event, buffer: &mut Vec<u8>);

    /// Reads a payload of any version that was ever written, through upcasters where needed.
    fn decode(
        event_type: &str,
        schema_version: u16,
        entity_id: &str,
        payload: &str,
    ) -> Result<Self::Event, DecodeError>;

    /// The command by which a data partition adopts what the control partition decided, if it lags behind.
    fn pending_adoption(control: &Self::State, data: &Self::State) -> Option<Self::Command>;

    /// The context of a command, completed by what all partitions that are decided here (its own among them) know of the
    /// subjects that the command names; `None` where the command does not ask them.
    ///
    /// Whatever a decision takes from it must be part of the event: the partition's own events then tell the whole
    /// decision, and the log, in which the events of all partitions stand in the order of their decisions, tells it
    /// again.
    fn consult<'s>(
        context: &Self::Context,
        command: &Self::Command,
        partitions: impl Iterator<Item = &'s Self::State>,
    ) -> Option<Self::Context>
    where
        Self::State: 's,
    {
        let _ = (context, command, partitions);
        None
    }

    /// Offset in the control partition up to which this state has adopted.
    fn adopted_offset(state: &Self::State) -> PartitionOffset;
}
