//! Whatever fails, each event is in the rows once, and projecting goes on by itself.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use accord_event_log::{LogReader, Sequence, stages::StageTimes};
use accord_read_store::{Progress, Projector, ReadStore, TableSet, rebuild};
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};

use crate::{
    balances::{Balances, Fault, NAME, balances},
    support::{
        accounts::Accounts,
        commands::{deposit, keyed},
        logs::{HandWrittenLog, ONE_SEGMENT},
    },
};

/// Far longer than anything takes, so that a slow machine fails no test.
const PATIENCE: Duration = Duration::from_secs(120);

/// A projector at work on a log of its own.
struct Projected {
    log: HandWrittenLog,
    reader: LogReader,
    store: ReadStore,
    faults: Arc<Mutex<Vec<Fault>>>,
    progress: watch::Receiver<Progress>,
    switches: mpsc::Sender<(&'static str, TableSet, Sequence)>,
    _stop: watch::Sender<bool>,
    _folder: TempDir,
}

impl Projected {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log_folder = folder.path().join("log");
        std::fs::create_dir(&log_folder).unwrap();
        let log = HandWrittenLog::open(&log_folder, ONE_SEGMENT).await;
        let reader = log.journal.reader();
        let store = ReadStore::open(&folder.path().join("read-models.db"))
            .await
            .unwrap();
        let projection = Balances::default();
        let faults = Arc::clone(&projection.faults);
        let projector = Projector::<Accounts>::new(
            store.clone(),
            reader.clone(),
            vec![Arc::new(projection)],
            Arc::new(StageTimes::default()),
        )
        .await
        .unwrap();
        let progress = projector.subscribe();
        let (stop, stopped) = watch::channel(false);
        let (switches, switched) = mpsc::channel(4);
        tokio::spawn(projector.run(stopped, switched));
        Self {
            log,
            reader,
            store,
            faults,
            progress,
            switches,
            _stop: stop,
            _folder: folder,
        }
    }

    fn will_fail(&self, faults: &[Fault]) {
        *self.faults.lock().unwrap() = faults.iter().rev().copied().collect();
    }

    /// One deposit of 10 into account 1, and one of 5 into another.
    fn deposit(&mut self, key: u64) {
        self.log.commit(&[
            keyed(2 * key, deposit(1, 10)),
            keyed(2 * key + 1, deposit(2, 5)),
        ]);
    }

    /// Waits until the rows are at the end of the log and all is well.
    async fn caught_up(&mut self) {
        let last = self.reader.last();
        self.wait_for(|progress| progress.through == last && progress.stopped.is_none())
            .await;
    }

    async fn failed(&mut self) {
        self.wait_for(|progress| progress.stopped.is_some()).await;
    }

    async fn wait_for(&mut self, reached: impl FnMut(&Progress) -> bool) {
        let waited = tokio::time::timeout(PATIENCE, self.progress.wait_for(reached)).await;
        waited.expect("not in vain").unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_sqlite_has_ended_does_not_stop_the_projector() {
    let mut node = Projected::start().await;
    node.deposit(1);
    node.caught_up().await;
    node.will_fail(&[Fault::RolledBack, Fault::RolledBack]);
    node.deposit(2);
    node.failed().await;
    assert_eq!(balances(&node.store).await, [(1, 10), (2, 5)]);
    node.deposit(3);
    node.caught_up().await;
    assert_eq!(balances(&node.store).await, [(1, 30), (2, 15)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_failed_and_is_in_the_store_all_the_same_is_not_repeated() {
    let mut node = Projected::start().await;
    node.will_fail(&[Fault::CommittedAllTheSame]);
    node.deposit(1);
    node.failed().await;
    node.caught_up().await;
    assert_eq!(balances(&node.store).await, [(1, 10), (2, 5)]);
    node.deposit(2);
    node.caught_up().await;
    assert_eq!(balances(&node.store).await, [(1, 20), (2, 10)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_that_fails_leaves_the_live_tables_and_the_next_one_works() {
    let mut node = Projected::start().await;
    node.deposit(1);
    node.caught_up().await;
    let live = node.store.live(NAME).await.unwrap();
    let faulty = Balances::default();
    for fault in [Fault::RolledBack, Fault::CommittedAllTheSame] {
        faulty.faults.lock().unwrap().push(fault);
        let projection = Arc::new(faulty.clone());
        let rebuilt = rebuild::<Accounts>(&node.store, &node.reader, projection, |_| {}).await;
        assert!(rebuilt.unwrap_err().to_string().contains("injected"));
        assert_eq!(node.store.live(NAME).await.unwrap(), live);
        assert_eq!(
            node.store.projections().await.unwrap().len(),
            1,
            "half-made tables are dropped"
        );
    }
    // The live tables go on, and a sound rebuild replaces them.
    node.deposit(2);
    node.caught_up().await;
    let (tables, through) =
        rebuild::<Accounts>(&node.store, &node.reader, Arc::new(faulty), |_| {})
            .await
            .unwrap();
    node.switches.send((NAME, tables, through)).await.unwrap();
    node.wait_for(|progress| progress.tables == [tables]).await;
    node.deposit(3);
    node.caught_up().await;
    assert_eq!(balances(&node.store).await, [(1, 30), (2, 15)]);
}

#[tokio::test]
async fn the_store_tells_the_last_event_that_anybody_has_seen() {
    let mut node = Projected::start().await;
    assert_eq!(node.store.last_seen().await.unwrap(), Sequence::ZERO);
    node.deposit(1);
    node.caught_up().await;
    assert_eq!(node.store.last_seen().await.unwrap(), Sequence(2));
}
