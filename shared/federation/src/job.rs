//! A training job: secure sums that drive a learner.
//!
//! The learner is the same that trains on rows in one place; here it sees a secure sum instead of a plain one. Every
//! institution and the coordinator run their own copy of it and absorb the same totals, so that nobody ever sends a
//! state, and the hash of what each has learnt is part of what it signs.

mod coordinator;
mod participant;

use accord_learning::Learner;
use thiserror::Error;

use crate::hash::Hash;
use crate::plan::AgreedPlan;

pub use coordinator::{ATTEMPTS_MAX, Pause, TrainingCoordinator};
pub use participant::{TrainingParticipant, TrainingRefusal};

/// Why a job cannot begin or go on after a restart.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum JobError {
    /// The identity is not the one in the plan.
    #[error("this identity has no part in the plan")]
    NotInPlan,
    /// The learner is set up otherwise than the plan says.
    #[error("the learner is not the one that the plan names: its hyper-parameters differ")]
    OtherLearner,
    /// The events do not lead where they led before.
    #[error("the released sums cannot be absorbed again: {0}")]
    Replay(#[from] accord_learning::AbsorbError),
}

/// What a learner has learnt so far, as signatures bind it.
fn model_hash(learner: &impl Learner) -> Hash {
    Hash::of("model", &[learner.progress_hash().as_bytes()])
}

fn check_start(agreed: &AgreedPlan, learner: &impl Learner) -> Result<(), JobError> {
    if learner.progress_hash() == agreed.plan().learner.start {
        Ok(())
    } else {
        Err(JobError::OtherLearner)
    }
}
