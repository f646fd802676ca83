//! The coordinator: jobs from an operator's order to a result, as a service with a log of its own.
//!
//! One thread, the [`desk`], owns all open jobs: it takes orders and messages in their order, lets the pure machine
//! decide, makes durable what follows, and only then answers. It never sees a row or an institution's answer.

mod desk;
mod http;
mod job;
pub mod log;
mod page;
mod spool;
mod transcript;
mod views;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use accord_event_log::artefacts::ArtefactFolder;
use accord_event_log::data_directory::create_folder_durably;
use accord_event_log::journal::reader::ReadError;
use accord_event_log::worker::StartError;
use accord_federation::plan::Institution;
use accord_federation::{Plan, PublicIdentity};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot, watch};

use crate::machine_log::MachineLog;
use crate::task::{FeatureSets, JobOrder, OrderError};
use crate::{key_file, quiet_thread};
use desk::{Ask, Desk};
use log::CoordinatorLog;
use spool::Spool;
use views::JobBook;

pub use http::{COORDINATOR_ROUTES, CoordinatorPlacement, openapi, router};
pub use views::{
    DropOut, InstitutionProgress, InstitutionState, JobStatus, JobView, PhaseView, PrivacyView,
    StatusName,
};

/// What a coordinator is told when it starts.
#[derive(Debug, Clone)]
pub struct CoordinatorSettings {
    /// Everything of it lies in this folder.
    pub folder: PathBuf,
    /// Who may take part, in ascending order of names. The roster is closed: nobody else is heard.
    pub roster: Vec<Institution>,
    /// The features that rows can be made of.
    pub features: FeatureSets,
    /// How long it waits for whom.
    pub patience: Patience,
    /// Jobs whose transcripts are kept; those of older ones are deleted, their results are not.
    pub transcripts_kept: usize,
}

/// How long a coordinator waits, in real time.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For signatures under a plan.
    pub enrolment: Duration,
    /// For the messages of one phase; who has not answered then has dropped out of it.
    pub phase: Duration,
    /// For an institution of an open unit to come back, before the unit is closed.
    pub unit: Duration,
    /// For shares that only institutions which are gone can open, before the round is given up.
    pub unmasking: Duration,
    /// For enough institutions to come back, before the job is aborted.
    pub job: Duration,
    /// How long after its last request an institution counts as present.
    pub presence: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            enrolment: Duration::from_secs(600),
            phase: Duration::from_secs(60),
            unit: Duration::from_secs(120),
            unmasking: Duration::from_secs(600),
            job: Duration::from_secs(3_600),
            presence: Duration::from_secs(30),
        }
    }
}

