//! The API described: the OpenAPI document, a page to try it, and a check against the access table.

use std::sync::Arc;

use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use thiserror::Error;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{OpenApi, OpenApiVersion, Server};
use utoipa_swagger_ui::Config;

use crate::access::{Allowed, RouteAccess};
use crate::mounting::Mounting;
use crate::path::StrictPath;
use crate::problem::Problem;
use crate::problem_kind::ProblemKind;

/// The rows for [`mount_openapi`].
pub const OPENAPI_ROUTES: &[RouteAccess] = &[
    RouteAccess::get("/openapi.json", Allowed::ANY_ROLE, "the API as OpenAPI 3.1"),
    RouteAccess::get(
        "/api",
        Allowed::ANY_ROLE,
        "leads to the page to try the API",
    ),
    RouteAccess::get("/api/", Allowed::ANY_ROLE, "page to try the API"),
    RouteAccess::get(
        "/api/{*file}",
        Allowed::ANY_ROLE,
        "parts of the page to try the API",
    ),
];

/// Mounts `/openapi.json` (OpenAPI 3.1) and Swagger UI at `/api/`, whose files are part of the
/// binary. `server_prefix` is where the node is nested, such as `/banks/north`, or empty.
///
/// # Panics
/// If the document cannot be serialised, which is a mistake in its description.
pub fn mount_openapi<S>(
    mounting: Mounting<S>,
    mut openapi: OpenApi,
    server_prefix: &str,
) -> Mounting<S>
where
    S: Clone + Send + Sync + 'static,
{
    openapi.openapi = OpenApiVersion::Version31;
    let url = if server_prefix.is_empty() {
        "/"
    } else {
        server_prefix
    };
    openapi.servers = Some(vec![Server::new(url)]);
    let document = openapi
        .to_json()
        .expect("an OpenAPI description serialises");
    let document = Bytes::from(document);

    // The page refers to the document relatively, so it works under any prefix. Swagger UI would
    // otherwise ask a public service to validate the document.
    let config = Config::from("../openapi.json")
        .validator_url("none")
        .try_it_out_enabled(true);
    let config = Arc::new(config);
    let for_index = config.clone();
    mounting
        .get("/openapi.json", async move || {
            ([(header::CONTENT_TYPE, "application/json")], document)
        })
        .get("/api", async || {
            (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, "api/")])
        })
        .get("/api/", async move || swagger_file("index.html", for_index))
        .get(
            "/api/{*file}",
            async move |StrictPath(file): StrictPath<String>| swagger_file(&file, config),
        )
}

fn swagger_file(name: &str, config: Arc<Config<'static>>) -> Response {
    match utoipa_swagger_ui::serve(name, config) {
        Ok(Some(file)) if file.gzpipped => {
            let headers = [
                (header::CONTENT_TYPE, &*file.content_type),
                (header::CONTENT_ENCODING, "gzip"),
            ];
            (headers, file.bytes.into_owned()).into_response()
        }
        Ok(Some(file)) => (
            [(header::CONTENT_TYPE, file.content_type)],
            file.bytes.into_owned(),
        )
            .into_response(),
        Ok(None) => Problem::new(ProblemKind::NotFound).into_response(),
        Err(error) => Problem::internal(&error).into_response(),
    }
}

/// Where the OpenAPI description and the access table differ.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "described but not in the access table: [{}]; in the access table but not described: [{}]",
    .undeclared.join(", "),
    .undescribed.join(", ")
)]
pub struct OpenApiMismatch {
    /// Operations that the access table does not have, such as `GET /v1/cases`.
    pub undeclared: Vec<String>,
    /// Rows of the access table that are not described.
    pub undescribed: Vec<String>,
}

/// Checks that the description and the rows of the access table have the same operations.
///
/// Pass the rows that belong to the API: `ACCESS.rows().filter(|row| row.path.starts_with("/v1"))`.
///
/// # Errors
/// [`OpenApiMismatch`].
pub fn check_openapi<'rows>(
    openapi: &OpenApi,
    rows: impl Iterator<Item = &'rows RouteAccess>,
) -> Result<(), OpenApiMismatch> {
    let described: Vec<String> = openapi
        .paths
        .paths
        .iter()
        .flat_map(|(path, item)| {
            operations(item)
                .into_iter()
                .map(move |method| format!("{method} {path}"))
        })
        .collect();
    let declared: Vec<String> = rows.map(ToString::to_string).collect();
    let missing_from = |there: &[String], here: &[String]| -> Vec<String> {
        there
            .iter()
            .filter(|operation| !here.contains(operation))
            .cloned()
            .collect()
    };
    let undeclared = missing_from(&described, &declared);
    let undescribed = missing_from(&declared, &described);
    if undeclared.is_empty() && undescribed.is_empty() {
        return Ok(());
    }
    Err(OpenApiMismatch {
        undeclared,
        undescribed,
    })
}

