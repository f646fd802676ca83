//! The event log of a coordinator or a participant: commands in, durable events out.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use accord_event_log::journal::reader::ReadError;
use accord_event_log::worker::StartError;
use accord_event_log::{
    CommandBus, CommandEnvelope, LogReader, LoggedDecider, PartitionId, Recorded, Reply, Sequence,
    Unavailable, Worker, WorkerSettings, ids::PartitionLayout,
};
use tokio::sync::Mutex;
use uuid::Uuid;

/// Everything of a coordinator or participant stands in one partition: it has one writer and one order.
const PARTITION: PartitionId = PartitionId(1);
const SEGMENT_BYTES: u64 = 32 << 20;
const QUEUE_MAX: usize = 256;
const DEADLINE: Duration = Duration::from_secs(30);
const READ_BYTES: usize = 4 << 20;

/// A log and the thread that decides over it.
pub(crate) struct MachineLog<D: LoggedDecider> {
    bus: CommandBus<D>,
    reader: LogReader,
    worker: Mutex<Option<Worker>>,
}

/// Why a command left no trace.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogFault<R> {
    #[error("{0:?}")]
    Rejected(R),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    #[error("the log gave an answer that does not belong to the command")]
    Inconsistent,
}

impl<D: LoggedDecider<Context = ()>> MachineLog<D> {
    /// Opens the log in `folder/log`.
    pub async fn open(folder: &Path, institution: &str) -> Result<Self, StartError> {
        let settings = WorkerSettings {
            layout: PartitionLayout::new(1),
            segment_bytes: SEGMENT_BYTES,
            queue_commands_max: QUEUE_MAX,
            ..WorkerSettings::new(folder.join("log"), folder.join("snapshots"), institution)
        };
        let (worker, bus) = Worker::start::<D, _, _>(settings, |_| now_us, |_| ()).await?;
        Ok(Self {
            bus,
            reader: worker.reader().clone(),
            worker: Mutex::new(Some(worker)),
        })
    }

    /// Gives a command; its events are durable when this returns.
    pub async fn give(
        &self,
        actor: &Arc<str>,
        command: D::Command,
    ) -> Result<Vec<Arc<Recorded<D::Event>>>, LogFault<D::Rejection>> {
        let envelope = CommandEnvelope {
            partition: PARTITION,
            command_id: Uuid::now_v7(),
            payload_hash: None,
            actor: Arc::clone(actor),
            correlation_id: None,
            causation_id: None,
            traceparent: None,
            expires_at_us: self.bus.expires_at_us(Instant::now() + DEADLINE),
            absent_through: Sequence::ZERO,
            command,
        };
        match self.bus.ask_patiently(envelope).await {
            Reply::Committed { events, .. } => Ok(events),
            Reply::Rejected(rejection) => Err(LogFault::Rejected(rejection)),
            Reply::Unavailable(unavailable) => Err(unavailable.into()),
            _ => Err(LogFault::Inconsistent),
        }
    }

    /// Shows every event, in order.
    pub async fn each(&self, show: impl FnMut(&Recorded<D::Event>)) -> Result<(), ReadError> {
        self.each_from(Sequence::ZERO, show).await
    }

    /// Shows every event from one on, in order.
    pub async fn each_from(
        &self,
        first: Sequence,
        mut show: impl FnMut(&Recorded<D::Event>),
    ) -> Result<(), ReadError> {
        let through = self.reader.last();
        let mut read = Sequence(first.0.saturating_sub(1));
        while read < through {
            let commits = self.reader.read_after(read, READ_BYTES).await?;
            let Some(last) = commits.last().map(|commit| commit.last_sequence()) else {
                break;
            };
            for commit in &commits {
                commit.each_after::<D>(read, |recorded| show(recorded))?;
            }
            read = last;
        }
        Ok(())
    }

    /// Stops deciding and closes the files.
    pub async fn close(&self) {
        let Some(mut worker) = self.worker.lock().await.take() else {
            return;
        };
        // Joining a thread blocks. One that panicked has said so.
        let _ = tokio::task::spawn_blocking(move || {
            worker.stop();
            worker.close();
        })
        .await;
    }
}

/// Epoch microseconds of the system's clock.
pub(crate) fn now_us() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
