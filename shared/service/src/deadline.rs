//! How long a caller is prepared to wait.

use std::time::{Duration, Instant};

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::problem::{FieldError, Problem};
use crate::problem_kind::ProblemKind;

/// Header with the time that the caller is prepared to wait, in whole milliseconds.
pub const REQUEST_TIMEOUT_HEADER: &str = "request-timeout";

/// The longest that a caller may ask a node to keep a command waiting.
pub const REQUEST_TIMEOUT_MS_MAX: u64 = 30_000;

/// How long a caller waits who does not say.
pub const REQUEST_TIMEOUT_DEFAULT: Duration = Duration::from_secs(2);

/// The moment after which a command must no longer be decided.
///
/// As an extractor it reads `Request-Timeout`, counted from the moment of extraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// The moment that lies this long ahead.
    #[must_use]
    pub fn after(duration: Duration) -> Self {
        Self(Instant::now() + duration)
    }

    /// The moment itself.
    #[must_use]
    pub const fn instant(self) -> Instant {
        self.0
    }

    /// Whether the moment has passed at `now`.
    #[must_use]
    pub fn has_passed_at(self, now: Instant) -> bool {
        now >= self.0
    }

    /// How much time is left; zero once the moment has passed.
    #[must_use]
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

/// The time that the caller is prepared to wait.
///
/// # Errors
/// `invalid-field` if the header is not a whole number from 1 to [`REQUEST_TIMEOUT_MS_MAX`].
pub fn request_timeout(headers: &HeaderMap) -> Result<Duration, Problem> {
    let Some(value) = headers.get(REQUEST_TIMEOUT_HEADER) else {
        return Ok(REQUEST_TIMEOUT_DEFAULT);
    };
    let digits = value
        .to_str()
        .ok()
        .filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    match digits.and_then(|digits| digits.parse().ok()) {
        Some(ms @ 1..=REQUEST_TIMEOUT_MS_MAX) => Ok(Duration::from_millis(ms)),
        _ => Err(
            Problem::new(ProblemKind::InvalidField).field(FieldError::at_parameter(
                "Request-Timeout",
                format!(
                    "must be a whole number of milliseconds from 1 to {REQUEST_TIMEOUT_MS_MAX}"
                ),
            )),
        ),
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Deadline {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        request_timeout(&parts.headers).map(Self::after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_counts_milliseconds_within_bounds() {
        for (value, expected_ms) in [
            (None, Some(2_000)),
            (Some("1"), Some(1)),
            (Some("30000"), Some(30_000)),
            (Some("0"), None),
            (Some("30001"), None),
            (Some("-5"), None),
            (Some("+5"), None),
            (Some("1.5"), None),
            (Some("2s"), None),
            (Some(""), None),
            (Some("99999999999999999999"), None),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(value) = value {
                headers.insert(REQUEST_TIMEOUT_HEADER, value.parse().unwrap());
            }
            let found = request_timeout(&headers);
            assert_eq!(
                found.ok(),
                expected_ms.map(Duration::from_millis),
                "{value:?}"
            );
        }
    }

    #[test]
    fn a_deadline_passes_at_its_moment() {
        let deadline = Deadline::after(Duration::from_secs(3_600));
        assert!(!deadline.has_passed_at(deadline.instant() - Duration::from_nanos(1)));
        assert!(deadline.has_passed_at(deadline.instant()));
        assert_eq!(Deadline(Instant::now()).remaining(), Duration::ZERO);
    }
}
