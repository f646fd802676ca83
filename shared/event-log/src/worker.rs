//! The one thread that decides for a node, and the bus by which commands reach it.
//!
//! Group commit without linger, one commit ahead: while one batch is on its way to the disk, whatever arrives is decided
//! into the next, on a state that has the first one already. Nothing is answered before its batch is durable, and a batch
//! is handed over only once the one before it is. So when a commit fails, at most one more was decided upon it; nobody has
//! heard of either, and both are thrown away with the memory that holds them.

mod committer;
mod decider_thread;
mod free_space;
mod snapshotter;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use accord_decider::LoggedDecider;
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    command::{CommandEnvelope, Reply, Unavailable},
    data_directory::create_folder_durably,
    ids::{PartitionLayout, Sequence},
    journal::{
        reader::{LogReader, ReadError},
        sqlite::{LogSettings, SEGMENT_BYTES_DEFAULT, SqliteJournal},
    },
    recovery::Fold,
    runtime::Runtime,
    snapshot::SnapshotFolder,
    stages::StageTimes,
};
use committer::Committer;
use decider_thread::DeciderThread;
use free_space::FreeSpace;

/// Limits and places of a worker. Every queue and every growth has its bound here.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// Folder of the segments.
    pub log_folder: PathBuf,
    /// Folder of the snapshots.
    pub snapshot_folder: PathBuf,
    pub institution: String,
    /// Used when the log is created; an existing log keeps its own.
    pub layout: PartitionLayout,
    pub segment_bytes: u64,
    /// Commands that may wait; one more is answered with [`Unavailable::QueueFull`].
    pub queue_commands_max: usize,
    pub batch_commands_max: usize,
    pub batch_bytes_max: usize,
    /// Keys that each partition remembers exactly.
    pub key_window: usize,
    pub snapshot_every_events: u64,
    /// Least time between two snapshots, so that a busy node does not fold all the time.
    pub snapshot_pause: Duration,
    /// Below this much free space the log takes no writes.
    pub free_bytes_min: u64,
    /// How far the read models are (a sequence), and how many events they may be behind before the decider waits for
    /// them. `None`: nobody is waited for.
    pub read_models: Option<ReadModelGate>,
    /// The last event that somebody beside the log is known to have seen. A log that ends before it is not continued:
    /// acknowledged events are gone, and their sequences would be given to others.
    pub seen_through: Sequence,
}

/// Keeps the log from running away from its read models.
#[derive(Clone, Debug)]
pub struct ReadModelGate {
    /// Last sequence that is in the read models; whoever projects keeps it up to date.
    pub through: Arc<AtomicU64>,
    pub lag_events_max: u64,
}

impl ReadModelGate {
    fn is_open(&self, last: u64) -> bool {
        last.saturating_sub(self.through.load(Ordering::Relaxed)) <= self.lag_events_max
    }
}

impl WorkerSettings {
    /// Defaults for a log in `log_folder`.
    pub fn new(log_folder: PathBuf, snapshot_folder: PathBuf, institution: &str) -> Self {
        Self {
            log_folder,
            snapshot_folder,
            institution: institution.to_owned(),
            layout: PartitionLayout::new(8),
            segment_bytes: SEGMENT_BYTES_DEFAULT,
            queue_commands_max: 8_192,
            batch_commands_max: 1_024,
            batch_bytes_max: 1 << 20,
            key_window: 32_768,
            snapshot_every_events: 50_000,
            snapshot_pause: Duration::from_secs(10),
            free_bytes_min: 256 << 20,
            read_models: None,
            seen_through: Sequence::ZERO,
        }
    }
}

/// How a worker is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkerState {
    Ready,
    /// Writes are refused, for this reason; reads go on.
    ReadOnly(String),
    /// The log could not be read again after a failed commit; it is tried again every second.
    Recovering(String),
    Stopped,
}

type Answer<D> =
    Reply<<D as accord_decider::Decider>::Event, <D as accord_decider::Decider>::Rejection>;

struct Ask<D: LoggedDecider> {
    envelope: CommandEnvelope<D::Command>,
    reply: oneshot::Sender<Answer<D>>,
}

/// Sends commands to the worker. Cheap to clone.
pub struct CommandBus<D: LoggedDecider> {
    sender: mpsc::Sender<Ask<D>>,
    epoch: Instant,
    state: watch::Receiver<WorkerState>,
    stages: Arc<StageTimes>,
    counters: Arc<WorkerCounters>,
    control_at_start: Arc<D::State>,
}

