//! What every server has at its root, and what every bank's node shows of its health.

use std::sync::Arc;

use accord_console::assets;
use accord_event_log::worker::WorkerState;
use accord_service::{
    AccessTable, Allowed, CheckResult, Edge, HealthChecks, MetricsRegistry, Mounting, Problem,
    ProblemKind, RouteAccess, StrictPath,
    login::{LOGIN_ROUTES, mount_login},
    problem_page::{PROBLEM_ROUTES, mount_problem_pages},
};
use axum::{
    Router,
    http::header,
    response::{IntoResponse, Response},
};
use risk_control_node::BankNode;

const ASSET_ROUTES: &[RouteAccess] = &[RouteAccess::get(
    "/assets/{file}",
    Allowed::Public,
    "style sheet, script and icon of the pages",
)];

/// Routes that a server has once, however many nodes it holds.
pub static SHARED_ACCESS: AccessTable =
    AccessTable::new(&[ASSET_ROUTES, LOGIN_ROUTES, PROBLEM_ROUTES]);

/// Events behind which a node's read models count as lagging.
const LAG_EVENTS_MAX: u64 = 50_000;

/// Assets, login and the pages that explain problems.
pub fn shared_routes(edge: &Edge) -> Router {
    let mounting = Mounting::new(SHARED_ACCESS, edge).get("/assets/{file}", asset);
    let mounting = mount_login(mounting);
    mount_problem_pages(mounting).finish()
}

async fn asset(StrictPath(file): StrictPath<String>) -> Response {
    let path = format!("/assets/{file}");
    match assets::all().into_iter().find(|asset| asset.path == path) {
        Some(asset) => (
            [
                (header::CONTENT_TYPE, asset.content_type),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
                (header::ETAG, asset.etag.as_str()),
            ],
            asset.bytes,
        )
            .into_response(),
        None => Problem::new(ProblemKind::NotFound).into_response(),
    }
}

/// Whether a node decides, and whether its read models keep up.
pub fn bank_health(node: &BankNode, checks: HealthChecks) -> HealthChecks {
    let (log, models, policy) = (node.clone(), node.clone(), node.clone());
    checks
        .check("log", move || match log.bus().state() {
            WorkerState::Ready => {
                let (waiting, _) = log.bus().queue();
                CheckResult::ok().number(
                    "waiting_commands",
                    i64::try_from(waiting).unwrap_or(i64::MAX),
                )
            }
            WorkerState::ReadOnly(reason) | WorkerState::Recovering(reason) => {
                CheckResult::failing(reason)
            }
            WorkerState::Stopped => CheckResult::failing("stopped"),
        })
        .check("read-models", move || {
            let lag = models.lag();
            let result = match models.progress().stopped {
                Some(reason) => CheckResult::degraded(reason),
                None if lag > LAG_EVENTS_MAX => CheckResult::degraded("behind the log"),
                None => CheckResult::ok(),
            };
            result.number("lag_events", i64::try_from(lag).unwrap_or(i64::MAX))
        })
        .check("policy", move || match policy.active_policy() {
            Some(active) => CheckResult::ok().number("version", i64::from(active.policy.version)),
            None => CheckResult::failing("no policy is active yet"),
        })
}

/// Reads one figure of a node.
type Figure = Arc<dyn Fn(&BankNode) -> f64 + Send + Sync>;

/// Figures of a node for `/metrics`.
pub fn bank_metrics(node: &BankNode, registry: &MetricsRegistry) {
    let gauges: [(&str, &str, Figure); 5] = [
        (
            "log_last_sequence",
            "Sequence of the last durable event",
            Arc::new(|node| node.reader().last().0 as f64),
        ),
        (
            "read_models_lag_events",
            "Events that the read models do not have yet",
            Arc::new(|node| node.lag() as f64),
        ),
        (
            "commands_waiting",
            "Commands that wait for the decider",
            Arc::new(|node| node.bus().queue().0 as f64),
        ),
        (
            "log_commits",
            "Durable commits since the start",
            Arc::new(|node| {
                let commits = &node.bus().counters().commits;
                commits.load(std::sync::atomic::Ordering::Relaxed) as f64
            }),
        ),
        (
            "log_stored_bytes",
            "Bytes of stored events since the start",
            Arc::new(|node| {
                let bytes = &node.bus().counters().stored_bytes;
                bytes.load(std::sync::atomic::Ordering::Relaxed) as f64
            }),
        ),
    ];
    for (name, help, figure) in gauges {
        let node = node.clone();
        registry.computed_gauge(name, help, &[], move || figure(&node));
    }
}
