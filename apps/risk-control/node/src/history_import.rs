//! A bank's own history, from a file into the log of a node that is not running.
//!
//! Three threads, each waiting for the slowest: one reads lines and seals personal fields, one decides, one makes
//! commits durable. The decider is the one of live traffic, so features are maintained as for live transactions, and
//! each event keeps the decision that the bank had taken.
//!
//! ```text
//!  file ──► lines ──► timeline (labels at the time they became known) ──► sealed commands
//!                                                      └──► decide, encode, hash ──► append ──► progress
//! ```
//!
//! **Resuming.** A command's identity is the transaction's own id. What is in the log already is found by reading the
//! log once before anything is written, exactly and not by a filter; so the same file can be given again after a kill,
//! and comes out as it would have without one.

mod commands;
mod csv_lines;
mod known_commands;
mod log_writer;
mod ndjson_lines;
mod record;
mod timeline;

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::sync_channel,
    },
};

use accord_event_log::{
    AppendError, Sequence, WorkerSettings,
    data_directory::create_folder_durably,
    journal::{
        reader::{LogReader, ReadError},
        sqlite::{LogSettings, SqliteJournal},
    },
    subject_keys::{MasterKey, SubjectKeyError, SubjectKeys},
};
use accord_read_store::{ReadStore, StoreError};
use accord_service::Clock;

use crate::node::BankSettings;

use self::{
    commands::CommandSource, csv_lines::CsvLines, log_writer::LogWriter, ndjson_lines::NdjsonLines,
};

pub use record::BadLine;

/// Commands that go from thread to thread together.
const BATCH_COMMANDS: usize = 2_048;
/// Batches that may wait for the decider.
const BATCHES_WAITING: usize = 4;
/// Bad lines that a report tells one by one.
pub const BAD_LINES_TOLD_MAX: usize = 100;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryFormat {
    /// Comma-separated values with the columns of the Fraud Detection Handbook and, where a bank has more, ours.
    Csv,
    /// One JSON document a line, in the form of `POST /v1/transactions`.
    Ndjson,
}

/// Where a history goes, and how it is read.
#[derive(Clone, Debug)]
pub struct HistoryImportSettings {
    pub institution: String,
    /// Folder of the node: what [`BankSettings::folder`](crate::BankSettings) would be. No process may hold it.
    pub folder: PathBuf,
    /// Currency of the node, and of lines that do not name one.
    pub currency: String,
    pub format: HistoryFormat,
    /// How long after its transaction a fraud became known, where the file does not say, in microseconds.
    pub label_delay_us: i64,
    /// Go on after a line that cannot be taken over; otherwise the first one ends the import.
    pub skip_bad: bool,
}

impl HistoryImportSettings {
    /// Places and limits of the node that will run on this folder.
    fn worker(&self) -> WorkerSettings {
        BankSettings::new(&self.institution, self.folder.clone()).worker
    }
}

