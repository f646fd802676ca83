//! The demo: five simulated banks and five simulated merchants in one process, on one port, on one clock.

mod analysts;
pub mod attacks;
mod banner;
mod clerks;
mod federation;
mod history;
mod home;
mod merchant_cards;
mod merchants;
mod shoppers;
pub mod site;
mod state;
mod traffic;

use std::{process::ExitCode, sync::Arc, time::Duration};

use accord_event_log::{LogReader, data_directory::DataDirectory};
use accord_federation_node::coordinator::{self, CoordinatorNode, CoordinatorPlacement};
use accord_federation_node::participant::ParticipantNode;
use accord_service::{
    Authentication, Authenticator, Clock, Edge, HealthChecks, MetricsRegistry, Persona, Role,
    Roles, Shutdown,
    api_key::{KeyHash, generate_secret},
    host_guard::HostGuard,
    listen_policy::ListenPolicy,
    server::{self, ServerLimits},
    telemetry::{LogFormat, set_up_logging},
};
use anyhow::{Context, anyhow, bail};
use axum::Router;
use recommendation_node::MerchantNode;
use recommendation_simulator::Market;
use risk_control_node::{BankNode, BankSettings, Placement, WebhookReach};
use risk_control_simulator::Network;

use crate::cli::DemoArguments;
use crate::coordinator::BASE_PATH;
use state::DemoState;

/// Slowest and fastest clock: real time, and ten simulated days a second.
const SPEEDS: std::ops::RangeInclusive<f64> = 1.0..=864_000.0;

const ACCESS_KEY_BYTES_MIN: usize = 16;

/// Everything the demo holds, shared by its pages.
pub struct Demo {
    pub clock: Clock,
    pub banks: Vec<BankNode>,
    pub merchants: Vec<MerchantNode>,
    pub coordinator: CoordinatorNode,
    pub shutdown: Shutdown,
    /// What the presenter has switched on.
    pub attacks: attacks::Attacks,
}

/// Runs the demo until it is told to stop.
pub async fn run(arguments: DemoArguments) -> anyhow::Result<ExitCode> {
    if !SPEEDS.contains(&arguments.speed) {
        bail!(
            "--speed must lie between {} and {}",
            SPEEDS.start(),
            SPEEDS.end()
        );
    }
    set_up_logging(LogFormat::Human)?;
    let key = access_key(&arguments)?;
    let authentication = authentication(key.as_deref());
    let address = server::resolve(&arguments.listen).await?;
    ListenPolicy::check(address, &authentication)?;
    let authenticator = Authenticator::new(authentication)?;
    // The port and the directory are claimed before anything is written.
    let listener = server::bind(address).await?;
    let address = listener.local_addr()?;
    let directory = DataDirectory::open(&arguments.data_dir)
        .map_err(|error| anyhow!("{error} (--data-dir)"))?;
    let shutdown = Shutdown::on_signals(Duration::from_secs(5))?;

    let state = DemoState::open(directory.path(), arguments.seed)?;
    let network = Arc::new(state.network()?);
    let market = Arc::new(state.market()?);
    let resumed_at_us = resume_at(&state).await?;
    let clock = Clock::scaled(resumed_at_us, arguments.speed);
    let (banks, merchants) = tokio::try_join!(
        open_banks(&network, &state, &clock),
        merchants::open(&market, &state, &clock)
    )?;
    let names: Vec<String> = banks.iter().map(|bank| bank.name().to_owned()).collect();
    let coordinator = federation::open(directory.path(), &state, &names).await?;
    let demo = Arc::new(Demo {
        clock,
        banks,
        merchants,
        coordinator,
        shutdown: shutdown.clone(),
        attacks: attacks::Attacks::default(),
    });

    let edge = Edge::new(authenticator, HostGuard::for_listener(address));
    let router = router(&demo, &edge, &shutdown);
    let serving = {
        let shutdown = shutdown.clone();
        tokio::spawn(async move {
            server::serve(listener, router, &shutdown, ServerLimits::default()).await
        })
    };

    let prepared = tokio::select! {
        prepared = prepare(&demo, &network, &market, &state) => prepared,
        () = shutdown.begun() => Ok(()),
    };
    let mut participants = Vec::new();
    if prepared.is_err() {
        shutdown.begin();
    } else if !shutdown.has_begun() {
        banner::print(address, directory.path(), key.as_deref(), &arguments);
        merchants::train_first_models(&demo, &shutdown);
        participants = federation::start(&demo, &state, address).await?;
        if !arguments.no_traffic {
            federation::direct(&demo.coordinator, &demo.clock, &shutdown);
            traffic::start(&demo, &network, &state, resumed_at_us, &shutdown);
            analysts::start(&demo, &network, &shutdown);
            shoppers::start(&demo, &market, &state, resumed_at_us, &shutdown);
            clerks::start(&demo, &shutdown);
            attacks::start(&demo, &network, &state, &shutdown);
        }
    }
    shutdown.begun().await;
    demo.banks.iter().for_each(BankNode::end_streams);
    demo.merchants.iter().for_each(MerchantNode::end_streams);
    demo.coordinator.begin_stop();
    // Requests under way are answered before the nodes stop.
    serving.await?;
    futures::future::join_all(participants.iter().map(ParticipantNode::stop)).await;
    demo.coordinator.stop().await;
    tokio::join!(
        futures::future::join_all(demo.banks.iter().map(BankNode::stop)),
        futures::future::join_all(demo.merchants.iter().map(MerchantNode::stop)),
    );
    prepared.map(|()| ExitCode::SUCCESS)
}

