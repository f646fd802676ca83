//! One key, one decision; and what else a command can be told.

use accord_event_log::{
    CommandEnvelope, PartitionId, Reply, Sequence, Unavailable,
    runtime::{Moment, Runtime},
};

use crate::support::{
    accounts::{Accounts, Command, Context, Rejection},
    commands::{Answer, deposit, keyed, set_limit, withdraw, without_key},
    logs::fresh_runtime,
};

const MONOTONIC_US: u64 = 5_000;

/// Decides commands in one commit.
fn decide(runtime: &mut Runtime<Accounts>, commands: &[CommandEnvelope<Command>]) -> Vec<Answer> {
    let moment = Moment {
        now_us: 1,
        monotonic_us: MONOTONIC_US,
    };
    let now_us = runtime.begin(moment);
    let answers = commands
        .iter()
        .map(|command| runtime.decide(moment, &Context { now_us }, command))
        .collect();
    runtime.finish();
    answers
}

fn decide_one(runtime: &mut Runtime<Accounts>, command: CommandEnvelope<Command>) -> Answer {
    decide(runtime, &[command]).remove(0)
}

#[track_caller]
fn assert_duplicate(answer: &Answer, of: u64) {
    assert!(
        matches!(answer, Reply::Duplicate { sequence } if *sequence == Sequence(of)),
        "{answer:?}"
    );
}

#[track_caller]
fn assert_key_reused(answer: &Answer, of: u64) {
    assert!(
        matches!(answer, Reply::KeyReused { sequence } if *sequence == Sequence(of)),
        "{answer:?}"
    );
}

/// Sequences of the events that a command led to.
#[track_caller]
fn sequences(answer: &Answer) -> Vec<u64> {
    let Reply::Committed { events, .. } = answer else {
        panic!("not committed: {answer:?}");
    };
    events
        .iter()
        .map(|recorded| recorded.metadata.sequence.0)
        .collect()
}

#[test]
fn a_repeated_key_is_answered_with_its_first_decision() {
    let mut runtime = fresh_runtime();
    let in_one_batch = decide(
        &mut runtime,
        &[
            keyed(1, deposit(1, 10)),
            keyed(2, deposit(1, 10)),
            keyed(2, deposit(1, 10)),
        ],
    );
    assert_eq!(sequences(&in_one_batch[1]), [2]);
    assert_duplicate(&in_one_batch[2], 2);
    assert_duplicate(&decide_one(&mut runtime, keyed(1, deposit(1, 10))), 1);
    assert_eq!(runtime.last(), Sequence(2));
}

#[test]
fn a_key_with_another_payload_is_refused_in_its_partition_and_in_every_other() {
    let mut runtime = fresh_runtime();
    decide_one(&mut runtime, keyed(1, deposit(1, 10)));
    for other in [deposit(1, 11), deposit(2, 10), set_limit(10)] {
        assert_key_reused(&decide_one(&mut runtime, keyed(1, other)), 1);
    }
    assert_eq!(runtime.last(), Sequence(1));
}

#[test]
fn a_payload_that_hashes_to_zero_is_remembered_like_any_other() {
    let mut runtime = fresh_runtime();
    let mut command = keyed(1, deposit(1, 10));
    command.payload_hash = Some(0);
    assert_eq!(sequences(&decide_one(&mut runtime, command.clone())), [1]);
    assert_duplicate(&decide_one(&mut runtime, command), 1);
    assert_key_reused(&decide_one(&mut runtime, keyed(1, deposit(1, 10))), 1);
}

#[test]
fn a_command_without_a_key_is_never_a_duplicate() {
    let mut runtime = fresh_runtime();
    let command = without_key(deposit(1, 10));
    assert_eq!(sequences(&decide_one(&mut runtime, command.clone())), [1]);
    assert_eq!(sequences(&decide_one(&mut runtime, command)), [2]);
}

#[test]
fn a_rejection_is_not_remembered_and_leaves_nothing() {
    let mut runtime = fresh_runtime();
    let command = keyed(1, deposit(1, 10));
    let withdrawal = keyed(2, withdraw(1, 5));
    let answers = decide(&mut runtime, &[command, withdrawal.clone()]);
    assert!(matches!(answers[1], Reply::Rejected(Rejection::NoLimit)));
    assert_eq!(runtime.last(), Sequence(1));
    assert!(matches!(
        decide_one(&mut runtime, withdrawal),
        Reply::Rejected(Rejection::NoLimit)
    ));
}

#[test]
fn a_command_that_is_already_fulfilled_is_committed_without_events() {
    let mut runtime = fresh_runtime();
    decide_one(&mut runtime, keyed(1, set_limit(10)));
    let again = decide_one(&mut runtime, keyed(2, set_limit(10)));
    assert!(
        matches!(&again, Reply::Committed { events, through } if events.is_empty() && *through == Sequence(1))
    );
    assert_eq!(runtime.last(), Sequence(1));
}

#[test]
fn a_command_is_refused_from_its_deadline_on() {
    let mut runtime = fresh_runtime();
    let until = |expires_at_us| CommandEnvelope {
        expires_at_us,
        ..keyed(1, deposit(1, 10))
    };
    for too_late in [0, MONOTONIC_US] {
        assert!(matches!(
            decide_one(&mut runtime, until(too_late)),
            Reply::Unavailable(Unavailable::Expired)
        ));
    }
    assert_eq!(
        sequences(&decide_one(&mut runtime, until(MONOTONIC_US + 1))),
        [1]
    );
}

#[test]
fn a_partition_that_another_worker_decides_is_left_alone() {
    let mut runtime = fresh_runtime();
    let command = keyed(1, deposit(1, 10));
    runtime.release(command.partition).unwrap();
    assert!(matches!(
        decide_one(&mut runtime, command),
        Reply::Unavailable(Unavailable::ReadOnly(_))
    ));
    assert!(runtime.release(PartitionId(9)).is_none());
    assert_eq!(runtime.last(), Sequence::ZERO);
}
