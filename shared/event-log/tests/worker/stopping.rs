//! A stop answers what is queued, refuses what comes later, and ends.

use std::time::Duration;

use accord_event_log::{Reply, Unavailable};

use crate::{
    node::{Plan, committed, wait_until},
    support::commands::{deposit, keyed},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_queued_is_answered_and_what_comes_later_is_refused() {
    let node = Plan::new()
        .with(|settings| settings.batch_commands_max = 1)
        .start()
        .await;
    let arrival = node.gate.close();
    let mut asked = vec![node.ask_later(keyed(0, deposit(0, 10)))];
    arrival.wait().await;
    for key in 1..=5 {
        asked.push(node.ask_later(keyed(key, deposit(0, 10))));
    }
    node.wait_for_queue(5).await;
    let (bus, gate) = (node.bus.clone(), node.gate.clone());
    let stopping = tokio::spawn(node.stop());
    // Let the stop reach the worker, which stands before the gate with five commands behind it.
    tokio::time::sleep(Duration::from_millis(100)).await;
    gate.reopen();
    for answer in asked {
        committed(answer.await.unwrap());
    }
    let plan = stopping.await.unwrap();
    assert!(matches!(
        bus.ask(keyed(6, deposit(0, 10))).await,
        Reply::Unavailable(Unavailable::Stopping)
    ));
    assert_eq!(plan.start().await.events_on_disk().await.len(), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn senders_that_never_pause_cannot_keep_a_worker_from_stopping() {
    let node = Plan::new()
        .with(|settings| settings.batch_commands_max = 1)
        .start()
        .await;
    let (bus, gate) = (node.bus.clone(), node.gate.clone());
    let arrival = gate.close();
    let first = node.ask_later(keyed(0, deposit(0, 10)));
    arrival.wait().await;
    let stopping = tokio::spawn(node.stop());
    // Let the stop reach the worker, which stands before the gate.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut asked = vec![first];
    let mut refused = false;
    for key in 1..=20 {
        let sender = bus.clone();
        let next = tokio::spawn(async move { sender.ask(keyed(key, deposit(0, 10))).await });
        wait_until("the next command to be queued or refused", || {
            bus.queue().0 == 1 || next.is_finished()
        })
        .await;
        refused = next.is_finished();
        asked.push(next);
        if refused {
            break;
        }
        gate.let_through_once().await;
    }
    gate.reopen();
    assert!(refused, "the worker went on and on");
    stopping.await.unwrap();
    for answer in asked {
        let answer = answer.await.unwrap();
        assert!(
            matches!(
                answer,
                Reply::Committed { .. } | Reply::Unavailable(Unavailable::Stopping)
            ),
            "{answer:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_dropped_stops_by_itself() {
    let node = Plan::new().start().await;
    committed(node.ask(keyed(0, deposit(0, 10))).await);
    let bus = node.bus.clone();
    drop(node);
    wait_until("the worker to stop", || {
        bus.state() == accord_event_log::worker::WorkerState::Stopped
    })
    .await;
}
