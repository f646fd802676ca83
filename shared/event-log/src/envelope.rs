//! An event with everything the log knows about it, and its stored form.
//!
//! Stored form of one event: a positional JSON array, so that any SQLite shell can read the log:
//! `[type, version, partition, offset, entity type, entity id, entity version, command id, index, actor,
//! payload hash, correlation id, causation id, traceparent, payload]`. What a whole commit shares
//! (institution, first sequence, recorded-at) is stored once with the commit.

use std::{borrow::Cow, io::Write, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::ids::{PartitionId, PartitionOffset, Sequence};

/// Everything about an event apart from the event itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventMetadata {
    pub sequence: Sequence,
    pub partition: PartitionId,
    pub offset: PartitionOffset,
    pub event_type: Cow<'static, str>,
    pub schema_version: u16,
    pub entity_type: Cow<'static, str>,
    pub entity_id: String,
    pub entity_version: u64,
    /// Epoch microseconds on the node's clock; never decreases along a log.
    pub recorded_at_us: i64,
    pub command_id: Uuid,
    /// Which of the command's events this is, from 0.
    pub index: u16,
    /// Principal on whose behalf the command was given.
    pub actor: Arc<str>,
    /// Hash of the command's payload, kept to tell a repeated key from a reused one.
    pub payload_hash: u64,
    pub correlation_id: Option<Uuid>,
    pub causation_id: Option<Uuid>,
    /// W3C trace context of the request.
    pub traceparent: Option<Arc<str>>,
}

impl EventMetadata {
    /// Identity of the event: uuid v5 of the command id and the index, so it can be told without storing it.
    pub fn event_id(&self) -> Uuid {
        Uuid::new_v5(&self.command_id, &self.index.to_be_bytes())
    }
}

/// An event as it stands in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded<E> {
    pub metadata: EventMetadata,
    pub event: E,
}

/// The stored form, borrowed from the commit's text.
#[derive(Deserialize)]
pub(crate) struct StoredEvent<'a>(
    #[serde(borrow)] pub Cow<'a, str>,
    pub u16,
    pub PartitionId,
    pub PartitionOffset,
    #[serde(borrow)] pub Cow<'a, str>,
    #[serde(borrow)] pub Cow<'a, str>,
    pub u64,
    pub Uuid,
    pub u16,
    #[serde(borrow)] pub Cow<'a, str>,
    pub u64,
    pub Option<Uuid>,
    pub Option<Uuid>,
    #[serde(borrow)] pub Option<Cow<'a, str>>,
    #[serde(borrow)] pub &'a RawValue,
);

impl StoredEvent<'_> {
    pub fn metadata(&self, sequence: Sequence, recorded_at_us: i64) -> EventMetadata {
        EventMetadata {
            sequence,
            partition: self.2,
            offset: self.3,
            event_type: Cow::Owned(self.0.clone().into_owned()),
            schema_version: self.1,
            entity_type: Cow::Owned(self.4.clone().into_owned()),
            entity_id: self.5.clone().into_owned(),
            entity_version: self.6,
            recorded_at_us,
            command_id: self.7,
            index: self.8,
            actor: Arc::from(self.9.as_ref()),
            payload_hash: self.10,
            correlation_id: self.11,
            causation_id: self.12,
            traceparent: self.13.as_deref().map(Arc::from),
        }
    }
}

/// Appends the stored form of one event; `payload` writes the payload's JSON.
pub(crate) fn write_stored_event(
    buffer: &mut Vec<u8>,
    metadata: &EventMetadata,
    payload: impl FnOnce(&mut Vec<u8>),
) {
    const INFALLIBLE: &str = "writing JSON into memory cannot fail";
    let head = (
        &metadata.event_type,
        metadata.schema_version,
        metadata.partition,
        metadata.offset,
        &metadata.entity_type,
        &metadata.entity_id,
        metadata.entity_version,
    );
    serde_json::to_writer(&mut *buffer, &head).expect(INFALLIBLE);
    // The head was written as an array of its own: reopen it and go on with the remaining positions.
    buffer.pop();
    write!(
        buffer,
        ",\"{}\",{},",
        metadata.command_id.simple(),
        metadata.index
    )
    .expect(INFALLIBLE);
    let tail = (
        &metadata.actor,
        metadata.payload_hash,
        metadata.correlation_id,
        metadata.causation_id,
        &metadata.traceparent,
    );
    let tail_start = buffer.len();
    serde_json::to_writer(&mut *buffer, &tail).expect(INFALLIBLE);
    buffer.remove(tail_start);
    buffer.pop();
    buffer.push(b',');
    payload(buffer);
    buffer.push(b']');
}
