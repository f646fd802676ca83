//! The registry of everything that can go wrong at the HTTP edge.
//!
//! One row per kind: its status, its slug (the last segment of the problem type URI), its title,
//! and what a caller should understand and do. The variants, [`ProblemKind::ALL`] and the page at
//! `/problems/{slug}` all come from these rows, so none of them can miss a kind.

use axum::http::StatusCode;

macro_rules! problem_kinds {
    ($($variant:ident = $status:ident, $slug:literal, $title:literal, $explanation:literal;)+) => {
        /// A kind of problem, which fixes the problem type URI, the title and the HTTP status.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ProblemKind {
            $(#[doc = $explanation] $variant,)+
        }

        impl ProblemKind {
            /// Every kind, in the order of the registry.
            pub const ALL: &'static [ProblemKind] = &[$(ProblemKind::$variant,)+];

            /// The last segment of the problem type URI, in kebab case; stable for clients.
            #[must_use]
            pub const fn slug(self) -> &'static str {
                match self { $(ProblemKind::$variant => $slug,)+ }
            }

            /// The HTTP status of the answer.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(ProblemKind::$variant => StatusCode::$status,)+ }
            }

            /// A short summary that is the same for every occurrence.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(ProblemKind::$variant => $title,)+ }
            }

            /// What happened and what the caller can do, for the page of this kind.
            #[must_use]
            pub const fn explanation(self) -> &'static str {
                match self { $(ProblemKind::$variant => $explanation,)+ }
            }

            /// The problem type URI: a relative reference, resolved against the server's root.
            #[must_use]
            pub const fn type_reference(self) -> &'static str {
                match self { $(ProblemKind::$variant => concat!("/problems/", $slug),)+ }
            }
        }
    };
}

problem_kinds! {
    MalformedJson = BAD_REQUEST, "malformed-json", "The body is not well-formed JSON",
        "The body could not be read as one JSON document. Correct the syntax at the given line and column.";
    MalformedRequest = BAD_REQUEST, "malformed-request", "The request could not be read",
        "The request breaks off or is not what HTTP allows here. Nothing was done.";
    InvalidField = UNPROCESSABLE_ENTITY, "invalid-field", "A field is missing or has an invalid value",
        "The request is well formed, but a field or parameter does not have the required shape. The errors list says which and why.";
    UnknownField = UNPROCESSABLE_ENTITY, "unknown-field", "A field is not known",
        "The request has a field or parameter that this operation does not know. Unknown fields are refused so that a misspelling is never silently ignored.";
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "The content type is not supported",
        "This operation takes only the content type named in the detail. The rule also keeps foreign web pages from posting forms.";
    BodyTooLarge = PAYLOAD_TOO_LARGE, "body-too-large", "The body is too large",
        "The body exceeds the limit of this operation, which the detail names in bytes. Send fewer items in one request.";
    RequestTimeout = REQUEST_TIMEOUT, "request-timeout", "The body did not arrive in time",
        "The request body took too long to arrive. Nothing was done; send the request again.";
    NotFound = NOT_FOUND, "not-found", "There is nothing at this address",
        "The route or the thing it names does not exist, or the caller may not know that it exists.";
    MethodNotAllowed = METHOD_NOT_ALLOWED, "method-not-allowed", "The method is not allowed here",
        "The route exists, but not with this method. The Allow header lists the methods that it takes.";
    Unauthenticated = UNAUTHORIZED, "unauthenticated", "The caller is not known",
        "The route needs a known caller, and the credentials are missing or wrong.";
    Forbidden = FORBIDDEN, "forbidden", "The caller may not do this",
        "The caller is known, but the operation is not open to any of its roles, or the request comes from a foreign web page.";
    HostNotAllowed = MISDIRECTED_REQUEST, "host-not-allowed", "This server does not answer to that host name",
        "A server that listens on loopback answers only to loopback names, so that a foreign web page cannot reach it by re-pointing its own name.";
    Conflict = CONFLICT, "conflict", "The current state does not allow this",
        "The command is valid, but what it addresses is in a state that does not allow it. Read it again before deciding what to do.";
    CommandRejected = UNPROCESSABLE_ENTITY, "command-rejected", "A business rule refuses the command",
        "The command is well formed, but a rule of the domain refuses it. The detail says which. A rejection is not remembered: the same key may be used again.";
    PreconditionFailed = PRECONDITION_FAILED, "precondition-failed", "The precondition does not hold",
        "The version named in the request is not the current one: someone else has changed it meanwhile. Read it again.";
    PreconditionRequired = PRECONDITION_REQUIRED, "precondition-required", "The request must say which version it means",
        "This operation changes something that several people work on. Send the ETag of the version that you have read as If-Match.";
    IdempotencyKeyReused = UNPROCESSABLE_ENTITY, "idempotency-key-reused", "The idempotency key was used for another payload",
        "A request with the same key and another payload was answered before. Use a new key for a new request.";
    InvalidIdempotencyKey = BAD_REQUEST, "invalid-idempotency-key", "The idempotency key is missing or invalid",
        "The operation needs an Idempotency-Key header of 1 to 255 visible ASCII characters.";
    InvalidCursor = BAD_REQUEST, "invalid-cursor", "The cursor is not valid",
        "The pagination cursor was not issued by this listing, or was changed. Start again without one.";
    InvalidPosition = BAD_REQUEST, "invalid-position", "The position is not valid",
        "The log position was not issued by this node, or was changed. Use a position exactly as an answer gave it.";
    PositionNotReached = SERVICE_UNAVAILABLE, "position-not-reached", "The read model is behind the requested position",
        "The read model has not yet caught up with the position that the query asks for. Try again after the given time.";
    Erased = GONE, "erased", "The data has been erased",
        "What this address named was erased for its data subject. The receipt proves it; the data cannot be restored.";
    QueueFull = TOO_MANY_REQUESTS, "queue-full", "Too many requests are waiting",
        "The bounded queue of commands is full. Nothing was decided; try again after the given time with the same key.";
    ReadOnly = SERVICE_UNAVAILABLE, "read-only", "The node takes no commands at present",
        "The node has stopped writing, usually because disk space is low. Queries still work. Nothing was decided; retry with the same key. It goes on by itself once it can write again.";
    Starting = SERVICE_UNAVAILABLE, "starting", "The node is starting",
        "The node is loading its history or waits for its first model and decides nothing yet. Retry with the same key after the given time.";
    DeadlineExceeded = SERVICE_UNAVAILABLE, "deadline-exceeded", "The deadline passed before a decision",
        "Nothing was decided. Retry with the same idempotency key, if need be with a longer Request-Timeout.";
    OutcomeUnknown = SERVICE_UNAVAILABLE, "outcome-unknown", "It is not known whether the command took effect",
        "The commit neither succeeded nor failed for certain. Retry with the same idempotency key to learn the outcome; with another key it might take effect twice.";
    ShuttingDown = SERVICE_UNAVAILABLE, "shutting-down", "The node is shutting down",
        "The node is finishing what it has begun and takes nothing new. Nothing was decided; retry with the same key.";
    Internal = INTERNAL_SERVER_ERROR, "internal", "Something went wrong inside",
        "An unexpected failure. Its details are in the log of the node and are not shown to callers.";
}

