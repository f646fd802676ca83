//! One durable commit: the events of a batch of commands, and the chain heads after them.

use std::{collections::BTreeMap, sync::Arc};

use accord_decider::{DecodeError, LoggedDecider};
use serde_json::value::RawValue;

use crate::{
    chain::ChainHead,
    envelope::{EventMetadata, Recorded, StoredEvent, write_stored_event},
    ids::{PartitionId, Sequence},
};

/// A commit as it is stored: one row of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCommit {
    pub first_sequence: Sequence,
    pub event_count: u64,
    /// Epoch microseconds, shared by all events of the commit.
    pub recorded_at_us: i64,
    /// A JSON array with one positional array for each event.
    pub events: Arc<str>,
    /// Head of each partition that this commit touched, after the commit.
    pub heads: Vec<(PartitionId, ChainHead)>,
}

impl StoredCommit {
    pub fn last_sequence(&self) -> Sequence {
        Sequence(self.first_sequence.0 + self.event_count - 1)
    }

    /// The exact stored text of each event, in order.
    pub fn stored_events(&self) -> Result<Vec<&RawValue>, DecodeError> {
        serde_json::from_str(&self.events).map_err(DecodeError::Commit)
    }

    /// Decodes every event after `after`, in order.
    pub fn decode<D: LoggedDecider>(
        &self,
        after: Sequence,
        mut each: impl FnMut(Recorded<D::Event>),
    ) -> Result<(), DecodeError> {
        let mut sequence = self.first_sequence;
        for raw in self.stored_events()? {
            if sequence > after {
                each(decode_event::<D>(raw.get(), sequence, self.recorded_at_us)?);
            }
            sequence = sequence.next();
        }
        Ok(())
    }
}

/// Decodes one event from its stored text.
pub fn decode_event<D: LoggedDecider>(
    stored: &str,
    sequence: Sequence,
    recorded_at_us: i64,
) -> Result<Recorded<D::Event>, DecodeError> {
    let stored: StoredEvent<'_> = serde_json::from_str(stored).map_err(DecodeError::Commit)?;
    let event = D::decode(&stored.0, stored.1, &stored.5, stored.14.get())?;
    Ok(Recorded {
        metadata: stored.metadata(sequence, recorded_at_us),
        event,
    })
}

/// Event text, payload text and metadata of a stored event, for tools that know no domain.
pub fn inspect_event(
    stored: &str,
    sequence: Sequence,
    recorded_at_us: i64,
) -> Result<(EventMetadata, Box<RawValue>), DecodeError> {
    let parsed: StoredEvent<'_> = serde_json::from_str(stored).map_err(DecodeError::Commit)?;
    Ok((
        parsed.metadata(sequence, recorded_at_us),
        parsed.14.to_owned(),
    ))
}

/// Room for the events of about a hundred decisions; a larger batch grows it.
const BUFFER_BYTES: usize = 64 << 10;

/// Builds the next commit while its commands are decided.
#[derive(Debug)]
pub struct CommitBuilder {
    first_sequence: Sequence,
    event_count: u64,
    recorded_at_us: i64,
    buffer: Vec<u8>,
    touched: BTreeMap<PartitionId, ChainHead>,
}

impl CommitBuilder {
    pub fn new(first_sequence: Sequence, recorded_at_us: i64) -> Self {
        Self {
            first_sequence,
            event_count: 0,
            recorded_at_us,
            buffer: {
                let mut buffer = Vec::with_capacity(BUFFER_BYTES);
                buffer.push(b'[');
                buffer
            },
            touched: BTreeMap::new(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.event_count == 0
    }

    /// Bytes of stored text so far.
    pub fn len(&self) -> usize {
        self.buffer.len()
    }

    pub fn recorded_at_us(&self) -> i64 {
        self.recorded_at_us
    }

    /// Sequence of the next event of this commit.
    pub fn next_sequence(&self) -> Sequence {
        Sequence(self.first_sequence.0 + self.event_count)
    }

    /// Writes one event and gives the range of its stored bytes.
    pub fn encode(
        &mut self,
        metadata: &EventMetadata,
        payload: impl FnOnce(&mut Vec<u8>),
    ) -> std::ops::Range<usize> {
        if self.event_count > 0 {
            self.buffer.push(b',');
        }
        let start = self.buffer.len();
        write_stored_event(&mut self.buffer, metadata, payload);
        self.event_count += 1;
        start..self.buffer.len()
    }

    /// Extends the chain of the event's partition over its stored bytes.
    pub fn link(
        &mut self,
        partition: PartitionId,
        previous: ChainHead,
        stored: std::ops::Range<usize>,
    ) -> ChainHead {
        let head = previous.extend(self.recorded_at_us, &self.buffer[stored]);
        self.touched.insert(partition, head);
        head
    }

    /// The finished commit.
    ///
    /// # Panics
    /// If a decider wrote a payload that is not UTF-8, which is a bug in its `encode`.
    pub fn finish(mut self) -> StoredCommit {
        self.buffer.push(b']');
        let events = String::from_utf8(self.buffer).expect("JSON writers produce UTF-8");
        StoredCommit {
            first_sequence: self.first_sequence,
            event_count: self.event_count,
            recorded_at_us: self.recorded_at_us,
            events: Arc::from(events),
            heads: self.touched.into_iter().collect(),
        }
    }
}
