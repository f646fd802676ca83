//! A decision may use what other partitions know, if its event records it.

use std::{borrow::Cow, sync::Arc};

use accord_decider::{
    Decider, DecodeError, Description, LoggedDecider, PartitionId, PartitionOffset,
};
use accord_event_log::{
    CommandEnvelope, PartitionLayout, Sequence,
    recovery::Fold,
    runtime::{Moment, Runtime},
    stages::StageTimes,
};
use uuid::Uuid;

/// Visitors who enter by one door and are told how many are in the house. Each partition is a door.
struct House;

#[derive(Clone, Debug, Default, PartialEq)]
struct Entered {
    /// Visitors in the house before, as recorded by the event.
    before: u64,
}

impl Decider for House {
    /// Visitors who came in by this door.
    type State = u64;
    type Command = ();
    type Event = Entered;
    /// Visitors in the house, if somebody counted them.
    type Context = Option<u64>;
    type Rejection = ();

    fn decide(state: &u64, house: &Option<u64>, (): &()) -> Result<Vec<Entered>, ()> {
        let before = house.unwrap_or(*state);
        Ok(vec![Entered { before }])
    }

    fn evolve(state: &mut u64, _: &Entered) {
        *state += 1;
    }
}

impl LoggedDecider for House {
    const STATE_SCHEMA: &'static str = "house-1";

    fn initial(_: PartitionId) -> u64 {
        0
    }

    fn describe(_: &Entered) -> Description<'_> {
        Description {
            event_type: "Entered",
            schema_version: 1,
            entity_type: "door",
            entity_id: Cow::Borrowed("door"),
        }
    }

    fn entity_version(state: &u64, _: &Entered) -> u64 {
        *state
    }

    fn encode(event: &Entered, buffer: &mut Vec<u8>) {
        buffer.extend_from_slice(event.before.to_string().as_bytes());
    }

    fn decode(_: &str, _: u16, _: &str, payload: &str) -> Result<Entered, DecodeError> {
        let before = payload.parse().expect("a number was written");
        Ok(Entered { before })
    }

    fn pending_adoption(_: &u64, _: &u64) -> Option<()> {
        None
    }

    fn consult<'s>(
        _: &Option<u64>,
        (): &(),
        partitions: impl Iterator<Item = &'s u64>,
    ) -> Option<Option<u64>> {
        Some(Some(partitions.sum()))
    }

    fn adopted_offset(_: &u64) -> PartitionOffset {
        0
    }
}

const MOMENT: Moment = Moment {
    now_us: 1_000,
    monotonic_us: 0,
};

fn enter(door: u16) -> CommandEnvelope<()> {
    CommandEnvelope {
        partition: PartitionId(door),
        command_id: Uuid::new_v4(),
        payload_hash: None,
        actor: Arc::from("a visitor"),
        correlation_id: None,
        causation_id: None,
        traceparent: None,
        expires_at_us: u64::MAX,
        absent_through: Sequence::ZERO,
        command: (),
    }
}

#[test]
fn every_partition_is_asked_within_a_batch_and_from_batch_to_batch() {
    let partitions = PartitionLayout::new(3).all();
    let mut runtime: Runtime<House> =
        Fold::from_start(partitions, 10).into_runtime(Arc::new(StageTimes::default()));
    let mut told = Vec::new();
    let mut doors = Vec::new();
    for batch in [&[1_u16, 2, 1][..], &[3, 2]] {
        runtime.begin(MOMENT);
        for door in batch {
            runtime.decide(MOMENT, &None, &enter(*door));
        }
        let commit = runtime.finish().expect("somebody entered");
        commit
            .each_after::<House>(Sequence::ZERO, |recorded| {
                told.push(recorded.event.before);
                doors.push(recorded.metadata.partition);
            })
            .expect("what was written is read");
    }
    assert_eq!(told, [0, 1, 2, 3, 4]);
    // In the log they stand in the order of the decisions, whatever the partition.
    assert_eq!(doors, [1, 2, 1, 3, 2].map(PartitionId));
}
