//! An institution's side: a thread that asks the coordinator what to do, does it as far as its own limits allow, and
//! keeps what must survive.
//!
//! Two places hold what it knows. The log has what an auditor may see: which plans were signed or declined, from which
//! rows of the institution's own log a job answers, every step of the protocol, how it ended. The vault has what nobody
//! may see: keys and shares, sealed, one entry each, deleted sum by sum.

mod institution;
mod limits;
pub mod log;
mod shell;
mod vault_store;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use accord_event_log::data_directory::create_folder_durably;
use accord_event_log::worker::StartError;
use accord_federation::PublicIdentity;
use accord_federation::plan::Institution as RosterEntry;
use thiserror::Error;
use tokio::sync::watch;

use crate::client::{Client, ServerAddress};
use crate::machine_log::MachineLog;
use crate::{key_file, quiet_thread};
use shell::Shell;
use vault_store::VaultStore;

pub use institution::{FederatedResult, FixedLog, Institution, RowsWanted};
pub use limits::Limits;

/// What a participant is told when it starts.
#[derive(Debug, Clone)]
pub struct ParticipantSettings {
    /// The institution's name, for the log.
    pub name: String,
    /// Everything of it lies in this folder; its identity in `identity.key` there.
    pub folder: PathBuf,
    /// Where the coordinator is.
    pub coordinator: ServerAddress,
    /// The coordinator's key.
    pub coordinator_key: PublicIdentity,
    /// Whom the institution is ready to train with, itself included. Plans with anybody else are not signed.
    pub roster: Vec<RosterEntry>,
    /// What it signs, and what not.
    pub limits: Limits,
}

/// Why a participant does not start.
#[derive(Debug, Error)]
pub enum ParticipantError {
    #[error(transparent)]
    Log(#[from] StartError),
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("the vault: {0}")]
    Vault(#[from] sqlx::Error),
    #[error("this institution's key is not in its own roster")]
    NotInRoster,
    #[error("the log cannot be read: {0}")]
    Read(#[from] accord_event_log::journal::reader::ReadError),
}

/// A running participant. Dropping it lets the thread run on; [`stop`](Self::stop) ends it.
pub struct ParticipantNode {
    identity: PublicIdentity,
    stop: watch::Sender<bool>,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
}

impl ParticipantNode {
    /// Opens the folder and begins to ask. Must be called inside a tokio runtime. A coordinator that cannot be reached
    /// is asked again and again.
    pub async fn start(
        settings: ParticipantSettings,
        institution: Arc<dyn Institution>,
    ) -> Result<Self, ParticipantError> {
        let file = |path: &PathBuf| {
            let path = path.clone();
            move |source| ParticipantError::File { path, source }
        };
        create_folder_durably(&settings.folder).map_err(file(&settings.folder))?;
        let key = settings.folder.join("identity.key");
        let identity = key_file::open_or_create_identity(&key).map_err(file(&key))?;
        let public = identity.public();
        if !settings.roster.iter().any(|one| one.identity == public) {
            return Err(ParticipantError::NotInRoster);
        }
        let seal = settings.folder.join("seal.key");
        let seal_key = key_file::open_or_create(&seal).map_err(file(&seal))?;
        let vault = VaultStore::open(&settings.folder.join("vault.db"), seal_key).await?;
        let log = MachineLog::open(&settings.folder, &settings.name).await?;
        let (stop, stopped) = watch::channel(false);
        let folder = settings.folder.clone();
        let name = format!("train-{}", settings.name);
        let client = Client::new(settings.coordinator.clone());
        let shell = Shell::open(
            settings,
            Arc::new(identity),
            log,
            vault,
            client,
            institution,
        )
        .await?;
        let runtime = tokio::runtime::Handle::current();
        let thread = quiet_thread::spawn(name, move || runtime.block_on(shell.run(stopped)))
            .map_err(file(&folder))?;
        Ok(Self {
            identity: public,
            stop,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// The key that others pin.
    pub fn identity(&self) -> PublicIdentity {
        self.identity
    }

    /// Stops; what is under way goes on after the next start.
    pub async fn stop(&self) {
        self.stop.send_replace(true);
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            // Joining blocks. A thread that panicked has said so; log and vault have everything that matters.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}
