//! What the control partition decides reaches a data partition as an event of its own.

use std::sync::Arc;

use accord_event_log::{
    LoggedDecider, PartitionId, Recorded, Reply, Sequence,
    recovery::Fold,
    runtime::{Moment, RUNTIME_ACTOR, Runtime},
};

use crate::support::{
    accounts::{Accounts, Context, Event, Limit},
    commands::{deposit, keyed, layout, set_limit, withdraw},
    logs::{KEY_WINDOW, fresh_runtime},
};

const MOMENT: Moment = Moment {
    now_us: 1_000,
    monotonic_us: 0,
};
const CONTEXT: Context = Context { now_us: 1_000 };
const DATA: PartitionId = PartitionId(1);

/// Runs one batch and gives its events.
fn batch(
    runtime: &mut Runtime<Accounts>,
    during: impl FnOnce(&mut Runtime<Accounts>),
) -> Vec<Arc<Recorded<Event>>> {
    runtime.begin(MOMENT);
    during(runtime);
    let mut events = Vec::new();
    if let Some(commit) = runtime.finish() {
        commit
            .each_after::<Accounts>(Sequence::ZERO, |recorded| events.push(Arc::clone(recorded)))
            .unwrap();
    }
    events
}

fn set(runtime: &mut Runtime<Accounts>, key: u64, amount: u64) -> Vec<Arc<Recorded<Event>>> {
    batch(runtime, |runtime| {
        runtime.decide(MOMENT, &CONTEXT, &keyed(key, set_limit(amount)));
    })
}

fn adopted(events: &[Arc<Recorded<Event>>]) -> Vec<(PartitionId, Limit)> {
    events
        .iter()
        .filter_map(|recorded| match &recorded.event {
            Event::LimitAdopted(limit) => Some((recorded.metadata.partition, *limit)),
            _ => None,
        })
        .collect()
}

#[test]
fn every_data_partition_adopts_once() {
    let mut runtime = fresh_runtime();
    set(&mut runtime, 1, 10);
    let limit = Limit {
        control_offset: 1,
        amount: 10,
    };
    let events = batch(&mut runtime, |runtime| runtime.adopt_all(MOMENT, &CONTEXT));
    let expected: Vec<_> = layout()
        .data()
        .map(|partition| (partition, limit))
        .collect();
    assert_eq!(adopted(&events), expected);
    for recorded in &events {
        let metadata = &recorded.metadata;
        assert_eq!(&*metadata.actor, RUNTIME_ACTOR);
        assert_eq!(metadata.payload_hash, 0);
    }
    let again = batch(&mut runtime, |runtime| runtime.adopt_all(MOMENT, &CONTEXT));
    assert_eq!(again, []);
}

#[test]
fn a_partition_that_was_away_adopts_the_newest_alone() {
    let mut runtime = fresh_runtime();
    for (key, amount) in [(1, 10), (2, 20), (3, 30)] {
        set(&mut runtime, key, amount);
    }
    let events = batch(&mut runtime, |runtime| {
        runtime.adopt(DATA, MOMENT, &CONTEXT);
    });
    let newest = Limit {
        control_offset: 3,
        amount: 30,
    };
    assert_eq!(adopted(&events), [(DATA, newest)]);
}

#[test]
fn what_is_not_adopted_does_not_decide() {
    let mut runtime = fresh_runtime();
    let events = batch(&mut runtime, |runtime| {
        let decide =
            |runtime: &mut Runtime<Accounts>, command| runtime.decide(MOMENT, &CONTEXT, &command);
        decide(runtime, keyed(1, deposit(0, 50)));
        decide(runtime, keyed(2, set_limit(100)));
        let before = decide(runtime, keyed(3, withdraw(0, 10)));
        assert!(matches!(before, Reply::Rejected(_)));
        runtime.adopt(DATA, MOMENT, &CONTEXT);
        let after = decide(runtime, keyed(3, withdraw(0, 10)));
        assert!(matches!(after, Reply::Committed { .. }));
    });
    assert_eq!(events.len(), 4);
}

#[test]
fn a_worker_without_the_control_partition_adopts_what_it_hears_of() {
    let mut control = fresh_runtime();
    let decided = set(&mut control, 1, 10);
    let mut runtime = Fold::from_start([DATA], KEY_WINDOW).into_runtime(std::sync::Arc::default());
    let nothing = batch(&mut runtime, |runtime| runtime.adopt_all(MOMENT, &CONTEXT));
    assert_eq!(nothing, []);
    runtime.observe_control(&decided[0].event);
    let events = batch(&mut runtime, |runtime| runtime.adopt_all(MOMENT, &CONTEXT));
    assert_eq!(adopted(&events).len(), 1);
}

#[test]
fn a_worker_that_takes_over_the_control_partition_goes_on_from_its_last_decision() {
    let mut owner = fresh_runtime();
    for (key, amount) in [(1, 10), (2, 20)] {
        set(&mut owner, key, amount);
    }
    // This one never heard of those decisions.
    let mut heir = Fold::from_start([DATA], KEY_WINDOW).into_runtime(std::sync::Arc::default());
    heir.take_over(
        PartitionId::CONTROL,
        owner.release(PartitionId::CONTROL).unwrap(),
    );
    assert_eq!(Accounts::adopted_offset(heir.control()), 2);
    set(&mut heir, 3, 30);
    let events = batch(&mut heir, |runtime| runtime.adopt_all(MOMENT, &CONTEXT));
    let third = Limit {
        control_offset: 3,
        amount: 30,
    };
    assert_eq!(adopted(&events), [(DATA, third)]);
}
