//! What the gates of a service cost per request, without the network.
//!
//! Run with `cargo run --release -p accord-service --example request_cost`. The same request
//! is answered by the same handler behind more and more gates. The rounds of all variants alternate
//! and the quickest round of each counts, so that other work on the machine hardly matters.

use std::time::Instant;

use accord_service::authentication::Persona;
use accord_service::host_guard::HostGuard;
use accord_service::{
    AccessTable, Allowed, ApiKey, Authentication, Authenticator, Deadline, Edge, IdempotencyKey,
    MetricsRegistry, Mounting, Role, Roles, RouteAccess, StrictJson,
};
use axum::body::Body;
use axum::extract::Request;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tower::ServiceExt;

const ROUNDS: usize = 400;
const REQUESTS_PER_ROUND: u32 = 200;
const API_KEYS: usize = 10;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Transaction {
    id: String,
    amount_minor: i64,
    currency: String,
    card: String,
    merchant: String,
    channel: String,
    occurred_at_us: i64,
}

const BODY: &str = r#"{"id":"t-000000001","amount_minor":1299,"currency":"EUR","card":"c-1234567890","merchant":"m-77","channel":"online","occurred_at_us":1750000000000000}"#;

const ROUTES: &[RouteAccess] = &[RouteAccess::post(
    "/v1/transactions",
    Allowed::to(&[Role::PaymentSystem]),
    "assess a transaction",
)];
static ACCESS: AccessTable = AccessTable::new(&[ROUTES]);

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let system = Roles::of(&[Role::PaymentSystem]);
    let persona = Persona {
        id: "gateway".to_owned(),
        name: "Gateway".to_owned(),
        roles: system,
        person: None,
    };
    let generated: Vec<(ApiKey, String)> = (0..API_KEYS)
        .map(|i| ApiKey::generate(&format!("gateway-{i}"), "Gateway", system))
        .collect();
    let bearer = format!("Bearer {}", generated[API_KEYS - 1].1);
    let keys = generated.into_iter().map(|(key, _)| key).collect();

    let plain = Router::new().route("/v1/transactions", post(async |_: Json<Transaction>| "ok"));
    let strict = Router::new().route(
        "/v1/transactions",
        post(async |_: StrictJson<Transaction>| "ok"),
    );
    let extracting = Router::new().route("/v1/transactions", post(assess));
    let by_persona = mounted(Authentication::Personas(vec![persona]));
    let by_key = mounted(Authentication::ApiKeys(keys));
    let nested_plain = Router::new().nest("/banks/{bank}", extracting.clone());
    let nested = Router::new().nest("/banks/{bank}", by_persona.clone());

    let path = "/v1/transactions";
    let nested_path = "/banks/north/v1/transactions";
    let variants = [
        ("axum route, axum Json", plain, path),
        ("axum route, StrictJson", strict, path),
        ("  and Deadline, IdempotencyKey", extracting, path),
        ("  and edge with persona, metrics", by_persona, path),
        ("  the same with 10 API keys", by_key, path),
        (
            "nested, without edge and metrics",
            nested_plain,
            nested_path,
        ),
        (
            "nested, with edge with persona, metrics",
            nested,
            nested_path,
        ),
    ];
    let mut quickest_ns = [f64::INFINITY; 7];
    for _ in 0..ROUNDS {
        for (index, (_, router, path)) in variants.iter().enumerate() {
            let cost_ns = runtime.block_on(cost_ns(router, path, &bearer));
            quickest_ns[index] = quickest_ns[index].min(cost_ns);
        }
    }
    for (index, (name, _, _)) in variants.iter().enumerate() {
        println!("{name:<45} {:>6.0} ns", quickest_ns[index]);
    }
}

fn mounted(authentication: Authentication) -> Router {
    let authenticator = Authenticator::new(authentication).unwrap();
    let edge = Edge::new(authenticator, Some(HostGuard::loopback()));
    Mounting::<()>::new(ACCESS, &edge)
        .measured_by(&MetricsRegistry::new())
        .post("/v1/transactions", assess)
        .finish()
}

async fn assess(
    _deadline: Deadline,
    _key: Option<IdempotencyKey>,
    StrictJson(_transaction): StrictJson<Transaction>,
) -> &'static str {
    "ok"
}

/// Nanoseconds per request in one round.
async fn cost_ns(router: &Router, path: &str, bearer: &str) -> f64 {
    let requests: Vec<Request> = (0..REQUESTS_PER_ROUND)
        .map(|_| request(path, bearer))
        .collect();
    let began = Instant::now();
    for request in requests {
        let response = router.clone().oneshot(request).await.unwrap();
        assert!(response.status().is_success(), "{}", response.status());
    }
    began.elapsed().as_nanos() as f64 / f64::from(REQUESTS_PER_ROUND)
}

fn request(path: &str, bearer: &str) -> Request {
    Request::post(path)
        .header("host", "localhost:8080")
        .header("content-type", "application/json")
        .header("content-length", BODY.len())
        .header("authorization", bearer)
        .header("idempotency-key", "8e03978e-40d5-43e8-bc93-6894a57f9324")
        .body(Body::from(BODY))
        .unwrap()
}
