//! Snapshots shorten a recovery and never change what it comes to.

use std::{path::PathBuf, sync::atomic::Ordering};

use accord_event_log::{
    LogReader, PartitionId, Sequence, known_keys::KeyHistory, recovery::Fold,
    snapshot::SnapshotFolder,
};
use sha2::{Digest, Sha256};

use crate::{
    node::{Node, Plan, committed, wait_until},
    support::{
        accounts::{Accounts, State},
        commands::{command_id, deposit, keyed, layout, set_limit},
        database,
        logs::{HandWrittenLog, KEY_WINDOW, full_fold},
    },
};

const ACCOUNTS: PartitionId = PartitionId(1);

/// Everything that two folds of one log must agree on.
fn assert_equal(left: &Fold<Accounts>, right: &Fold<Accounts>, keys: u64) {
    assert_eq!(left.through(), right.through());
    for partition in layout().all() {
        let (left, right) = (
            left.slot(partition).unwrap(),
            right.slot(partition).unwrap(),
        );
        assert_eq!(left.state, right.state);
        assert_eq!((left.offset, left.head), (right.offset, right.head));
        let known = |key| left.keys.look_up(&command_id(key));
        for key in 0..keys {
            assert_eq!(known(key), right.keys.look_up(&command_id(key)));
        }
        assert_eq!(known(u64::MAX), KeyHistory::New);
    }
}

fn from_snapshots(snapshots: &SnapshotFolder, reader: &LogReader) -> Fold<Accounts> {
    Fold::from_snapshots(layout().all(), KEY_WINDOW, snapshots, reader.last())
}

