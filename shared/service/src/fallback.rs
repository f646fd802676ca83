//! Answers for requests that match no route or no method.

use axum::http::Method;

use crate::problem::Problem;
use crate::problem_kind::ProblemKind;

/// The fallback of the outermost router; the path is not repeated, because it may be personal.
pub async fn not_found() -> Problem {
    Problem::new(ProblemKind::NotFound)
}

/// The fallback of every route for methods that it does not take; axum adds the `Allow` header.
pub async fn method_not_allowed(method: Method) -> Problem {
    let method = method.as_str().chars().take(16).collect::<String>();
    Problem::new(ProblemKind::MethodNotAllowed).detail(format!("{method} is not allowed here"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body;
    use axum::extract::Request;
    use axum::http::header;
    use axum::routing::get;
    use tower::ServiceExt;

    fn router() -> Router {
        Router::new()
            .route("/cases", get(|| async { "cases" }))
            .method_not_allowed_fallback(method_not_allowed)
            .fallback(not_found)
    }

    #[tokio::test]
    async fn unmatched_requests_are_answered_with_problem_documents() {
        for (request, status) in [
            (Request::get("/nowhere"), 404),
            (Request::delete("/cases"), 405),
            (Request::get("/cases"), 200),
        ] {
            let response = router()
                .oneshot(request.body(Body::empty()).unwrap())
                .await
                .unwrap();
            assert_eq!(response.status(), status);
            if status != 200 {
                assert_eq!(
                    response.headers()[header::CONTENT_TYPE],
                    "application/problem+json"
                );
            }
            if status == 405 {
                assert_eq!(response.headers()[header::ALLOW], "GET,HEAD");
            }
        }
    }
}
