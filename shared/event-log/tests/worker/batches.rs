//! What arrives together is committed together, and answered only then.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use accord_event_log::{CommandEnvelope, Reply, Sequence, Unavailable, worker::ReadModelGate};

use crate::{
    node::{Node, Plan, committed, wait_until},
    support::{
        commands::{deposit, keyed},
        database,
    },
};

/// Sends 21 commands that wait behind one gate, and gives the number of commits that they made.
async fn commits_of_21_commands(node: &Node) -> u64 {
    let arrival = node.gate.close();
    let mut asked = vec![node.ask_later(keyed(0, deposit(0, 10)))];
    arrival.wait().await;
    for key in 1..=20 {
        asked.push(node.ask_later(keyed(key, deposit(key % 9, 10))));
    }
    node.wait_for_queue(20).await;
    node.gate.reopen();
    for answer in asked {
        committed(answer.await.unwrap());
    }
    node.bus.counters().commits.load(Ordering::SeqCst)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_that_wait_together_are_one_commit() {
    let node = Plan::new().start().await;
    assert_eq!(commits_of_21_commands(&node).await, 1);
    let events = node.events_on_disk().await;
    assert_eq!(events.len(), 21);
    let recorded_at_us = events[0].metadata.recorded_at_us;
    assert!(
        events
            .iter()
            .all(|recorded| recorded.metadata.recorded_at_us == recorded_at_us)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_bounded_by_its_commands_and_by_its_bytes() {
    let by_commands = Plan::new().with(|settings| settings.batch_commands_max = 8);
    assert_eq!(commits_of_21_commands(&by_commands.start().await).await, 3);
    // The bound is reached with the first event that passes it.
    let by_bytes = Plan::new().with(|settings| settings.batch_bytes_max = 1_000);
    let commits = commits_of_21_commands(&by_bytes.start().await).await;
    assert!((3..=6).contains(&commits), "{commits} commits");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_is_answered_after_its_commit_and_not_before() {
    let node = Plan::new().start().await;
    committed(node.ask(keyed(1, deposit(0, 10))).await);
    let mut other = database::connect(&node.newest_segment()).await;
    sqlx::raw_sql("BEGIN IMMEDIATE")
        .execute(&mut other)
        .await
        .unwrap();
    let made = node.contexts.lock().unwrap().len();
    let asked = node.ask_later(keyed(2, deposit(0, 10)));
    // The worker has decided and cannot commit while another connection holds the file.
    wait_until("the decision", || {
        node.contexts.lock().unwrap().len() > made
    })
    .await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!asked.is_finished());
    assert_eq!(node.reader.last(), Sequence(1));
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();

    let events = committed(asked.await.unwrap());
    assert_eq!(node.events_on_disk().await[1..], events);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorded_times_and_contexts_never_step_back_with_the_clock() {
    let node = Plan::new().start().await;
    for (key, now_us) in (0..).zip([5_000_000, 4_000_000, 6_000_000, 0, 6_000_001]) {
        node.clock.store(now_us, Ordering::SeqCst);
        committed(node.ask(keyed(key, deposit(0, 10))).await);
    }
    let recorded: Vec<i64> = node
        .events_on_disk()
        .await
        .iter()
        .map(|recorded| recorded.metadata.recorded_at_us)
        .collect();
    assert_eq!(
        recorded,
        [5_000_000, 5_000_000, 6_000_000, 6_000_000, 6_000_001]
    );
    let node = node.restart().await;
    // The new clock starts before everything that is in the log.
    committed(node.ask(keyed(9, deposit(0, 10))).await);
    let contexts = node.contexts.lock().unwrap().clone();
    assert!(
        contexts.is_sorted() && contexts[0] == 6_000_001,
        "{contexts:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_refuses_at_once_and_lets_patient_senders_wait() {
    let node = Plan::new()
        .with(|settings| settings.queue_commands_max = 2)
        .start()
        .await;
    let arrival = node.gate.close();
    let mut asked = vec![node.ask_later(keyed(0, deposit(0, 10)))];
    arrival.wait().await;
    asked.push(node.ask_later(keyed(1, deposit(0, 10))));
    asked.push(node.ask_later(keyed(2, deposit(0, 10))));
    node.wait_for_queue(2).await;
    assert!(matches!(
        node.ask(keyed(3, deposit(0, 10))).await,
        Reply::Unavailable(Unavailable::QueueFull)
    ));
    let bus = node.bus.clone();
    let patient = tokio::spawn(async move { bus.ask_patiently(keyed(4, deposit(0, 10))).await });
    asked.push(patient);
    node.gate.reopen();
    for answer in asked {
        committed(answer.await.unwrap());
    }
    assert_eq!(node.events_on_disk().await.len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_waited_beyond_its_deadline_is_never_decided() {
    let node = Plan::new().start().await;
    let arrival = node.gate.close();
    let first = node.ask_later(keyed(0, deposit(0, 10)));
    arrival.wait().await;
    let deadline = Instant::now() + Duration::from_millis(5);
    let hurried = node.ask_later(CommandEnvelope {
        expires_at_us: node.bus.expires_at_us(deadline),
        ..keyed(1, deposit(0, 10))
    });
    node.wait_for_queue(1).await;
    wait_until("the deadline", || Instant::now() > deadline).await;
    node.gate.reopen();
    committed(first.await.unwrap());
    assert!(matches!(
        hurried.await.unwrap(),
        Reply::Unavailable(Unavailable::Expired)
    ));
    assert_eq!(node.events_on_disk().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn read_models_that_stand_still_delay_decisions_and_never_stop_them() {
    let read_models = ReadModelGate {
        through: Arc::default(),
        lag_events_max: 0,
    };
    let node = Plan::new()
        .with(|settings| settings.read_models = Some(read_models.clone()))
        .start()
        .await;
    for key in 0..3 {
        committed(node.ask(keyed(key, deposit(0, 10))).await);
    }
    read_models.through.store(3, Ordering::SeqCst);
    committed(node.ask(keyed(3, deposit(0, 10))).await);
    assert_eq!(node.events_on_disk().await.len(), 4);
}
