//! Pages that explain each kind of problem, at the addresses that problem documents refer to.

use axum::Json;
use axum::http::{HeaderMap, Method};
use axum::response::{Html, IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Allowed, RouteAccess};
use crate::login::is_page_visit;
use crate::mounting::Mounting;
use crate::path::StrictPath;
use crate::problem::Problem;
use crate::problem_kind::ProblemKind;

/// The rows for [`mount_problem_pages`]. They belong at the root of a server, because problem
/// documents refer to `/problems/…`.
pub const PROBLEM_ROUTES: &[RouteAccess] = &[
    RouteAccess::get("/problems", Allowed::Public, "every kind of problem"),
    RouteAccess::get(
        "/problems/{slug}",
        Allowed::Public,
        "one kind of problem explained",
    ),
];

/// Mounts `/problems` and `/problems/{slug}`: a page for browsers, JSON for others.
pub fn mount_problem_pages<S>(mounting: Mounting<S>) -> Mounting<S>
where
    S: Clone + Send + Sync + 'static,
{
    mounting
        .get("/problems", list)
        .get("/problems/{slug}", explain)
}

/// A kind of problem explained.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemExplanation {
    /// The problem type URI.
    #[serde(rename = "type")]
    pub type_: &'static str,
    /// The title of every problem of this kind.
    pub title: &'static str,
    /// The HTTP status of the answer.
    pub status: u16,
    /// What happened and what the caller can do.
    pub explanation: &'static str,
}

impl From<ProblemKind> for ProblemExplanation {
    fn from(kind: ProblemKind) -> Self {
        Self {
            type_: kind.type_reference(),
            title: kind.title(),
            status: kind.status().as_u16(),
            explanation: kind.explanation(),
        }
    }
}

async fn list(method: Method, headers: HeaderMap) -> Response {
    answer(ProblemKind::ALL, is_page_visit(&method, &headers))
}

async fn explain(
    StrictPath(slug): StrictPath<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    match ProblemKind::from_slug(&slug) {
        Some(kind) if is_page_visit(&method, &headers) => answer(&[kind], true),
        Some(kind) => Json(ProblemExplanation::from(kind)).into_response(),
        None => Problem::new(ProblemKind::NotFound).into_response(),
    }
}

fn answer(kinds: &[ProblemKind], as_page: bool) -> Response {
    let explanations: Vec<ProblemExplanation> = kinds
        .iter()
        .copied()
        .map(ProblemExplanation::from)
        .collect();
    if as_page {
        Html(page(&explanations)).into_response()
    } else {
        Json(explanations).into_response()
    }
}

/// All text is from the registry, which has nothing to escape.
fn page(explanations: &[ProblemExplanation]) -> String {
    let sections = explanations.iter().map(|it| {
        format!(
            "<h2><a href=\"{0}\">{1}</a></h2><p><code>{0}</code>, status {2}</p><p>{3}</p>",
            it.type_, it.title, it.status, it.explanation
        )
    });
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Accord: problems</title>\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <style>body{{font:1rem/1.5 system-ui;margin:2rem auto;max-width:42rem;padding:0 1rem}}\
         </style><h1>Problems</h1>{}</html>",
        sections.collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::AccessTable;
    use crate::edge::Edge;
    use crate::roles::Roles;
    use axum::body::Body;
    use axum::extract::Request;
    use axum::http::header;
    use http_body_util::BodyExt;
    use serde_json::Value;
    use tower::ServiceExt;

    async fn fetch(path: &str, accept: &str) -> (u16, String) {
        let edge = Edge::where_everybody_has(Roles::NONE);
        let table = AccessTable::new(&[PROBLEM_ROUTES]);
        let router = mount_problem_pages(Mounting::<()>::new(table, &edge)).finish();
        let request = Request::get(path)
            .header(header::ACCEPT, accept)
            .body(Body::empty())
            .unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn every_type_uri_leads_to_an_explanation() {
        for kind in ProblemKind::ALL {
            let (status, body) = fetch(kind.type_reference(), "application/json").await;
            assert_eq!(status, 200, "{kind:?}");
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(body["type"], kind.type_reference());
            let (_, page) = fetch(kind.type_reference(), "text/html,*/*").await;
            assert!(page.contains(kind.explanation()), "{page}");
        }
        assert_eq!(fetch("/problems/nothing", "*/*").await.0, 404);
    }

    #[tokio::test]
    async fn the_list_has_every_kind() {
        let (_, body) = fetch("/problems", "*/*").await;
        let list: Vec<Value> = serde_json::from_str(&body).unwrap();
        assert_eq!(list.len(), ProblemKind::ALL.len());
    }

    #[test]
    fn nothing_in_the_registry_needs_escaping() {
        for kind in ProblemKind::ALL {
            let text = [kind.title(), kind.explanation(), kind.slug()].concat();
            assert!(!text.contains(['<', '>', '&', '"']), "{kind:?}");
        }
    }
}
