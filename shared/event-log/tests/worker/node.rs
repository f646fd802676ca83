//! A node of one worker in a folder of its own.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use accord_event_log::{
    CommandBus, CommandEnvelope, LogReader, Recorded, Reply, Sequence, Worker, WorkerSettings,
    snapshot::SnapshotFolder, worker::WorkerState,
};

use crate::{
    gate::Gate,
    support::{
        accounts::{Accounts, Command, Context, Event},
        commands::{Answer, deposit, layout, without_key},
        logs::{INSTITUTION, KEY_WINDOW},
    },
};

/// Something that never happens must fail a test, not hang it.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct Node {
    pub settings: WorkerSettings,
    pub bus: CommandBus<Accounts>,
    pub reader: LogReader,
    pub gate: Gate,
    /// The node's clock, in epoch microseconds.
    pub clock: Arc<AtomicI64>,
    /// Recorded-at time of every context that the worker made.
    pub contexts: Arc<Mutex<Vec<i64>>>,
    worker: Worker,
    _folder: Arc<tempfile::TempDir>,
}

/// Folders of a node that is yet to be started.
pub struct Plan {
    pub settings: WorkerSettings,
    folder: Arc<tempfile::TempDir>,
}

impl Plan {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        let mut settings = WorkerSettings::new(place("log"), place("snapshots"), INSTITUTION);
        settings.layout = layout();
        settings.key_window = KEY_WINDOW;
        settings.snapshot_every_events = 1_000_000;
        settings.snapshot_pause = std::time::Duration::ZERO;
        settings.free_bytes_min = 0;
        std::fs::create_dir(&settings.log_folder).unwrap();
        std::fs::create_dir(&settings.snapshot_folder).unwrap();
        Self {
            settings,
            folder: Arc::new(folder),
        }
    }

    pub fn with(mut self, adjust: impl FnOnce(&mut WorkerSettings)) -> Self {
        adjust(&mut self.settings);
        self
    }

    /// Starts a node that has done all that a worker does before it takes commands.
    pub async fn start(self) -> Node {
        let node = self.start_unasked().await;
        node.ask(without_key(deposit(0, 0))).await;
        node
    }

    /// Starts a node that was not asked for anything yet.
    pub async fn start_unasked(self) -> Node {
        let gate = Gate::open();
        let clock = Arc::new(AtomicI64::new(1_000_000));
        let contexts: Arc<Mutex<Vec<i64>>> = Arc::default();
        let context = {
            let (gate, contexts) = (gate.clone(), Arc::clone(&contexts));
            move |now_us| {
                contexts.lock().unwrap().push(now_us);
                gate.pass();
                Context { now_us }
            }
        };
        let now_us = {
            let clock = Arc::clone(&clock);
            move |_| move || clock.load(Ordering::SeqCst)
        };
        let (worker, bus) = Worker::start(self.settings.clone(), now_us, context)
            .await
            .unwrap();
        Node {
            settings: self.settings,
            bus,
            reader: worker.reader().clone(),
            gate,
            clock,
            contexts,
            worker,
            _folder: self.folder,
        }
    }
}

impl Node {
    pub async fn ask(&self, command: CommandEnvelope<Command>) -> Answer {
        let asked = self.bus.ask(command);
        tokio::time::timeout(PATIENCE, asked).await.unwrap()
    }

    /// Asks without waiting; gives what waits for the answer once the command is queued or taken.
    pub fn ask_later(&self, command: CommandEnvelope<Command>) -> tokio::task::JoinHandle<Answer> {
        let bus = self.bus.clone();
        tokio::spawn(async move { bus.ask(command).await })
    }

    pub async fn wait_for_queue(&self, commands: usize) {
        wait_until("the queue to fill", || self.bus.queue().0 == commands).await;
    }

    pub async fn wait_for_state(&self, wanted: impl FnMut(&WorkerState) -> bool) {
        let mut states = self.bus.watch_state();
        let reached = states.wait_for(wanted);
        tokio::time::timeout(PATIENCE, reached)
            .await
            .unwrap()
            .unwrap();
    }

    /// Waits until the log ends at `last` or behind it.
    pub async fn wait_for_end(&self, last: u64) {
        let mut committed = self.reader.subscribe();
        let reached = committed.wait_for(|end| *end >= Sequence(last));
        tokio::time::timeout(PATIENCE, reached)
            .await
            .unwrap()
            .unwrap();
    }

    /// Stops the worker, waiting for both of its threads.
    pub async fn stop(self) -> Plan {
        let mut worker = self.worker;
        let stopped = tokio::task::spawn_blocking(move || worker.stop());
        tokio::time::timeout(PATIENCE, stopped)
            .await
            .unwrap()
            .unwrap();
        Plan {
            settings: self.settings,
            folder: self._folder,
        }
    }

    pub async fn restart(self) -> Self {
        self.stop().await.start().await
    }

    pub fn newest_segment(&self) -> PathBuf {
        self.reader.segments().pop().unwrap().1
    }

    pub fn snapshots(&self) -> SnapshotFolder {
        SnapshotFolder::new(
            self.settings.snapshot_folder.clone(),
            self.reader.header().log_id.clone(),
        )
    }

    /// All events, read from the disk by a reader of its own.
    pub async fn events_on_disk(&self) -> Vec<Arc<Recorded<Event>>> {
        events_in(&self.settings).await
    }
}

/// All events of a log, also of one whose worker has stopped.
pub async fn events_in(settings: &WorkerSettings) -> Vec<Arc<Recorded<Event>>> {
    let reader = LogReader::open(&settings.log_folder).await.unwrap();
    let mut events = Vec::new();
    for commit in crate::support::logs::read_all(&reader, Sequence::ZERO, 1 << 20).await {
        events.extend(commit.decode::<Accounts>().unwrap().iter().cloned());
    }
    events
}

pub async fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    assert!(waited.await.is_ok(), "waited for {what}");
}

/// The events that a command was committed with.
#[track_caller]
pub fn committed(answer: Answer) -> Vec<Arc<Recorded<Event>>> {
    match answer {
        Reply::Committed { events, .. } => events,
        other => panic!("not committed: {other:?}"),
    }
}
