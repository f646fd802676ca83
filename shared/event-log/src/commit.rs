//! One durable commit: the events of a batch of commands, and the chain heads after them.

use std::{
    any::Any,
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

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
    decoded: DecodedEvents,
}

/// Events as values, shared by all who read one commit.
pub type SharedEvents<E> = Arc<[Arc<Recorded<E>>]>;

/// The events of a commit as values: kept by whoever decided them, or by the first who decoded them, so that the
/// projector, the snapshotter and the streams of a busy node do not each parse the same text.
///
/// A copy of what the text says and no part of the commit's identity.
#[derive(Clone, Default)]
struct DecodedEvents(OnceLock<Arc<dyn Any + Send + Sync>>);

impl DecodedEvents {
    fn get<E: Send + Sync + 'static>(&self) -> Option<SharedEvents<E>> {
        let events = self.0.get()?.downcast_ref::<SharedEvents<E>>()?;
        Some(Arc::clone(events))
    }

    fn keep<E: Send + Sync + 'static>(&self, events: &SharedEvents<E>) {
        // Whoever comes second has the same events.
        let _ = self.0.set(Arc::new(Arc::clone(events)));
    }
}

impl PartialEq for DecodedEvents {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for DecodedEvents {}

impl std::fmt::Debug for DecodedEvents {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(if self.0.get().is_some() {
            "decoded"
        } else {
            "not decoded"
        })
    }
}

impl StoredCommit {
    pub fn last_sequence(&self) -> Sequence {
        Sequence(self.first_sequence.0 + self.event_count - 1)
    }

    /// The exact stored text of each event, in order.
    pub fn stored_events(&self) -> Result<Vec<&RawValue>, DecodeError> {
        serde_json::from_str(&self.events).map_err(DecodeError::Commit)
    }

    /// A commit as it was read.
    pub(crate) fn from_parts(
        first_sequence: Sequence,
        event_count: u64,
        recorded_at_us: i64,
        events: Arc<str>,
        heads: Vec<(PartitionId, ChainHead)>,
    ) -> Self {
        Self {
            first_sequence,
            event_count,
            recorded_at_us,
            events,
            heads,
            decoded: DecodedEvents::default(),
        }
    }

    /// All events, in order; decoded at most once for everybody who holds this commit.
    pub fn events<D: LoggedDecider>(&self) -> Result<SharedEvents<D::Event>, DecodeError> {
        if let Some(events) = self.decoded.get() {
            return Ok(events);
        }
        let events = self.decode::<D>()?;
        self.decoded.keep(&events);
        Ok(events)
    }

    /// All events, in order, from the stored text alone.
    pub fn decode<D: LoggedDecider>(&self) -> Result<SharedEvents<D::Event>, DecodeError> {
        let stored = self.stored_events()?;
        let sequences = (self.first_sequence.0..).map(Sequence);
        sequences
            .zip(stored)
            .map(|(sequence, stored)| {
                decode_event::<D>(stored.get(), sequence, self.recorded_at_us).map(Arc::new)
            })
            .collect()
    }

    /// Hands out every event after `after`, in order.
    pub fn each_after<D: LoggedDecider>(
        &self,
        after: Sequence,
        mut each: impl FnMut(&Arc<Recorded<D::Event>>),
    ) -> Result<(), DecodeError> {
        let events = self.events::<D>()?;
        let start = events.partition_point(|event| event.metadata.sequence <= after);
        events[start..].iter().for_each(&mut each);
        Ok(())
    }

    /// Keeps the events that were just encoded into this commit.
    pub(crate) fn keep_events<E: Send + Sync + 'static>(&self, events: Vec<Arc<Recorded<E>>>) {
        self.decoded.keep(&SharedEvents::from(events));
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

/// Identity of the command that a stored event came from, and the hash of what it said (0: it had no key).
pub fn command_of_event(stored: &str) -> Result<(uuid::Uuid, u64), DecodeError> {
    let parsed: StoredEvent<'_> = serde_json::from_str(stored).map_err(DecodeError::Commit)?;
    Ok((parsed.7, parsed.10))
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
            decoded: DecodedEvents::default(),
        }
    }
}
