//! Where the time of a decision goes: one counter for each stage, cheap enough to stay on in production.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// A stage of the path from request to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Stage {
    Parse,
    Encrypt,
    Decide,
    Encode,
    Hash,
    Commit,
    Project,
    Reply,
}

impl Stage {
    pub const ALL: [Self; 8] = [
        Self::Parse,
        Self::Encrypt,
        Self::Decide,
        Self::Encode,
        Self::Hash,
        Self::Commit,
        Self::Project,
        Self::Reply,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Parse => "parse",
            Self::Encrypt => "encrypt",
            Self::Decide => "decide",
            Self::Encode => "encode",
            Self::Hash => "hash",
            Self::Commit => "commit",
            Self::Project => "project",
            Self::Reply => "reply",
        }
    }
}

/// Busy time and items of each stage since the node started.
#[derive(Debug, Default)]
pub struct StageTimes {
    nanoseconds: [AtomicU64; 8],
    items: [AtomicU64; 8],
}

impl StageTimes {
    pub fn add(&self, stage: Stage, elapsed: Duration, items: u64) {
        let nanoseconds = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds[stage as usize].fetch_add(nanoseconds, Ordering::Relaxed);
        self.items[stage as usize].fetch_add(items, Ordering::Relaxed);
    }

    /// Adds the time since `start` for one item and gives the present, for the next stage to start from.
    pub fn lap(&self, stage: Stage, start: Instant) -> Instant {
        let now = Instant::now();
        self.add(stage, now - start, 1);
        now
    }

    /// Busy nanoseconds and items of a stage.
    pub fn read(&self, stage: Stage) -> (u64, u64) {
        (
            self.nanoseconds[stage as usize].load(Ordering::Relaxed),
            self.items[stage as usize].load(Ordering::Relaxed),
        )
    }
}
