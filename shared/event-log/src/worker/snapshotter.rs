//! Makes snapshots by folding the log on a thread of its own, so that the decider never stops for one.
//!
//! While events keep coming the fold follows them closely: the newest commits are still in memory then, with their
//! events as values, and nothing is read or parsed. When the log falls quiet the fold is dropped, because it is a second
//! copy of every partition's state.

use std::{
    sync::{Arc, atomic::Ordering},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use accord_decider::LoggedDecider;
use tokio::sync::watch;

use super::{WorkerCounters, WorkerSettings};
use crate::{
    ids::Sequence, journal::reader::LogReader, priority, recovery::Fold, snapshot::SnapshotFolder,
};

/// Events that a stop leaves unsnapshotted, because folding them again is quicker than another file.
const STOP_TAIL_EVENTS: u64 = 1_000;
/// How many events the fold lets come together before it follows.
const FOLLOW_EVENTS: u64 = 2_048;
/// A log without that many events for this long is quiet.
const QUIET_AFTER: Duration = Duration::from_secs(30);

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
            priority::work_in_the_background();
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
        let mut saved = self.fold::<D>().through();
        let mut saved_at: Option<Instant> = None;
        let mut following: Option<Fold<D>> = None;
        loop {
            let through = following.as_ref().map_or(saved, Fold::through);
            let target = Sequence(through.0 + FOLLOW_EVENTS.min(every));
            let woken = tokio::select! {
                reached = committed.wait_for(|last| *last >= target) => {
                    if reached.is_ok() { Woken::Events } else { Woken::Stop }
                }
                _ = stop.wait_for(|stop| *stop) => Woken::Stop,
                () = tokio::time::sleep(QUIET_AFTER), if following.is_some() => Woken::Quiet,
            };
            match woken {
                Woken::Quiet => {
                    following = None;
                    continue;
                }
                Woken::Stop => {
                    if self.reader.last().0 > saved.0 + STOP_TAIL_EVENTS {
                        let fold = following.take().unwrap_or_else(|| self.fold());
                        self.follow(fold, true).await;
                    }
                    return;
                }
                Woken::Events => {}
            }
            let due = self.reader.last().0 >= saved.0 + every
                && saved_at.is_none_or(|saved_at| saved_at.elapsed() >= pause);
            let fold = following.take().unwrap_or_else(|| self.fold());
            following = self.follow(fold, due).await;
            if due {
                saved_at = Some(Instant::now());
                // A failed attempt is repeated after as many further events, not at once.
                saved = following.as_ref().map_or(self.reader.last(), Fold::through);
            } else if following.is_none() {
                tokio::time::sleep(pause.min(QUIET_AFTER)).await;
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

    /// Folds what the log has by now and, if a snapshot is due, saves it. A failure costs recovery time, nothing else;
    /// a fold that could not be brought up to date is given up.
    async fn follow<D: LoggedDecider>(&self, mut fold: Fold<D>, due: bool) -> Option<Fold<D>> {
        if let Err(error) = fold.catch_up(&self.reader).await {
            tracing::warn!(%error, "the log could not be folded for a snapshot; recovery takes longer");
            return None;
        }
        if due {
            match fold.save(&self.snapshots) {
                Ok(bytes) => {
                    self.counters.snapshots.fetch_add(1, Ordering::Relaxed);
                    self.counters.snapshot_bytes.store(bytes, Ordering::Relaxed);
                }
                Err(error) => {
                    tracing::warn!(%error, "no snapshot could be made; recovery takes longer");
                }
            }
        }
        Some(fold)
    }
}

/// Why the snapshotter went on.
enum Woken {
    Events,
    Stop,
    Quiet,
}
