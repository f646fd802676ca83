//! The demo's first page: the banks side by side, live, and the merchants below them.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc, time::Duration};

use accord_console::DemoClock;
use accord_event_log::worker::WorkerState;
use accord_service::{
    AccessTable, Allowed, Edge, HealthChecks, MetricsRegistry, Mounting, Principal, Problem,
    ProblemKind, Role, RouteAccess,
    health::{HEALTH_ROUTES, mount_health},
    metrics::{METRICS_ROUTES, mount_metrics},
    openapi::{OPENAPI_ROUTES, mount_openapi},
};
use axum::{
    Form, Router,
    extract::{State, rejection::FormRejection},
    http::{HeaderMap, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{StreamExt, stream};
use risk_control_node::{
    BankNode, capitalised,
    console::institutions::{
        AttackSwitch, BankCard, BankFigures, BankState, InstitutionsFigures, InstitutionsView,
        institutions,
    },
    page, persona_switcher,
};

use risk_control_simulator::Attack;
use serde::Deserialize;

use super::{
    Demo,
    banner::curl_to_try,
    merchant_cards::{MerchantsFigures, merchant_cards},
};
use crate::coordinator::BASE_PATH;

const HOME_ROUTES: &[RouteAccess] = &[
    RouteAccess::get("/", Allowed::ANY_ROLE, "page: the banks side by side"),
    RouteAccess::post(
        "/attacks",
        Allowed::to(&[Role::Administrator]),
        "form: switch an attack on or off",
    ),
    RouteAccess::get(
        "/stream",
        Allowed::ANY_ROLE,
        "the first page's figures as they change",
    ),
];

/// Routes of the demo's root.
static HOME_ACCESS: AccessTable =
    AccessTable::new(&[HOME_ROUTES, HEALTH_ROUTES, METRICS_ROUTES, OPENAPI_ROUTES]);

/// A node is shown as catching up from this many events behind its log.
const CATCHING_UP_EVENTS: u64 = 5_000;
const FIGURES_EVERY: Duration = Duration::from_secs(1);

struct Home {
    demo: Arc<Demo>,
    edge: Edge,
}

/// The first page, and health and metrics over all banks.
pub fn router(
    demo: &Arc<Demo>,
    edge: &Edge,
    registry: &MetricsRegistry,
    health: &HealthChecks,
) -> Router {
    let first = demo.banks.first().map_or("", BankNode::name);
    let mounting = Mounting::new(HOME_ACCESS, edge)
        .get("/", home)
        .post("/attacks", switch_attack)
        .get("/stream", figures_stream);
    let mounting = mount_metrics(mount_health(mounting, health), registry);
    mount_openapi(
        mounting,
        risk_control_node::openapi(),
        &format!("/banks/{first}"),
    )
    .finish()
    .with_state(Arc::new(Home {
        demo: Arc::clone(demo),
        edge: edge.clone(),
    }))
}

async fn home(
    State(home): State<Arc<Home>>,
    principal: Principal,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // The name by which the visitor reached the page is the one by which a shell will reach it, too.
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or("127.0.0.1:8080");
    let demo = &home.demo;
    let mut banks = Vec::new();
    for bank in &demo.banks {
        banks.push(BankCard {
            key: bank.name().to_owned(),
            name: capitalised(bank.name()),
            href: format!("/banks/{}", bank.name()),
            figures: figures(bank)
                .await
                .map_err(|error| Problem::internal(&error))?,
        });
    }
    let view = InstitutionsView {
        clock: DemoClock {
            now_us: demo.clock.now_us(),
            speed: demo.clock.speed(),
        },
        personas: persona_switcher(home.edge.authenticator(), &principal, "/"),
        stream: Some("/stream".to_owned()),
        banks,
        attacks: attack_switches(demo),
        api_href: "/api/".to_owned(),
        openapi_href: "/openapi.json".to_owned(),
        docs_href: "/api/".to_owned(),
        command: curl_to_try(&format!("http://{host}"), None),
        coordinator_href: Some(BASE_PATH.to_owned()),
        footer: vec![
            ("Training together".to_owned(), BASE_PATH.to_owned()),
            ("OpenAPI".to_owned(), "/openapi.json".to_owned()),
        ],
    };
    let merchants = merchant_cards(&demo.merchants);
    Ok(page(StatusCode::OK, institutions(&view, &merchants)))
}

/// Which attack, and whether it is to be under way.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PostedSwitch {
    attack: String,
    on: bool,
}

async fn switch_attack(
    State(home): State<Arc<Home>>,
    posted: Result<Form<PostedSwitch>, FormRejection>,
) -> Result<Response, Problem> {
    let Form(posted) = posted.map_err(|rejection| {
        Problem::new(ProblemKind::MalformedRequest).detail(rejection.body_text())
    })?;
    let attack = Attack::parse(&posted.attack)
        .ok_or_else(|| Problem::new(ProblemKind::NotFound).detail("There is no such attack."))?;
    home.demo.attacks.switch(attack, posted.on);
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, "/")]).into_response())
}