/// Why a coordinator does not open.
#[derive(Debug, Error)]
pub enum CoordinatorError {
    #[error(transparent)]
    Log(#[from] StartError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("the spool: {0}")]
    Spool(#[from] sqlx::Error),
    #[error("job {job} cannot be taken up again: {reason}")]
    Job { job: String, reason: String },
    #[error("{0}")]
    Roster(String),
}

/// A running coordinator. Cheap to clone.
#[derive(Clone)]
pub struct CoordinatorNode {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub identity: PublicIdentity,
    pub roster: Vec<Institution>,
    pub features: FeatureSets,
    pub book: Arc<JobBook>,
    pub log: MachineLog<CoordinatorLog>,
    pub spool: Spool,
    pub results: ArtefactFolder,
    desk: mpsc::Sender<Ask>,
    stop: watch::Sender<bool>,
    thread: std::sync::Mutex<Option<std::thread::JoinHandle<()>>>,
}

impl CoordinatorNode {
    /// Opens the folder, folds the log and goes on with what was under way. Must be called inside a tokio runtime.
    pub async fn open(settings: CoordinatorSettings) -> Result<Self, CoordinatorError> {
        check_roster(&settings.roster)?;
        let file = |path: &PathBuf| {
            let path = path.clone();
            move |source| CoordinatorError::File { path, source }
        };
        create_folder_durably(&settings.folder).map_err(file(&settings.folder))?;
        let key = settings.folder.join("identity.key");
        let identity = key_file::open_or_create_identity(&key).map_err(file(&key))?;
        let results_path = settings.folder.join("artefacts");
        let results = ArtefactFolder::open(results_path.clone()).map_err(file(&results_path))?;
        let log = MachineLog::open(&settings.folder, "coordinator").await?;
        let spool = Spool::open(&settings.folder.join("spool.db")).await?;
        let book = Arc::new(JobBook::new(&settings.roster));
        log.each(|recorded| book.fold(recorded)).await?;

        let (desk, asks) = mpsc::channel(desk::QUEUE_MAX);
        let (stop, stopped) = watch::channel(false);
        let shared = Arc::new(Shared {
            identity: identity.public(),
            roster: settings.roster.clone(),
            features: settings.features.clone(),
            book,
            log,
            spool,
            results,
            desk,
            stop,
            thread: std::sync::Mutex::new(None),
        });
        let desk = Desk::open(Arc::clone(&shared), Arc::new(identity), &settings).await?;
        let runtime = tokio::runtime::Handle::current();
        let thread = quiet_thread::spawn("coordinator".to_owned(), move || {
            runtime.block_on(desk.run(asks, stopped));
        })
        .map_err(file(&settings.folder))?;
        *shared
            .thread
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(thread);
        Ok(Self { shared })
    }

    /// The key that institutions pin.
    pub fn identity(&self) -> PublicIdentity {
        self.shared.identity
    }

    /// Orders a job, as `POST /v1/jobs` does.
    pub async fn order(&self, order: &JobOrder) -> Result<(), NotOrdered> {
        let plan = self.shared.plan(order)?;
        let (done, answer) = oneshot::channel();
        let ask = Ask::Propose(Box::new(plan), done);
        let asked = self.shared.desk.send(ask).await;
        let stopped = || NotOrdered::Coordinator("it is stopping".to_owned());
        asked.map_err(|_| stopped())?;
        answer
            .await
            .map_err(|_| stopped())?
            .map_err(|fault| NotOrdered::Coordinator(fault.to_string()))
    }

    /// All jobs, newest first.
    pub fn jobs(&self) -> Vec<JobView> {
        self.shared.book.jobs()
    }

    /// One job.
    pub fn job(&self, name: &str) -> Option<JobView> {
        self.shared.book.job(name)
    }

    /// Ends open streams and requests that wait, which would otherwise keep a server from draining.
    pub fn begin_stop(&self) {
        self.shared.stop.send_replace(true);
    }

    /// Stops; what is under way goes on after the next start.
    pub async fn stop(&self) {
        self.begin_stop();
        let thread = {
            let mut slot = self.shared.thread.lock();
            slot.as_mut()
                .map(|slot| slot.take())
                .unwrap_or_else(|poisoned| poisoned.get_mut().take())
        };
        if let Some(thread) = thread {
            // Joining blocks. A desk that panicked has said so; the log has everything that matters.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
        self.shared.log.close().await;
        self.shared.spool.close().await;
    }
}

/// Why a job is not ordered.
#[derive(Debug, Error)]
pub enum NotOrdered {
    #[error(transparent)]
    Order(#[from] OrderError),
    #[error("the coordinator: {0}")]
    Coordinator(String),
}

impl Shared {
    /// The plan that comes of an order.
    fn plan(&self, order: &JobOrder) -> Result<Plan, OrderError> {
        let model_of = |job: &str| {
            let view = self.book.job(job)?;
            let has_model = matches!(view.kind.as_str(), "gbdt" | "logistic");
            view.status.result.filter(|_| has_model)
        };
        order.plan(self.identity, &self.roster, &self.features, model_of)
    }
}

fn check_roster(roster: &[Institution]) -> Result<(), CoordinatorError> {
    let ascending = roster.is_sorted_by(|one, next| one.name < next.name);
    if !(3..=accord_federation::PARTIES_MAX).contains(&roster.len()) || !ascending {
        return Err(CoordinatorError::Roster(
            "a roster has 3 to 50 institutions in ascending order of their names".to_owned(),
        ));
    }
    Ok(())
}
