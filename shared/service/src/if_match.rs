//! `If-Match`: which version of a thing a change is meant for (RFC 9110, section 13.1.1).
//!
//! Versions are counted, and a thing's ETag is its version in quotes: `"7"`.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};

use crate::problem::Problem;
use crate::problem_kind::ProblemKind;

/// The version that a change is meant for. As an extractor it requires the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: whatever the version is.
    Any,
    Version(u64),
}

impl IfMatch {
    /// The version asked for, if it is a particular one.
    #[must_use]
    pub fn version(self) -> Option<u64> {
        match self {
            Self::Any => None,
            Self::Version(version) => Some(version),
        }
    }

    /// Reads the header.
    ///
    /// # Errors
    /// `precondition-required` where it is absent; `precondition-failed` where it names something that is no version,
    /// because then nothing can match it.
    pub fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut values = headers.get_all(header::IF_MATCH).iter();
        let value = values.next().ok_or(ProblemKind::PreconditionRequired)?;
        let text = value.to_str().ok().filter(|_| values.next().is_none());
        let version = |text: &str| {
            let quoted = text.strip_prefix('"')?.strip_suffix('"')?;
            let version: u64 = quoted.parse().ok()?;
            (version.to_string() == quoted).then_some(version)
        };
        match text.map(str::trim) {
            Some("*") => Some(Self::Any),
            Some(text) => version(text).map(Self::Version),
            None => None,
        }
        .ok_or_else(|| {
            Problem::new(ProblemKind::PreconditionFailed)
                .detail("If-Match must hold one ETag, such as \"7\", or *")
        })
    }
}

/// The ETag of a version.
#[must_use]
pub fn etag(version: u64) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\"")).expect("digits in quotes are a header value")
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Self::read(&parts.headers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Result<IfMatch, ProblemKind> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::IF_MATCH, (*value).try_into().unwrap());
        }
        IfMatch::read(&headers).map_err(|problem| problem.kind())
    }

    #[test]
    fn a_version_in_quotes_or_a_star_is_required() {
        assert_eq!(read(&["\"7\""]), Ok(IfMatch::Version(7)));
        assert_eq!(read(&["*"]), Ok(IfMatch::Any));
        assert_eq!(read(&[]), Err(ProblemKind::PreconditionRequired));
    }

    #[test]
    fn what_is_no_version_matches_nothing() {
        for values in [
            &["7"][..],
            &["W/\"7\""],
            &["\"07\""],
            &["\"7\", \"8\""],
            &["\"7\"", "\"7\""],
            &["\"\""],
            &["\"-1\""],
        ] {
            assert_eq!(
                read(values),
                Err(ProblemKind::PreconditionFailed),
                "{values:?}"
            );
        }
    }

    #[test]
    fn an_etag_is_read_back() {
        let text = etag(u64::MAX);
        assert_eq!(
            read(&[text.to_str().unwrap()]),
            Ok(IfMatch::Version(u64::MAX))
        );
    }
}
