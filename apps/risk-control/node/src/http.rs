//! The node over HTTP: translates requests into what the application is asked, and answers into wire types.

mod aftermath;
mod assess;
mod batch;
mod case_pages;
mod cases;
mod errors;
mod export;
mod governance;
mod labels;
mod lookups;
mod openapi;
mod overview;
pub(crate) mod pages;
mod parked_labels;
mod policy;
mod read_models;
mod stream;
pub(crate) mod transactions;
mod webhooks;
pub mod wire;

use std::sync::Arc;

use accord_service::{
    AccessTable, Allowed, Edge, HealthChecks, MetricsRegistry, Mounting, Role, RouteAccess,
    health::{HEALTH_ROUTES, mount_health},
    metrics::{METRICS_ROUTES, mount_metrics},
    openapi::{OPENAPI_ROUTES, mount_openapi},
};
use axum::Router;

pub use governance::GOVERNANCE_ROUTES;
pub use openapi::openapi;

use crate::node::BankNode;

const READERS: Allowed = Allowed::to(&[
    Role::PaymentSystem,
    Role::Analyst,
    Role::RuleAuthor,
    Role::Approver,
    Role::Auditor,
    Role::Administrator,
]);
const PAGE_READERS: Allowed = Allowed::to(&[
    Role::Analyst,
    Role::RuleAuthor,
    Role::Approver,
    Role::Auditor,
    Role::Administrator,
]);
const PAYMENT_SYSTEMS: Allowed = Allowed::to(&[Role::PaymentSystem, Role::Administrator]);
const CASE_WORKERS: Allowed = Allowed::to(&[Role::Analyst, Role::Approver, Role::Administrator]);
const WEBHOOK_READERS: Allowed = Allowed::to(&[Role::Operator, Role::Auditor, Role::Administrator]);
const OPERATORS: Allowed = Allowed::to(&[Role::Operator, Role::Auditor, Role::Administrator]);

