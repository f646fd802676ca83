//! What a request leaves in the log, even with everything switched on.

use std::io::Write;
use std::sync::{Arc, Mutex};

use accord_service::authentication::Persona;
use accord_service::{
    AccessTable, Allowed, Authentication, Authenticator, Edge, Mounting, Problem, ProblemKind,
    Roles, RouteAccess, StrictJson, StrictPath,
};
use axum::body::Body;
use axum::extract::Request;
use serde::Deserialize;
use tower::ServiceExt;

const ROUTES: &[RouteAccess] = &[RouteAccess::post(
    "/v1/cards/{card}/blocks",
    Allowed::ANY_ROLE,
    "block a card",
)];
static ACCESS: AccessTable = AccessTable::new(&[ROUTES]);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Block {
    holder: String,
}

/// What is personal about the request: it must not be logged.
const PERSONAL: [&str; 4] = ["4111111111111111", "Erika", "2026-01-31", "accord_secret"];

async fn block(
    StrictPath(_card): StrictPath<String>,
    StrictJson(block): StrictJson<Block>,
) -> Problem {
    Problem::new(ProblemKind::Conflict).detail(format!("{} has blocked it before", block.holder))
}

async fn logged_by(body: &'static str) -> String {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer({
            let log = log.clone();
            move || log.clone()
        })
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let ana = Persona {
        id: "ana".to_owned(),
        name: "Ana".to_owned(),
        roles: Roles::ANY,
        person: None,
    };
    let authenticator = Authenticator::new(Authentication::Personas(vec![ana])).unwrap();
    let edge = Edge::new(authenticator, None);
    let router = Mounting::<()>::new(ACCESS, &edge)
        .post("/v1/cards/{card}/blocks", block)
        .finish();
    let request = Request::post("/v1/cards/4111111111111111/blocks?since=2026-01-31")
        .header("content-type", "application/json")
        .header("authorization", "Bearer accord_secret")
        .body(Body::from(body))
        .unwrap();
    router.oneshot(request).await.unwrap();

    let bytes = log.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn requests_are_logged_by_template_and_never_by_what_they_contain() {
    for (body, problem) in [
        (r#"{"holder": "Erika"}"#, "conflict"),
        (r#"{"holder": ["Erika"]}"#, "invalid-field"),
        (r#"{"Erika": 1}"#, "unknown-field"),
        ("Erika", "malformed-json"),
    ] {
        let log = logged_by(body).await;
        assert!(log.contains("/v1/cards/{card}/blocks"), "{log}");
        assert!(log.contains(problem), "{log}");
        for personal in PERSONAL {
            assert!(!log.contains(personal), "{personal} is in the log:\n{log}");
        }
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
