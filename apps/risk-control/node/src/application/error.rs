//! Why a node did not do what it was asked.

use accord_event_log::{Unavailable, journal::reader::ReadError, subject_keys::SubjectKeyError};
use risk_control::Rejection;

/// Failures of the application, which the HTTP layer translates one by one.
#[derive(Debug, thiserror::Error)]
pub enum ApplicationError {
    #[error(transparent)]
    Rejected(Rejection),
    #[error("the identity was used before with another payload")]
    KeyReused,
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    #[error("there is no such transaction")]
    UnknownTransaction,
    #[error("there is no such case")]
    UnknownCase,
    #[error("no label waits for this transaction")]
    UnknownParkedLabel,
    #[error("a label for a transaction that is not known yet cannot carry a note")]
    NoteWithoutCustomer,
    #[error("the personal data of this customer has been erased")]
    Erased,
    #[error("the read models are behind by {lag} events")]
    ReadModelBehind { lag: u64 },
    #[error("the node accounts in {expected}")]
    OtherCurrency { expected: String },
    #[error(transparent)]
    SubjectKeys(#[from] SubjectKeyError),
    #[error(transparent)]
    Log(#[from] ReadError),
    #[error("read models: {0}")]
    Query(#[from] sqlx::Error),
    #[error("{0}")]
    Training(String),
    #[error("the training was cancelled")]
    TrainingCancelled,
    #[error("a model is being trained already")]
    TrainingUnderWay,
    #[error(
        "there are no transactions of both kinds, frauds and others, that are old enough to learn from"
    )]
    NothingToLearn,
    #[error("an answer of the log does not fit its command")]
    Inconsistent,
}
