//! What the control partition decides is adopted everywhere, whatever comes between.

use accord_event_log::{LoggedDecider, Reply, Sequence, Unavailable};

use crate::{
    node::{Node, Plan, committed},
    support::{
        accounts::{Accounts, Event, Limit},
        commands::{deposit, keyed, set_limit, withdraw},
        database,
        logs::HandWrittenLog,
    },
};

/// Partitions that adopted, in order, with what they adopted.
async fn adoptions(node: &Node) -> Vec<(u16, Limit)> {
    let events = node.events_on_disk().await;
    events
        .iter()
        .filter_map(|recorded| match recorded.event {
            Event::LimitAdopted(limit) => Some((recorded.metadata.partition.0, limit)),
            _ => None,
        })
        .collect()
}

fn limit(control_offset: u64, amount: u64) -> Limit {
    Limit {
        control_offset,
        amount,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_data_partition_adopts_what_was_decided() {
    let node = Plan::new().start().await;
    committed(node.ask(keyed(1, deposit(0, 50))).await);
    assert!(matches!(
        node.ask(keyed(2, withdraw(0, 5))).await,
        Reply::Rejected(_)
    ));
    committed(node.ask(keyed(3, set_limit(10))).await);
    node.wait_for_end(5).await;
    committed(node.ask(keyed(4, withdraw(0, 5))).await);
    assert_eq!(
        adoptions(&node).await,
        [(1, limit(1, 10)), (2, limit(1, 10)), (3, limit(1, 10))]
    );
    // A restart finds nothing left to adopt.
    let node = node.restart().await;
    committed(node.ask(keyed(5, withdraw(0, 5))).await);
    assert_eq!(adoptions(&node).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_crash_left_unadopted_is_adopted_by_the_next_start() {
    let plan = Plan::new();
    let mut log = HandWrittenLog::open(&plan.settings.log_folder, 1 << 20).await;
    log.commit(&[keyed(1, set_limit(10))]);
    log.commit(&[keyed(2, set_limit(20)), keyed(3, deposit(0, 50))]);
    drop(log);
    let node = plan.start_unasked().await;
    node.wait_for_end(6).await;
    committed(node.ask(keyed(4, withdraw(0, 20))).await);
    assert_eq!(
        adoptions(&node).await,
        [(1, limit(2, 20)), (2, limit(2, 20)), (3, limit(2, 20))]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_adoption_that_failed_is_made_up_for_with_the_next_command() {
    let node = Plan::new().start().await;
    committed(node.ask(keyed(1, deposit(0, 50))).await);
    database::lose_commits_with(&node.newest_segment(), "LimitAdopted").await;
    committed(node.ask(keyed(2, set_limit(10))).await);
    // The worker tries to adopt, fails, and folds the log again; a command that it decided meanwhile is refused.
    let mut answer = node.ask(keyed(3, withdraw(0, 5))).await;
    while matches!(answer, Reply::Unavailable(Unavailable::NotCommitted(_))) {
        answer = node.ask(keyed(3, withdraw(0, 5))).await;
    }
    assert!(matches!(answer, Reply::Rejected(_)), "{answer:?}");
    assert_eq!(node.reader.last(), Sequence(2));
    database::accept_all_commits(&node.newest_segment()).await;
    committed(node.ask(keyed(4, deposit(0, 1))).await);
    node.wait_for_end(6).await;
    committed(node.ask(keyed(5, withdraw(0, 5))).await);
    assert_eq!(adoptions(&node).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_knows_at_its_start_what_the_control_partition_had_decided() {
    let decided = |node: &Node| Accounts::adopted_offset(node.bus.control_at_start());
    let node = Plan::new().start().await;
    assert_eq!(decided(&node), 0);
    committed(node.ask(keyed(1, set_limit(10))).await);
    committed(node.ask(keyed(2, set_limit(20))).await);
    assert_eq!(decided(&node), 0, "what came later is told by the log");
    assert_eq!(decided(&node.restart().await), 2);
}