fn snapshots_made(node: &Node) -> u64 {
    node.bus.counters().snapshots.load(Ordering::SeqCst)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn snapshots_are_made_every_so_many_events_and_recovery_goes_on_from_them() {
    let node = Plan::new()
        .with(|settings| settings.snapshot_every_events = 10)
        .start()
        .await;
    committed(node.ask(keyed(0, set_limit(30))).await);
    node.wait_for_end(4).await;
    for key in 1..=5 {
        committed(node.ask(keyed(key, deposit(key, 10))).await);
    }
    assert_eq!(snapshots_made(&node), 0, "nine events are not ten");
    committed(node.ask(keyed(6, deposit(6, 10))).await);
    wait_until("the first snapshot", || snapshots_made(&node) == 1).await;
    assert!(node.bus.counters().snapshot_bytes.load(Ordering::SeqCst) > 0);
    for key in 7..=9 {
        committed(node.ask(keyed(key, deposit(key % 9, 10))).await);
    }

    let mut recovered = from_snapshots(&node.snapshots(), &node.reader);
    assert_eq!(recovered.through(), Sequence(10));
    recovered.catch_up(&node.reader).await.unwrap();
    assert_equal(&recovered, &full_fold(&node.reader).await, 12);

    let node = node.restart().await;
    let events = committed(node.ask(keyed(10, deposit(1, 10))).await);
    assert_eq!(events[0].metadata.sequence, Sequence(14));
    assert_eq!(events[0].metadata.entity_version, 2);
}

/// A closed log of ten deposits of 10 to account 0, with snapshots of all of it.
struct Snapshotted {
    plan: Plan,
    snapshots: SnapshotFolder,
}

impl Snapshotted {
    async fn create() -> Self {
        let plan = Plan::new();
        let mut log = HandWrittenLog::open(&plan.settings.log_folder, 1 << 20).await;
        for key in 0..10 {
            log.commit(&[keyed(key, deposit(0, 10))]);
        }
        let reader = log.journal.reader();
        let snapshots = SnapshotFolder::new(
            plan.settings.snapshot_folder.clone(),
            reader.header().log_id.clone(),
        );
        full_fold(&reader).await.save(&snapshots).unwrap();
        Self { plan, snapshots }
    }

    fn file(&self, partition: PartitionId) -> PathBuf {
        self.plan
            .settings
            .snapshot_folder
            .join(format!("partition-{:05}.snapshot", partition.0))
    }

    fn is_usable(&self) -> bool {
        self.snapshots.load::<Accounts>(ACCOUNTS).is_some()
    }

    /// Starts a worker over the log; gives the balance of account 0.
    async fn balance(self) -> u64 {
        let node = self.plan.start().await;
        let events = committed(node.ask(keyed(99, deposit(0, 1))).await);
        let fold = full_fold(&node.reader).await;
        let State::Accounts(state) = &fold.slot(ACCOUNTS).unwrap().state else {
            panic!("accounts live in data partitions");
        };
        let account = state.accounts[&0];
        assert_eq!(events[0].metadata.entity_version, account.version);
        account.balance
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_is_what_it_was_made_of() {
    let log = Snapshotted::create().await;
    let snapshot = log.snapshots.load::<Accounts>(ACCOUNTS).unwrap();
    assert_eq!(snapshot.through, Sequence(10));
    assert_eq!(snapshot.slot.offset, 10);
    assert_eq!(snapshot.recorded_at_us, 10_000);
    assert_eq!(log.balance().await, 101);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_of_another_state_schema_is_discarded() {
    let log = Snapshotted::create().await;
    let file = log.file(ACCOUNTS);
    let bytes = std::fs::read(&file).unwrap();
    let (body, _checksum) = bytes.split_at(bytes.len() - 32);
    let at = body
        .windows(10)
        .position(|window| window == b"accounts-1")
        .unwrap();
    let mut other = body.to_vec();
    other[at + 9] = b'0';
    other.extend_from_slice(&Sha256::digest(&other));
    std::fs::write(&file, other).unwrap();
    assert!(!log.is_usable());
    assert_eq!(log.balance().await, 101);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_snapshot_is_discarded_wherever_the_damage_is() {
    let log = Snapshotted::create().await;
    let file = log.file(ACCOUNTS);
    let sound = std::fs::read(&file).unwrap();
    for at in 0..sound.len() {
        let mut damaged = sound.clone();
        damaged[at] ^= 1;
        std::fs::write(&file, &damaged).unwrap();
        assert!(!log.is_usable(), "byte {at}");
    }
    for length in [0, 1, 31, 32, 33, sound.len() - 1] {
        std::fs::write(&file, &sound[..length]).unwrap();
        assert!(!log.is_usable(), "{length} bytes");
    }
    assert_eq!(log.balance().await, 101);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_of_another_partition_or_another_log_is_discarded() {
    let log = Snapshotted::create().await;
    let elsewhere = SnapshotFolder::new(
        log.plan.settings.snapshot_folder.clone(),
        "another log".to_owned(),
    );
    assert!(elsewhere.load::<Accounts>(ACCOUNTS).is_none());
    assert!(log.is_usable());
    std::fs::copy(log.file(PartitionId(2)), log.file(ACCOUNTS)).unwrap();
    assert!(!log.is_usable());
    assert_eq!(log.balance().await, 101);
}

/// The log was brought back from a copy that lacks its last five commits; the snapshots are of the lost log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_ahead_of_its_log_is_not_believed_then_nor_when_the_log_has_grown_past_it() {
    let log = Snapshotted::create().await;
    let segment =
        accord_event_log::journal::segment::path_of(&log.plan.settings.log_folder, Sequence(1));
    database::execute(&segment, "DELETE FROM commits WHERE first_sequence > 5").await;
    let node = log.plan.start().await;
    assert_eq!(node.reader.last(), Sequence(5));
    for key in 100..110 {
        committed(node.ask(keyed(key, deposit(3, 1_000))).await);
    }
    let node = node.restart().await;
    assert_eq!(node.reader.last(), Sequence(15));
    let events = committed(node.ask(keyed(110, deposit(0, 10))).await);
    assert_eq!(events[0].metadata.entity_version, 6);
    let found = accord_event_log::verify::verify(&node.reader, |_| {})
        .await
        .unwrap();
    assert_eq!(found.faults, []);
}
