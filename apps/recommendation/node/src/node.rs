//! One merchant's node: its parts, how they start and how they stop.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use accord_event_log::{
    CommandBus, LogReader, PartitionId, Sequence, Worker, WorkerSettings,
    data_directory::create_folder_durably,
    journal::reader::ReadError,
    subject_keys::{MasterKey, SubjectKeyError, SubjectKeys},
    worker::{ReadModelGate, StartError},
};
use accord_read_store::{Progress, Projector, ProjectorError, ReadStore, StoreError, TableSet};
use accord_service::{Clock, Shutdown};
use recommendation::{Context, Recommendation, ShopperReference, shopper_partition};
use tokio::sync::{mpsc, watch};

use crate::{
    application::{ListRecorder, PendingList},
    live::Live,
    models::ModelShelf,
    projections, upkeep,
};

/// Events that the read models may be behind before the decider waits for them: a second or two of the highest load.
const LAG_EVENTS_MAX: u64 = 48_000;

/// What a merchant's node is started with.
#[derive(Clone, Debug)]
pub struct MerchantSettings {
    /// The merchant's name: lower-case letters, digits and dashes.
    pub name: String,
    /// Folder that holds everything of this node.
    pub folder: PathBuf,
    /// ISO 4217 code of the currency of all prices.
    pub currency: String,
    /// How often the node trains by itself, in real time; `None`: only when it is asked to.
    pub retrain_every: Option<Duration>,
    /// Limits of the decider; its folders and institution are filled in here. At least two data partitions.
    pub worker: WorkerSettings,
}

impl MerchantSettings {
    pub fn new(name: &str, folder: PathBuf) -> Self {
        Self {
            worker: WorkerSettings::new(folder.join("log"), folder.join("snapshots"), name),
            name: name.to_owned(),
            folder,
            currency: "EUR".to_owned(),
            retrain_every: None,
        }
    }
}

