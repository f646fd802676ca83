//! The access table and the routes mounted through it, as an application uses them.

use accord_service::authentication::Persona;
use accord_service::health::{HEALTH_ROUTES, mount_health};
use accord_service::metrics::{METRICS_ROUTES, mount_metrics};
use accord_service::openapi::{OPENAPI_ROUTES, mount_openapi};
use accord_service::{
    AccessTable, Allowed, Authentication, Authenticator, Edge, HealthChecks, MetricsRegistry,
    Mounting, Principal, Role, Roles, RouteAccess, Shutdown, StrictPath, fallback,
};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, Response, StatusCode};
use http_body_util::BodyExt;
use std::time::Duration;
use tower::ServiceExt;

const CASES: &[RouteAccess] = &[
    RouteAccess::get(
        "/v1/cases/{case}",
        Allowed::to(&[Role::Analyst, Role::Auditor]),
        "one case",
    ),
    RouteAccess::post(
        "/v1/cases/{case}/notes",
        Allowed::to(&[Role::Analyst]),
        "add a note",
    ),
    RouteAccess::delete(
        "/v1/cases/{case}",
        Allowed::to(&[Role::Administrator]),
        "delete a case",
    ),
    RouteAccess::get("/v1/whoami", Allowed::ANY_ROLE, "the caller"),
];
static ACCESS: AccessTable =
    AccessTable::new(&[CASES, HEALTH_ROUTES, METRICS_ROUTES, OPENAPI_ROUTES]);

/// A node with a state of its own, as an application builds it.
fn node(edge: &Edge, registry: &MetricsRegistry) -> Router {
    let shutdown = Shutdown::new(Duration::from_secs(1));
    let openapi = utoipa::openapi::OpenApiBuilder::new().build();
    let mounting = Mounting::<&'static str>::new(ACCESS, edge)
        .measured_by(registry)
        .get(
            "/v1/cases/{case}",
            async |StrictPath(case): StrictPath<u32>| format!("case {case}"),
        )
        .delete(
            "/v1/cases/{case}",
            async |StrictPath(_): StrictPath<u32>| StatusCode::NO_CONTENT,
        )
        .post(
            "/v1/cases/{case}/notes",
            async |StrictPath(_): StrictPath<u32>| StatusCode::CREATED,
        )
        .get("/v1/whoami", async |caller: Principal| {
            format!("{} {}", caller.id(), caller.name())
        });
    let mounting = mount_health(mounting, &HealthChecks::new(&shutdown));
    let mounting = mount_metrics(mounting, registry);
    mount_openapi(mounting, openapi, "/banks/north")
        .finish()
        .with_state("state")
}

/// One persona per role; the first one, which is the default, has no role.
fn personas() -> Vec<Persona> {
    let of_role = |role: &Role| Persona {
        id: role.name().to_owned(),
        name: role.name().to_owned(),
        roles: Roles::of(&[*role]),
        person: None,
    };
    let guest = Persona {
        id: "guest".to_owned(),
        name: "Guest".to_owned(),
        roles: Roles::NONE,
        person: None,
    };
    std::iter::once(guest)
        .chain(Role::ALL.iter().map(of_role))
        .collect()
}

fn server(registry: &MetricsRegistry) -> Router {
    let edge = edge();
    Router::new()
        .nest("/banks/{bank}", node(&edge, registry))
        .fallback(fallback::not_found)
}

fn edge() -> Edge {
    Edge::new(
        Authenticator::new(Authentication::Personas(personas())).unwrap(),
        None,
    )
}

async fn send(router: &Router, method: &Method, path: &str, persona: &str) -> Response<Body> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("accord-persona", persona)
        .body(Body::empty())
        .unwrap();
    router.clone().oneshot(request).await.unwrap()
}

