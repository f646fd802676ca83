//! What must hold at the end of every simulation.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use accord_event_log::{PartitionId, Recorded, Reply, Sequence, chain::ChainHead, recovery::Fold};
use uuid::Uuid;

use crate::{
    clients::{Acknowledgement, Settled},
    member::Member,
    shared_log::SharedLog,
    support::{
        accounts::{Accounts, Command, Event, Limit, Movement},
        commands::layout,
    },
};

/// Sequences, offsets and entity versions have no gap, time does not run backwards, and every chain head follows from
/// the stored bytes.
pub fn log_is_consistent(log: &SharedLog) {
    let mut heads: BTreeMap<PartitionId, ChainHead> = BTreeMap::new();
    let mut recorded_at_us = i64::MIN;
    let mut through = Sequence::ZERO;
    for commit in log.commits() {
        assert_eq!(commit.first_sequence, through.next());
        assert!(commit.recorded_at_us >= recorded_at_us);
        let stored = commit.stored_events().unwrap();
        assert_eq!(stored.len() as u64, commit.event_count);
        let mut touched = BTreeSet::new();
        for (index, stored) in stored.iter().enumerate() {
            let sequence = Sequence(commit.first_sequence.0 + index as u64);
            let partition = log.event(sequence).metadata.partition;
            let head = heads.entry(partition).or_default();
            *head = head.extend(commit.recorded_at_us, stored.get().as_bytes());
            touched.insert(partition);
        }
        let expected: Vec<_> = touched
            .into_iter()
            .map(|partition| (partition, heads[&partition]))
            .collect();
        assert_eq!(commit.heads, expected, "chain heads of {through}");
        recorded_at_us = commit.recorded_at_us;
        through = commit.last_sequence();
    }
    events_count_up(log);
}

fn events_count_up(log: &SharedLog) {
    let mut offsets: HashMap<PartitionId, u64> = HashMap::new();
    let mut versions: HashMap<(PartitionId, &str, &str), u64> = HashMap::new();
    for (index, recorded) in (1..).zip(log.events()) {
        let metadata = &recorded.metadata;
        assert_eq!(metadata.sequence, Sequence(index));
        let offset = offsets.entry(metadata.partition).or_default();
        *offset += 1;
        assert_eq!(metadata.offset, *offset, "{metadata:?}");
        let entity = (
            metadata.partition,
            metadata.entity_type.as_ref(),
            metadata.entity_id.as_str(),
        );
        let version = versions.entry(entity).or_default();
        *version += 1;
        assert_eq!(metadata.entity_version, *version, "{metadata:?}");
    }
}

/// Balances and limits, folded a second time by other code: no withdrawal beyond the balance or the limit that its
/// partition had adopted, and no adoption of what the control partition never decided.
pub fn no_account_was_overdrawn(log: &SharedLog) {
    let mut balances: HashMap<u64, u64> = HashMap::new();
    let mut adopted: HashMap<PartitionId, Limit> = HashMap::new();
    let mut decided: Vec<u64> = Vec::new();
    for recorded in log.events() {
        let Recorded { metadata, event } = &**recorded;
        let partition = metadata.partition;
        match event {
            Event::Deposited(Movement {
                account, amount, ..
            }) => {
                assert_eq!(layout().partition_of(*account), partition);
                *balances.entry(*account).or_default() += amount;
            }
            Event::Withdrawn(Movement {
                account, amount, ..
            }) => {
                assert_eq!(layout().partition_of(*account), partition);
                assert!(*amount <= adopted[&partition].amount, "{metadata:?}");
                let balance = balances.entry(*account).or_default();
                *balance = balance
                    .checked_sub(*amount)
                    .unwrap_or_else(|| panic!("overdrawn: {metadata:?}"));
            }
            Event::LimitAdopted(limit) => {
                let set = decided.get(limit.control_offset as usize - 1);
                assert_eq!(set, Some(&limit.amount), "{metadata:?} {limit:?}");
                let before = adopted.insert(partition, *limit);
                assert!(before.is_none_or(|before| before.control_offset < limit.control_offset));
            }
            Event::LimitSet { amount } => {
                assert!(partition.is_control());
                decided.push(*amount);
            }
        }
    }
    for partition in layout().data().filter(|_| !decided.is_empty()) {
        assert_eq!(
            adopted[&partition].control_offset,
            decided.len() as u64,
            "everything was repaired, so partition {partition} has adopted the last limit"
        );
    }
}

/// All events of a command stand together, and no command stands twice.
pub fn every_key_was_decided_once(log: &SharedLog) {
    let mut decided: HashMap<Uuid, Vec<&Recorded<Event>>> = HashMap::new();
    for recorded in log.events() {
        decided
            .entry(recorded.metadata.command_id)
            .or_default()
            .push(recorded);
    }
    for events in decided.values() {
        let first = &events[0].metadata;
        for (index, Recorded { metadata, .. }) in (0_u16..).zip(events) {
            assert_eq!(metadata.index, index, "decided twice: {events:#?}");
            assert_eq!(metadata.sequence.0, first.sequence.0 + u64::from(index));
            assert_eq!(metadata.partition, first.partition);
            assert_eq!(metadata.payload_hash, first.payload_hash);
            assert_eq!(metadata.recorded_at_us, first.recorded_at_us);
        }
    }
}

