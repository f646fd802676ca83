//! What an institution brings to training, and what it gets: the one interface between this crate and an application.

use std::ops::Range;

use accord_learning::TrainingRows;
use futures::future::BoxFuture;

use crate::task::Task;

/// Where the institution's own log stands when a job begins. Whatever is answered is a fold over it up to here, so it can
/// be answered again after a crash, and shown to an auditor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FixedLog {
    /// The last event that counts.
    pub through: u64,
    /// Labels count if they were known then (epoch microseconds on the institution's clock).
    pub cutoff_us: i64,
    /// Transactions after this have no label yet that could be relied on (epoch microseconds).
    pub labelled_until_us: i64,
}

/// Rows that a job answers from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowsWanted {
    /// The feature set.
    pub feature_set: String,
    /// Its features, in the order of a row's values.
    pub features: Vec<String>,
    /// As the log stood.
    pub log: FixedLog,
    /// When the transactions happened (epoch microseconds).
    pub occurred_us: Range<i64>,
    /// The newest of them, if there are more.
    pub rows_max: u64,
}

/// What a job has found, as the institution computed it from the released sums itself.
#[derive(Debug, Clone, PartialEq)]
pub struct FederatedResult {
    pub job: String,
    /// What it was to find out.
    pub task: Task,
    /// The hash that names it, the same at all institutions.
    pub hash: String,
    /// The model, bins or figures as JSON.
    pub json: Vec<u8>,
    /// The feature set that a model reads; `None` for an evaluation.
    pub feature_set: Option<String>,
    /// Rows of this institution that are in it.
    pub own_rows: u64,
    /// Institutions that signed the plan.
    pub institutions: usize,
    /// The hash of the plan.
    pub plan: String,
    /// Where the institution's log stood.
    pub log: FixedLog,
    /// Transactions from here on are not in it (epoch microseconds).
    pub occurred_until_us: i64,
}

/// An institution's application.
pub trait Institution: Send + Sync + 'static {
    /// Where its log stands now.
    fn fix_log(&self) -> FixedLog;

    /// A fold over its log. The same wish must always give the same rows.
    fn rows(&self, wanted: RowsWanted) -> BoxFuture<'_, Result<TrainingRows, String>>;

    /// Takes what was found; a second time changes nothing.
    fn receive(&self, found: FederatedResult) -> BoxFuture<'_, Result<(), String>>;
}
