//! `StrictQuery`: query strings with the same quality of error as JSON bodies.

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query};
use axum::http::Uri;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::{FieldError, Problem};
use crate::problem_kind::ProblemKind;
use crate::serde_fault::SerdeFault;

/// Extracts the query string into `T`, which carries `#[serde(deny_unknown_fields)]`.
///
/// A parameter that occurs twice, is not known or does not parse is refused by name. An absent
/// query string is read as an empty one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StrictQuery<T>(pub T);

impl<T, S> FromRequestParts<S> for StrictQuery<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parse_query(&parts.uri).map(StrictQuery)
    }
}

/// Reads the query string of a URI.
///
/// # Errors
/// `unknown-field` or `invalid-field`, naming the parameter.
pub fn parse_query<T: DeserializeOwned>(uri: &Uri) -> Result<T, Problem> {
    Query::<T>::try_from_uri(uri)
        .map(|Query(parameters)| parameters)
        .map_err(|error| explain(&error))
}

fn explain(rejection: &QueryRejection) -> Problem {
    // The rejection reads "parameter: message" for a value and "message" for the whole.
    let text = match rejection {
        QueryRejection::FailedToDeserializeQueryString(inner) => std::error::Error::source(inner)
            .map(ToString::to_string)
            .unwrap_or_default(),
        _ => String::new(),
    };
    let (parameter, message) = match text.split_once(": ") {
        Some((parameter, message)) if is_parameter_name(parameter) => (Some(parameter), message),
        _ => (None, text.as_str()),
    };
    let fault = SerdeFault::parse(message);
    let kind = match fault {
        SerdeFault::UnknownField { .. } => ProblemKind::UnknownField,
        _ => ProblemKind::InvalidField,
    };
    let sentence = fault.describe();
    let problem = Problem::new(kind);
    match fault.field().or(parameter) {
        Some(parameter) => problem
            .detail(format!("parameter `{parameter}`: {sentence}"))
            .field(FieldError::at_parameter(parameter, sentence)),
        None => problem.detail(sentence),
    }
}

/// serde's own phrases ("invalid type: …") also contain a colon, but only after a blank.
fn is_parameter_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields, rename_all = "snake_case")]
    struct Listing {
        limit: Option<u16>,
        #[serde(default)]
        order: Order,
        after: Option<String>,
    }

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Order {
        #[default]
        NewestFirst,
        OldestFirst,
    }

    fn parse(query: &str) -> Result<Listing, Problem> {
        parse_query(&format!("/v1/cases?{query}").parse().unwrap())
    }

    #[test]
    fn known_parameters_are_read_and_absent_ones_have_their_default() {
        let all = parse("limit=20&order=oldest_first&after=a%20b").unwrap();
        let expected = Listing {
            limit: Some(20),
            order: Order::OldestFirst,
            after: Some("a b".to_owned()),
        };
        assert_eq!(all, expected);
        let none: Listing = parse_query(&"/v1/cases".parse().unwrap()).unwrap();
        assert_eq!(
            none,
            Listing {
                limit: None,
                order: Order::NewestFirst,
                after: None
            }
        );
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only the way it fails to be read matters")]
    struct Required {
        day: u32,
    }

    #[test]
    fn a_missing_parameter_is_named() {
        let uri = "/v1/reports".parse().unwrap();
        let problem = parse_query::<Required>(&uri).unwrap_err();
        let expected = FieldError::at_parameter("day", "`day` is missing");
        assert_eq!(problem.into_document().errors, [expected]);
    }

    #[test]
    fn a_faulty_parameter_is_named_with_the_reason() {
        use ProblemKind::{InvalidField, UnknownField};
        for (query, kind, parameter, reason) in [
            (
                "limti=1",
                UnknownField,
                "limti",
                "`limti` is not known here; did you mean `limit`?",
            ),
            (
                "limit=x",
                InvalidField,
                "limit",
                "invalid digit found in string",
            ),
            (
                "limit=70000",
                InvalidField,
                "limit",
                "number too large to fit in target type",
            ),
            (
                "limit=1&limit=2",
                InvalidField,
                "limit",
                "`limit` is given more than once",
            ),
            (
                "order=newestfirst",
                InvalidField,
                "order",
                "`newestfirst` is not one of the possible values; did you mean `newest_first`?",
            ),
        ] {
            let problem = parse(query).unwrap_err();
            assert_eq!(problem.kind(), kind, "{query}");
            let expected = FieldError::at_parameter(parameter, reason);
            assert_eq!(problem.into_document().errors, [expected], "{query}");
        }
    }
}