/// What a client was told is what the log says.
pub fn every_acknowledgement_stands(log: &SharedLog, acknowledgements: &[Acknowledgement]) {
    for acknowledgement in acknowledgements {
        let key = acknowledgement.envelope.command_id;
        let hash = acknowledgement.envelope.payload_hash;
        let decided_before = log.events()[..acknowledgement.log_before.0 as usize]
            .iter()
            .any(|recorded| recorded.metadata.command_id == key);
        match &acknowledgement.answer {
            Settled::Committed(Reply::Committed { events, through }) => {
                assert!(!decided_before, "decided again: {events:#?}");
                for recorded in events {
                    assert_eq!(log.event(recorded.metadata.sequence), recorded);
                    assert!(recorded.metadata.sequence <= *through);
                }
                assert!(*through <= log.end());
                assert_fulfils(&acknowledgement.envelope.command, events);
                assert!(
                    events
                        .iter()
                        .all(|recorded| Some(recorded.metadata.payload_hash) == hash)
                );
            }
            Settled::Committed(other) => panic!("not a commit: {other:?}"),
            Settled::Repeated(sequence) => {
                let first = &log.event(*sequence).metadata;
                assert_eq!((first.command_id, first.index), (key, 0));
                assert_eq!(Some(first.payload_hash), hash);
                let events: Vec<_> = log.events()[sequence.0 as usize - 1..]
                    .iter()
                    .take_while(|recorded| recorded.metadata.command_id == key)
                    .cloned()
                    .collect();
                assert_fulfils(&acknowledgement.envelope.command, &events);
            }
            Settled::Refused(sequence) => {
                let first = &log.event(*sequence).metadata;
                assert_eq!((first.command_id, first.index), (key, 0));
                assert_ne!(Some(first.payload_hash), hash);
            }
            Settled::Rejected(rejection) => {
                assert!(!decided_before, "decided before, and now {rejection:?}");
            }
        }
    }
}

/// The events are those that the command asks for.
#[track_caller]
fn assert_fulfils(command: &Command, events: &[Arc<Recorded<Event>>]) {
    let moved = |event: &Event| match event {
        Event::Deposited(movement) => Some((movement.account, i128::from(movement.amount))),
        Event::Withdrawn(movement) => Some((movement.account, -i128::from(movement.amount))),
        Event::LimitAdopted(_) | Event::LimitSet { .. } => None,
    };
    let moved: Vec<_> = events
        .iter()
        .filter_map(|recorded| moved(&recorded.event))
        .collect();
    let signed = i128::from;
    match *command {
        Command::Deposit { amount: 0, .. } => assert!(events.is_empty()),
        Command::Deposit { account, amount } => assert_eq!(moved, [(account, signed(amount))]),
        Command::Withdraw { account, amount } => assert_eq!(moved, [(account, -signed(amount))]),
        Command::Transfer { from, to, amount } => {
            assert_eq!(moved, [(from, -signed(amount)), (to, signed(amount))]);
        }
        Command::SetLimit { amount } => match events {
            [] => {}
            [recorded] => assert_eq!(recorded.event, Event::LimitSet { amount }),
            more => panic!("one limit became {more:?}"),
        },
        Command::AdoptLimit(_) => panic!("no client adopts"),
    }
}

/// Each partition is decided by one member, whose memory is a fold of the log.
pub fn members_hold_what_the_log_says(log: &SharedLog, members: &[Member; 2], key_window: usize) {
    let mut fold = Fold::<Accounts>::from_start(layout().all(), key_window);
    for commit in log.commits() {
        fold.apply(commit).unwrap();
    }
    for partition in layout().all() {
        let mut owners = members
            .iter()
            .filter(|member| member.decides_for(partition));
        let owner = owners.next().unwrap();
        assert!(owners.next().is_none());
        let live = &owner.runtime.slots()[&partition];
        let folded = fold.slot(partition).unwrap();
        assert_eq!(live.state, folded.state);
        assert_eq!(live.offset, folded.offset);
        assert_eq!(live.head, folded.head);
        for recorded in log.events() {
            let metadata = &recorded.metadata;
            assert_eq!(
                live.keys.look_up(&metadata.command_id),
                folded.keys.look_up(&metadata.command_id)
            );
        }
        assert_eq!(
            owner.runtime.control(),
            &fold.slot(PartitionId::CONTROL).unwrap().state
        );
    }
    for member in members {
        assert_eq!(member.runtime.last(), log.end());
    }
}