/// Loads the history of whoever has none.
async fn prepare(
    demo: &Arc<Demo>,
    network: &Arc<Network>,
    market: &Arc<Market>,
    state: &DemoState,
) -> anyhow::Result<()> {
    tokio::try_join!(
        history::prepare(demo, network, state),
        merchants::prepare(demo, market, state)
    )?;
    Ok(())
}

/// The key that opens the demo. An empty variable counts as none; a short key could be guessed.
fn access_key(arguments: &DemoArguments) -> anyhow::Result<Option<String>> {
    match arguments.access_key.as_deref().map(str::trim) {
        None | Some("") => Ok(arguments.generate_key.then(generate_secret)),
        Some(key) if key.len() < ACCESS_KEY_BYTES_MIN => {
            bail!("the access key must have at least {ACCESS_KEY_BYTES_MIN} characters")
        }
        Some(key) => Ok(Some(key.to_owned())),
    }
}

/// Opens all banks at once, each on a task of its own: folding their logs is work for every core.
async fn open_banks(
    network: &Network,
    state: &DemoState,
    clock: &Clock,
) -> anyhow::Result<Vec<BankNode>> {
    let opening: Vec<_> = network
        .banks()
        .iter()
        .map(|bank| {
            let name = bank.name().to_owned();
            let folder = state.bank_folder(&name);
            let clock = clock.clone();
            tokio::spawn(async move {
                let settings = BankSettings {
                    // Whoever tries webhooks out has the receiver on the same machine.
                    webhook_reach: WebhookReach::Everywhere,
                    starter_rules: risk_control_node::starter_rules()?,
                    ..BankSettings::new(&name, folder)
                };
                BankNode::open(settings, move |_| clock)
                    .await
                    .with_context(|| format!("bank {name}"))
            })
        })
        .collect();
    let mut banks = Vec::with_capacity(opening.len());
    for bank in opening {
        banks.push(bank.await??);
    }
    Ok(banks)
}

/// The demo's clock goes on where the newest event of any institution left it.
async fn resume_at(state: &DemoState) -> anyhow::Result<i64> {
    let mut resume_at = state.live_from_us;
    for folder in state.ready_folders()? {
        let folder = folder.join("log");
        let reader = LogReader::open(&folder)
            .await
            .with_context(|| format!("the log in {}", folder.display()))?;
        resume_at = resume_at.max(reader.last_recorded_at_us().await?.unwrap_or(resume_at));
    }
    Ok(resume_at)
}

fn authentication(key: Option<&str>) -> Authentication {
    let personas = personas();
    match key {
        None => Authentication::Personas(personas),
        Some(key) => Authentication::KeyThenPersonas {
            key_sha256: KeyHash::of(key).to_hex(),
            personas,
        },
    }
}

/// Whom a visitor can play; the first is who calls without saying who.
fn personas() -> Vec<Persona> {
    let persona = |id: &str, name: &str, roles: &[Role]| Persona {
        id: id.to_owned(),
        name: name.to_owned(),
        roles: Roles::of(roles),
        person: None,
    };
    vec![
        persona(
            "presenter",
            "Presenter (everything)",
            &[Role::Administrator],
        ),
        persona("ana", "Ana, analyst", &[Role::Analyst]),
        persona("ravi", "Ravi, rule author", &[Role::RuleAuthor]),
        persona("mira", "Mira, approver", &[Role::Approver]),
        persona("otto", "Otto, auditor", &[Role::Auditor]),
        persona("ola", "Ola, operator", &[Role::Operator]),
        persona(
            "core-banking",
            "Core banking system",
            &[Role::PaymentSystem],
        ),
        persona("mel", "Mel, merchandiser", &[Role::Merchandiser]),
        persona("storefront", "Storefront of a shop", &[Role::Storefront]),
    ]
}

fn router(demo: &Arc<Demo>, edge: &Edge, shutdown: &Shutdown) -> Router {
    let registry = MetricsRegistry::new();
    let mut all_health = HealthChecks::new(shutdown);
    let mut router = Router::new();
    for bank in &demo.banks {
        let base_path = format!("/banks/{}", bank.name());
        all_health = all_health.nested(
            bank.name(),
            &site::bank_health(bank, HealthChecks::default()),
        );
        let registry = registry.with_label("institution", bank.name());
        let health = site::bank_health(bank, HealthChecks::new(shutdown));
        site::bank_metrics(bank, &registry);
        let placement = Placement {
            base_path: base_path.clone(),
            home_href: "/".to_owned(),
            shows_clock: true,
            edge: edge.clone(),
        };
        let nested = risk_control_node::router(bank.clone(), placement, &registry, &health);
        router = router.nest(&base_path, nested);
    }
    for merchant in &demo.merchants {
        let base_path = format!("/merchants/{}", merchant.name());
        all_health = all_health.nested(
            merchant.name(),
            &site::health(merchant, HealthChecks::default()),
        );
        let registry = registry.with_label("institution", merchant.name());
        let health = site::health(merchant, HealthChecks::new(shutdown));
        site::metrics(merchant, &registry);
        let placement = recommendation_node::Placement {
            base_path: base_path.clone(),
            home_href: "/".to_owned(),
            shows_clock: true,
            edge: edge.clone(),
        };
        let nested = recommendation_node::router(merchant.clone(), placement, &registry, &health);
        router = router.nest(&base_path, nested);
    }
    let placement = CoordinatorPlacement {
        base_path: BASE_PATH.to_owned(),
        home_href: "/".to_owned(),
        edge: edge.clone(),
    };
    let registry_of_coordinator = registry.with_label("institution", "coordinator");
    let nested = coordinator::router(&demo.coordinator, placement, &registry_of_coordinator);
    router
        .nest(BASE_PATH, nested)
        .merge(home::router(demo, edge, &registry, &all_health))
        .merge(site::shared_routes(edge))
        .fallback(accord_service::fallback::not_found)
}
