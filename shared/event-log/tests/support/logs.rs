//! Logs for one test: without a worker, each call is one batch.

use std::{path::Path, sync::Arc};

use accord_event_log::{
    CommandEnvelope, Journal, LogReader, Sequence, StoredCommit,
    journal::sqlite::{LogSettings, SqliteJournal},
    recovery::Fold,
    runtime::{Moment, Runtime},
    stages::StageTimes,
};

use super::{
    accounts::{Accounts, Command, Context},
    commands::{Answer, layout},
};

pub const INSTITUTION: &str = "bank-a";

/// Keys that each partition of a test remembers exactly.
pub const KEY_WINDOW: usize = 1_000;

/// More than any test writes.
pub const ONE_SEGMENT: u64 = 1 << 30;

pub fn log_settings(segment_bytes: u64) -> LogSettings {
    LogSettings {
        institution: INSTITUTION.to_owned(),
        layout: layout(),
        segment_bytes,
    }
}

/// A runtime over an empty log.
pub fn fresh_runtime() -> Runtime<Accounts> {
    Fold::from_start(layout().all(), KEY_WINDOW).into_runtime(Arc::new(StageTimes::default()))
}

/// Everything the log holds, folded from its first commit.
pub async fn full_fold(reader: &LogReader) -> Fold<Accounts> {
    let mut fold = Fold::from_start(reader.header().layout.all(), KEY_WINDOW);
    fold.catch_up(reader).await.unwrap();
    fold
}

/// Every commit with events after a sequence, read in pieces of about `bytes_max`.
pub async fn read_all(
    reader: &LogReader,
    mut after: Sequence,
    bytes_max: usize,
) -> Vec<Arc<StoredCommit>> {
    let mut found = Vec::new();
    loop {
        let commits = reader.read_after(after, bytes_max).await.unwrap();
        let Some(last) = commits.last() else {
            return found;
        };
        after = last.last_sequence();
        found.extend(commits);
    }
}

/// A log without a worker.
pub struct HandWrittenLog {
    pub runtime: Runtime<Accounts>,
    pub journal: SqliteJournal,
    now_us: i64,
}

impl HandWrittenLog {
    /// Opens the log in `folder` and folds what it holds.
    pub async fn open(folder: &Path, segment_bytes: u64) -> Self {
        let journal = SqliteJournal::open(folder, log_settings(segment_bytes)).unwrap();
        let runtime = full_fold(&journal.reader())
            .await
            .into_runtime(Arc::new(StageTimes::default()));
        Self {
            runtime,
            journal,
            now_us: 0,
        }
    }

    /// Decides the commands, appends the commit, and gives it.
    pub fn commit(&mut self, commands: &[CommandEnvelope<Command>]) -> Arc<StoredCommit> {
        let (commit, _) = self.decide(commands);
        self.journal.append(&commit).unwrap();
        commit
    }

    /// Decides the commands and appends nothing.
    pub fn decide(
        &mut self,
        commands: &[CommandEnvelope<Command>],
    ) -> (Arc<StoredCommit>, Vec<Answer>) {
        self.now_us += 1_000;
        let moment = Moment {
            now_us: self.now_us,
            monotonic_us: 0,
        };
        let now_us = self.runtime.begin(moment);
        let answers = commands
            .iter()
            .map(|command| self.runtime.decide(moment, &Context { now_us }, command))
            .collect();
        (self.runtime.finish().unwrap(), answers)
    }
}
