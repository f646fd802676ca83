//! Decides what was prepared and makes it durable, one commit for each batch, the next being decided meanwhile.

use std::{
    collections::{BTreeMap, HashSet},
    path::PathBuf,
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
};

use accord_event_log::{
    AppendError, Journal, PartitionId, Reply, StoredCommit, WorkerSettings,
    data_directory::free_bytes,
    journal::sqlite::SqliteJournal,
    recovery::Fold,
    runtime::{Moment, Runtime},
    snapshot::SnapshotFolder,
    stages::StageTimes,
};
use accord_service::Clock;
use risk_control::{Command, Context, ModelLibrary, RiskControl};
use tokio::runtime::Handle;
use uuid::Uuid;

use super::{
    HistoryImportError, HistoryImportProgress, HistoryImportReport,
    commands::{Prepared, PreparedBatch},
    record::BadLine,
};

/// Commits that may wait for the disk.
const COMMITS_WAITING: usize = 2;

/// The one writer of the log while it is open.
pub(super) struct LogWriter {
    runtime: Runtime<RiskControl>,
    journal: SqliteJournal,
    snapshots: SnapshotFolder,
    log_folder: PathBuf,
    free_bytes_min: u64,
    report: HistoryImportReport,
    /// Transactions that the decider refused: nothing can become known of them.
    refused: HashSet<Uuid>,
}

impl LogWriter {
    /// Folds the log.
    pub fn open(
        settings: &WorkerSettings,
        journal: SqliteJournal,
        tokio: &Handle,
    ) -> Result<Self, HistoryImportError> {
        let reader = journal.reader();
        let snapshots = SnapshotFolder::new(
            settings.snapshot_folder.clone(),
            reader.header().log_id.clone(),
        );
        let mut fold = Fold::<RiskControl>::from_snapshots(
            reader.header().layout.all(),
            settings.key_window,
            &snapshots,
            reader.last(),
        );
        tokio.block_on(fold.catch_up(&reader))?;
        Ok(Self {
            runtime: fold.into_runtime(Arc::new(StageTimes::default())),
            journal,
            snapshots,
            log_folder: settings.log_folder.clone(),
            free_bytes_min: settings.free_bytes_min,
            report: HistoryImportReport::default(),
            refused: HashSet::new(),
        })
    }

    /// Takes over everything that comes, and leaves snapshots behind.
    pub fn run(
        mut self,
        batches: Receiver<PreparedBatch>,
        clock: &Clock,
        skip_bad: bool,
        progress: &HistoryImportProgress,
        tokio: &Handle,
    ) -> Result<HistoryImportReport, HistoryImportError> {
        let (commits, waiting) = sync_channel::<Arc<StoredCommit>>(COMMITS_WAITING);
        let mut journal = self.journal;
        let (decided, appended) = std::thread::scope(|scope| {
            let journal = &mut journal;
            let appending = scope.spawn(move || {
                let _inside = tokio.enter();
                append_all(journal, &waiting, progress)
            });
            let mut deciding = Deciding {
                runtime: &mut self.runtime,
                report: &mut self.report,
                refused: &mut self.refused,
                skip_bad,
                progress,
            };
            let mut decided = Ok(());
            for batch in batches {
                decided = enough_space(&self.log_folder, self.free_bytes_min)
                    .and(batch)
                    .and_then(|batch| deciding.decide(batch, clock, &commits));
                if decided.is_err() {
                    break;
                }
            }
            drop(commits);
            let appended = appending
                .join()
                .map_err(|_| HistoryImportError::Thread("the writer panicked".into()));
            (decided, appended)
        });
        // The disk's word goes first: what could not be written is why nothing more was decided.
        let saved = match appended {
            Ok(Ok(())) => {
                self.report.through = self.runtime.last();
                decided.and_then(|()| save_snapshots(&self.runtime, &self.snapshots))
            }
            Ok(Err(error)) => Err(error.into()),
            Err(error) => Err(error),
        };
        tokio.block_on(journal.close());
        saved.map(|()| self.report)
    }
}

struct Deciding<'w> {
    runtime: &'w mut Runtime<RiskControl>,
    report: &'w mut HistoryImportReport,
    refused: &'w mut HashSet<Uuid>,
    skip_bad: bool,
    progress: &'w HistoryImportProgress,
}

