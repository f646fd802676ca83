//! The pure core of the runtime: partitions, their states, and the batch that is being decided.
//!
//! No thread, clock or disk in here: the worker (and a simulation) hands in moments, appends the finished commit and
//! gives up the runtime when that fails. Until a commit is durable nothing of it, nor of what was decided upon it, may be
//! answered; when it fails, the whole runtime is thrown away and folded again from the log.

mod partition;

use std::{collections::BTreeMap, sync::Arc};

use accord_decider::LoggedDecider;
pub use partition::PartitionSlot;
use uuid::Uuid;

use crate::{
    command::{CommandEnvelope, Reply, Unavailable},
    commit::{CommitBuilder, StoredCommit},
    envelope::{EventMetadata, Recorded},
    ids::{PartitionId, Sequence},
    known_keys::KeyHistory,
    stages::{Stage, StageTimes},
};

/// Actor of what the runtime does by itself, such as adopting what the control partition decided.
pub const RUNTIME_ACTOR: &str = "runtime";

/// The present, as the shell sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Epoch microseconds on the node's clock. It may step backwards; recorded times never do.
    pub now_us: i64,
    /// Microseconds on a monotonic clock, for deadlines.
    pub monotonic_us: u64,
}

/// All partitions that one worker decides for.
pub struct Runtime<D: LoggedDecider> {
    slots: BTreeMap<PartitionId, PartitionSlot<D>>,
    /// The control partition as far as this worker has seen it, also where another worker owns it.
    control: D::State,
    last: Sequence,
    last_recorded_at_us: i64,
    batch: Option<CommitBuilder>,
    /// Events of the batch as values.
    decided: Vec<Arc<Recorded<D::Event>>>,
    stages: Arc<StageTimes>,
}

impl<D: LoggedDecider> Runtime<D> {
    /// A runtime over partitions that were folded up to `last`.
    pub fn new(
        slots: BTreeMap<PartitionId, PartitionSlot<D>>,
        control: D::State,
        last: Sequence,
        last_recorded_at_us: i64,
        stages: Arc<StageTimes>,
    ) -> Self {
        Self {
            slots,
            control,
            last,
            last_recorded_at_us,
            batch: None,
            decided: Vec::new(),
            stages,
        }
    }

    /// Begins a batch: everything decided from now on goes into one commit with one recorded-at time.
    /// Gives that time.
    pub fn begin(&mut self, moment: Moment) -> i64 {
        let recorded_at_us = moment.now_us.max(self.last_recorded_at_us);
        self.batch = Some(CommitBuilder::new(self.last.next(), recorded_at_us));
        self.decided.clear();
        recorded_at_us
    }

    /// Bytes of the batch so far.
    pub fn batch_bytes(&self) -> usize {
        self.batch.as_ref().map_or(0, CommitBuilder::len)
    }

    /// Decides one command into the current batch. The answer holds only once the batch is durable.
    pub fn decide(
        &mut self,
        moment: Moment,
        context: &D::Context,
        envelope: &CommandEnvelope<D::Command>,
    ) -> Reply<D::Event, D::Rejection> {
        if moment.monotonic_us >= envelope.expires_at_us {
            return Reply::Unavailable(Unavailable::Expired);
        }
        if let Some(answer) = self.known_answer(envelope) {
            return answer;
        }
        let Some(slot) = self.slots.get(&envelope.partition) else {
            return Reply::Unavailable(Unavailable::ReadOnly(format!(
                "partition {} is decided elsewhere",
                envelope.partition
            )));
        };
        let start = std::time::Instant::now();
        let states = self.slots.values().map(|slot| &slot.state);
        let consulted = D::consult(context, &envelope.command, states);
        let context = consulted.as_ref().unwrap_or(context);
        let decided = D::decide(&slot.state, context, &envelope.command);
        match decided {
            Err(rejection) => Reply::Rejected(rejection),
            Ok(events) => {
                self.stages.lap(Stage::Decide, start);
                let events = self.write(envelope, events);
                Reply::Committed {
                    events,
                    through: self.next_sequence_before(),
                }
            }
        }
    }

    /// Whether any partition has something to adopt.
    pub fn lags_behind_control(&self) -> bool {
        self.slots
            .values()
            .any(|slot| D::pending_adoption(&self.control, &slot.state).is_some())
    }

    /// Lets every partition that lags behind the control partition adopt what it decided.
    pub fn adopt_all(&mut self, moment: Moment, context: &D::Context) {
        let partitions: Vec<_> = self.slots.keys().copied().collect();
        for partition in partitions {
            self.adopt(partition, moment, context);
        }
    }

    /// Lets one partition adopt everything in which it lags behind. A refusal is left for the next attempt.
    pub fn adopt(&mut self, partition: PartitionId, moment: Moment, context: &D::Context) {
        while self.adopt_next(partition, moment, context) {}
    }

    /// Adopts one thing; `false` where there was none, or it was refused.
    fn adopt_next(&mut self, partition: PartitionId, moment: Moment, context: &D::Context) -> bool {
        if partition.is_control() {
            return false;
        }
        let Some((command, offset)) = self.slots.get(&partition).and_then(|slot| {
            let command = D::pending_adoption(&self.control, &slot.state)?;
            Some((command, slot.offset))
        }) else {
            return false;
        };
        let adopted = D::adopted_offset(&self.control);
        let mut name = partition.0.to_be_bytes().to_vec();
        name.extend_from_slice(&adopted.to_be_bytes());
        // A partition may adopt several things of one control offset; its own offset tells them apart.
        name.extend_from_slice(&offset.to_be_bytes());
        let envelope = CommandEnvelope {
            partition,
            command_id: Uuid::new_v5(&Uuid::NAMESPACE_OID, &name),
            payload_hash: None,
            actor: Arc::from(RUNTIME_ACTOR),
            correlation_id: None,
            causation_id: None,
            traceparent: None,
            expires_at_us: u64::MAX,
            absent_through: Sequence::ZERO,
            command,
        };
        let reply = self.decide(moment, context, &envelope);
        matches!(reply, Reply::Committed { events, .. } if !events.is_empty())
    }