/// How far an import is; all counters only grow.
#[derive(Debug, Default)]
pub struct HistoryImportProgress {
    /// Bytes of the file whose lines are read.
    pub bytes_read: AtomicU64,
    /// Transactions and labels that are durable.
    pub durable_events: AtomicU64,
    /// Transactions and labels that were in the log already.
    pub known: AtomicU64,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryImportReport {
    pub transactions: u64,
    pub labels: u64,
    /// Transactions of the file that were in the log already.
    pub known_transactions: u64,
    /// The first of the lines that were left out, in the order in which they were met.
    pub bad_lines: Vec<BadLine>,
    pub bad_line_count: u64,
    /// Last event of the log.
    pub through: Sequence,
}

impl HistoryImportReport {
    fn add_bad(&mut self, line: BadLine) {
        self.bad_line_count += 1;
        if self.bad_lines.len() < BAD_LINES_TOLD_MAX {
            self.bad_lines.push(line);
        }
    }
}

/// Why an import ended early. What was durable stays; the same file can be given again.
#[derive(Debug, thiserror::Error)]
pub enum HistoryImportError {
    #[error("{0}")]
    BadLine(BadLine),
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Log(#[from] ReadError),
    #[error(transparent)]
    Append(#[from] AppendError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("read models: {0}")]
    Query(#[from] sqlx::Error),
    #[error(transparent)]
    Keys(#[from] SubjectKeyError),
    #[error("{0}")]
    NoSpace(String),
    #[error(
        "the log ends at event {last}, but event {seen} has been seen: it has lost its end; put the log back first"
    )]
    EndLost { last: Sequence, seen: Sequence },
    #[error("a thread of the import ended by itself: {0}")]
    Thread(String),
}

/// Reads a history into the log. Blocks for as long as it takes; to be called off the threads that drive tasks, but
/// inside their runtime.
pub fn import_history(
    settings: &HistoryImportSettings,
    input: impl io::Read + Send,
    progress: &HistoryImportProgress,
) -> Result<HistoryImportReport, HistoryImportError> {
    let runtime = tokio::runtime::Handle::current();
    let parts = runtime.block_on(open_parts(settings))?;
    let known = runtime.block_on(known_commands::read(&parts.reader))?;
    let input = CountingReader {
        input,
        bytes: &progress.bytes_read,
    };
    let (commands, decided) = sync_channel(BATCHES_WAITING);
    let clock = Clock::system();
    let report = std::thread::scope(|scope| {
        let layout = parts.reader.header().layout;
        let source = CommandSource::new(settings, &parts.keys, layout, known, clock.now_us());
        let reading = {
            let (runtime, format) = (runtime.clone(), settings.format);
            scope.spawn(move || match format {
                HistoryFormat::Csv => match CsvLines::new(input, settings) {
                    Ok(lines) => source.run(&runtime, lines, &commands, BATCH_COMMANDS),
                    Err(error) => commands::give_up(&commands, error),
                },
                HistoryFormat::Ndjson => {
                    let lines = NdjsonLines::new(input, settings);
                    source.run(&runtime, lines, &commands, BATCH_COMMANDS);
                }
            })
        };
        let _inside = runtime.enter();
        let written = LogWriter::open(&settings.worker(), parts.journal, &runtime)
            .and_then(|writer| writer.run(decided, &clock, settings.skip_bad, progress, &runtime));
        // The reader notices that nobody listens any more, and ends.
        if reading.join().is_err() {
            return Err(HistoryImportError::Thread("the reader panicked".into()));
        }
        written
    });
    runtime.block_on(parts.keys.close());
    report
}

struct Parts {
    keys: SubjectKeys,
    journal: SqliteJournal,
    reader: LogReader,
}

async fn open_parts(settings: &HistoryImportSettings) -> Result<Parts, HistoryImportError> {
    let folder = |name: &str| {
        let path = settings.folder.join(name);
        create_folder_durably(&path)
            .map(|()| path.clone())
            .map_err(|source| HistoryImportError::File { path, source })
    };
    let keys_folder = folder("keys")?;
    let master_path = keys_folder.join("master.key");
    let master =
        MasterKey::open_or_create(&master_path).map_err(|source| HistoryImportError::File {
            path: master_path,
            source,
        })?;
    let keys = SubjectKeys::open(keys_folder.join("subjects.db"), master).await?;
    folder("snapshots")?;
    let store = ReadStore::open(&settings.folder.join("read-models.db")).await?;
    let seen = store.last_seen().await?;
    store.close().await;
    let worker = settings.worker();
    let log_settings = LogSettings {
        institution: settings.institution.clone(),
        layout: worker.layout,
        segment_bytes: worker.segment_bytes,
    };
    folder("log")?;
    let journal = SqliteJournal::open(&worker.log_folder, log_settings)?;
    let reader = journal.reader();
    let last = reader.last();
    if last < seen {
        journal.close().await;
        return Err(HistoryImportError::EndLost { last, seen });
    }
    Ok(Parts {
        keys,
        journal,
        reader,
    })
}

/// Counts what is read through it.
struct CountingReader<'p, R> {
    input: R,
    bytes: &'p AtomicU64,
}

impl<R: io::Read> io::Read for CountingReader<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Who imported, in the log.
fn actor() -> Arc<str> {
    Arc::from("history-import")
}

#[cfg(test)]
mod tests;
