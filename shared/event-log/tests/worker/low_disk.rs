//! Where the disk runs short the log takes no writes, and takes them again once there is space.

use accord_event_log::{Reply, Unavailable, worker::WorkerState};

use crate::{
    node::{Node, Plan, committed},
    support::{
        commands::{Answer, deposit, keyed},
        logs::HandWrittenLog,
    },
};

#[track_caller]
fn assert_read_only(answer: &Answer) {
    assert!(
        matches!(answer, Reply::Unavailable(Unavailable::ReadOnly(reason)) if reason.contains("MiB")),
        "{answer:?}"
    );
}

async fn assert_nothing_was_written(node: &Node, events: usize) {
    assert_eq!(node.events_on_disk().await.len(), events);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_without_enough_space_refuses_commands_and_writes_nothing() {
    let node = Plan::new().start().await;
    committed(node.ask(keyed(1, deposit(0, 10))).await);
    let plan = node.stop().await;
    let short = plan.with(|settings| settings.free_bytes_min = u64::MAX);
    let node = short.start().await;
    for key in [1, 2] {
        assert_read_only(&node.ask(keyed(key, deposit(0, 10))).await);
    }
    assert!(matches!(node.bus.state(), WorkerState::ReadOnly(_)));
    assert_nothing_was_written(&node, 1).await;

    let enough = node
        .stop()
        .await
        .with(|settings| settings.free_bytes_min = 0);
    let node = enough.start().await;
    committed(node.ask(keyed(2, deposit(0, 10))).await);
    assert_eq!(node.bus.state(), WorkerState::Ready);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_adopted_where_the_space_runs_short() {
    let plan = Plan::new().with(|settings| settings.free_bytes_min = u64::MAX);
    let mut log = HandWrittenLog::open(&plan.settings.log_folder, 1 << 20).await;
    log.commit(&[keyed(1, crate::support::commands::set_limit(10))]);
    drop(log);
    let node = plan.start().await;
    assert_read_only(&node.ask(keyed(2, deposit(0, 10))).await);
    assert_nothing_was_written(&node, 1).await;
}

/// The log's folder is reached through a link. Once the link is gone the space cannot be told, which counts as enough;
/// the files themselves stay open.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_is_ready_again_once_there_is_space_even_if_nobody_asks() {
    let mut link = std::path::PathBuf::new();
    let plan = Plan::new().with(|settings| {
        link = settings.log_folder.with_file_name("link");
        std::os::unix::fs::symlink(&settings.log_folder, &link).unwrap();
        settings.log_folder = link.clone();
        settings.free_bytes_min = u64::MAX;
    });
    let node = plan.start().await;
    assert_read_only(&node.ask(keyed(1, deposit(0, 10))).await);
    std::fs::remove_file(&link).unwrap();
    node.wait_for_state(|state| *state == WorkerState::Ready)
        .await;
    committed(node.ask(keyed(1, deposit(0, 10))).await);
}
