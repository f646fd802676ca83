//! One exhaustive translation of the application's failures into problem documents.

use accord_event_log::Unavailable;
use accord_service::{FieldError, Problem, ProblemKind};
use risk_control::{CaseRejection, Rejection};

use crate::application::ApplicationError;

/// Wraps what the application answers, so that `?` gives a problem document.
impl From<ApplicationError> for Problem {
    fn from(error: ApplicationError) -> Self {
        match error {
            ApplicationError::Rejected(rejection) => rejected(&rejection),
            ApplicationError::KeyReused => Self::new(ProblemKind::IdempotencyKeyReused)
                .detail("This identity was used before with other content; nothing was changed."),
            ApplicationError::Unavailable(unavailable) => unavailable_problem(&unavailable),
            ApplicationError::UnknownTransaction => {
                Self::new(ProblemKind::NotFound).detail("There is no such transaction.")
            }
            ApplicationError::UnknownCase => {
                Self::new(ProblemKind::NotFound).detail("There is no such case.")
            }
            ApplicationError::UnknownParkedLabel => Self::new(ProblemKind::NotFound)
                .detail("No label waits for this transaction."),
            ApplicationError::NoteWithoutCustomer => Self::new(ProblemKind::InvalidField).field(
                FieldError::at_pointer(
                    "#/note",
                    "must be absent while the transaction is not known: notes are sealed under the customer's key",
                ),
            ),
            ApplicationError::Erased => Self::new(ProblemKind::Erased)
                .detail("The personal data of this customer has been erased."),
            ApplicationError::ReadModelBehind { lag } => {
                Self::new(ProblemKind::PositionNotReached).extension("lag_events", lag)
            }
            ApplicationError::OtherCurrency { expected } => Self::new(ProblemKind::InvalidField)
                .field(FieldError::at_pointer(
                    "#/currency",
                    format!("this node accounts in {expected}"),
                )),
            ApplicationError::SubjectKeys(
                accord_event_log::subject_keys::SubjectKeyError::Busy,
            ) => Self::new(ProblemKind::QueueFull),
            ApplicationError::SubjectKeys(error) => {
                tracing::error!(%error, "the key store failed");
                Self::new(ProblemKind::ReadOnly).detail(
                    "The key store takes no new customers now; nothing was decided. Retry with the same key.",
                )
            }
            ApplicationError::Log(error) => Self::internal(&error),
            ApplicationError::Query(error) => Self::internal(&error),
            ApplicationError::Training(error) => Self::internal(&error),
            ApplicationError::TrainingCancelled => {
                Self::new(ProblemKind::Conflict).detail("The training was cancelled.")
            }
            ApplicationError::TrainingUnderWay => Self::new(ProblemKind::Conflict)
                .detail("A model is being trained already; wait for it or cancel it."),
            ApplicationError::NothingToLearn => Self::new(ProblemKind::CommandRejected).detail(
                "There are no transactions of both kinds, frauds and others, that are old enough to learn from.",
            ),
            ApplicationError::Inconsistent => Self::internal(&"an answer does not fit its command"),
        }
    }
}

fn rejected(rejection: &Rejection) -> Problem {
    let at = |pointer: &str| {
        Problem::new(ProblemKind::InvalidField)
            .field(FieldError::at_pointer(pointer, rejection.to_string()))
    };
    match rejection {
        Rejection::OccurredInFuture | Rejection::OccurredTooLongAgo => at("#/occurred_at"),
        Rejection::BeforeTransaction => at("#/happened_at"),
        Rejection::RefundTooLarge => at("#/amount_minor"),
        // Every bank gets its first policy right after its history.
        Rejection::NoPolicy => Problem::new(ProblemKind::Starting)
            .detail("starting: history is being loaded, and no model decides yet"),
        Rejection::ModelNotLoaded => {
            Problem::new(ProblemKind::ReadOnly).detail(rejection.to_string())
        }
        Rejection::InvalidContent(faults) => faults
            .iter()
            .map(|fault| {
                FieldError::at_pointer(format!("#{}", fault.pointer), fault.message.clone())
            })
            .fold(Problem::new(ProblemKind::InvalidField), Problem::field),
        Rejection::UnknownDraft
        | Rejection::UnknownPolicyVersion
        | Rejection::UnknownRule
        | Rejection::UnknownModel => {
            Problem::new(ProblemKind::NotFound).detail(sentence(rejection))
        }
        Rejection::DraftChanged => {
            Problem::new(ProblemKind::PreconditionFailed).detail(sentence(rejection))
        }
        Rejection::SamePerson => Problem::new(ProblemKind::Forbidden).detail(sentence(rejection)),
        Rejection::TooManyDrafts
        | Rejection::StaleDraft
        | Rejection::NothingToSubmit
        | Rejection::NotOpen
        | Rejection::NotSubmitted
        | Rejection::NotApproved
        | Rejection::OtherCandidate
        | Rejection::AlreadyOff
        | Rejection::NothingToReview
        | Rejection::NeedsApproval
        | Rejection::AlreadyReversed
        | Rejection::AlreadyRefunded
        | Rejection::NotChallenged
        | Rejection::ChallengeAnswered
        | Rejection::DecidesAlready
        | Rejection::InShadowAlready
        | Rejection::NotInShadow
        | Rejection::TooManyShadows
        | Rejection::NoEarlierModel
        | Rejection::RollBackUnderReview
        | Rejection::NoRollBackToReview => {
            Problem::new(ProblemKind::Conflict).detail(sentence(rejection))
        }
        Rejection::InvalidThresholds
        | Rejection::StalePolicyVersion
        | Rejection::TooManyParkedLabels
        | Rejection::TooManyWebhooks
        | Rejection::WrongPartition => {
            Problem::new(ProblemKind::CommandRejected).detail(rejection.to_string())
        }
        Rejection::UnknownWebhook => {
            Problem::new(ProblemKind::NotFound).detail("There is no such webhook.")
        }
        Rejection::Case(rejection) => case_rejected(rejection),
    }
}

fn case_rejected(rejection: &CaseRejection) -> Problem {
    let kind = match rejection {
        CaseRejection::VersionMismatch { current } => {
            return Problem::new(ProblemKind::PreconditionFailed)
                .detail(rejection.to_string())
                .extension("current_version", *current);
        }
        CaseRejection::AssignedToAnother
        | CaseRejection::NeedsSupervisor
        | CaseRejection::NotTheirResolution => ProblemKind::Forbidden,
        CaseRejection::OutOfReach
        | CaseRejection::Closed
        | CaseRejection::NotClosed
        | CaseRejection::UndoWindowOver
        | CaseRejection::Expired
        | CaseRejection::StaleSettingsVersion => ProblemKind::Conflict,
        CaseRejection::InvalidSettings => ProblemKind::CommandRejected,
    };
    Problem::new(kind).detail(rejection.to_string())
}

/// A rejection as a sentence of its own.
fn sentence(rejection: &Rejection) -> String {
    let said = rejection.to_string();
    let mut characters = said.chars();
    let first = characters
        .next()
        .map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), characters.as_str())
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

/// A failed question to the read models.
pub(crate) fn query_problem(error: sqlx::Error) -> Problem {
    match error {
        sqlx::Error::PoolTimedOut => Problem::new(ProblemKind::QueueFull),
        sqlx::Error::PoolClosed => Problem::new(ProblemKind::ShuttingDown),
        other => Problem::internal(&other),
    }
}