impl<D: LoggedDecider> Clone for CommandBus<D> {
    fn clone(&self) -> Self {
        Self {
            sender: self.sender.clone(),
            epoch: self.epoch,
            state: self.state.clone(),
            stages: Arc::clone(&self.stages),
            counters: Arc::clone(&self.counters),
            control_at_start: Arc::clone(&self.control_at_start),
        }
    }
}

/// What a worker has written since it started.
#[derive(Debug, Default)]
pub struct WorkerCounters {
    pub commits: AtomicU64,
    pub events: AtomicU64,
    pub stored_bytes: AtomicU64,
    pub snapshots: AtomicU64,
    pub snapshot_bytes: AtomicU64,
}

impl<D: LoggedDecider> CommandBus<D> {
    /// Sends one command and waits for its answer. Full queues answer at once.
    pub async fn ask(&self, envelope: CommandEnvelope<D::Command>) -> Answer<D> {
        let (reply, answer) = oneshot::channel();
        match self.sender.try_send(Ask { envelope, reply }) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(_)) => {
                return Reply::Unavailable(Unavailable::QueueFull);
            }
            Err(mpsc::error::TrySendError::Closed(_)) => {
                return Reply::Unavailable(Unavailable::Stopping);
            }
        }
        Self::receive(answer).await
    }

    /// Like [`CommandBus::ask`], but waits for room in the queue: for imports, which are their own back-pressure.
    pub async fn ask_patiently(&self, envelope: CommandEnvelope<D::Command>) -> Answer<D> {
        self.send_patiently(envelope).await.await
    }

    /// Queues one command, waiting for room, and gives what waits for its answer. Commands that are sent one after the
    /// other are decided in that order, however many of them are under way.
    pub async fn send_patiently(
        &self,
        envelope: CommandEnvelope<D::Command>,
    ) -> impl Future<Output = Answer<D>> + use<D> {
        let (reply, answer) = oneshot::channel();
        let sent = self.sender.send(Ask { envelope, reply }).await.is_ok();
        async move {
            if sent {
                Self::receive(answer).await
            } else {
                Reply::Unavailable(Unavailable::Stopping)
            }
        }
    }

    async fn receive(answer: oneshot::Receiver<Answer<D>>) -> Answer<D> {
        // A worker that drops a command without an answer died in the middle of it.
        answer.await.unwrap_or_else(|_| {
            Reply::Unavailable(Unavailable::OutcomeUnknown("the worker stopped".into()))
        })
    }

    /// A deadline on the worker's monotonic clock.
    pub fn expires_at_us(&self, deadline: Instant) -> u64 {
        micros(deadline.saturating_duration_since(self.epoch))
    }

    pub fn state(&self) -> WorkerState {
        self.state.borrow().clone()
    }

    pub fn watch_state(&self) -> watch::Receiver<WorkerState> {
        self.state.clone()
    }

    /// Commands that wait now, and how many may.
    pub fn queue(&self) -> (usize, usize) {
        let max = self.sender.max_capacity();
        (max - self.sender.capacity(), max)
    }

    pub fn stages(&self) -> &Arc<StageTimes> {
        &self.stages
    }

    pub fn counters(&self) -> &WorkerCounters {
        &self.counters
    }

    /// The control partition as the log had it when the worker started, which read models may not show yet.
    pub fn control_at_start(&self) -> &D::State {
        &self.control_at_start
    }
}

/// The running worker of one node.
pub struct Worker {
    reader: LogReader,
    stop: watch::Sender<bool>,
    decider: Option<JoinHandle<Option<SqliteJournal>>>,
    snapshotter: Option<JoinHandle<()>>,
    /// Given back by the thread that decided.
    journal: Option<SqliteJournal>,
    handle: tokio::runtime::Handle,
}

/// Why a worker did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Log(#[from] ReadError),
    #[error("{path}: {source}")]
    Folder {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("the thread that decides could not be started: {0}")]
    Thread(std::io::Error),
    #[error(
        "the log in {folder} ends at event {last}, but event {seen} has been seen: it has lost its end; put the log \
         back, or, if an older one was put back on purpose, delete the read models, which are then rebuilt from it"
    )]
    EndLost {
        folder: PathBuf,
        last: Sequence,
        seen: Sequence,
    },
}

