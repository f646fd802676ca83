//! Health: whether the process lives, and whether it is ready for work.
//!
//! `/health/live` answers as long as the process can answer at all; restarting helps if it does not.
//! `/health/ready` runs named checks and answers 503 if one of them fails, so that a balancer sends
//! traffic elsewhere. Details and numbers are for callers with a role that may see them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Allowed, RouteAccess};
use crate::mounting::Mounting;
use crate::principal::Principal;
use crate::roles::{Role, Roles};
use crate::shutdown::Shutdown;

/// The rows for [`mount_health`].
pub const HEALTH_ROUTES: &[RouteAccess] = &[
    RouteAccess::get("/health/live", Allowed::Public, "whether the process lives"),
    RouteAccess::get(
        "/health/ready",
        Allowed::Public,
        "whether the node is ready for work",
    ),
];

/// Who sees more of the readiness than the state of each check.
const DETAIL_ROLES: Roles = Roles::of(&[Role::Operator, Role::Auditor, Role::Administrator]);

/// Mounts `/health/live` and `/health/ready`.
pub fn mount_health<S>(mounting: Mounting<S>, checks: &HealthChecks) -> Mounting<S>
where
    S: Clone + Send + Sync + 'static,
{
    let checks = checks.clone();
    mounting.get("/health/live", live).get(
        "/health/ready",
        async move |caller: Option<Principal>| {
            let detailed = caller.is_some_and(|caller| caller.roles().intersects(DETAIL_ROLES));
            checks.report().into_answer(detailed)
        },
    )
}

async fn live() -> Response {
    let report = Readiness {
        state: CheckState::Ok,
        checks: Vec::new(),
    };
    report.into_answer(false)
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CheckState {
    /// As it should be.
    Ok,
    /// Worse than it should be, but the work is done.
    Degraded,
    /// The work cannot be done.
    Failing,
}

/// The outcome of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckResult {
    state: CheckState,
    detail: Option<String>,
    numbers: BTreeMap<&'static str, i64>,
}

impl CheckResult {
    /// All is well.
    #[must_use]
    pub fn ok() -> Self {
        Self {
            state: CheckState::Ok,
            detail: None,
            numbers: BTreeMap::new(),
        }
    }

    /// Not well, but working.
    #[must_use]
    pub fn degraded(detail: impl Into<String>) -> Self {
        Self {
            state: CheckState::Degraded,
            detail: Some(detail.into()),
            ..Self::ok()
        }
    }

    /// Not working.
    #[must_use]
    pub fn failing(detail: impl Into<String>) -> Self {
        Self {
            state: CheckState::Failing,
            detail: Some(detail.into()),
            ..Self::ok()
        }
    }

    /// Adds a number with its unit in the name, such as `lag_events`.
    #[must_use]
    pub fn number(mut self, name: &'static str, value: i64) -> Self {
        self.numbers.insert(name, value);
        self
    }
}

type Check = Arc<dyn Fn() -> CheckResult + Send + Sync>;

/// The named checks of a node. Cheap to clone; by default there are none.
#[derive(Clone, Default)]
pub struct HealthChecks {
    checks: Vec<(Cow<'static, str>, Check)>,
}

impl HealthChecks {
    /// One check to begin with: a node that is shutting down is not ready.
    #[must_use]
    pub fn new(shutdown: &Shutdown) -> Self {
        let shutdown = shutdown.clone();
        Self::default().check("process", move || {
            if shutdown.has_begun() {
                CheckResult::failing("the node is shutting down")
            } else {
                CheckResult::ok()
            }
        })
    }

    /// Adds a check. It is run for every request for readiness, so it must only look at what others
    /// have measured, and answer at once.
    #[must_use]
    pub fn check(
        mut self,
        name: impl Into<Cow<'static, str>>,
        check: impl Fn() -> CheckResult + Send + Sync + 'static,
    ) -> Self {
        self.checks.push((name.into(), Arc::new(check)));
        self
    }

    /// Adds all checks of a part, each as `part/check`.
    #[must_use]
    pub fn nested(mut self, part: &str, checks: &Self) -> Self {
        for (name, check) in &checks.checks {
            let name = Cow::Owned(format!("{part}/{name}"));
            self.checks.push((name, Arc::clone(check)));
        }
        self
    }

    /// Runs every check.
    #[must_use]
    pub fn report(&self) -> Readiness {
        let checks: Vec<CheckReport> = self
            .checks
            .iter()
            .map(|(name, check)| CheckReport::new(name.clone(), check()))
            .collect();
        let state = checks
            .iter()
            .map(|check| check.state)
            .max()
            .unwrap_or(CheckState::Ok);
        Readiness { state, checks }
    }
}

impl std::fmt::Debug for HealthChecks {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_list()
            .entries(self.checks.iter().map(|(name, _)| name))
            .finish()
    }
}

