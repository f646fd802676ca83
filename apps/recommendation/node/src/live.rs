//! The live view of a node, kept up to date by a thread of its own.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use accord_event_log::{LogReader, Sequence, journal::reader::ReadError};
use recommendation::{LiveView, Recommendation, Workspace};
use tokio::sync::watch;

/// Stored text that is folded at a time, while nobody can read: about a thousand events, half a millisecond.
const FOLD_BYTES: usize = 128 << 10;
/// While the log cannot be read, how long until it is tried again.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// The live view of a node. Cheap to clone.
#[derive(Clone)]
pub struct Live {
    shared: Arc<Shared>,
}

struct Shared {
    view: RwLock<LiveView>,
    through: watch::Sender<Sequence>,
    stopping: AtomicBool,
    /// Memory for lists that is not in use.
    workspaces: Mutex<Vec<Workspace>>,
}

/// The view did not reach an event in time; how far it was behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behind {
    pub events: u64,
}

impl Live {
    /// Folds the whole log.
    pub async fn open(reader: &LogReader) -> Result<Self, ReadError> {
        let live = Self {
            shared: Arc::new(Shared {
                view: RwLock::default(),
                through: watch::Sender::new(Sequence::ZERO),
                stopping: AtomicBool::new(false),
                workspaces: Mutex::default(),
            }),
        };
        while live.fold_some(reader).await? {}
        Ok(live)
    }

    /// Starts the thread that folds what is committed from now on.
    pub fn follow(&self, reader: LogReader) -> io::Result<JoinHandle<()>> {
        let live = self.clone();
        let runtime = tokio::runtime::Handle::current();
        std::thread::Builder::new()
            .name("live-view".into())
            .spawn(move || runtime.block_on(live.run(reader)))
    }

    async fn run(self, reader: LogReader) {
        let mut committed = reader.subscribe();
        let mut moved = self.shared.through.subscribe();
        while !self.shared.stopping.load(Ordering::Relaxed) {
            match self.fold_some(&reader).await {
                Ok(true) => {}
                Ok(false) => {
                    // Whoever stops the thread moves the position as well, by nothing.
                    tokio::select! {
                        changed = committed.changed() => if changed.is_err() { return },
                        changed = moved.changed() => if changed.is_err() { return },
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "the live view cannot read the log; it is tried again");
                    tokio::time::sleep(RETRY_PAUSE).await;
                }
            }
        }
    }

    /// Ends the thread.
    pub fn stop(&self) {
        self.shared.stopping.store(true, Ordering::Relaxed);
        self.shared.through.send_modify(|_| {});
    }

    /// The view as it is now. Hold it no longer than it takes to make a list: folding waits for it.
    pub fn read(&self) -> RwLockReadGuard<'_, LiveView> {
        self.shared
            .view
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The last event in the view.
    pub fn through(&self) -> Sequence {
        *self.shared.through.borrow()
    }

    /// Waits until an event is in the view.
    pub async fn wait_for(&self, sequence: Sequence, deadline: Instant) -> Result<(), Behind> {
        if self.through() >= sequence {
            return Ok(());
        }
        let mut through = self.shared.through.subscribe();
        let reached = through.wait_for(|through| *through >= sequence);
        match tokio::time::timeout_at(deadline.into(), reached).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(Behind {
                events: sequence.0.saturating_sub(self.through().0),
            }),
        }
    }

    /// Lends memory for a list.
    pub fn with_workspace<T>(&self, work: impl FnOnce(&mut Workspace) -> T) -> T {
        let workspaces = || {
            self.shared
                .workspaces
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        let mut workspace = workspaces().pop().unwrap_or_default();
        let done = work(&mut workspace);
        workspaces().push(workspace);
        done
    }

    /// Folds the next commits; `false` where there are none.
    async fn fold_some(&self, reader: &LogReader) -> Result<bool, ReadError> {
        let through = self.through();
        let commits = reader.read_after(through, FOLD_BYTES).await?;
        let Some(last) = commits.last().map(|commit| commit.last_sequence()) else {
            return Ok(false);
        };
        let events: Vec<_> = commits
            .iter()
            .map(|commit| commit.events::<Recommendation>())
            .collect::<Result<_, _>>()?;
        {
            let mut view = self
                .shared
                .view
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            for recorded in events.iter().flat_map(|events| events.iter()) {
                view.fold(recorded.metadata.sequence.0, &recorded.event);
            }
        }
        self.shared.through.send_replace(last);
        Ok(true)
    }
}
