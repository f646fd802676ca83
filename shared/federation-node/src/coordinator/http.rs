//! The coordinator over HTTP: jobs for operators, progress for whoever may watch, and the three or four requests that
//! participants make.

mod jobs;
mod participants;
mod stream;

use std::sync::Arc;

use accord_service::{
    AccessTable, Allowed, Edge, MetricsRegistry, Mounting, Role, RouteAccess,
    openapi::{OPENAPI_ROUTES, mount_openapi},
};
use axum::Router;
use axum::extract::State;
use utoipa::OpenApi;

use super::{CoordinatorNode, Shared, page};

/// Who may watch: results and progress hold sums only.
const WATCHERS: Allowed = Allowed::ANY_ROLE;
const OPERATORS: Allowed = Allowed::to(&[Role::Operator, Role::Administrator]);

/// Everything that a coordinator serves of its own, and to whom. Participants are known by their signatures, which the
/// handlers check; what they send is refused without one.
pub const COORDINATOR_ROUTES: &[RouteAccess] = &[
    RouteAccess::get("/v1/jobs", WATCHERS, "all jobs"),
    RouteAccess::post("/v1/jobs", OPERATORS, "order a job"),
    RouteAccess::post(
        "/v1/lint",
        OPERATORS,
        "what a job would cost, or why it is refused",
    ),
    RouteAccess::get("/v1/jobs/{job}", WATCHERS, "one job"),
    RouteAccess::post("/v1/jobs/{job}/abort", OPERATORS, "end a job"),
    RouteAccess::get("/v1/jobs/{job}/result", WATCHERS, "what a job has found"),
    RouteAccess::get(
        "/v1/jobs/{job}/transcript",
        WATCHERS,
        "what an auditor checks",
    ),
    RouteAccess::get("/v1/roster", WATCHERS, "who may take part"),
    RouteAccess::get("/v1/stream", WATCHERS, "progress as it happens"),
    RouteAccess::post(
        "/v1/participant/work",
        Allowed::Public,
        "participant: what is asked of me?",
    ),
    RouteAccess::post(
        "/v1/participant/enrolment",
        Allowed::Public,
        "participant: sign a plan, or not",
    ),
    RouteAccess::post(
        "/v1/participant/message",
        Allowed::Public,
        "participant: a message of the protocol",
    ),
    RouteAccess::post(
        "/v1/participant/refusal",
        Allowed::Public,
        "participant: why there is no message",
    ),
    RouteAccess::get("/", WATCHERS, "page: jobs"),
    RouteAccess::get("/jobs/{job}", WATCHERS, "page: one job"),
];

static ACCESS: AccessTable = AccessTable::new(&[COORDINATOR_ROUTES, OPENAPI_ROUTES]);

/// Where the coordinator lies, and what surrounds it.
#[derive(Clone)]
pub struct CoordinatorPlacement {
    /// Path under which it is nested, without a slash at the end.
    pub base_path: String,
    /// Where the word mark of its pages leads.
    pub home_href: String,
    /// The gate that every request passes, which knows the callers.
    pub edge: Edge,
}

/// What every handler is given.
pub(super) struct Service {
    pub shared: Arc<Shared>,
    pub placement: CoordinatorPlacement,
    /// Ends when streams are to end.
    pub stop: tokio::sync::watch::Receiver<bool>,
}

pub(super) type ServiceState = State<Arc<Service>>;

/// The coordinator's router.
pub fn router(
    node: &CoordinatorNode,
    placement: CoordinatorPlacement,
    registry: &MetricsRegistry,
) -> Router {
    let base_path = placement.base_path.clone();
    let mounting = Mounting::new(ACCESS, &placement.edge)
        .measured_by(registry)
        .get("/v1/jobs", jobs::list)
        .post("/v1/jobs", jobs::order)
        .post("/v1/lint", jobs::lint)
        .get("/v1/jobs/{job}", jobs::show)
        .post("/v1/jobs/{job}/abort", jobs::abort)
        .get("/v1/jobs/{job}/result", jobs::result)
        .get("/v1/jobs/{job}/transcript", jobs::transcript)
        .get("/v1/roster", jobs::roster)
        .get("/v1/stream", stream::stream)
        .post("/v1/participant/work", participants::work)
        .post("/v1/participant/enrolment", participants::enrolment)
        .post("/v1/participant/message", participants::message)
        .post("/v1/participant/refusal", participants::refusal)
        .get("/", page::jobs)
        .get("/jobs/{job}", page::job);
    mount_openapi(mounting, openapi(), &base_path)
        .finish()
        .with_state(Arc::new(Service {
            shared: Arc::clone(&node.shared),
            placement,
            stop: node.shared.stop.subscribe(),
        }))
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Accord coordinator",
        description = "Joint training by exact secure sums. The coordinator sees sums, never rows or an institution's answer.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        contact()
    ),
    paths(
        jobs::list,
        jobs::order,
        jobs::lint,
        jobs::show,
        jobs::abort,
        jobs::result,
        jobs::transcript,
        jobs::roster,
        stream::stream,
        participants::work,
        participants::enrolment,
        participants::message,
        participants::refusal,
    ),
    tags(
        (name = "jobs", description = "Order, watch, audit"),
        (name = "participants", description = "What institutions' nodes say; signed, binary"),
    )
)]
struct Description;

/// The description, for `/openapi.json`.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Description::openapi()
}

#[cfg(test)]
mod tests {
    use accord_service::openapi::check_openapi;

    use super::*;

    #[test]
    fn the_description_has_every_route_of_the_api() {
        let api = COORDINATOR_ROUTES
            .iter()
            .filter(|row| row.path.starts_with("/v1"));
        check_openapi(&openapi(), api).expect("described");
    }
}
