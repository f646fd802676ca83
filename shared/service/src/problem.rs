//! Problem documents: how every failure is answered (RFC 9457).

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::problem_kind::ProblemKind;

/// The media type of a problem document.
pub const PROBLEM_CONTENT_TYPE: &str = "application/problem+json";

/// A failure as it is told to the caller.
///
/// The kind fixes type URI, title and status; everything else is about this occurrence. Nothing in
/// a problem is secret from the caller, and none of it is logged.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    kind: ProblemKind,
    detail: Option<Cow<'static, str>>,
    instance: Option<Box<str>>,
    errors: Vec<FieldError>,
    retry_after_seconds: Option<u32>,
    extensions: Map<String, Value>,
}

/// What is wrong with one field of the body or one parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// JSON Pointer (RFC 6901) into the body, as a URI fragment such as `#/amount/currency`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Name of the query or path parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// What is wrong, in a sentence.
    pub detail: String,
}

impl FieldError {
    /// An error at a place in the body; `pointer` is a URI fragment such as `#/amount`.
    #[must_use]
    pub fn at_pointer(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            pointer: Some(pointer.into()),
            parameter: None,
            detail: detail.into(),
        }
    }

    /// An error in a query or path parameter.
    #[must_use]
    pub fn at_parameter(parameter: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            pointer: None,
            parameter: Some(parameter.into()),
            detail: detail.into(),
        }
    }
}

impl Problem {
    /// A problem of this kind with nothing more to say.
    #[must_use]
    pub fn new(kind: ProblemKind) -> Self {
        Self {
            kind,
            detail: None,
            instance: None,
            errors: Vec::new(),
            retry_after_seconds: kind.default_retry_after_seconds(),
            extensions: Map::new(),
        }
    }

    /// The answer to an unexpected failure: the error goes to the log, the caller learns nothing.
    ///
    /// The error must not name personal data, because it is logged as it is.
    #[must_use]
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "an unexpected failure was answered with 500");
        Self::new(ProblemKind::Internal)
    }

    /// Says what is particular about this occurrence.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Names this occurrence by a URI reference, for example the path of the receipt of an erasure.
    #[must_use]
    pub fn instance(mut self, reference: impl Into<Box<str>>) -> Self {
        self.instance = Some(reference.into());
        self
    }

    /// Adds a faulty field.
    #[must_use]
    pub fn field(mut self, error: FieldError) -> Self {
        self.errors.push(error);
        self
    }

    /// Overrides after how many seconds a retry makes sense (the `Retry-After` header).
    #[must_use]
    pub fn retry_after_seconds(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// Adds a member beside the standard ones, in snake case.
    #[must_use]
    pub fn extension(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extensions.insert(name.to_owned(), value.into());
        self
    }

    /// The kind of the problem.
    #[must_use]
    pub const fn kind(&self) -> ProblemKind {
        self.kind
    }

    /// The HTTP status of the answer.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.kind.status()
    }

    /// The document as it goes over the wire.
    #[must_use]
    pub fn into_document(self) -> ProblemDocument {
        ProblemDocument {
            type_: self.kind.type_reference().to_owned(),
            title: self.kind.title().to_owned(),
            status: self.kind.status().as_u16(),
            detail: self.detail.map(Cow::into_owned),
            instance: self.instance.map(Into::into),
            errors: self.errors,
            extensions: self.extensions,
        }
    }
}

impl From<ProblemKind> for Problem {
    fn from(kind: ProblemKind) -> Self {
        Self::new(kind)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} ({})", self.kind.title(), self.kind.slug())?;
        match &self.detail {
            Some(detail) => write!(formatter, ": {detail}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Problem {}

/// The wire form of a [`Problem`], to describe it in OpenAPI and to read it in clients and tests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// Relative reference that names the kind of problem; a page there explains it.
    #[serde(rename = "type")]
    #[schema(example = "/problems/invalid-field")]
    pub type_: String,
    /// Summary of the kind.
    pub title: String,
    /// The HTTP status, repeated.
    #[schema(example = 422)]
    pub status: u16,
    /// What is particular about this occurrence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// URI reference of this occurrence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The faulty fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Further members that depend on the kind.
    #[serde(flatten)]
    pub extensions: Map<String, Value>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let kind = self.kind;
        let retry_after_seconds = self.retry_after_seconds;
        let body = serde_json::to_vec(&self.into_document())
            .expect("a document of strings and JSON values always serialises");
        let mut response = (kind.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(PROBLEM_CONTENT_TYPE),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if kind == ProblemKind::Unauthenticated {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // Telemetry names the kind of a failure without having to read the body again.
        response.extensions_mut().insert(kind);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use serde_json::json;

    async fn body_of(response: Response) -> Value {
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[tokio::test]
    async fn a_problem_is_answered_as_rfc_9457_describes() {
        let response = Problem::new(ProblemKind::InvalidField)
            .detail("the amount is negative")
            .instance("/v1/transactions/7")
            .field(FieldError::at_pointer("#/amount", "must be positive"))
            .field(FieldError::at_parameter("limit", "must be at most 100"))
            .extension("limit_max", 100)
            .into_response();

        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            PROBLEM_CONTENT_TYPE
        );
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        assert_eq!(
            body_of(response).await,
            json!({
                "type": "/problems/invalid-field",
                "title": "A field is missing or has an invalid value",
                "status": 422,
                "detail": "the amount is negative",
                "instance": "/v1/transactions/7",
                "errors": [
                    {"pointer": "#/amount", "detail": "must be positive"},
                    {"parameter": "limit", "detail": "must be at most 100"},
                ],
                "limit_max": 100,
            })
        );
    }

    #[tokio::test]
    async fn what_is_absent_does_not_appear() {
        let body = body_of(Problem::new(ProblemKind::NotFound).into_response()).await;
        assert_eq!(
            body,
            json!({"type": "/problems/not-found", "title": "There is nothing at this address", "status": 404})
        );
    }

    #[test]
    fn headers_follow_from_the_kind() {
        let full = Problem::new(ProblemKind::QueueFull).into_response();
        assert_eq!(full.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(full.headers()[header::RETRY_AFTER], "1");

        let later = Problem::new(ProblemKind::ReadOnly)
            .retry_after_seconds(90)
            .into_response();
        assert_eq!(later.headers()[header::RETRY_AFTER], "90");

        let unknown = Problem::new(ProblemKind::Unauthenticated).into_response();
        assert_eq!(unknown.headers()[header::WWW_AUTHENTICATE], "Bearer");
        assert!(unknown.headers().get(header::RETRY_AFTER).is_none());
    }

    #[tokio::test]
    async fn an_internal_failure_leaks_nothing() {
        let problem = Problem::internal(&"no such table: subject_keys at /var/lib/accord");
        let body = body_of(problem.into_response()).await.to_string();
        assert!(!body.contains("subject_keys"), "{body}");
        assert!(!body.contains("/var"), "{body}");
    }

    #[test]
    fn every_kind_survives_the_wire() {
        for &kind in ProblemKind::ALL {
            let document = Problem::new(kind).detail("why").into_document();
            let text = serde_json::to_string(&document).unwrap();
            assert_eq!(
                serde_json::from_str::<ProblemDocument>(&text).unwrap(),
                document
            );
        }
    }
}
