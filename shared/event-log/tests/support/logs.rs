//! Logs on disk for one test.

use std::{path::Path, sync::Arc};

use accord_event_log::{
    Journal, LogReader, StoredCommit,
    journal::sqlite::{LogSettings, SqliteJournal},
    recovery::Fold,
    runtime::{Moment, Runtime},
    stages::StageTimes,
};

use super::{
    accounts::{Accounts, Command, Context},
    commands::{Answer, layout},
};
use accord_event_log::CommandEnvelope;

pub const INSTITUTION: &str = "bank-a";

/// Keys that each partition of a test remembers exactly.
pub const KEY_WINDOW: usize = 1_000;

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

/// A log without a worker: each call decides its commands in one batch and appends them in one commit.
pub struct HandWrittenLog {
    pub runtime: Runtime<Accounts>,
    pub journal: SqliteJournal,
    now_us: i64,
}

impl HandWrittenLog {
    pub fn create(folder: &Path, segment_bytes: u64) -> Self {
        Self {
            runtime: fresh_runtime(),
            journal: SqliteJournal::open(folder, log_settings(segment_bytes)).unwrap(),
            now_us: 0,
        }
    }

    /// Decides the commands, appends the commit, and gives it with the answers.
    pub fn commit(
        &mut self,
        commands: &[CommandEnvelope<Command>],
    ) -> (Arc<StoredCommit>, Vec<Answer>) {
        let (commit, answers) = self.decide(commands);
        self.journal.append(&commit).unwrap();
        self.runtime.confirm(&commit);
        (commit, answers)
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