/// Everything that a bank's node serves of its own, and to whom.
pub const BANK_ROUTES: &[RouteAccess] = &[
    RouteAccess::post(
        "/v1/transactions",
        Allowed::to(&[Role::PaymentSystem, Role::Administrator]),
        "decide a transaction",
    ),
    RouteAccess::post(
        "/v1/transactions/batch",
        PAYMENT_SYSTEMS,
        "decide many transactions",
    ),
    RouteAccess::get("/v1/transactions", READERS, "list transactions"),
    RouteAccess::get(
        "/v1/transactions/{transaction_id}",
        READERS,
        "one transaction with its explanation and history",
    ),
    RouteAccess::post(
        "/v1/transactions/{transaction_id}/labels",
        Allowed::to(&[Role::PaymentSystem, Role::Analyst, Role::Administrator]),
        "say what a transaction turned out to be",
    ),
    RouteAccess::post(
        "/v1/transactions/{transaction_id}/reversal",
        PAYMENT_SYSTEMS,
        "a transaction was taken back",
    ),
    RouteAccess::post(
        "/v1/transactions/{transaction_id}/refunds",
        PAYMENT_SYSTEMS,
        "money of a transaction was given back",
    ),
    RouteAccess::post(
        "/v1/transactions/{transaction_id}/challenge",
        PAYMENT_SYSTEMS,
        "how a challenge ended",
    ),
    RouteAccess::post(
        "/v1/advices",
        PAYMENT_SYSTEMS,
        "a transaction that was decided elsewhere",
    ),
    RouteAccess::get(
        "/v1/parked-labels",
        READERS,
        "labels that wait for their transaction",
    ),
    RouteAccess::delete(
        "/v1/parked-labels/{transaction_id}",
        Allowed::to(&[Role::PaymentSystem, Role::Analyst, Role::Administrator]),
        "discard a label whose transaction will not come",
    ),
    RouteAccess::get("/v1/cases", READERS, "the queue of cases"),
    RouteAccess::get(
        "/v1/cases/{case_id}",
        READERS,
        "one case with its transactions and history",
    ),
    RouteAccess::post("/v1/cases/{case_id}/assign", CASE_WORKERS, "assign a case"),
    RouteAccess::post(
        "/v1/cases/{case_id}/release",
        CASE_WORKERS,
        "give a case back",
    ),
    RouteAccess::post(
        "/v1/cases/{case_id}/notes",
        CASE_WORKERS,
        "note something about a case",
    ),
    RouteAccess::post(
        "/v1/cases/{case_id}/escalate",
        CASE_WORKERS,
        "hand a case to a supervisor",
    ),
    RouteAccess::post(
        "/v1/cases/{case_id}/resolve",
        CASE_WORKERS,
        "resolve a case and label its transactions",
    ),
    RouteAccess::post(
        "/v1/cases/{case_id}/reopen",
        CASE_WORKERS,
        "undo a resolution",
    ),
    RouteAccess::post(
        "/v1/cases/bulk",
        CASE_WORKERS,
        "the same work on many cases",
    ),
    RouteAccess::get("/v1/case-settings", READERS, "settings of case work"),
    RouteAccess::put(
        "/v1/case-settings",
        Allowed::to(&[Role::Approver, Role::Administrator]),
        "change the settings of case work",
    ),
    RouteAccess::get(
        "/v1/customers/{customer_id}",
        READERS,
        "what is known of a customer",
    ),
    RouteAccess::get(
        "/v1/terminals/{terminal_id}",
        READERS,
        "what is known of a terminal",
    ),
    RouteAccess::get(
        "/v1/exports/transactions.csv",
        READERS,
        "transactions as comma-separated values",
    ),
    RouteAccess::post(
        "/v1/webhooks",
        Allowed::to(&[Role::Administrator]),
        "subscribe to what happens",
    ),
    RouteAccess::get("/v1/webhooks", WEBHOOK_READERS, "all subscriptions"),
    RouteAccess::get(
        "/v1/webhooks/{webhook_id}",
        WEBHOOK_READERS,
        "one subscription",
    ),
    RouteAccess::delete(
        "/v1/webhooks/{webhook_id}",
        Allowed::to(&[Role::Administrator]),
        "end a subscription",
    ),
    RouteAccess::post(
        "/v1/webhooks/{webhook_id}/pause",
        Allowed::to(&[Role::Operator, Role::Administrator]),
        "let messages wait",
    ),
    RouteAccess::post(
        "/v1/webhooks/{webhook_id}/resume",
        Allowed::to(&[Role::Operator, Role::Administrator]),
        "send what waited",
    ),
    RouteAccess::post(
        "/v1/webhooks/{webhook_id}/rotate-secret",
        Allowed::to(&[Role::Administrator]),
        "give a subscription another secret",
    ),
    RouteAccess::get(
        "/v1/webhooks/{webhook_id}/deliveries",
        WEBHOOK_READERS,
        "the delivery log of a subscription",
    ),
    RouteAccess::post(
        "/v1/webhooks/{webhook_id}/deliveries/{message_id}/redeliver",
        Allowed::to(&[Role::Operator, Role::Administrator]),
        "send a message again",
    ),
    RouteAccess::get("/v1/overview", READERS, "figures of the last day"),
    RouteAccess::get("/v1/policy", READERS, "the active policy and its adoption"),
    RouteAccess::get(
        "/v1/stream",
        READERS,
        "decisions and figures as they happen",
    ),
    RouteAccess::get("/v1/read-models", OPERATORS, "how far the read models are"),
    RouteAccess::post(
        "/v1/read-models/{name}/rebuild",
        Allowed::to(&[Role::Operator, Role::Administrator]),
        "rebuild a read model from the log",
    ),
    RouteAccess::get("/", PAGE_READERS, "page: overview"),
    RouteAccess::get("/transactions", PAGE_READERS, "page: list of transactions"),
    RouteAccess::get(
        "/transactions/{transaction_id}",
        PAGE_READERS,
        "page: one transaction",
    ),
    RouteAccess::get("/cases", PAGE_READERS, "page: the queue of cases"),
    RouteAccess::get("/cases/{case_id}", PAGE_READERS, "page: one case"),
    RouteAccess::get(
        "/customers/{customer_id}",
        PAGE_READERS,
        "page: one customer",
    ),
    RouteAccess::get(
        "/terminals/{terminal_id}",
        PAGE_READERS,
        "page: one terminal",
    ),
];

/// The one table of route × role of a bank's node.
pub static ACCESS: AccessTable = AccessTable::new(&[
    BANK_ROUTES,
    GOVERNANCE_ROUTES,
    governance::models::MODEL_ROUTES,
    HEALTH_ROUTES,
    METRICS_ROUTES,
    OPENAPI_ROUTES,
]);