/// The answer of the health routes: the worst state, and the state of each check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Readiness {
    /// The worst state of all checks.
    pub state: CheckState,
    /// Every check.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckReport>,
}

/// One check in the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CheckReport {
    /// What was checked.
    #[schema(value_type = String)]
    pub name: Cow<'static, str>,
    /// How it is.
    pub state: CheckState,
    /// What is wrong, for callers who may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Measurements with their unit in the name, for callers who may see them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub numbers: BTreeMap<&'static str, i64>,
}

impl CheckReport {
    fn new(name: Cow<'static, str>, result: CheckResult) -> Self {
        let CheckResult {
            state,
            detail,
            numbers,
        } = result;
        Self {
            name,
            state,
            detail,
            numbers,
        }
    }
}

impl Readiness {
    fn into_answer(mut self, detailed: bool) -> Response {
        if !detailed {
            for check in &mut self.checks {
                check.detail = None;
                check.numbers.clear();
            }
        }
        let status = match self.state {
            CheckState::Ok | CheckState::Degraded => StatusCode::OK,
            CheckState::Failing => StatusCode::SERVICE_UNAVAILABLE,
        };
        (status, [(header::CACHE_CONTROL, "no-store")], Json(self)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::AccessTable;
    use crate::edge::Edge;
    use axum::body::Body;
    use axum::extract::Request;
    use http_body_util::BodyExt;
    use serde_json::{Value, json};
    use std::time::Duration;
    use tower::ServiceExt;

    async fn ask(checks: &HealthChecks, path: &str, roles: Roles) -> (u16, Value) {
        let edge = Edge::where_everybody_has(roles);
        let table = AccessTable::new(&[HEALTH_ROUTES]);
        let router = mount_health(Mounting::<()>::new(table, &edge), checks).finish();
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap())
    }

    fn shutdown() -> Shutdown {
        Shutdown::new(Duration::from_secs(1))
    }

    fn lagging() -> HealthChecks {
        HealthChecks::new(&shutdown()).check("projections", || {
            CheckResult::degraded("cases is behind").number("lag_events", 1_200)
        })
    }

    #[tokio::test]
    async fn a_degraded_node_is_ready_and_shows_why_only_to_those_who_may_see_it() {
        let operator = Roles::of(&[Role::Operator]);
        let expected = json!({"state": "degraded", "checks": [
            {"name": "process", "state": "ok"},
            {"name": "projections", "state": "degraded", "detail": "cases is behind",
             "numbers": {"lag_events": 1200}},
        ]});
        assert_eq!(
            ask(&lagging(), "/health/ready", operator).await,
            (200, expected)
        );

        let expected = json!({"state": "degraded", "checks": [
            {"name": "process", "state": "ok"},
            {"name": "projections", "state": "degraded"},
        ]});
        for roles in [Roles::NONE, Roles::of(&[Role::PaymentSystem])] {
            assert_eq!(
                ask(&lagging(), "/health/ready", roles).await,
                (200, expected.clone())
            );
        }
    }

    #[tokio::test]
    async fn the_checks_of_a_part_stand_under_its_name() {
        let part = HealthChecks::default().check("log", || CheckResult::failing("disk is full"));
        let checks = HealthChecks::new(&shutdown()).nested("north", &part);
        let (status, body) = ask(&checks, "/health/ready", Roles::NONE).await;
        let expected = json!({"state": "failing", "checks": [
            {"name": "process", "state": "ok"},
            {"name": "north/log", "state": "failing"},
        ]});
        assert_eq!((status, body), (503, expected));
    }

    #[tokio::test]
    async fn one_failing_check_makes_the_node_unready_but_not_dead() {
        let checks = lagging().check("journal", || CheckResult::failing("disk is full"));
        let (status, body) = ask(&checks, "/health/ready", Roles::NONE).await;
        assert_eq!((status, &body["state"]), (503, &json!("failing")));
        assert_eq!(
            ask(&checks, "/health/live", Roles::NONE).await,
            (200, json!({"state": "ok"}))
        );
    }

    #[tokio::test]
    async fn a_node_that_is_shutting_down_is_not_ready() {
        let shutdown = shutdown();
        let checks = HealthChecks::new(&shutdown);
        assert_eq!(ask(&checks, "/health/ready", Roles::NONE).await.0, 200);
        shutdown.begin();
        assert_eq!(ask(&checks, "/health/ready", Roles::NONE).await.0, 503);
    }
}
