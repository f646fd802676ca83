//! One exhaustive translation of the application's failures into problem documents.

use accord_event_log::{Unavailable, subject_keys::SubjectKeyError};
use accord_service::{FieldError, Problem, ProblemKind};
use recommendation::Rejection;

use super::instant::time_text;
use crate::application::ApplicationError;

/// Wraps what the application answers, so that `?` gives a problem document.
impl From<ApplicationError> for Problem {
    fn from(error: ApplicationError) -> Self {
        let not_found = |detail: &'static str| Self::new(ProblemKind::NotFound).detail(detail);
        match error {
            ApplicationError::Rejected(rejection) => rejected(&rejection),
            ApplicationError::InvalidItem(faults) => faults
                .into_iter()
                .map(|fault| FieldError::at_pointer(fault.pointer, fault.message))
                .fold(Self::new(ProblemKind::InvalidField), Self::field),
            ApplicationError::InvalidFilter(faults) => faults
                .into_iter()
                .map(|fault| FieldError::at_pointer("#/filter", fault.to_string()))
                .fold(Self::new(ProblemKind::InvalidField), Self::field),
            ApplicationError::KeyReused => Self::new(ProblemKind::IdempotencyKeyReused)
                .detail("This identity was used before with other content; nothing was changed."),
            ApplicationError::Unavailable(unavailable) => unavailable_problem(&unavailable),
            ApplicationError::UnknownItem => not_found("There is no such item."),
            ApplicationError::UnknownOrder => {
                not_found("There is no such order, or it was closed long ago.")
            }
            ApplicationError::Erased(erasure) => Self::new(ProblemKind::Erased)
                .detail("The shopper of this list was erased; the log says so.")
                .extension("erased_at", time_text(erasure.at_us))
                .extension("erased_by_event", erasure.sequence),
            ApplicationError::UnknownList => {
                not_found("There is no such list, or it was not recorded.")
            }
            ApplicationError::UnknownShopper => not_found("Nobody has met this shopper yet."),
            ApplicationError::ReadModelBehind { lag } => {
                Self::new(ProblemKind::PositionNotReached).extension("lag_events", lag)
            }
            ApplicationError::OtherCurrency { expected } => Self::new(ProblemKind::InvalidField)
                .field(FieldError::at_pointer(
                    "#/currency",
                    format!("the prices of this shop are in {expected}"),
                )),
            ApplicationError::SubjectKeys(SubjectKeyError::Busy) => {
                Self::new(ProblemKind::QueueFull)
            }
            ApplicationError::SubjectKeys(error) => {
                tracing::error!(%error, "the key store failed");
                Self::new(ProblemKind::ReadOnly).detail(
                    "The key store takes no new shoppers now; nothing was stored. Retry with the same key.",
                )
            }
            ApplicationError::TrainingUnderWay => {
                Self::new(ProblemKind::Conflict).detail("A training is under way already.")
            }
            ApplicationError::NothingToLearn => Self::new(ProblemKind::Conflict).detail(
                "There is nothing to learn from yet: a model needs items and at least two shoppers who did something.",
            ),
            ApplicationError::Log(error) => Self::internal(&error),
            ApplicationError::Query(sqlx::Error::PoolTimedOut) => Self::new(ProblemKind::QueueFull),
            ApplicationError::Query(sqlx::Error::PoolClosed) => {
                Self::new(ProblemKind::ShuttingDown)
            }
            ApplicationError::Query(error) => Self::internal(&error),
            ApplicationError::Model(error) => Self::internal(&error),
            ApplicationError::Training(error) => Self::internal(&error),
            ApplicationError::Inconsistent => Self::internal(&"an answer does not fit its command"),
        }
    }
}

fn rejected(rejection: &Rejection) -> Problem {
    let conflict = || Problem::new(ProblemKind::Conflict).detail(rejection.to_string());
    let at = |pointer: &str| {
        Problem::new(ProblemKind::InvalidField)
            .field(FieldError::at_pointer(pointer, rejection.to_string()))
    };
    match rejection {
        Rejection::OccurredInFuture => at("#/occurred_at"),
        Rejection::InvalidLines => at("#/lines"),
        Rejection::UnknownItem { item_id } | Rejection::NotAvailable { item_id } => {
            conflict().extension("item_id", item_id.clone())
        }
        Rejection::OutOfStock { item_id, available } => conflict()
            .extension("item_id", item_id.clone())
            .extension("available", *available),
        Rejection::OrderCannotChange { status } => conflict().extension("status", status.name()),
        Rejection::Erased => {
            Problem::new(ProblemKind::Erased).detail("This shopper is being erased.")
        }
        Rejection::UnknownShopper => {
            Problem::new(ProblemKind::NotFound).detail(rejection.to_string())
        }
        Rejection::OrderExists | Rejection::TooManyCampaigns => conflict(),
        Rejection::UnknownOrder | Rejection::UnknownModel | Rejection::UnknownCampaign => {
            Problem::new(ProblemKind::NotFound).detail(rejection.to_string())
        }
        Rejection::InvalidSettings { field, .. } => at(&format!("#/{field}")),
        Rejection::InvalidCampaign(faults) => faults
            .iter()
            .map(|fault| {
                FieldError::at_pointer(format!("#/{}", fault.field), fault.message.clone())
            })
            .fold(Problem::new(ProblemKind::InvalidField), Problem::field),
        Rejection::StaleSettings | Rejection::StaleCampaign => {
            Problem::new(ProblemKind::PreconditionFailed).detail(rejection.to_string())
        }
        Rejection::CatalogueFull | Rejection::WrongPartition => {
            Problem::new(ProblemKind::CommandRejected).detail(rejection.to_string())
        }
    }
}

fn unavailable_problem(unavailable: &Unavailable) -> Problem {
    match unavailable {
        Unavailable::QueueFull => Problem::new(ProblemKind::QueueFull),
        Unavailable::Expired => Problem::new(ProblemKind::DeadlineExceeded),
        Unavailable::NotCommitted(reason) => {
            tracing::error!(reason, "a commit was refused");
            Problem::new(ProblemKind::ReadOnly).detail(
                "The log could not take the commit; nothing was stored. Retry with the same key.",
            )
        }
        Unavailable::OutcomeUnknown(reason) => {
            tracing::error!(reason, "the outcome of a commit is unknown");
            Problem::new(ProblemKind::OutcomeUnknown)
        }
        Unavailable::ReadOnly(reason) => Problem::new(ProblemKind::ReadOnly).detail(format!(
            "The log takes no writes: {reason}. Retry with the same key."
        )),
        Unavailable::Stopping => Problem::new(ProblemKind::ShuttingDown),
    }
}