/// Where a node's pages lie and what surrounds them.
#[derive(Clone)]
pub struct Placement {
    /// Path under which the node is nested, without a slash at the end; empty for a node of its own.
    pub base_path: String,
    /// Where the word mark leads.
    pub home_href: String,
    /// Whether the pages show the demo's clock.
    pub shows_clock: bool,
    /// The gate that every request passes, which knows the callers.
    pub edge: Edge,
}

/// What every handler is given.
pub(crate) struct BankService {
    pub node: BankNode,
    pub placement: Placement,
}

pub(crate) type Service = axum::extract::State<Arc<BankService>>;

/// The node's router, with every route behind the guard of its row in [`ACCESS`].
pub fn router(
    node: BankNode,
    placement: Placement,
    registry: &MetricsRegistry,
    health: &HealthChecks,
) -> Router {
    let base_path = placement.base_path.clone();
    let mounting = Mounting::new(ACCESS, &placement.edge)
        .measured_by(registry)
        .post("/v1/transactions", assess::assess)
        .post("/v1/transactions/batch", batch::assess_batch)
        .get("/v1/transactions", transactions::list)
        .get("/v1/transactions/{transaction_id}", transactions::show)
        .post("/v1/transactions/{transaction_id}/labels", labels::label)
        .post(
            "/v1/transactions/{transaction_id}/reversal",
            aftermath::reverse,
        )
        .post(
            "/v1/transactions/{transaction_id}/refunds",
            aftermath::refund,
        )
        .post(
            "/v1/transactions/{transaction_id}/challenge",
            aftermath::answer_challenge,
        )
        .post("/v1/advices", aftermath::advise)
        .get("/v1/parked-labels", parked_labels::list)
        .delete("/v1/parked-labels/{transaction_id}", parked_labels::discard)
        .get("/v1/cases", cases::list)
        .get("/v1/cases/{case_id}", cases::show)
        .post("/v1/cases/{case_id}/assign", cases::work::assign)
        .post("/v1/cases/{case_id}/release", cases::work::release)
        .post("/v1/cases/{case_id}/notes", cases::work::add_note)
        .post("/v1/cases/{case_id}/escalate", cases::work::escalate)
        .post("/v1/cases/{case_id}/resolve", cases::work::resolve)
        .post("/v1/cases/{case_id}/reopen", cases::work::reopen)
        .post("/v1/cases/bulk", cases::bulk::bulk)
        .get("/v1/case-settings", cases::settings::show)
        .put("/v1/case-settings", cases::settings::change)
        .get("/v1/customers/{customer_id}", lookups::customer)
        .get("/v1/terminals/{terminal_id}", lookups::terminal)
        .get("/v1/exports/transactions.csv", export::transactions)
        .post("/v1/webhooks", webhooks::subscribe)
        .get("/v1/webhooks", webhooks::list)
        .get("/v1/webhooks/{webhook_id}", webhooks::show)
        .delete("/v1/webhooks/{webhook_id}", webhooks::delete)
        .post("/v1/webhooks/{webhook_id}/pause", webhooks::pause)
        .post("/v1/webhooks/{webhook_id}/resume", webhooks::resume)
        .post(
            "/v1/webhooks/{webhook_id}/rotate-secret",
            webhooks::rotate_secret,
        )
        .get("/v1/webhooks/{webhook_id}/deliveries", webhooks::deliveries)
        .post(
            "/v1/webhooks/{webhook_id}/deliveries/{message_id}/redeliver",
            webhooks::redeliver,
        )
        .get("/v1/overview", overview::overview)
        .get("/v1/policy", policy::policy)
        .get("/v1/stream", stream::stream)
        .get("/v1/read-models", read_models::list)
        .post("/v1/read-models/{name}/rebuild", read_models::rebuild)
        .get("/", pages::overview)
        .get("/transactions", pages::transactions)
        .get("/transactions/{transaction_id}", pages::transaction)
        .get("/cases", case_pages::queue)
        .get("/cases/{case_id}", case_pages::case)
        .get("/customers/{customer_id}", case_pages::customer)
        .get("/terminals/{terminal_id}", case_pages::terminal);
    let mounting = governance::mount(mounting);
    let mounting = mount_health(mounting, health);
    let mounting = mount_metrics(mounting, registry);
    let mounting = mount_openapi(mounting, openapi(), &base_path);
    mounting
        .finish()
        .with_state(Arc::new(BankService { node, placement }))
}