    /// Ends the batch; `None` where nothing was decided. What is decided next stands upon this commit, so nothing of it
    /// may be answered before this one is durable.
    pub fn finish(&mut self) -> Option<Arc<StoredCommit>> {
        let batch = self.batch.take().filter(|batch| !batch.is_empty())?;
        let commit = batch.finish();
        commit.keep_events(std::mem::take(&mut self.decided));
        self.last = commit.last_sequence();
        self.last_recorded_at_us = commit.recorded_at_us;
        Some(Arc::new(commit))
    }

    /// Another worker's commit: what is decided here comes after it.
    pub fn follow(&mut self, commit: &StoredCommit) {
        self.last = commit.last_sequence();
        self.last_recorded_at_us = commit.recorded_at_us;
    }

    /// Folds a control event that another worker committed.
    pub fn observe_control(&mut self, event: &D::Event) {
        D::evolve(&mut self.control, event);
    }

    pub fn last(&self) -> Sequence {
        self.last
    }

    pub fn last_recorded_at_us(&self) -> i64 {
        self.last_recorded_at_us
    }

    pub fn control(&self) -> &D::State {
        &self.control
    }

    pub fn slots(&self) -> &BTreeMap<PartitionId, PartitionSlot<D>> {
        &self.slots
    }

    /// Gives up a partition, for another worker to take over from the log.
    pub fn release(&mut self, partition: PartitionId) -> Option<PartitionSlot<D>> {
        self.slots.remove(&partition)
    }

    /// Takes over a partition that was folded from the log up to its end.
    pub fn take_over(&mut self, partition: PartitionId, slot: PartitionSlot<D>) {
        if partition.is_control() {
            // What this worker had heard of the control partition may lag behind; what it decides now must not.
            self.control = slot.state.clone();
        }
        self.slots.insert(partition, slot);
    }

    fn next_sequence_before(&self) -> Sequence {
        self.batch.as_ref().map_or(self.last, |batch| {
            Sequence(batch.next_sequence().0.saturating_sub(1))
        })
    }

    /// What the partition's memory of keys says; the other partitions are asked too, because the same business id with
    /// another customer routes elsewhere and must still be refused.
    fn known_answer(
        &self,
        envelope: &CommandEnvelope<D::Command>,
    ) -> Option<Reply<D::Event, D::Rejection>> {
        let payload_hash = envelope.stored_payload_hash()?;
        let mut archived = Sequence::ZERO;
        for slot in self.slots.values() {
            match slot.keys.look_up(&envelope.command_id) {
                KeyHistory::New => {}
                KeyHistory::Decided {
                    sequence,
                    payload_hash: known,
                } => {
                    return Some(if known == payload_hash {
                        Reply::Duplicate { sequence }
                    } else {
                        Reply::KeyReused { sequence }
                    });
                }
                KeyHistory::PerhapsArchived { through } => archived = archived.max(through),
            }
        }
        (archived > envelope.absent_through).then_some(Reply::CheckArchive { through: archived })
    }

    fn write(
        &mut self,
        envelope: &CommandEnvelope<D::Command>,
        events: Vec<D::Event>,
    ) -> Vec<Arc<Recorded<D::Event>>> {
        let mut recorded = Vec::with_capacity(events.len());
        for (index, event) in (0_u16..).zip(events) {
            let event = Arc::new(self.write_event(envelope, index, event));
            self.decided.push(Arc::clone(&event));
            recorded.push(event);
        }
        recorded
    }

    fn write_event(
        &mut self,
        envelope: &CommandEnvelope<D::Command>,
        index: u16,
        event: D::Event,
    ) -> Recorded<D::Event> {
        let batch = self
            .batch
            .as_mut()
            .expect("decide is called between begin and finish");
        let slot = self
            .slots
            .get_mut(&envelope.partition)
            .expect("decide looked this partition up");
        let start = std::time::Instant::now();
        D::evolve(&mut slot.state, &event);
        if envelope.partition.is_control() {
            D::evolve(&mut self.control, &event);
        }
        slot.offset += 1;
        let description = D::describe(&event);
        let metadata = EventMetadata {
            sequence: batch.next_sequence(),
            partition: envelope.partition,
            offset: slot.offset,
            event_type: description.event_type.into(),
            schema_version: description.schema_version,
            entity_type: description.entity_type.into(),
            entity_id: description.entity_id.into_owned(),
            entity_version: D::entity_version(&slot.state, &event),
            recorded_at_us: batch.recorded_at_us(),
            command_id: envelope.command_id,
            index,
            actor: Arc::clone(&envelope.actor),
            payload_hash: envelope.stored_payload_hash().unwrap_or(0),
            correlation_id: envelope.correlation_id,
            causation_id: envelope.causation_id,
            traceparent: envelope.traceparent.clone(),
        };
        let stored = batch.encode(&metadata, |buffer| D::encode(&event, buffer));
        let start = self.stages.lap(Stage::Encode, start);
        slot.head = batch.link(envelope.partition, slot.head, stored);
        self.stages.lap(Stage::Hash, start);
        if envelope.payload_hash.is_some() {
            slot.remember(&metadata);
        }
        Recorded { metadata, event }
    }
}
