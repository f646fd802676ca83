//! One key, one decision, for ever.

use accord_event_log::{CommandEnvelope, Reply, Sequence};

use crate::{
    node::{Node, Plan, committed, wait_until},
    support::{
        accounts::Command,
        commands::{Answer, command_id, deposit, keyed},
    },
};

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

async fn ask_all(node: &Node, keys: std::ops::RangeInclusive<u64>) {
    for key in keys {
        committed(node.ask(keyed(key, deposit(1, 10))).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_key_is_a_duplicate_now_and_after_a_restart() {
    let node = Plan::new().start().await;
    ask_all(&node, 1..=3).await;
    assert_duplicate(&node.ask(keyed(2, deposit(1, 10))).await, 2);
    let node = node.restart().await;
    assert_duplicate(&node.ask(keyed(2, deposit(1, 10))).await, 2);
    assert_eq!(node.events_on_disk().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_key_is_a_duplicate_after_a_recovery_from_snapshots() {
    let node = Plan::new()
        .with(|settings| settings.snapshot_every_events = 5)
        .start()
        .await;
    ask_all(&node, 1..=5).await;
    wait_until("a snapshot", || {
        node.snapshots()
            .load::<crate::support::accounts::Accounts>(accord_event_log::PartitionId(2))
            .is_some_and(|snapshot| snapshot.through >= Sequence(5))
    })
    .await;
    ask_all(&node, 6..=7).await;
    let node = node.restart().await;
    for key in 1..=7 {
        assert_duplicate(&node.ask(keyed(key, deposit(1, 10))).await, key);
        assert_key_reused(&node.ask(keyed(key, deposit(1, 11))).await, key);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_payload_under_a_used_key_is_refused_wherever_it_belongs() {
    let node = Plan::new().start().await;
    ask_all(&node, 1..=1).await;
    let node = node.restart().await;
    for other in [deposit(1, 11), deposit(2, 10), deposit(3, 10)] {
        assert_key_reused(&node.ask(keyed(1, other)).await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_beyond_the_window_is_looked_up_in_the_archive_before_anything_is_decided() {
    let mut node = Plan::new()
        .with(|settings| settings.key_window = 2)
        .start()
        .await;
    ask_all(&node, 1..=5).await;
    let first = keyed(1, deposit(1, 10));
    // Before and after a restart alike.
    for _ in 0..2 {
        let Reply::CheckArchive { through } = node.ask(first.clone()).await else {
            panic!("a forgotten key is not new");
        };
        assert_eq!(through, Sequence(3), "the newest key that left the window");
        // The archive has it at or before that place.
        let events = node.events_on_disk().await;
        let found = events
            .iter()
            .position(|recorded| recorded.metadata.command_id == command_id(1));
        assert_eq!(found, Some(0));
        // An archive that lags behind proves nothing.
        let lagging = CommandEnvelope {
            absent_through: Sequence(through.0 - 1),
            ..first.clone()
        };
        assert!(matches!(
            node.ask(lagging).await,
            Reply::CheckArchive { .. }
        ));
        node = node.restart().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_the_archive_does_not_know_is_decided() {
    let node = Plan::new()
        .with(|settings| settings.key_window = 2)
        .start()
        .await;
    ask_all(&node, 1..=5).await;
    // Stands for the rare key that the filter takes for an old one: the edge has looked, and it is not there.
    let absent: CommandEnvelope<Command> = CommandEnvelope {
        absent_through: Sequence(3),
        ..keyed(1, deposit(1, 10))
    };
    committed(node.ask(absent.clone()).await);
    assert_duplicate(&node.ask(absent).await, 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wider_window_holds_from_the_next_start_on() {
    let plan = Plan::new().with(|settings| {
        settings.key_window = 2;
        settings.snapshot_every_events = 5;
    });
    let node = plan.start().await;
    ask_all(&node, 1..=5).await;
    wait_until("a snapshot", || {
        node.bus
            .counters()
            .snapshots
            .load(std::sync::atomic::Ordering::SeqCst)
            > 0
    })
    .await;
    let wider = node.stop().await.with(|settings| settings.key_window = 100);
    let node = wider.start().await;
    ask_all(&node, 6..=10).await;
    for key in 4..=10 {
        assert_duplicate(&node.ask(keyed(key, deposit(1, 10))).await, key);
    }
}
