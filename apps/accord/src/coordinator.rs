//! `accord coordinator serve`: a consortium's coordinator in a process of its own.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use accord_event_log::data_directory::DataDirectory;
use accord_federation_node::coordinator::{
    CoordinatorNode, CoordinatorPlacement, CoordinatorSettings, Patience, router,
};
use accord_service::{
    AccessTable, Authentication, Authenticator, Edge, HealthChecks, MetricsRegistry, Mounting,
    Shutdown,
    config::{ConfigFault, Configuration, load_config},
    health::{HEALTH_ROUTES, mount_health},
    host_guard::HostGuard,
    listen_policy::ListenPolicy,
    metrics::{METRICS_ROUTES, mount_metrics},
    server::{self, ServerLimits},
    telemetry::set_up_logging,
};
use anyhow::anyhow;
use axum::Router;
use serde::Deserialize;

use crate::cli::ServeArguments;
use crate::demo::site;
use crate::federation::bank::feature_sets;
use crate::federation::configuration::{MemberConfiguration, roster};
use crate::serve::{KeyConfiguration, LogFormatName};

static ROOT_ACCESS: AccessTable = AccessTable::new(&[HEALTH_ROUTES, METRICS_ROUTES]);

/// Path under which the coordinator lies, in the demo as well.
pub const BASE_PATH: &str = "/coordinator";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CoordinatorConfiguration {
    #[serde(default = "default_listen")]
    listen: String,
    data_directory: PathBuf,
    /// `human` or `json`.
    #[serde(default)]
    log_format: LogFormatName,
    /// Who may take part. The roster is closed.
    roster: Vec<MemberConfiguration>,
    #[serde(default)]
    api_keys: Vec<KeyConfiguration>,
    /// Jobs whose transcripts are kept.
    #[serde(default = "default_transcripts")]
    transcripts_kept: usize,
    #[serde(default)]
    patience: PatienceConfiguration,
}

/// How long the coordinator waits, in seconds. Absent: the defaults.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct PatienceConfiguration {
    /// For signatures under a plan.
    enrolment_s: Option<u64>,
    /// For the messages of one phase.
    phase_s: Option<u64>,
    /// For an institution of an open unit, before the unit is closed.
    unit_s: Option<u64>,
    /// For shares that only missing institutions can open, before the round is given up.
    unmasking_s: Option<u64>,
    /// For enough institutions, before the job is aborted.
    job_s: Option<u64>,
    /// How long after its last request an institution counts as present.
    presence_s: Option<u64>,
}

fn default_listen() -> String {
    "127.0.0.1:8090".to_owned()
}

fn default_transcripts() -> usize {
    20
}

impl Configuration for CoordinatorConfiguration {
    fn check(&self) -> Result<(), ConfigFault> {
        roster(&self.roster, "roster")?;
        if self.api_keys.is_empty() {
            return Err(ConfigFault::at(
                "api_keys",
                "a coordinator needs at least one API key: printf %s YOUR-KEY | sha256sum gives its sha256",
            ));
        }
        Ok(())
    }
}

impl PatienceConfiguration {
    fn patience(&self) -> Patience {
        let defaults = Patience::default();
        let or = |seconds: Option<u64>, default| seconds.map_or(default, Duration::from_secs);
        Patience {
            enrolment: or(self.enrolment_s, defaults.enrolment),
            phase: or(self.phase_s, defaults.phase),
            unit: or(self.unit_s, defaults.unit),
            unmasking: or(self.unmasking_s, defaults.unmasking),
            job: or(self.job_s, defaults.job),
            presence: or(self.presence_s, defaults.presence),
        }
    }
}

/// Serves the coordinator until it is told to stop.
pub async fn run(arguments: ServeArguments) -> anyhow::Result<ExitCode> {
    let configuration: CoordinatorConfiguration = load_config(&arguments.config)?;
    set_up_logging(configuration.log_format.format())?;
    let keys = configuration.api_keys.iter().map(KeyConfiguration::api_key);
    let authentication = Authentication::ApiKeys(keys.collect());
    let address = server::resolve(&configuration.listen).await?;
    ListenPolicy::check(address, &authentication)?;
    let authenticator = Authenticator::new(authentication)?;
    let listener = server::bind(address).await?;
    let address = listener.local_addr()?;
    let directory = DataDirectory::open(&configuration.data_directory)
        .map_err(|error| anyhow!("{error} (data_directory in {})", arguments.config.display()))?;
    let shutdown = Shutdown::on_signals(Duration::from_secs(10))?;

    let node = CoordinatorNode::open(CoordinatorSettings {
        folder: directory.path().to_owned(),
        roster: roster(&configuration.roster, "roster")
            .map_err(|fault| anyhow!("{}: {}", fault.key, fault.reason))?,
        features: feature_sets(),
        patience: configuration.patience.patience(),
        transcripts_kept: configuration.transcripts_kept,
    })
    .await?;
    let registry = MetricsRegistry::new();
    let edge = Edge::new(authenticator, HostGuard::for_listener(address));
    let placement = CoordinatorPlacement {
        base_path: BASE_PATH.to_owned(),
        home_href: BASE_PATH.to_owned(),
        edge: edge.clone(),
    };
    let health = HealthChecks::new(&shutdown);
    let root = mount_health(Mounting::new(ROOT_ACCESS, &edge), &health);
    let root: Router = mount_metrics(root, &registry).finish();
    let router = Router::new()
        .nest(BASE_PATH, router(&node, placement, &registry))
        .merge(root)
        .merge(site::shared_routes(&edge))
        .fallback(accord_service::fallback::not_found);
    eprintln!(
        "the coordinator {:?} serves at http://{address}{BASE_PATH}; data in {}",
        node.identity(),
        directory.path().display()
    );
    let begin_stop = async {
        shutdown.begun().await;
        node.begin_stop();
    };
    tokio::join!(
        server::serve(listener, router, &shutdown, ServerLimits::default()),
        begin_stop
    );
    node.stop().await;
    Ok(ExitCode::SUCCESS)
}
