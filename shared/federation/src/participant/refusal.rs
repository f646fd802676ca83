//! Why a participant does not do what it is asked.

use thiserror::Error;

use crate::parties::Party;
use crate::plan::PlanBreach;
use crate::privacy::BudgetExceeded;
use crate::ring::DoesNotFit;

/// A message that is not followed. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum Refusal {
    /// The plan's coordinator did not sign it, or signed it for another job.
    #[error("the message is not signed by the plan's coordinator for this job")]
    NotFromCoordinator,
    /// It belongs to a batch, round or attempt that is over.
    #[error("the message belongs to a batch, round or attempt that is over")]
    Stale,
    /// Something that should have come before it did not.
    #[error("the message comes before something that this participant still waits for")]
    TooEarly,
    /// Another message of the same kind was answered before.
    #[error("another view of the same step was answered before")]
    SecondView,
    /// M5 was answered in this round already.
    #[error("this round was unmasked before; it can only be repeated or closed")]
    AlreadyAnswered,
    /// The keys in the directory are not sound.
    #[error("the key directory is not sound: {0}")]
    Keys(&'static str),
    /// A signature of this participant does not hold.
    #[error("the signature of {0} does not hold")]
    BadSignature(Party),
    /// Fewer institutions than the plan demands, or others than allowed.
    #[error("{actual} institutions, the plan demands {needed}")]
    TooFew {
        /// Institutions in the set.
        actual: usize,
        /// The plan's number.
        needed: usize,
    },
    /// The set does not contain this participant, or contains strangers.
    #[error("the set of institutions is not sound: {0}")]
    Members(&'static str),
    /// Within a unit, or for a statistic that may have been opened, only one set of institutions is summed.
    #[error("this statistic may only be summed over the institutions that it was opened for")]
    OtherCohort,
    /// The coordinator asks something else than this participant's own learner does.
    #[error("the query is not the one that the own learner asks")]
    OtherQuery,
    /// The coordinator's learner has learnt something else.
    #[error("the coordinator's model is not the own model")]
    OtherModel,
    /// The plan does not allow the query.
    #[error(transparent)]
    Plan(#[from] PlanBreach),
    /// A coordinate of the own answer is larger than the plan allows.
    #[error("coordinate {0} of the own answer is larger than the plan allows")]
    AnswerTooLarge(usize),
    /// The own answer has another length than the query.
    #[error("the own answer has {0} coordinates")]
    AnswerDimension(usize),
    /// The own answer does not fit the ring.
    #[error(transparent)]
    DoesNotFit(#[from] DoesNotFit),
    /// The budget does not allow another release.
    #[error(transparent)]
    Budget(#[from] BudgetExceeded),
    /// The key of this sum was used, or deleted.
    #[error("the keys of this sum were used before")]
    KeyUsed,
    /// Fewer valid signatures than the threshold.
    #[error("{actual} valid signatures over the survivors, {needed} are needed")]
    TooFewSignatures {
        /// Valid signatures of different survivors.
        actual: usize,
        /// t.
        needed: usize,
    },
    /// A released total that no answers can add up to.
    #[error("coordinate {0} of the total is impossible")]
    ImpossibleTotal(usize),
    /// The total is not the one that was signed, or has another form than the plan says.
    #[error("the total is not the signed one, or not of the plan's form")]
    OtherTotal,
    /// The masked answer would differ from the one that was announced before: rows changed in between.
    #[error("the answer differs from the one that was masked before")]
    AnswerChanged,
}
