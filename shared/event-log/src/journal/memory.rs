//! A journal in memory whose commits can be made to fail, for simulations.

use std::sync::Arc;

use super::{AppendError, Journal};
use crate::commit::StoredCommit;

/// What the next append does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Refused; not in the log.
    NotCommitted,
    /// Reported as unknown although it is in the log.
    UnknownButStored,
    /// Reported as unknown and not in the log.
    UnknownAndLost,
}

/// Commits in a vector, with faults on demand.
#[derive(Clone, Debug, Default)]
pub struct MemoryJournal {
    commits: Vec<Arc<StoredCommit>>,
    next_fault: Option<Fault>,
}

impl MemoryJournal {
    pub fn commits(&self) -> &[Arc<StoredCommit>] {
        &self.commits
    }

    /// Decides how the next append ends.
    pub fn inject(&mut self, fault: Fault) {
        self.next_fault = Some(fault);
    }
}

impl Journal for MemoryJournal {
    fn append(&mut self, commit: &Arc<StoredCommit>) -> Result<(), AppendError> {
        let fault = self.next_fault.take().unwrap_or(Fault::None);
        if matches!(fault, Fault::None | Fault::UnknownButStored) {
            self.commits.push(Arc::clone(commit));
        }
        match fault {
            Fault::None => Ok(()),
            Fault::NotCommitted => Err(AppendError::NotCommitted("injected".into())),
            Fault::UnknownButStored | Fault::UnknownAndLost => {
                Err(AppendError::Unknown("injected".into()))
            }
        }
    }
}
