//! What a load left in the log.

use std::sync::atomic::Ordering;

use accord_event_log::worker::WorkerCounters;
use serde::Serialize;

/// The worker's counters at one moment.
#[derive(Clone, Copy, Debug)]
pub struct LogCounts {
    commits: u64,
    events: u64,
    stored_bytes: u64,
}

/// What was written between two moments.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct LogFigures {
    pub commits: u64,
    pub events: u64,
    pub events_per_commit: f64,
    pub stored_bytes_per_event: f64,
    pub stored_bytes_per_commit: f64,
}

impl LogCounts {
    pub fn of(counters: &WorkerCounters) -> Self {
        Self {
            commits: counters.commits.load(Ordering::Relaxed),
            events: counters.events.load(Ordering::Relaxed),
            stored_bytes: counters.stored_bytes.load(Ordering::Relaxed),
        }
    }

    pub fn since(&self, earlier: &Self) -> LogFigures {
        let commits = self.commits - earlier.commits;
        let events = self.events - earlier.events;
        let stored_bytes = self.stored_bytes - earlier.stored_bytes;
        let each = |of: u64, count: u64| of as f64 / count.max(1) as f64;
        LogFigures {
            commits,
            events,
            events_per_commit: each(events, commits),
            stored_bytes_per_event: each(stored_bytes, events),
            stored_bytes_per_commit: each(stored_bytes, commits),
        }
    }
}
