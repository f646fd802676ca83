//! One bank's node: its parts, how they start and how they stop.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use accord_event_log::{
    CommandBus, LogReader, Sequence, Worker, WorkerSettings,
    artefacts::ArtefactFolder,
    data_directory::create_folder_durably,
    subject_keys::{MasterKey, SubjectKeyError, SubjectKeys},
    worker::{ReadModelGate, StartError},
};
use accord_read_store::{Progress, Projector, ProjectorError, ReadStore, StoreError, TableSet};
use accord_service::{Clock, Shutdown};
use risk_control::{CaseSettings, Context, PartitionState, RiskControl, Rule};
use tokio::sync::{mpsc, watch};

use crate::{
    application::TrainingJobs,
    back_test::BackTestJobs,
    latency::RecentLatency,
    models::ModelShelf,
    policies::{ActivePolicy, KnownPolicies},
    projections,
    scoreboards::{self, ScoreboardShelf},
    upkeep,
    webhooks::{self, WebhookClient, WebhookReach, deliveries::DeliveryLog},
};

/// Events that the read models may be behind before the decider waits for them: a second or two of the highest load.
const LAG_EVENTS_MAX: u64 = 24_000;

/// What a bank's node is started with.
#[derive(Clone, Debug)]
pub struct BankSettings {
    /// The institution's name: lower-case letters, digits and dashes.
    pub name: String,
    /// Folder that holds everything of this node.
    pub folder: PathBuf,
    /// ISO 4217 code of the currency that the node accounts in.
    pub currency: String,
    /// Where webhooks may go.
    pub webhook_reach: WebhookReach,
    /// Rules of the first policy; later ones come by drafts.
    pub starter_rules: Vec<Rule>,
    /// Limits of the decider; its folders and institution are filled in here.
    pub worker: WorkerSettings,
}

