//! Why a node did not do what it was asked.

use accord_event_log::{Unavailable, journal::reader::ReadError, subject_keys::SubjectKeyError};
use accord_expressions::Fault;
use recommendation::{Erasure, ItemFault, Rejection};

use crate::live::Behind;

/// Failures of the application, which the HTTP layer translates one by one.
#[derive(Debug, thiserror::Error)]
pub enum ApplicationError {
    #[error(transparent)]
    Rejected(Rejection),
    #[error("the item's description is not valid")]
    InvalidItem(Vec<ItemFault>),
    #[error("the filter is not valid")]
    InvalidFilter(Vec<Fault>),
    #[error("the identity was used before with another payload")]
    KeyReused,
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    #[error("there is no such item")]
    UnknownItem,
    #[error("there is no such order")]
    UnknownOrder,
    #[error("the shopper of this list was erased")]
    Erased(Erasure),
    #[error("there is no such list")]
    UnknownList,
    #[error("there is no such shopper")]
    UnknownShopper,
    #[error("the read models are behind by {lag} events")]
    ReadModelBehind { lag: u64 },
    #[error("the node's prices are in {expected}")]
    OtherCurrency { expected: String },
    #[error(transparent)]
    SubjectKeys(#[from] SubjectKeyError),
    #[error(transparent)]
    Log(#[from] ReadError),
    #[error("read models: {0}")]
    Query(#[from] sqlx::Error),
    #[error("a model could not be loaded: {0}")]
    Model(std::io::Error),
    #[error("a training is under way already")]
    TrainingUnderWay,
    #[error("there is nothing to learn from yet")]
    NothingToLearn,
    #[error("training: {0}")]
    Training(String),
    #[error("an answer of the log does not fit its command")]
    Inconsistent,
}

impl From<Behind> for ApplicationError {
    fn from(behind: Behind) -> Self {
        Self::ReadModelBehind { lag: behind.events }
    }
}