impl Deciding<'_> {
    /// Decides a batch into one commit. After a bad line that ends the import, what came before it is still written.
    fn decide(
        &mut self,
        batch: Vec<Prepared>,
        clock: &Clock,
        commits: &SyncSender<Arc<StoredCommit>>,
    ) -> Result<(), HistoryImportError> {
        let moment = Moment {
            now_us: clock.now_us(),
            monotonic_us: 0,
        };
        let context = Context {
            now_us: self.runtime.begin(moment),
            models: Arc::new(ModelLibrary::default()),
            entities: None,
        };
        let mut ended = Ok(());
        for prepared in batch {
            ended = self.decide_one(prepared, moment, &context);
            if ended.is_err() {
                break;
            }
        }
        if let Some(commit) = self.runtime.finish() {
            // Where the append fails the import ends, and nothing that was decided upon it is ever written.
            if commits.send(commit).is_err() {
                return Err(HistoryImportError::Thread("the writer ended".into()));
            }
        }
        ended
    }

    fn decide_one(
        &mut self,
        prepared: Prepared,
        moment: Moment,
        context: &Context,
    ) -> Result<(), HistoryImportError> {
        let (line, transaction, envelope) = match prepared {
            Prepared::Command {
                line,
                transaction,
                envelope,
            } => (line, transaction, envelope),
            Prepared::KnownTransaction => {
                self.report.known_transactions += 1;
                self.progress.known.fetch_add(1, Ordering::Relaxed);
                return Ok(());
            }
            Prepared::KnownLabel => {
                self.progress.known.fetch_add(1, Ordering::Relaxed);
                return Ok(());
            }
            Prepared::Bad(bad) => return self.bad(bad),
        };
        let is_label = matches!(envelope.command, Command::LabelTransaction(_));
        if is_label && self.refused.contains(&transaction) {
            return Ok(());
        }
        match self.runtime.decide(moment, context, &envelope) {
            Reply::Committed { .. } if is_label => self.report.labels += 1,
            Reply::Committed { .. } => self.report.transactions += 1,
            Reply::Rejected(rejection) => {
                self.refused.insert(transaction);
                return self.bad(BadLine {
                    line,
                    detail: match rejection {
                        risk_control::Rejection::OccurredTooLongAgo => {
                            "lies more than 7 days before the customer's newest transaction; sort the file by time"
                                .to_owned()
                        }
                        other => other.to_string(),
                    },
                });
            }
            // Everything that the log holds was filtered out before.
            Reply::Duplicate { .. }
            | Reply::KeyReused { .. }
            | Reply::CheckArchive { .. }
            | Reply::Unavailable(_) => {
                return Err(HistoryImportError::Thread(
                    "the decider knows a command that the log did not show".into(),
                ));
            }
        }
        Ok(())
    }

    fn bad(&mut self, line: BadLine) -> Result<(), HistoryImportError> {
        if !self.skip_bad {
            return Err(HistoryImportError::BadLine(line));
        }
        self.report.add_bad(line);
        Ok(())
    }
}

fn append_all(
    journal: &mut SqliteJournal,
    commits: &Receiver<Arc<StoredCommit>>,
    progress: &HistoryImportProgress,
) -> Result<(), AppendError> {
    for commit in commits {
        journal.append(&commit)?;
        progress
            .durable_events
            .fetch_add(commit.event_count, Ordering::Relaxed);
    }
    Ok(())
}

fn enough_space(folder: &std::path::Path, least: u64) -> Result<(), HistoryImportError> {
    // A file system that does not tell how much it has says so when it is full.
    match free_bytes(folder) {
        Ok(free) if free < least => Err(HistoryImportError::NoSpace(format!(
            "{} MiB of disk space are left; {} MiB are needed to go on",
            free >> 20,
            least >> 20
        ))),
        _ => Ok(()),
    }
}

/// So that the node's next start has nothing to fold.
fn save_snapshots(
    runtime: &Runtime<RiskControl>,
    snapshots: &SnapshotFolder,
) -> Result<(), HistoryImportError> {
    let slots: &BTreeMap<PartitionId, _> = runtime.slots();
    for (partition, slot) in slots {
        let saved = snapshots.save(
            *partition,
            runtime.last(),
            runtime.last_recorded_at_us(),
            slot,
        );
        if let Err(error) = saved {
            // Only a cache: without it the next start takes longer.
            tracing::warn!(%partition, %error, "a snapshot could not be saved");
            return Ok(());
        }
    }
    Ok(())
}