fn operations(item: &PathItem) -> Vec<Method> {
    let by_method: [(Method, &Option<Operation>); 8] = [
        (Method::GET, &item.get),
        (Method::PUT, &item.put),
        (Method::POST, &item.post),
        (Method::DELETE, &item.delete),
        (Method::OPTIONS, &item.options),
        (Method::HEAD, &item.head),
        (Method::PATCH, &item.patch),
        (Method::TRACE, &item.trace),
    ];
    let described = by_method
        .into_iter()
        .filter(|(_, operation)| operation.is_some());
    described.map(|(method, _)| method).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::AccessTable;
    use crate::edge::Edge;
    use crate::problem::ProblemDocument;
    use crate::roles::Roles;
    use axum::Router;
    use axum::body::Body;
    use axum::extract::Request;
    use http_body_util::BodyExt;
    use serde_json::Value;
    use tower::ServiceExt;
    use utoipa::OpenApi as _;

    #[utoipa::path(get, path = "/v1/cases", responses((status = 404, body = ProblemDocument)))]
    #[expect(dead_code, reason = "only its description is used")]
    fn list_cases() {}

    #[utoipa::path(post, path = "/v1/cases/{case}/notes", responses((status = 201)))]
    #[expect(dead_code, reason = "only its description is used")]
    fn add_note() {}

    #[derive(utoipa::OpenApi)]
    #[openapi(paths(list_cases, add_note))]
    struct Described;

    const CASES: RouteAccess = RouteAccess::get("/v1/cases", Allowed::ANY_ROLE, "list cases");
    const NOTES: RouteAccess =
        RouteAccess::post("/v1/cases/{case}/notes", Allowed::ANY_ROLE, "add a note");
    const DELETE: RouteAccess = RouteAccess::delete("/v1/cases", Allowed::ANY_ROLE, "delete all");

    async fn fetch(path: &str) -> (u16, axum::http::HeaderMap, String) {
        let edge = Edge::where_everybody_has(Roles::ANY);
        let table = AccessTable::new(&[OPENAPI_ROUTES]);
        let openapi = Described::openapi();
        let node =
            mount_openapi(Mounting::<()>::new(table, &edge), openapi, "/banks/north").finish();
        let router = Router::new().nest("/banks/{bank}", node);
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&body).into_owned();
        (parts.status.as_u16(), parts.headers, text)
    }

    #[tokio::test]
    async fn the_document_is_openapi_3_1_with_the_servers_prefix_and_problems() {
        let (status, headers, body) = fetch("/banks/north/openapi.json").await;
        assert_eq!(status, 200);
        assert_eq!(headers[header::CONTENT_TYPE], "application/json");
        let document: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        assert_eq!(document["servers"][0]["url"], "/banks/north");
        let problem = &document["components"]["schemas"]["Problem"];
        assert_eq!(
            problem["properties"]["status"]["type"], "integer",
            "{problem}"
        );
        assert_eq!(problem["properties"]["type"]["type"], "string", "{problem}");
    }

    #[tokio::test]
    async fn the_page_works_under_a_prefix_and_needs_no_network() {
        let (status, headers, _) = fetch("/banks/north/api").await;
        assert_eq!(
            (status, &headers[header::LOCATION]),
            (308, &"api/".parse().unwrap())
        );
        let (status, headers, page) = fetch("/banks/north/api/").await;
        assert_eq!(
            (status, &headers[header::CONTENT_TYPE]),
            (200, &"text/html".parse().unwrap())
        );
        assert!(
            !page.contains("://"),
            "the page refers to another server:\n{page}"
        );
        let (_, _, initializer) = fetch("/banks/north/api/swagger-initializer.js").await;
        assert!(initializer.contains("\"../openapi.json\""), "{initializer}");
        assert!(
            initializer.contains("\"validatorUrl\": \"none\""),
            "{initializer}"
        );
        assert_eq!(fetch("/banks/north/api/swagger-ui.css").await.0, 200);
        assert_eq!(fetch("/banks/north/api/nothing.js").await.0, 404);
    }

    #[test]
    fn description_and_table_must_have_the_same_operations() {
        let openapi = Described::openapi();
        assert_eq!(check_openapi(&openapi, [CASES, NOTES].iter()), Ok(()));
        let mismatch = check_openapi(&openapi, [CASES, DELETE].iter()).unwrap_err();
        assert_eq!(mismatch.undeclared, ["POST /v1/cases/{case}/notes"]);
        assert_eq!(mismatch.undescribed, ["DELETE /v1/cases"]);
    }
}
