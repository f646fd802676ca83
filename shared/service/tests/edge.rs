//! What the edge does to a request before any handler sees it.

use accord_service::api_key::KeyHash;
use accord_service::authentication::Persona;
use accord_service::host_guard::HostGuard;
use accord_service::login::{LOGIN_ROUTES, mount_login};
use accord_service::{
    AccessTable, Allowed, Authentication, Authenticator, Edge, Mounting, Principal, Roles,
    RouteAccess, fallback,
};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Response, StatusCode};
use http_body_util::BodyExt;
use tower::ServiceExt;

const ROUTES: &[RouteAccess] = &[
    RouteAccess::get("/", Allowed::ANY_ROLE, "home"),
    RouteAccess::post("/write", Allowed::ANY_ROLE, "write something"),
    RouteAccess::get("/public", Allowed::Public, "for everybody"),
    RouteAccess::get("/panic", Allowed::Public, "a handler with a bug"),
];
static ACCESS: AccessTable = AccessTable::new(&[ROUTES, LOGIN_ROUTES]);

const KEY: &str = "accord_test-key";

/// A server with its routes at the root and again under a prefix.
fn server(authentication: Authentication) -> Router {
    let authenticator = Authenticator::new(authentication).unwrap();
    let edge = Edge::new(authenticator, Some(HostGuard::loopback()));
    let mounting = Mounting::<()>::new(ACCESS, &edge)
        .get("/", async |caller: Principal| caller.id().to_owned())
        .post("/write", async || "written")
        .get("/public", async |caller: Option<Principal>| match caller {
            Some(caller) => caller.id().to_owned(),
            None => "nobody".to_owned(),
        })
        .get("/panic", broken);
    let router = mount_login(mounting).finish();
    router
        .clone()
        .nest("/banks/north", router)
        .fallback(fallback::not_found)
}

async fn broken() -> &'static str {
    let shelves: [&str; 0] = [];
    // The request never gets past this line.
    shelves[std::env::args().count()]
}

fn personas() -> Vec<Persona> {
    let persona = |id: &str| Persona {
        id: id.to_owned(),
        name: id.to_owned(),
        roles: Roles::ANY,
        person: None,
    };
    vec![persona("ana"), persona("otto")]
}

fn open() -> Router {
    server(Authentication::Personas(personas()))
}

fn behind_key() -> Router {
    let key_sha256 = KeyHash::of(KEY).to_hex();
    server(Authentication::KeyThenPersonas {
        key_sha256,
        personas: personas(),
    })
}

async fn send(router: Router, request: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let (method, uri) = request.split_once(' ').unwrap();
    let mut builder = Request::builder().method(method).uri(uri);
    if !headers.iter().any(|(name, _)| *name == "host") {
        builder = builder.header("host", "localhost:8080");
    }
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    router
        .oneshot(builder.body(Body::empty()).unwrap())
        .await
        .unwrap()
}

async fn body_of(response: Response<Body>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn header<'response>(response: &'response Response<Body>, name: &str) -> &'response str {
    response
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn foreign_hosts_and_cross_site_writes_are_refused_before_anything_else() {
    let rebound = send(open(), "GET /public", &[("host", "evil.example:8080")]).await;
    assert_eq!(rebound.status(), StatusCode::MISDIRECTED_REQUEST);
    let forged = send(open(), "POST /write", &[("sec-fetch-site", "cross-site")]).await;
    assert_eq!(forged.status(), StatusCode::FORBIDDEN);
    let own = send(open(), "POST /write", &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!(body_of(own).await, "written");
}

#[tokio::test]
async fn unknown_routes_are_answered_with_a_problem() {
    let response = send(open(), "GET /nowhere", &[]).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(body_of(response).await.contains("/problems/not-found"));
}

#[tokio::test]
async fn a_panic_is_answered_and_tells_nothing() {
    let response = send(open(), "GET /panic", &[]).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let body = body_of(response).await;
    assert!(body.contains("/problems/internal"), "{body}");
    assert!(!body.contains("index"), "{body}");
}

#[tokio::test]
async fn personas_are_played_by_header_or_cookie() {
    assert_eq!(body_of(send(open(), "GET /", &[]).await).await, "ana");
    let otto = send(open(), "GET /", &[("accord-persona", "otto")]).await;
    assert_eq!(body_of(otto).await, "otto");
    let public = send(open(), "GET /public", &[("accord-persona", "eve")]).await;
    assert_eq!(body_of(public).await, "nobody");
}

#[tokio::test]
async fn a_persona_that_no_longer_exists_is_refused_once_and_forgotten() {
    let stale = send(
        open(),
        "GET /",
        &[("cookie", "accord_persona=eve"), ("accept", "text/html")],
    );
    let response = stale.await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert!(header(&response, "set-cookie").starts_with("accord_persona=; Max-Age=0;"));
}

#[tokio::test]
async fn clients_without_a_key_get_401_and_browsers_the_login_form() {
    let client = send(behind_key(), "GET /", &[]).await;
    assert_eq!(client.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(header(&client, "www-authenticate"), "Bearer");

    let accept = ("accept", "text/html,application/xhtml+xml");
    let browser = send(behind_key(), "GET /?open=1", &[accept]).await;
    assert_eq!(browser.status(), StatusCode::SEE_OTHER);
    assert_eq!(header(&browser, "location"), "/login?next=/%3Fopen%3D1");
    let nested = send(behind_key(), "GET /banks/north/public/?x=1", &[accept]).await;
    assert_eq!(nested.status(), StatusCode::NOT_FOUND);
    let nested = send(behind_key(), "GET /banks/north?open=1", &[accept]).await;
    assert_eq!(
        header(&nested, "location"),
        "/login?next=/banks/north%3Fopen%3D1"
    );
    let form = send(behind_key(), "GET /login?next=/%3Fopen%3D1", &[accept]).await;
    assert!(body_of(form).await.contains("value=\"/?open=1\""));

    let stale = send(
        behind_key(),
        "GET /",
        &[accept, ("cookie", "accord_key=old")],
    )
    .await;
    assert_eq!(stale.status(), StatusCode::SEE_OTHER);
    assert!(header(&stale, "set-cookie").starts_with("accord_key=; Max-Age=0;"));
}

#[tokio::test]
async fn a_key_in_the_address_lets_a_browser_in() {
    let visit = send(
        behind_key(),
        "GET /?key=accord_test-key",
        &[("accept", "text/html")],
    )
    .await;
    assert_eq!(visit.status(), StatusCode::SEE_OTHER);
    assert_eq!(header(&visit, "location"), "/");
    let nested = send(
        behind_key(),
        "GET /banks/north?key=accord_test-key&open=1",
        &[],
    )
    .await;
    assert_eq!(header(&nested, "location"), "/banks/north?open=1");
    let cookie = header(&visit, "set-cookie")
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let home = send(behind_key(), "GET /", &[("cookie", &cookie)]).await;
    assert_eq!(body_of(home).await, "ana");
}

#[tokio::test]
async fn the_key_opens_the_door_and_the_persona_is_chosen_behind_it() {
    let bearer = ("authorization", "Bearer accord_test-key");
    let otto = send(behind_key(), "GET /", &[bearer, ("accord-persona", "otto")]).await;
    assert_eq!(body_of(otto).await, "otto");
    let alone = send(behind_key(), "GET /", &[("accord-persona", "otto")]).await;
    assert_eq!(alone.status(), StatusCode::UNAUTHORIZED);
}
