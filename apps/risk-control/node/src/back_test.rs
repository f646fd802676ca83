//! Back-tests of a candidate policy over the node's own history.
//!
//! [`history`] keeps the history in columns beside the log (a folder that may be deleted at any time); [`evaluation`]
//! runs both policies over it on all cores; [`jobs`] runs one back-test at a time in the background, with progress, and
//! keeps finished ones as files under the hash of what they say.

mod evaluation;
mod history;
mod jobs;

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use accord_event_log::journal::reader::ReadError;
use risk_control::{Candidate, Rejection};
use risk_control_back_test::PolicyFault;

pub use jobs::{BackTestJob, BackTestJobs, BackTestResult, BackTestState};

/// Alerts that a bank can work in a day, where nobody says.
pub const ALERTS_A_DAY_DEFAULT: u32 = 100;

/// What is to be tested, over which part of the history.
#[derive(Clone, Debug, PartialEq)]
pub struct BackTestRequest {
    /// The draft that the candidate stands in, if it stands in one.
    pub draft: Option<u64>,
    pub candidate: Candidate,
    /// Event time in epoch microseconds, the end not included; absent: from the beginning, to the end.
    pub from_us: Option<i64>,
    pub to_us: Option<i64>,
    pub alerts_a_day: u32,
    /// Whether earlier blocks change later features.
    pub counterfactual: bool,
}

/// How far a back-test is, and whether it is to end early. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct BackTestProgress {
    shared: Arc<ProgressCounters>,
}

#[derive(Debug, Default)]
struct ProgressCounters {
    /// Events of the log that were put into columns.
    prepared: AtomicU64,
    /// Events whose transactions were decided.
    done: AtomicU64,
    total: AtomicU64,
    cancelled: AtomicBool,
}

impl BackTestProgress {
    pub fn cancel(&self) {
        self.shared.cancelled.store(true, Ordering::Relaxed);
    }

    /// Share of the work that is done, 0 to 1. Reading the log into columns, where it has to be, is half of it.
    pub fn share(&self) -> f64 {
        let total = self.shared.total.load(Ordering::Relaxed);
        if total == 0 {
            return 0.0;
        }
        let steps =
            self.shared.prepared.load(Ordering::Relaxed) + self.shared.done.load(Ordering::Relaxed);
        (steps as f64 / (2.0 * total as f64)).min(1.0)
    }

    fn begin(&self, total: u64) {
        self.shared.total.store(total, Ordering::Relaxed);
    }

    fn prepared(&self, events: u64) {
        self.shared.prepared.fetch_add(events, Ordering::Relaxed);
    }

    fn done(&self, events: u64) {
        self.shared.done.fetch_add(events, Ordering::Relaxed);
    }

    fn check(&self) -> Result<(), BackTestError> {
        if self.shared.cancelled.load(Ordering::Relaxed) {
            Err(BackTestError::Cancelled)
        } else {
            Ok(())
        }
    }
}

/// Why a back-test has no result.
#[derive(Debug, thiserror::Error)]
pub enum BackTestError {
    #[error("it was cancelled")]
    Cancelled,
    #[error("no policy is active yet, so there is nothing to compare with")]
    NoPolicy,
    #[error("the period is empty")]
    EmptyPeriod,
    #[error("the model {0} is not here, or reads features that are not in the history")]
    NoModel(String),
    #[error(transparent)]
    Policy(#[from] PolicyFault),
    #[error("the log: {0}")]
    Log(#[from] ReadError),
    #[error("the history does not fold again: {0}")]
    Refused(Rejection),
    #[error("{0}")]
    File(String),
    #[error("a back-test is running already; wait for it or cancel it")]
    Busy,
    #[error("there is no back-test of this id")]
    Unknown,
}