impl ProblemKind {
    /// The kind with this slug, if there is one.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.slug() == slug)
    }

    /// After how many seconds a retry makes sense, for kinds that pass by themselves.
    #[must_use]
    pub const fn default_retry_after_seconds(self) -> Option<u32> {
        match self {
            Self::QueueFull
            | Self::PositionNotReached
            | Self::DeadlineExceeded
            | Self::OutcomeUnknown
            | Self::ShuttingDown => Some(1),
            Self::Starting => Some(2),
            // Someone has to free disk space first: asking every second would not help.
            Self::ReadOnly => Some(30),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_slug_is_unique_kebab_case_and_leads_back_to_its_kind() {
        let mut seen = HashSet::new();
        for &kind in ProblemKind::ALL {
            let slug = kind.slug();
            assert!(seen.insert(slug), "{slug} occurs twice");
            assert!(
                slug.chars().all(|c| c.is_ascii_lowercase() || c == '-'),
                "{slug}"
            );
            assert_eq!(ProblemKind::from_slug(slug), Some(kind));
            assert_eq!(kind.type_reference(), format!("/problems/{slug}"));
        }
    }

    #[test]
    fn every_kind_is_an_error_and_explains_itself_in_a_sentence() {
        for kind in ProblemKind::ALL {
            let status = kind.status();
            assert!(
                status.is_client_error() || status.is_server_error(),
                "{kind:?}"
            );
            assert!(kind.explanation().ends_with('.'), "{kind:?}");
        }
    }

    #[test]
    fn an_answer_of_429_or_503_says_when_to_retry() {
        for kind in ProblemKind::ALL {
            let temporary = matches!(kind.status().as_u16(), 429 | 503);
            assert_eq!(
                kind.default_retry_after_seconds().is_some(),
                temporary,
                "{kind:?}"
            );
        }
    }
}