fn attack_switches(demo: &Demo) -> Vec<AttackSwitch> {
    Attack::ALL
        .into_iter()
        .map(|attack| {
            let (title, explanation) = match attack {
                Attack::CardTesting => (
                    "Card testing",
                    "Stolen cards are tried with many tiny purchases on one device.",
                ),
                Attack::AccountTakeOver => (
                    "Account take-over",
                    "Strangers pay large amounts from devices that nobody has seen.",
                ),
                Attack::MuleTerminals => (
                    "Mule terminals",
                    "Three terminals a day collect stolen money at every bank.",
                ),
            };
            AttackSwitch {
                key: attack.name().to_owned(),
                title: title.to_owned(),
                explanation: explanation.to_owned(),
                under_way: demo.attacks.is_under_way(attack),
            }
        })
        .collect()
}

async fn figures(bank: &BankNode) -> anyhow::Result<BankFigures> {
    let overview = bank.overview().await?;
    let state = match bank.bus().state() {
        WorkerState::Ready if bank.lag() > CATCHING_UP_EVENTS => BankState::CatchingUp,
        WorkerState::Ready => BankState::Running,
        WorkerState::ReadOnly(_) | WorkerState::Recovering(_) => BankState::ReadOnly,
        WorkerState::Stopped => BankState::Stopped,
    };
    Ok(BankFigures {
        counts: overview.counts,
        decision_latency_p99_us: overview.decision_latency_p99_us,
        state,
    })
}

async fn figures_stream(State(home): State<Arc<Home>>) -> Response {
    let shutdown = home.demo.shutdown.clone();
    let rounds = stream::unfold((home, true), async |(home, first)| {
        if !first {
            tokio::time::sleep(FIGURES_EVERY).await;
        }
        let mut banks = BTreeMap::new();
        for bank in &home.demo.banks {
            // A bank whose figures cannot be read now is left out; the page keeps its last ones.
            if let Ok(figures) = figures(bank).await {
                banks.insert(bank.name().to_owned(), figures);
            }
        }
        let figures = InstitutionsFigures {
            simulated_now_us: home.demo.clock.now_us(),
            banks,
        };
        let merchants = MerchantsFigures::of(&home.demo.merchants);
        let events = [
            Event::default().event("institutions").json_data(figures),
            Event::default().event("merchants").json_data(merchants),
        ];
        let events = events.map(|event| Ok::<_, Infallible>(event.unwrap_or_default()));
        Some((stream::iter(events), (home, false)))
    });
    let events = rounds.flatten();
    // An open page must not keep the server from draining.
    let ended = async move { shutdown.begun().await };
    Sse::new(events.take_until(Box::pin(ended)))
        .keep_alive(KeepAlive::default())
        .into_response()
}