/// Why a node did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Worker(#[from] StartError),
    #[error("{path}: {source}")]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("a merchant's log has at least two data partitions, and this one has {0}")]
    TooFewPartitions(u16),
    #[error(transparent)]
    SubjectKeys(#[from] SubjectKeyError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Projector(#[from] ProjectorError),
    #[error(transparent)]
    Log(#[from] ReadError),
    #[error("a thread could not be started: {0}")]
    Thread(std::io::Error),
    #[error("read models: {0}")]
    Query(#[from] sqlx::Error),
}

/// A running node. Cheap to clone.
#[derive(Clone)]
pub struct MerchantNode {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub name: String,
    pub currency: String,
    pub clock: Clock,
    pub bus: CommandBus<Recommendation>,
    pub reader: LogReader,
    pub keys: SubjectKeys,
    pub models: ModelShelf,
    pub live: Live,
    pub store: ReadStore,
    pub progress: watch::Receiver<Progress>,
    #[expect(
        dead_code,
        reason = "holds the projector's channel of rebuilt tables open"
    )]
    switches: mpsc::Sender<(&'static str, TableSet, Sequence)>,
    /// Lists on their way to the log.
    pub lists: mpsc::Sender<PendingList>,
    /// Lists that were not recorded, because too many were on their way.
    pub lists_unrecorded: AtomicU64,
    /// Begins when open streams are to end.
    pub streams: Shutdown,
    /// One training at a time.
    pub training: tokio::sync::Mutex<()>,
    /// One past list is made again at a time.
    pub replaying: tokio::sync::Mutex<()>,
    running: Mutex<Option<Running>>,
}

struct Running {
    worker: Worker,
    stop_projector: watch::Sender<bool>,
    projector: std::thread::JoinHandle<()>,
    live: std::thread::JoinHandle<()>,
    recorder: tokio::task::JoinHandle<()>,
    retraining: Option<tokio::task::JoinHandle<()>>,
}

impl MerchantNode {
    /// Opens the node's folder, folds its log and starts to decide, to project and to keep the live view.
    ///
    /// `clock` makes the node's clock, given the time of the last event in its log (epoch microseconds), if any.
    pub async fn open(
        settings: MerchantSettings,
        clock: impl FnOnce(Option<i64>) -> Clock,
    ) -> Result<Self, OpenError> {
        let file_error = |path: &PathBuf| {
            let path = path.clone();
            move |source| OpenError::File { path, source }
        };
        let keys_folder = settings.folder.join("keys");
        create_folder_durably(&keys_folder).map_err(file_error(&keys_folder))?;
        let master_path = keys_folder.join("master.key");
        let master = MasterKey::open_or_create(&master_path).map_err(file_error(&master_path))?;
        let keys = SubjectKeys::open(keys_folder.join("subjects.db"), master).await?;
        let artefacts = settings.folder.join("artefacts");
        let models = ModelShelf::open(artefacts.clone()).map_err(file_error(&artefacts))?;

        let gate = ReadModelGate {
            through: Arc::default(),
            lag_events_max: LAG_EVENTS_MAX,
        };
        let store = ReadStore::open(&settings.folder.join("read-models.db")).await?;
        let worker_settings = WorkerSettings {
            read_models: Some(gate.clone()),
            seen_through: store.last_seen().await?,
            ..settings.worker.clone()
        };
        let mut node_clock = None;
        let clock_slot = &mut node_clock;
        let (worker, bus) = Worker::start::<Recommendation, _, _>(
            worker_settings,
            move |last| {
                let clock = clock_slot.insert(clock(last)).clone();
                move || clock.now_us()
            },
            |now_us| Context { now_us },
        )
        .await?;
        let clock = node_clock.unwrap_or_else(Clock::system);
        let reader = worker.reader().clone();
        let partitions = reader.header().layout.data_partitions();
        if partitions < 2 {
            return Err(OpenError::TooFewPartitions(partitions));
        }
        let live = Live::open(&reader).await?;
        let following = live.follow(reader.clone()).map_err(OpenError::Thread)?;

        let projector = Projector::<Recommendation>::new(
            store.clone(),
            reader.clone(),
            projections::all(),
            Arc::clone(bus.stages()),
        )
        .await?;
        let progress = projector.subscribe();
        tokio::spawn(report_progress(progress.clone(), gate));
        let (stop_projector, stopped) = watch::channel(false);
        let (switches, switched) = mpsc::channel(4);
        let projector = projector
            .spawn(stopped, switched)
            .map_err(OpenError::Thread)?;
        let (lists, waiting_lists) = ListRecorder::channel();

        let node = Self {
            shared: Arc::new(Shared {
                name: settings.name,
                currency: settings.currency,
                clock,
                bus,
                reader,
                keys,
                models,
                live,
                store,
                progress,
                switches,
                lists,
                lists_unrecorded: AtomicU64::new(0),
                streams: Shutdown::new(Duration::ZERO),
                training: tokio::sync::Mutex::new(()),
                replaying: tokio::sync::Mutex::new(()),
                running: Mutex::new(None),
            }),
        };
        tokio::spawn({
            let node = node.clone();
            async move { node.take_up_erasures().await }
        });
        let retraining = settings
            .retrain_every
            .map(|every| tokio::spawn(upkeep::retrain(node.clone(), every)));
        let recorder = tokio::spawn(ListRecorder::new(&node, waiting_lists).run());
        *node
            .shared
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(Running {
            worker,
            stop_projector,
            projector,
            live: following,
            recorder,
            retraining,
        });
        Ok(node)
    }

    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// ISO 4217 code of the currency of all prices.
    pub fn currency(&self) -> &str {
        &self.shared.currency
    }

    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    pub fn bus(&self) -> &CommandBus<Recommendation> {
        &self.shared.bus
    }

    pub fn reader(&self) -> &LogReader {
        &self.shared.reader
    }

    pub fn store(&self) -> &ReadStore {
        &self.shared.store
    }

    /// The view from which lists are made. Hold it for a moment only: folding waits for it.
    pub fn view(&self) -> std::sync::RwLockReadGuard<'_, recommendation::LiveView> {
        self.shared.live.read()
    }

    /// How far the read models are.
    pub fn progress(&self) -> Progress {
        self.shared.progress.borrow().clone()
    }

    /// Events in the log that the read models do not have yet.
    pub fn lag(&self) -> u64 {
        let through = self.shared.progress.borrow().through;
        self.shared.reader.last().0.saturating_sub(through.0)
    }

    /// Lists that were shown but not recorded, because too many were on their way to the log.
    pub fn lists_unrecorded(&self) -> u64 {
        self.shared.lists_unrecorded.load(Ordering::Relaxed)
    }

    /// Ends the open streams, which would otherwise keep a server from draining; new ones end at once.
    pub fn end_streams(&self) {
        self.shared.streams.begin();
    }

    /// Begins when open streams are to end.
    pub(crate) fn streams(&self) -> &Shutdown {
        &self.shared.streams
    }

    pub(crate) fn partition_of(&self, shopper: ShopperReference) -> PartitionId {
        let layout = self.shared.reader.header().layout;
        shopper_partition(shopper, layout.data_partitions())
    }

    /// Records the lists that are on their way, stops deciding, projects what is in the log, and closes everything. The
    /// second call does nothing.
    pub async fn stop(&self) {
        let running = self
            .shared
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(mut running) = running else {
            return;
        };
        if let Some(retraining) = &running.retraining {
            retraining.abort();
        }
        let (done, recorded) = tokio::sync::oneshot::channel();
        if self.shared.lists.send(PendingList::End(done)).await.is_ok() {
            // A recorder that has ended has nothing left.
            let _ = recorded.await;
        }
        running.recorder.abort();
        // Joining threads blocks, so it must not happen on a thread that drives tasks.
        let live = self.shared.live.clone();
        let stopped = tokio::task::spawn_blocking(move || {
            running.worker.stop();
            live.stop();
            running
        })
        .await;
        if let Ok(running) = stopped {
            running.stop_projector.send_replace(true);
            // Threads that panicked have said so; what they kept is folded again at the next start.
            let (projector, live, worker) = (running.projector, running.live, running.worker);
            let _ = tokio::task::spawn_blocking(move || (projector.join(), live.join())).await;
            // Only now: the projector reads the log to its end.
            let _ = tokio::task::spawn_blocking(move || worker.close()).await;
        }
        self.shared.store.close().await;
        self.shared.keys.close().await;
    }
}

/// Tells the decider how far the read models are.
async fn report_progress(mut progress: watch::Receiver<Progress>, gate: ReadModelGate) {
    loop {
        let through = progress.borrow_and_update().through.0;
        gate.through.store(through, Ordering::Relaxed);
        if progress.changed().await.is_err() {
            return;
        }
    }
}
