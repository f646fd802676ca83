//! `StrictPath`: path parameters, also of a router that is nested under a prefix with parameters.
//!
//! axum's own `Path` counts every parameter of the whole address, so a handler that takes one id
//! breaks as soon as its node is nested under `/banks/{bank}`. Here a handler that takes `n`
//! values gets the last `n` parameters, which are those of its own route; a handler that takes a
//! struct or a map gets all of them by name.

use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::path_parameters::{ParameterFault, PathParameters};
use crate::problem::{FieldError, Problem};
use crate::problem_kind::ProblemKind;
use crate::serde_fault::SerdeFault;

/// Extracts path parameters: a value, a tuple of values, or a struct with a field for each name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StrictPath<T>(pub T);

impl<T, S> FromRequestParts<S> for StrictPath<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let parameters = match RawPathParams::from_request_parts(parts, state).await {
            Ok(parameters) => parameters,
            Err(RawPathParamsRejection::InvalidUtf8InPathParam(_)) => {
                return Err(Problem::new(ProblemKind::MalformedRequest)
                    .detail("the path is not valid UTF-8"));
            }
            Err(rejection) => return Err(Problem::internal(&rejection)),
        };
        let pairs: Vec<(&str, &str)> = parameters.iter().collect();
        match T::deserialize(PathParameters(&pairs)) {
            Ok(parameters) => Ok(Self(parameters)),
            Err(fault) => Err(explain(fault)),
        }
    }
}

fn explain(fault: ParameterFault) -> Problem {
    match fault {
        ParameterFault::Value { parameter, message } => Problem::new(ProblemKind::InvalidField)
            .field(FieldError::at_parameter(
                parameter,
                SerdeFault::parse(&message).describe(),
            )),
        // A handler whose type does not fit its route is our mistake and not the caller's.
        ParameterFault::Shape(message) => Problem::internal(&message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body;
    use axum::extract::Request;
    use axum::routing::get;
    use http_body_util::BodyExt;
    use serde::Deserialize;
    use tower::ServiceExt;
    use uuid::Uuid;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Period {
        Day,
        LastMonth,
    }

    #[derive(Debug, Deserialize)]
    struct Named {
        bank: Option<String>,
        card: String,
        month: u8,
    }

    fn node() -> Router {
        Router::new()
            .route(
                "/cases/{case}",
                get(async |StrictPath(case): StrictPath<Uuid>| format!("{case}")),
            )
            .route(
                "/cards/{card}/months/{month}",
                get(
                    async |StrictPath((card, month)): StrictPath<(String, u8)>| {
                        format!("{card} {month}")
                    },
                ),
            )
            .route(
                "/named/{card}/{month}",
                get(async |StrictPath(named): StrictPath<Named>| {
                    format!("{:?} {} {}", named.bank, named.card, named.month)
                }),
            )
            .route(
                "/reports/{period}",
                get(async |StrictPath(period): StrictPath<Period>| format!("{period:?}")),
            )
            .route(
                "/mistake/{one}",
                get(async |StrictPath(_): StrictPath<(u8, u8, u8)>| {}),
            )
            .route("/constant", get(async |StrictPath(_): StrictPath<u8>| {}))
    }

    async fn answer_of(router: Router, path: &str) -> (u16, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn handlers_get_the_parameters_of_their_own_route_wherever_it_is_nested() {
        let case = "67e55044-10b1-426f-9247-bb680e5fe0c8";
        for (path, expected) in [
            (format!("/cases/{case}"), case),
            ("/cards/a%20b/months/12".to_owned(), "a b 12"),
            ("/reports/last-month".to_owned(), "LastMonth"),
        ] {
            let expected = (200, expected.to_owned());
            assert_eq!(answer_of(node(), &path).await, expected, "{path}");
            let nested = Router::new().nest("/banks/{bank}", node());
            assert_eq!(
                answer_of(nested, &format!("/banks/north{path}")).await,
                expected,
                "{path}"
            );
        }
    }

    #[tokio::test]
    async fn a_struct_gets_every_parameter_by_name() {
        let named = "/named/a/3";
        assert_eq!(answer_of(node(), named).await, (200, "None a 3".to_owned()));
        let nested = Router::new().nest("/banks/{bank}", node());
        let expected = (200, "Some(\"north\") a 3".to_owned());
        assert_eq!(
            answer_of(nested, &format!("/banks/north{named}")).await,
            expected
        );
    }

    #[tokio::test]
    async fn parameters_that_do_not_parse_are_problems_of_the_caller() {
        for (path, status, part) in [
            ("/cases/seven", 422, r#""parameter":"case""#),
            ("/cards/a/months/300", 422, "`300` is not a u8"),
            ("/cards/a/months/-1", 422, r#""parameter":"month""#),
            ("/named/a/x", 422, r#""parameter":"month""#),
            ("/reports/last-mont", 422, "did you mean `last-month`?"),
            ("/cards/%ff/months/1", 400, "not valid UTF-8"),
        ] {
            let (found, body) = answer_of(node(), path).await;
            assert_eq!(found, status, "{path}: {body}");
            assert!(body.contains(part), "{path}: {body}");
        }
    }

    #[tokio::test]
    async fn a_handler_that_does_not_fit_its_route_is_our_own_fault() {
        for path in ["/mistake/1", "/constant"] {
            let (status, body) = answer_of(node(), path).await;
            assert_eq!(status, 500, "{path}");
            assert!(body.contains("/problems/internal"), "{body}");
        }
    }
}
