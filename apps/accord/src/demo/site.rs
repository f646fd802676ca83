//! What every server has at its root, and what every node shows of its health.

use std::sync::atomic::Ordering;

use accord_console::assets;
use accord_event_log::worker::{WorkerCounters, WorkerState};
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
use recommendation_node::MerchantNode;
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

/// A running node, as far as its health and figures go.
pub trait Institution: Clone + Send + Sync + 'static {
    fn worker_state(&self) -> WorkerState;
    /// Commands that wait for the decider.
    fn waiting(&self) -> u64;
    fn counters(&self) -> &WorkerCounters;
    /// Sequence of the last durable event.
    fn last_sequence(&self) -> u64;
    /// Events that the read models do not have yet.
    fn lag(&self) -> u64;
    /// Why the read models stand still.
    fn read_models_stopped(&self) -> Option<String>;
    /// Whether what the node decides by is in force.
    fn policy(&self) -> Option<(&'static str, CheckResult)>;
}

impl Institution for BankNode {
    fn worker_state(&self) -> WorkerState {
        self.bus().state()
    }

    fn waiting(&self) -> u64 {
        self.bus().queue().0 as u64
    }

    fn counters(&self) -> &WorkerCounters {
        self.bus().counters()
    }

    fn last_sequence(&self) -> u64 {
        self.reader().last().0
    }

    fn lag(&self) -> u64 {
        self.lag()
    }

    fn read_models_stopped(&self) -> Option<String> {
        self.progress().stopped
    }

    fn policy(&self) -> Option<(&'static str, CheckResult)> {
        let result = match self.active_policy() {
            Some(active) => CheckResult::ok().number("version", i64::from(active.policy.version)),
            None => CheckResult::failing("no policy is active yet"),
        };
        Some(("policy", result))
    }
}

impl Institution for MerchantNode {
    fn worker_state(&self) -> WorkerState {
        self.bus().state()
    }

    fn waiting(&self) -> u64 {
        self.bus().queue().0 as u64
    }

    fn counters(&self) -> &WorkerCounters {
        self.bus().counters()
    }

    fn last_sequence(&self) -> u64 {
        self.reader().last().0
    }

    fn lag(&self) -> u64 {
        self.lag()
    }

    fn read_models_stopped(&self) -> Option<String> {
        self.progress().stopped
    }

    /// A shop without a model recommends what is popular and alike.
    fn policy(&self) -> Option<(&'static str, CheckResult)> {
        None
    }
}

/// Whether a bank decides, and whether its read models keep up.
pub fn bank_health(node: &BankNode, checks: HealthChecks) -> HealthChecks {
    health(node, checks)
}

/// Figures of a bank for `/metrics`.
pub fn bank_metrics(node: &BankNode, registry: &MetricsRegistry) {
    metrics(node, registry);
}

/// Whether a node decides, and whether its read models keep up.
pub fn health(node: &impl Institution, checks: HealthChecks) -> HealthChecks {
    let (log, models, policy) = (node.clone(), node.clone(), node.clone());
    let checks = checks
        .check("log", move || match log.worker_state() {
            WorkerState::Ready => CheckResult::ok().number(
                "waiting_commands",
                i64::try_from(log.waiting()).unwrap_or(i64::MAX),
            ),
            WorkerState::ReadOnly(reason) | WorkerState::Recovering(reason) => {
                CheckResult::failing(reason)
            }
            WorkerState::Stopped => CheckResult::failing("stopped"),
        })
        .check("read-models", move || {
            let lag = models.lag();
            let result = match models.read_models_stopped() {
                Some(reason) => CheckResult::degraded(reason),
                None if lag > LAG_EVENTS_MAX => CheckResult::degraded("behind the log"),
                None => CheckResult::ok(),
            };
            result.number("lag_events", i64::try_from(lag).unwrap_or(i64::MAX))
        });
    match node.policy() {
        Some((name, _)) => checks.check(name, move || {
            let policy = policy.policy().map(|(_, result)| result);
            policy.unwrap_or_else(CheckResult::ok)
        }),
        None => checks,
    }
}

/// Name, explanation and source of a figure.
type Gauge<I> = (&'static str, &'static str, fn(&I) -> u64);

/// Figures of a node for `/metrics`.
pub fn metrics<I: Institution>(node: &I, registry: &MetricsRegistry) {
    let gauges: [Gauge<I>; 5] = [
        (
            "log_last_sequence",
            "Sequence of the last durable event",
            I::last_sequence,
        ),
        (
            "read_models_lag_events",
            "Events that the read models do not have yet",
            I::lag,
        ),
        (
            "commands_waiting",
            "Commands that wait for the decider",
            I::waiting,
        ),
        ("log_commits", "Durable commits since the start", |node| {
            node.counters().commits.load(Ordering::Relaxed)
        }),
        (
            "log_stored_bytes",
            "Bytes of stored events since the start",
            |node| node.counters().stored_bytes.load(Ordering::Relaxed),
        ),
    ];
    for (name, help, figure) in gauges {
        let node = node.clone();
        registry.computed_gauge(name, help, &[], move || figure(&node) as f64);
    }
}