impl Worker {
    /// Opens the log, folds it, and starts to decide. Must be called inside a tokio runtime.
    ///
    /// `now_us` is the node's clock in epoch microseconds, which may start from the log's last recorded time (the
    /// argument, absent for an empty log); `context` makes the deciders' context for a commit recorded at a time.
    pub async fn start<D, C, N>(
        settings: WorkerSettings,
        now_us: impl FnOnce(Option<i64>) -> N,
        context: C,
    ) -> Result<(Self, CommandBus<D>), StartError>
    where
        D: LoggedDecider,
        C: Fn(i64) -> D::Context + Send + 'static,
        N: Fn() -> i64 + Send + 'static,
    {
        for folder in [&settings.log_folder, &settings.snapshot_folder] {
            create_folder_durably(folder).map_err(|source| StartError::Folder {
                path: folder.clone(),
                source,
            })?;
        }
        let stages = Arc::new(StageTimes::default());
        let counters = Arc::new(WorkerCounters::default());
        let log_settings = LogSettings {
            institution: settings.institution.clone(),
            layout: settings.layout,
            segment_bytes: settings.segment_bytes,
        };
        let journal = SqliteJournal::open(&settings.log_folder, log_settings)?;
        let reader = journal.reader();
        if reader.last() < settings.seen_through {
            let (last, seen) = (reader.last(), settings.seen_through);
            journal.close().await;
            return Err(StartError::EndLost {
                folder: settings.log_folder,
                last,
                seen,
            });
        }
        let snapshots = SnapshotFolder::new(
            settings.snapshot_folder.clone(),
            reader.header().log_id.clone(),
        );
        let runtime = recover::<D>(&reader, &snapshots, settings.key_window, &stages).await?;
        let recorded = runtime.last_recorded_at_us();
        let now_us = now_us((recorded != i64::MIN).then_some(recorded));

        let (sender, receiver) = mpsc::channel(settings.queue_commands_max);
        let (state_sender, state) = watch::channel(WorkerState::Ready);
        let (stop, stopped) = watch::channel(false);
        let epoch = Instant::now();
        let bus = CommandBus {
            sender,
            epoch,
            state,
            stages: Arc::clone(&stages),
            counters: Arc::clone(&counters),
            control_at_start: Arc::new(runtime.control().clone()),
        };
        let snapshotter = snapshotter::spawn::<D>(
            reader.clone(),
            snapshots.clone(),
            &settings,
            Arc::clone(&counters),
            stopped.clone(),
        )
        .map_err(StartError::Thread)?;
        let handle = tokio::runtime::Handle::current();
        let committer = Committer::spawn(journal, Arc::clone(&stages), Arc::clone(&counters))
            .map_err(StartError::Thread)?;
        let decider = DeciderThread {
            runtime,
            committer,
            reader: reader.clone(),
            snapshots,
            receiver,
            state: state_sender,
            stop: stopped,
            epoch,
            now_us,
            context,
            stages,
            space: FreeSpace::new(settings.log_folder.clone(), settings.free_bytes_min),
            settings,
            handle: handle.clone(),
            answers: Vec::new(),
            abandoned: false,
        };
        let worker_handle = handle.clone();
        let decider = std::thread::Builder::new()
            .name("decider".into())
            .spawn(move || {
                let _inside = handle.enter();
                decider.run()
            })
            .map_err(StartError::Thread)?;
        Ok((
            Self {
                reader,
                stop,
                decider: Some(decider),
                snapshotter: Some(snapshotter),
                journal: None,
                handle: worker_handle,
            },
            bus,
        ))
    }

    pub fn reader(&self) -> &LogReader {
        &self.reader
    }

    /// Answers what is queued, writes a last snapshot and ends both threads. The log can still be read. Blocks: call it
    /// off the async threads.
    pub fn stop(&mut self) {
        self.stop.send_replace(true);
        if let Some(decider) = self.decider.take() {
            match decider.join() {
                Ok(journal) => self.journal = journal,
                Err(_) => tracing::error!("the thread that decides had panicked"),
            }
        }
        if let Some(snapshotter) = self.snapshotter.take()
            && snapshotter.join().is_err()
        {
            tracing::error!("the thread that writes snapshots had panicked");
        }
    }

    /// Stops, and closes the files of the log, so that nothing but the segments is left. Blocks as [`Worker::stop`] does.
    pub fn close(mut self) {
        self.stop();
        if let Some(journal) = self.journal.take() {
            self.handle.block_on(journal.close());
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

async fn recover<D: LoggedDecider>(
    reader: &LogReader,
    snapshots: &SnapshotFolder,
    key_window: usize,
    stages: &Arc<StageTimes>,
) -> Result<Runtime<D>, ReadError> {
    let mut fold = Fold::<D>::from_snapshots(
        reader.header().layout.all(),
        key_window,
        snapshots,
        reader.last(),
    );
    fold.catch_up(reader).await?;
    Ok(fold.into_runtime(Arc::clone(stages)))
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
