//! Commits that fail: whoever asked is told so, and asking again under the same key tells what became of it.

use accord_event_log::{Reply, Unavailable, worker::WorkerState};

use crate::{
    node::{Node, Plan, committed, events_in, wait_until},
    support::{
        accounts::Event,
        commands::{Answer, deposit, keyed, set_limit},
        database,
    },
};

#[track_caller]
fn assert_unknown(answer: &Answer) {
    assert!(
        matches!(
            answer,
            Reply::Unavailable(Unavailable::OutcomeUnknown(reason)) if reason.contains("injected")
        ),
        "{answer:?}"
    );
}

/// A node with one event, and a key whose commit is about to fail.
async fn node() -> Node {
    let node = Plan::new().start().await;
    committed(node.ask(keyed(1, deposit(0, 10))).await);
    node
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_was_lost_is_decided_when_it_is_asked_for_again() {
    let node = node().await;
    database::lose_commits_with(&node.newest_segment(), "Deposited").await;
    assert_unknown(&node.ask(keyed(2, deposit(0, 10))).await);
    assert_unknown(&node.ask(keyed(2, deposit(0, 10))).await);
    database::accept_all_commits(&node.newest_segment()).await;
    let events = committed(node.ask(keyed(2, deposit(0, 10))).await);
    assert_eq!(events[0].metadata.entity_version, 2);
    assert_eq!(node.events_on_disk().await.len(), 2);
    assert_eq!(node.bus.state(), WorkerState::Ready);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_was_stored_all_the_same_is_a_duplicate_when_it_is_asked_for_again() {
    let node = node().await;
    database::store_and_fail_commits_with(&node.newest_segment(), "Deposited").await;
    assert_unknown(&node.ask(keyed(2, deposit(0, 10))).await);
    database::accept_all_commits(&node.newest_segment()).await;
    assert!(matches!(
        node.ask(keyed(2, deposit(0, 10))).await,
        Reply::Duplicate { .. }
    ));
    let events = committed(node.ask(keyed(3, deposit(0, 10))).await);
    assert_eq!(events[0].metadata.entity_version, 3);
    assert_eq!(node.events_on_disk().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_in_a_failed_batch_is_told_and_nothing_of_it_stays() {
    let node = node().await;
    database::lose_commits_with(&node.newest_segment(), "Deposited").await;
    let arrival = node.gate.close();
    let mut asked = vec![node.ask_later(keyed(2, deposit(0, 10)))];
    arrival.wait().await;
    for key in 3..=6 {
        asked.push(node.ask_later(keyed(key, deposit(key, 10))));
    }
    node.wait_for_queue(4).await;
    node.gate.reopen();
    for answer in asked {
        assert_unknown(&answer.await.unwrap());
    }
    database::accept_all_commits(&node.newest_segment()).await;
    for key in 2..=6 {
        let account = if key == 2 { 0 } else { key };
        committed(node.ask(keyed(key, deposit(account, 10))).await);
    }
    let reader = accord_event_log::LogReader::open(&node.settings.log_folder)
        .await
        .unwrap();
    let found = accord_event_log::verify::verify(&reader, |_| {})
        .await
        .unwrap();
    assert_eq!((found.faults, found.events), (vec![], 6));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_decided_upon_a_commit_that_failed_is_refused_and_was_never_written() {
    let node = node().await;
    let mut segment = database::Held::hold(&node.newest_segment()).await;
    let decided_before = node.contexts.lock().unwrap().len();
    let first = node.ask_later(keyed(2, deposit(0, 10)));
    wait_until("the first to be decided", || {
        node.contexts.lock().unwrap().len() == decided_before + 1 && node.bus.queue().0 == 0
    })
    .await;
    // The first waits for the file; the second is decided upon it.
    let second = node.ask_later(keyed(3, deposit(0, 10)));
    wait_until("the second to be decided", || {
        node.contexts.lock().unwrap().len() == decided_before + 2
    })
    .await;
    segment.lose_commits_with("Deposited").await;
    segment.let_go().await;

    assert_unknown(&first.await.unwrap());
    let refused = second.await.unwrap();
    assert!(
        matches!(refused, Reply::Unavailable(Unavailable::NotCommitted(_))),
        "{refused:?}"
    );
    assert_eq!(node.events_on_disk().await.len(), 1);
    database::accept_all_commits(&node.newest_segment()).await;
    let events = committed(node.ask(keyed(3, deposit(0, 10))).await);
    assert_eq!(events[0].metadata.entity_version, 2, "nothing of the first");
    committed(node.ask(keyed(2, deposit(0, 10))).await);
    assert_eq!(node.events_on_disk().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_answered_before_the_commit_that_it_stands_upon() {
    let node = node().await;
    let segment = database::Held::hold(&node.newest_segment()).await;
    let decided_before = node.contexts.lock().unwrap().len();
    let first = node.ask_later(keyed(2, deposit(0, 10)));
    wait_until("the first to be decided", || {
        node.contexts.lock().unwrap().len() == decided_before + 1 && node.bus.queue().0 == 0
    })
    .await;
    // The same again writes nothing, and yet its answer speaks of what is not durable yet.
    let again = node.ask_later(keyed(2, deposit(0, 10)));
    wait_until("the second to be decided", || {
        node.contexts.lock().unwrap().len() == decided_before + 2
    })
    .await;
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert!(!first.is_finished() && !again.is_finished());
    segment.let_go().await;
    committed(first.await.unwrap());
    assert!(matches!(again.await.unwrap(), Reply::Duplicate { .. }));
}

/// Makes the newest segment's header unreadable, so that the log cannot be opened again after a failure.
async fn hide_header(node: &Node) {
    database::execute(
        &node.newest_segment(),
        "ALTER TABLE segment RENAME TO hidden",
    )
    .await;
}

async fn show_header(segment: &std::path::Path) {
    database::execute(segment, "ALTER TABLE hidden RENAME TO segment").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_log_cannot_be_read_again_everything_is_refused_and_then_it_goes_on() {
    let node = node().await;
    let segment = node.newest_segment();
    database::lose_commits_with(&segment, "Deposited").await;
    hide_header(&node).await;
    // Whoever asked is told at once, not after the repair.
    assert_unknown(&node.ask(keyed(2, deposit(0, 10))).await);
    node.wait_for_state(|state| matches!(state, WorkerState::Recovering(_)))
        .await;
    assert!(matches!(
        node.ask(keyed(3, deposit(0, 10))).await,
        Reply::Unavailable(Unavailable::ReadOnly(_))
    ));
    show_header(&segment).await;
    database::accept_all_commits(&segment).await;
    node.wait_for_state(|state| *state == WorkerState::Ready)
        .await;
    committed(node.ask(keyed(2, deposit(0, 10))).await);
    assert_eq!(node.events_on_disk().await.len(), 2);
}

/// Before this was a test, the worker went on from what it had decided in vain: it let the data partitions adopt a
/// limit that stands nowhere in the log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_stops_while_it_cannot_recover_writes_nothing_more() {
    let node = node().await;
    let segment = node.newest_segment();
    database::lose_commits_with(&segment, "LimitSet").await;
    hide_header(&node).await;
    let failed = node.ask_later(keyed(2, set_limit(10)));
    node.wait_for_state(|state| matches!(state, WorkerState::Recovering(_)))
        .await;
    let plan = node.stop().await;
    assert_unknown(&failed.await.unwrap());
    show_header(&segment).await;
    database::accept_all_commits(&segment).await;
    let events = events_in(&plan.settings).await;
    assert_eq!(events.len(), 1);
    assert!(matches!(events[0].event, Event::Deposited(_)));
}