impl BankSettings {
    pub fn new(name: &str, folder: PathBuf) -> Self {
        Self {
            worker: WorkerSettings::new(folder.join("log"), folder.join("snapshots"), name),
            name: name.to_owned(),
            folder,
            currency: "EUR".to_owned(),
            webhook_reach: WebhookReach::default(),
            starter_rules: Vec::new(),
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
    #[error(transparent)]
    SubjectKeys(#[from] SubjectKeyError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Projector(#[from] ProjectorError),
    #[error("the thread that projects could not be started: {0}")]
    Thread(std::io::Error),
    #[error("read models: {0}")]
    Query(#[from] sqlx::Error),
    #[error("{path}: {source}")]
    Deliveries { path: PathBuf, source: sqlx::Error },
}

/// A running node. Cheap to clone.
#[derive(Clone)]
pub struct BankNode {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub name: String,
    /// Everything of this node lies below it.
    pub folder: PathBuf,
    pub currency: String,
    pub starter_rules: Vec<Rule>,
    pub clock: Clock,
    pub bus: CommandBus<RiskControl>,
    pub reader: LogReader,
    pub keys: SubjectKeys,
    pub models: ModelShelf,
    /// Comparisons as they were shown when somebody proposed a model.
    pub evidence: ArtefactFolder,
    pub training: TrainingJobs,
    pub scoreboard: ScoreboardShelf,
    pub policies: KnownPolicies,
    pub store: ReadStore,
    pub progress: watch::Receiver<Progress>,
    pub switches: mpsc::Sender<(&'static str, TableSet, Sequence)>,
    pub latency: RecentLatency,
    /// The newest settings of case work.
    pub case_settings: Mutex<CaseSettings>,
    /// Open cases, as last counted.
    pub open_cases: AtomicU64,
    pub deliveries: DeliveryLog,
    pub back_tests: BackTestJobs,
    pub webhook_client: WebhookClient,
    /// Begins when open streams are to end.
    pub streams: Shutdown,
    running: Mutex<Option<Running>>,
}

struct Running {
    worker: Worker,
    stop_projector: watch::Sender<bool>,
    projector: std::thread::JoinHandle<()>,
    /// What the node does by itself; ended before the log is.
    upkeep: Vec<tokio::task::JoinHandle<()>>,
}

impl BankNode {
    /// Opens the node's folder, folds its log and starts to decide and to project.
    ///
    /// `clock` makes the node's clock, given the time of the last event in its log (epoch microseconds), if any.
    pub async fn open(
        settings: BankSettings,
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
        let evidence_path = settings.folder.join("evidence");
        let evidence =
            ArtefactFolder::open(evidence_path.clone()).map_err(file_error(&evidence_path))?;

        let back_tests_folder = settings.folder.join("back-tests");
        let back_tests = BackTestJobs::open(back_tests_folder.clone())
            .map_err(file_error(&back_tests_folder))?;

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
        let shelf = models.clone();
        let mut node_clock = None;
        let clock_slot = &mut node_clock;
        let (worker, bus) = Worker::start::<RiskControl, _, _>(
            worker_settings,
            move |last| {
                let clock = clock_slot.insert(clock(last)).clone();
                move || clock.now_us()
            },
            move |now_us| Context {
                now_us,
                models: shelf.library(),
                entities: None,
            },
        )
        .await?;
        let clock = node_clock.unwrap_or_else(Clock::system);
        let reader = worker.reader().clone();

        let deliveries_path = settings.folder.join("deliveries.db");
        let deliveries = DeliveryLog::open(&deliveries_path, reader.last())
            .await
            .map_err(|source| OpenError::Deliveries {
                path: deliveries_path,
                source,
            })?;
        let projector = Projector::<RiskControl>::new(
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

        let node = Self {
            shared: Arc::new(Shared {
                name: settings.name,
                currency: settings.currency,
                starter_rules: settings.starter_rules,
                clock,
                bus,
                reader,
                keys,
                models,
                evidence,
                training: TrainingJobs::default(),
                scoreboard: ScoreboardShelf::default(),
                policies: KnownPolicies::default(),
                store,
                progress,
                switches,
                latency: RecentLatency::default(),
                case_settings: Mutex::new(CaseSettings::INITIAL),
                open_cases: AtomicU64::new(0),
                deliveries,
                back_tests,
                folder: settings.folder,
                webhook_client: WebhookClient::new(settings.webhook_reach),
                streams: Shutdown::new(Duration::ZERO),
                running: Mutex::new(Some(Running {
                    worker,
                    stop_projector,
                    projector,
                    upkeep: Vec::new(),
                })),
            }),
        };
        node.load_policies().await?;
        // Read models that were lost, or are behind, must not make a bank look as if it had no policy.
        if let PartitionState::Control(control) = node.shared.bus.control_at_start() {
            if let Some((control_offset, policy)) = control.active.clone() {
                node.shared.policies.remember(ActivePolicy {
                    control_offset,
                    policy,
                });
            }
            if let Some((_, settings)) = &control.case_settings {
                *node
                    .shared
                    .case_settings
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner) = settings.clone();
            }
        }
        let upkeep = vec![
            tokio::spawn(upkeep::run(node.clone())),
            tokio::spawn(webhooks::run(node.clone())),
            tokio::spawn(scoreboards::run(node.clone())),
        ];
        if let Some(running) = &mut *node
            .shared
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
        {
            running.upkeep = upkeep;
        }
        Ok(node)
    }

    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// ISO 4217 code of the currency that the node accounts in.
    pub fn currency(&self) -> &str {
        &self.shared.currency
    }

    /// What was sent to webhooks, and what is to be sent.
    pub(crate) fn deliveries(&self) -> &DeliveryLog {
        &self.shared.deliveries
    }

    /// Open cases, as counted a moment ago.
    pub fn open_cases(&self) -> u64 {
        self.shared.open_cases.load(Ordering::Relaxed)
    }

    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    pub fn bus(&self) -> &CommandBus<RiskControl> {
        &self.shared.bus
    }

    pub fn reader(&self) -> &LogReader {
        &self.shared.reader
    }

    pub fn store(&self) -> &ReadStore {
        &self.shared.store
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

    /// Ends the open streams, which would otherwise keep a server from draining; new ones end at once.
    pub fn end_streams(&self) {
        self.shared.streams.begin();
    }

    /// Stops deciding, projects what is in the log, and closes everything. The second call does nothing.
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
        self.shared.training.cancel_all();
        self.shared.back_tests.cancel_all();
        for upkeep in running.upkeep.drain(..) {
            upkeep.abort();
            // Aborted on purpose.
            let _ = upkeep.await;
        }
        // Joining threads blocks, so it must not happen on a thread that drives tasks.
        let stopped = tokio::task::spawn_blocking(move || {
            running.worker.stop();
            running
        })
        .await;
        if let Ok(running) = stopped {
            running.stop_projector.send_replace(true);
            // A projector that panicked has said so; its rows are rebuilt from the checkpoint at the next start.
            let projector = running.projector;
            let _ = tokio::task::spawn_blocking(move || projector.join()).await;
            // Only now: the projector reads the log to its end.
            let worker = running.worker;
            let _ = tokio::task::spawn_blocking(move || worker.close()).await;
        }
        self.shared.deliveries.close().await;
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