async fn text_of(response: Response<Body>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn every_route_admits_exactly_the_roles_of_its_row() {
    let server = server(&MetricsRegistry::new());
    for case in ACCESS.cases() {
        let path = format!("/banks/north{}", case.route.example_path("7"));
        // A persona that does not exist stands for a caller who is not known.
        let persona = case.role.map_or("stranger", Role::name);
        let status = send(&server, &case.route.method, &path, persona)
            .await
            .status();
        let refused = match case.role {
            None => StatusCode::UNAUTHORIZED,
            Some(_) => StatusCode::FORBIDDEN,
        };
        assert_eq!(
            status != refused,
            case.permitted,
            "{} as {persona}: {status}",
            case.route
        );
        assert!(
            !status.is_server_error(),
            "{} as {persona}: {status}",
            case.route
        );
    }
}

#[tokio::test]
async fn a_caller_without_roles_is_known_but_allowed_nothing() {
    let server = server(&MetricsRegistry::new());
    let response = send(&server, &Method::GET, "/banks/north/v1/whoami", "guest").await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let problem = text_of(response).await;
    assert!(problem.contains("the caller has: no role"), "{problem}");
}

#[tokio::test]
async fn handlers_learn_who_is_calling() {
    let server = server(&MetricsRegistry::new());
    let response = send(&server, &Method::GET, "/banks/north/v1/whoami", "auditor").await;
    assert_eq!(text_of(response).await, "auditor auditor");
}

#[tokio::test]
async fn head_follows_get_and_other_methods_are_refused_with_a_problem() {
    let server = server(&MetricsRegistry::new());
    let path = "/banks/north/v1/cases/7";
    let head = send(&server, &Method::HEAD, path, "analyst").await;
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(text_of(head).await, "");
    let head = send(&server, &Method::HEAD, path, "operator").await;
    assert_eq!(head.status(), StatusCode::FORBIDDEN);
    let put = send(&server, &Method::PUT, path, "analyst").await;
    assert_eq!(put.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(put.headers()["content-type"], "application/problem+json");
    let mut allowed: Vec<&str> = put.headers()["allow"]
        .to_str()
        .unwrap()
        .split(',')
        .collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["DELETE", "GET", "HEAD"]);
}

#[tokio::test]
async fn requests_are_counted_by_route_template_and_class_of_answer() {
    let registry = MetricsRegistry::new().with_label("bank", "north");
    let server = server(&registry);
    for (path, persona) in [
        ("/banks/north/v1/cases/7", "analyst"),
        ("/banks/north/v1/cases/8?card=4111111111111111", "analyst"),
        ("/banks/north/v1/cases/8", "operator"),
        ("/banks/north/v1/cases/x", "analyst"),
    ] {
        send(&server, &Method::GET, path, persona).await;
    }
    let response = send(&server, &Method::GET, "/banks/north/metrics", "operator").await;
    assert_eq!(
        response.headers()["content-type"],
        "text/plain; version=0.0.4; charset=utf-8"
    );
    let text = text_of(response).await;
    let labels = r#"bank="north",method="GET",route="/v1/cases/{case}""#;
    for expected in [
        format!("http_requests_total{{{labels},status=\"2xx\"}} 2\n"),
        format!("http_requests_total{{{labels},status=\"4xx\"}} 2\n"),
        format!("http_requests_total{{{labels},status=\"5xx\"}} 0\n"),
        format!("http_request_duration_seconds_count{{{labels}}} 4\n"),
    ] {
        assert!(text.contains(&expected), "{expected} is missing in\n{text}");
    }
    assert!(!text.contains("4111"), "{text}");
}

const TWO: &[RouteAccess] = &[
    RouteAccess::get("/a", Allowed::Public, "a"),
    RouteAccess::get("/b", Allowed::Public, "b"),
];

async fn nothing() {}

#[test]
#[should_panic(expected = "POST /a has no row in the access table")]
fn a_route_without_a_row_cannot_be_mounted() {
    let _ = Mounting::<()>::new(AccessTable::new(&[TWO]), &edge()).post("/a", nothing);
}

#[test]
#[should_panic(expected = "rows that nothing is mounted on: GET /b")]
fn a_row_without_a_route_is_noticed_at_start() {
    let _ = Mounting::<()>::new(AccessTable::new(&[TWO]), &edge())
        .get("/a", nothing)
        .finish();
}

#[test]
#[should_panic(expected = "GET /a is mounted twice")]
fn a_route_cannot_be_mounted_twice() {
    let _ = Mounting::<()>::new(AccessTable::new(&[TWO]), &edge())
        .get("/a", nothing)
        .get("/a", nothing);
}

#[test]
#[should_panic(expected = "two rows for GET /a")]
fn a_table_has_one_row_for_each_route() {
    let _ = Mounting::<()>::new(AccessTable::new(&[TWO, TWO]), &edge());
}
