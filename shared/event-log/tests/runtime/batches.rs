//! One batch, one commit.

use accord_event_log::{
    Reply, Sequence, StoredCommit,
    recovery::Fold,
    runtime::{Moment, Runtime},
};

use crate::support::{
    accounts::{Accounts, Command, Context, Event, State},
    commands::{deposit, keyed, layout, set_limit},
    logs::{KEY_WINDOW, fresh_runtime},
};

fn begin(runtime: &mut Runtime<Accounts>, now_us: i64) -> (Moment, Context) {
    let moment = Moment {
        now_us,
        monotonic_us: 0,
    };
    let now_us = runtime.begin(moment);
    (moment, Context { now_us })
}

fn fold(commits: &[&StoredCommit]) -> Fold<Accounts> {
    let mut fold = Fold::from_start(layout().all(), KEY_WINDOW);
    for commit in commits {
        fold.apply(commit).unwrap();
    }
    fold
}

#[test]
fn a_batch_is_one_commit_with_one_recorded_time_and_no_gap_to_the_last() {
    let mut runtime = fresh_runtime();
    let (moment, context) = begin(&mut runtime, 700);
    runtime.decide(moment, &context, &keyed(1, deposit(0, 10)));
    runtime.decide(moment, &context, &keyed(2, deposit(1, 10)));
    let first = runtime.finish().unwrap();
    assert_eq!(
        (
            first.first_sequence,
            first.event_count,
            first.recorded_at_us
        ),
        (Sequence(1), 2, 700)
    );

    let (moment, context) = begin(&mut runtime, 800);
    runtime.decide(moment, &context, &keyed(3, deposit(0, 10)));
    let second = runtime.finish().unwrap();
    assert_eq!(second.first_sequence, Sequence(3));
}

#[test]
fn recorded_times_never_step_back_with_the_clock() {
    let mut runtime = fresh_runtime();
    for (now_us, recorded_at_us) in [(1_000, 1_000), (400, 1_000), (1_001, 1_001)] {
        let (moment, context) = begin(&mut runtime, now_us);
        assert_eq!(context.now_us, recorded_at_us);
        let command = keyed(now_us.unsigned_abs(), deposit(0, 1));
        let Reply::Committed { events, .. } = runtime.decide(moment, &context, &command) else {
            panic!("not committed");
        };
        assert_eq!(events[0].metadata.recorded_at_us, recorded_at_us);
        runtime.finish().unwrap();
    }
}

#[test]
fn a_batch_that_decides_nothing_is_no_commit() {
    let mut runtime = fresh_runtime();
    let (moment, context) = begin(&mut runtime, 700);
    runtime.decide(moment, &context, &keyed(1, deposit(0, 0)));
    assert!(runtime.finish().is_none());
}

#[test]
fn the_events_of_one_command_stand_together_and_share_its_key() {
    let mut runtime = fresh_runtime();
    let (moment, context) = begin(&mut runtime, 700);
    runtime.decide(moment, &context, &keyed(1, deposit(0, 50)));
    runtime.decide(moment, &context, &keyed(2, set_limit(100)));
    runtime.adopt_all(moment, &context);
    let transfer = keyed(
        3,
        Command::Transfer {
            from: 0,
            to: 3,
            amount: 20,
        },
    );
    let Reply::Committed { events, through } = runtime.decide(moment, &context, &transfer) else {
        panic!("not committed");
    };
    let metadata: Vec<_> = events.iter().map(|recorded| &recorded.metadata).collect();
    assert_eq!([metadata[0].index, metadata[1].index], [0, 1]);
    assert_eq!(metadata[1].sequence, metadata[0].sequence.next());
    assert_eq!(metadata[1].offset, metadata[0].offset + 1);
    assert_eq!(through, metadata[1].sequence);
    assert_ne!(metadata[0].event_id(), metadata[1].event_id());
    assert!(matches!(events[0].event, Event::Withdrawn(_)));
    assert!(matches!(events[1].event, Event::Deposited(_)));
    assert!(matches!(
        runtime.decide(moment, &context, &transfer),
        Reply::Duplicate { sequence } if sequence == metadata[0].sequence
    ));
}

#[test]
fn a_fold_of_the_commits_holds_what_decided_them() {
    let mut runtime = fresh_runtime();
    let mut commits = Vec::new();
    for key in 0..20 {
        let (moment, context) = begin(&mut runtime, 700);
        runtime.decide(moment, &context, &keyed(2 * key, deposit(key % 9, 5)));
        runtime.decide(moment, &context, &keyed(2 * key + 1, set_limit(1 + key)));
        runtime.adopt_all(moment, &context);
        let commit = runtime.finish().unwrap();
        commits.push(commit);
    }
    let commits: Vec<_> = commits.iter().map(AsRef::as_ref).collect();
    let fold = fold(&commits);
    assert_eq!(fold.through(), runtime.last());
    for (partition, live) in runtime.slots() {
        let folded = fold.slot(*partition).unwrap();
        assert_eq!(live.state, folded.state);
        assert_eq!((live.offset, live.head), (folded.offset, folded.head));
    }
}

#[test]
fn folding_a_commit_a_second_time_changes_nothing() {
    let mut runtime = fresh_runtime();
    let (moment, context) = begin(&mut runtime, 700);
    runtime.decide(moment, &context, &keyed(1, deposit(0, 50)));
    let commit = runtime.finish().unwrap();
    let twice = fold(&[&commit, &commit]);
    let slot = twice.slot(layout().partition_of(0)).unwrap();
    let State::Accounts(state) = &slot.state else {
        panic!("accounts live in data partitions");
    };
    assert_eq!(state.accounts[&0].balance, 50);
    assert_eq!(slot.offset, 1);
}
