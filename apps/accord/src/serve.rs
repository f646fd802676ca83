//! `accord risk serve --config bank.toml`: one bank's node in a process of its own.

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use accord_event_log::{Sequence, data_directory::DataDirectory};
use accord_federation_node::participant::ParticipantNode;
use accord_service::{
    ApiKey, Authentication, Authenticator, Clock, Edge, HealthChecks, MetricsRegistry, Roles,
    Shutdown,
    config::{ConfigFault, Configuration, load_config},
    host_guard::HostGuard,
    listen_policy::ListenPolicy,
    server::{self, ServerLimits},
    telemetry::{LogFormat, set_up_logging},
};
use anyhow::anyhow;
use risk_control_node::{BankNode, BankSettings, Placement, WebhookReach};
use serde::Deserialize;

use crate::{
    cli::ServeArguments,
    demo::site,
    federation::{bank::BankInstitution, configuration::FederationConfiguration},
};

/// What a node's configuration file says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeConfiguration {
    /// Lower-case letters, digits and dashes.
    pub institution: String,
    #[serde(default = "default_listen")]
    listen: String,
    pub data_directory: PathBuf,
    #[serde(default = "default_currency")]
    pub currency: String,
    /// `human` or `json`.
    #[serde(default)]
    log_format: LogFormatName,
    /// Where webhooks may go: `public` (over TLS), or `everywhere`, also on private networks and without TLS.
    #[serde(default)]
    webhook_targets: WebhookTargets,
    #[serde(default)]
    api_keys: Vec<KeyConfiguration>,
    /// Joint training with other institutions; absent: none.
    federation: Option<FederationConfiguration>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormatName {
    #[default]
    Human,
    Json,
}

impl LogFormatName {
    pub fn format(self) -> LogFormat {
        match self {
            Self::Human => LogFormat::Human,
            Self::Json => LogFormat::JsonLines,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WebhookTargets {
    #[default]
    Public,
    Everywhere,
}

/// A caller of the API. The file holds the hash of the key, never the key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyConfiguration {
    id: String,
    name: String,
    roles: Roles,
    /// SHA-256 of the key, 64 hexadecimal digits.
    sha256: String,
    /// The person behind the caller, where one person has several keys; absent: the id.
    person: Option<String>,
}

impl KeyConfiguration {
    pub fn api_key(&self) -> ApiKey {
        ApiKey {
            id: self.id.clone(),
            name: self.name.clone(),
            roles: self.roles,
            sha256_hex: self.sha256.clone(),
            person: self.person.clone(),
        }
    }
}

fn default_listen() -> String {
    "127.0.0.1:8080".to_owned()
}

fn default_currency() -> String {
    "EUR".to_owned()
}

impl Configuration for NodeConfiguration {
    fn check(&self) -> Result<(), ConfigFault> {
        if !is_institution_name(&self.institution) {
            return Err(ConfigFault::at(
                "institution",
                "must be lower-case letters, digits and dashes",
            ));
        }
        if self.currency.len() != 3 || !self.currency.bytes().all(|byte| byte.is_ascii_uppercase())
        {
            return Err(ConfigFault::at(
                "currency",
                "must be three capital letters (ISO 4217)",
            ));
        }
        if self.api_keys.is_empty() {
            return Err(ConfigFault::at(
                "api_keys",
                "a node needs at least one API key: printf %s YOUR-KEY | sha256sum gives its sha256",
            ));
        }
        match &self.federation {
            Some(federation) => federation.check(),
            None => Ok(()),
        }
    }
}

/// Serves the node until it is told to stop.
pub async fn run(arguments: ServeArguments) -> anyhow::Result<ExitCode> {
    let configuration: NodeConfiguration = load_config(&arguments.config)?;
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

    let settings = BankSettings {
        currency: configuration.currency.clone(),
        webhook_reach: match configuration.webhook_targets {
            WebhookTargets::Public => WebhookReach::Public,
            WebhookTargets::Everywhere => WebhookReach::Everywhere,
        },
        ..BankSettings::new(&configuration.institution, directory.path().to_owned())
    };
    let node = BankNode::open(settings, |_| Clock::system()).await?;
    if node.active_policy().is_none() {
        eprintln!("No model yet: training the starter model on simulated transactions.");
        let starter = tokio::task::spawn_blocking(|| crate::starter_model::train(1)).await??;
        node.activate(&Arc::from("starter-model"), starter, Sequence::ZERO)
            .await?;
    }
    let participant = match &configuration.federation {
        Some(federation) => {
            let folder = directory.path().join("federation");
            let settings = federation.settings(&configuration.institution, &folder)?;
            let institution = Arc::new(BankInstitution(node.clone()));
            Some(ParticipantNode::start(settings, institution).await?)
        }
        None => None,
    };
    let registry = MetricsRegistry::new();
    let edge = Edge::new(authenticator, HostGuard::for_listener(address));
    let health = site::bank_health(&node, HealthChecks::new(&shutdown));
    site::bank_metrics(&node, &registry);
    let placement = Placement {
        base_path: String::new(),
        home_href: "/".to_owned(),
        shows_clock: false,
        edge: edge.clone(),
    };
    let router = risk_control_node::router(node.clone(), placement, &registry, &health)
        .merge(site::shared_routes(&edge))
        .fallback(accord_service::fallback::not_found);
    eprintln!(
        "{} serves at http://{address}; data in {}",
        configuration.institution,
        directory.path().display()
    );
    let end_streams = async {
        shutdown.begun().await;
        node.end_streams();
    };
    tokio::join!(
        server::serve(listener, router, &shutdown, ServerLimits::default()),
        end_streams
    );
    if let Some(participant) = participant {
        participant.stop().await;
    }
    node.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// Lower-case letters, digits and dashes.
pub fn is_institution_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
