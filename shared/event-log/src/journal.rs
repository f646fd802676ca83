//! Where commits become durable.

pub mod memory;
pub mod reader;
pub mod segment;
mod spare_wal;
pub mod sqlite;
mod tail;

use std::sync::Arc;

use crate::commit::StoredCommit;

/// How an append can end other than well.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// Surely not in the log.
    #[error("not committed: {0}")]
    NotCommitted(String),
    /// It may be in the log or not; only reading the log after a fresh start tells.
    #[error("outcome unknown: {0}")]
    Unknown(String),
}

/// The one writer of a log.
pub trait Journal {
    /// Makes one commit durable before it returns.
    fn append(&mut self, commit: &Arc<StoredCommit>) -> Result<(), AppendError>;
}
