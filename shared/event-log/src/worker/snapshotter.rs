//! Makes snapshots by folding the log on a thread of its own, so that the decider never stops for one.

use std::{
    sync::{Arc, atomic::Ordering},
    thread::JoinHandle,
    time::Duration,
};

use accord_decider::LoggedDecider;
use tokio::sync::watch;

use super::{WorkerCounters, WorkerSettings};
use crate::{ids::Sequence, journal::reader::LogReader, recovery::Fold, snapshot::SnapshotFolder};

/// Events that a stop leaves unsnapshotted, because folding them again is quicker than another file.
const STOP_TAIL_EVENTS: u64 = 1_000;

pub(super) fn spawn<D: LoggedDecider>(
    reader: LogReader,
    snapshots: SnapshotFolder,
    settings: &WorkerSettings,
    counters: Arc<WorkerCounters>,
    stop: watch::Receiver<bool>,
) -> std::io::Result<JoinHandle<()>> {
    let key_window = settings.key_window;
    let every = settings.snapshot_every_events;
    let pause = settings.snapshot_pause;
    let handle = tokio::runtime::Handle::current();
    std::thread::Builder::new()
        .name("snapshotter".into())
        .spawn(move || {
            let snapshotter = Snapshotter {
                reader,
                snapshots,
                key_window,
                counters,
            };
            handle.block_on(snapshotter.run::<D>(every, pause, stop));
        })
}

struct Snapshotter {
    reader: LogReader,
    snapshots: SnapshotFolder,
    key_window: usize,
    counters: Arc<WorkerCounters>,
}

impl Snapshotter {
    async fn run<D: LoggedDecider>(
        &self,
        every: u64,
        pause: Duration,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut committed = self.reader.subscribe();
        let mut done = self.fold::<D>().through();
        loop {
            let target = Sequence(done.0 + every);
            let stopping = tokio::select! {
                reached = committed.wait_for(|last| *last >= target) => reached.is_err(),
                _ = stop.wait_for(|stop| *stop) => true,
            };
            if stopping {
                if self.reader.last().0 > done.0 + STOP_TAIL_EVENTS {
                    self.make::<D>().await;
                }
                return;
            }
            done = self.make::<D>().await.max(target);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        }
    }

    fn fold<D: LoggedDecider>(&self) -> Fold<D> {
        Fold::from_snapshots(
            self.reader.header().layout.all(),
            self.key_window,
            &self.snapshots,
            self.reader.last(),
        )
    }

    /// Folds the tail onto the last snapshots and saves them. A failure costs recovery time, nothing else.
    async fn make<D: LoggedDecider>(&self) -> Sequence {
        let mut fold = self.fold::<D>();
        let made = match fold.catch_up(&self.reader).await {
            Ok(()) => fold
                .save(&self.snapshots)
                .map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match made {
            Ok(bytes) => {
                self.counters.snapshots.fetch_add(1, Ordering::Relaxed);
                self.counters.snapshot_bytes.store(bytes, Ordering::Relaxed);
            }
            Err(error) => tracing::warn!(error, "no snapshot could be made; recovery takes longer"),
        }
        fold.through()
    }
}
