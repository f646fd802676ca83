//! Learns again from the released sums: shows which model a job led to.

use accord_learning::{AbsorbError, Learner};
use thiserror::Error;

use super::{Entry, Transcript};
use crate::hash::Hash;

/// Why the sums do not lead to a model.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReplayError {
    /// The learner is not the plan's.
    #[error("the learner is not the one that the plan names")]
    OtherLearner,
    /// A round was opened with another query or another state of learning than the sums before it lead to.
    #[error("round {0} does not follow from the sums before it")]
    OtherCourse(u32),
    /// A sum that no rows can give.
    #[error(transparent)]
    Absorb(#[from] AbsorbError),
}

/// Brings a learner at its start to where the transcript ends.
pub fn replay<L: Learner>(transcript: &Transcript, mut learner: L) -> Result<L, ReplayError> {
    if learner.progress_hash() != transcript.agreed.plan().learner.start {
        return Err(ReplayError::OtherLearner);
    }
    for entry in &transcript.entries {
        match entry {
            Entry::Opening(signed) => {
                let opening = &signed.body;
                let model = Hash::of("model", &[learner.progress_hash().as_bytes()]);
                if learner.next_query().as_ref() != Some(&opening.query.0) || model != opening.model
                {
                    return Err(ReplayError::OtherCourse(opening.round));
                }
            }
            Entry::Release(release) => learner.absorb(&release.total.to_signed())?,
            Entry::Closure(_) => learner.close_unit(),
            _ => {}
        }
    }
    Ok(learner)
}
