//! What a page's form posts, and where the reader goes then.

use accord_service::{IdempotencyKey, Problem, ProblemKind};
use axum::{
    Form,
    extract::{FromRequest, Request, rejection::FormRejection},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::application::Governed;

/// A form that was posted; what is not one is a problem.
pub(super) struct PageForm<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for PageForm<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Form::<T>::from_request(request, state).await {
            Ok(Form(form)) => Ok(Self(form)),
            Err(FormRejection::InvalidFormContentType(_)) => {
                Err(Problem::new(ProblemKind::UnsupportedMediaType)
                    .detail("Pages post application/x-www-form-urlencoded."))
            }
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(Problem::new(ProblemKind::BodyTooLarge))
            }
            Err(rejection) => {
                Err(Problem::new(ProblemKind::MalformedRequest).detail(rejection.body_text()))
            }
        }
    }
}

/// A key for the next step from a page: posting the same form twice does it once.
pub(super) fn fresh_key() -> String {
    Uuid::new_v4().simple().to_string()
}

/// The key that a form brought.
pub(super) fn form_key(key: &str) -> Result<IdempotencyKey, Problem> {
    IdempotencyKey::parse(key).ok_or_else(|| Problem::new(ProblemKind::InvalidIdempotencyKey))
}

/// Sends the reader to a page that shows what was just done.
pub(super) fn see(href: &str, governed: &Governed) -> Response {
    let separator = if href.contains('?') { '&' } else { '?' };
    let location = format!("{href}{separator}position={}", governed.position.to_token());
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// Whether a refusal is the reader's to read on the page, and not the server's.
pub(super) fn belongs_on_the_page(problem: &Problem) -> bool {
    matches!(
        problem.kind(),
        ProblemKind::InvalidField
            | ProblemKind::Conflict
            | ProblemKind::Forbidden
            | ProblemKind::PreconditionFailed
            | ProblemKind::CommandRejected
            | ProblemKind::NotFound
    )
}

/// A refusal in a sentence.
pub(super) fn in_words(problem: Problem) -> String {
    let document = problem.into_document();
    document
        .errors
        .first()
        .map(|error| error.detail.clone())
        .or(document.detail)
        .unwrap_or(document.title)
}
