//! The newest commits in memory, so that projections and streams rarely go back to the disk.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{commit::StoredCommit, ids::Sequence};

/// Bytes of stored text that the tail keeps.
const TAIL_BYTES_MAX: usize = 24 << 20;

#[derive(Debug, Default)]
pub(crate) struct Tail {
    commits: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    commits: VecDeque<Arc<StoredCommit>>,
    bytes: usize,
}

impl Tail {
    pub fn push(&self, commit: Arc<StoredCommit>) {
        let mut kept = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += commit.events.len();
        kept.commits.push_back(commit);
        while kept.bytes > TAIL_BYTES_MAX && kept.commits.len() > 1 {
            if let Some(dropped) = kept.commits.pop_front() {
                kept.bytes -= dropped.events.len();
            }
        }
    }

    /// Commits with events after `after`, or `None` where the tail does not reach back that far.
    pub fn after(&self, after: Sequence, bytes_max: usize) -> Option<Vec<Arc<StoredCommit>>> {
        let kept = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = kept.commits.front()?;
        if oldest.first_sequence > after.next() {
            return None;
        }
        let start = kept
            .commits
            .partition_point(|commit| commit.last_sequence() <= after);
        let mut bytes = 0;
        let mut found = Vec::new();
        for commit in kept.commits.range(start..) {
            if bytes > 0 && bytes + commit.events.len() > bytes_max {
                break;
            }
            bytes += commit.events.len();
            found.push(Arc::clone(commit));
        }
        Some(found)
    }

    pub fn clear(&self) {
        let mut kept = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Kept::default();
    }
}
