//! `accord recommend serve --config merchant.toml`: one merchant's node in a process of its own.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use accord_event_log::data_directory::DataDirectory;
use accord_service::{
    Authentication, Authenticator, Clock, Edge, HealthChecks, MetricsRegistry, Shutdown,
    config::{ConfigFault, Configuration, load_config},
    host_guard::HostGuard,
    listen_policy::ListenPolicy,
    server::{self, ServerLimits},
    telemetry::set_up_logging,
};
use anyhow::anyhow;
use recommendation_node::{MerchantNode, MerchantSettings, Placement};
use serde::Deserialize;

use crate::{
    cli::ServeArguments,
    demo::site,
    serve::{KeyConfiguration, LogFormatName, is_institution_name},
};

/// What a merchant's configuration file says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MerchantConfiguration {
    /// Lower-case letters, digits and dashes.
    pub institution: String,
    #[serde(default = "default_listen")]
    listen: String,
    pub data_directory: PathBuf,
    /// ISO 4217 code of all prices.
    #[serde(default = "default_currency")]
    pub currency: String,
    /// `human` or `json`.
    #[serde(default)]
    log_format: LogFormatName,
    #[serde(default)]
    api_keys: Vec<KeyConfiguration>,
}

fn default_listen() -> String {
    "127.0.0.1:8080".to_owned()
}

fn default_currency() -> String {
    "EUR".to_owned()
}

impl Configuration for MerchantConfiguration {
    fn check(&self) -> Result<(), ConfigFault> {
        let currency = self.currency.as_bytes();
        let checks = [
            (
                is_institution_name(&self.institution),
                "institution",
                "must be lower-case letters, digits and dashes",
            ),
            (
                currency.len() == 3 && currency.iter().all(u8::is_ascii_uppercase),
                "currency",
                "must be three capital letters (ISO 4217)",
            ),
            (
                !self.api_keys.is_empty(),
                "api_keys",
                "a node needs at least one API key: printf %s YOUR-KEY | sha256sum gives its sha256",
            ),
        ];
        match checks.into_iter().find(|(holds, _, _)| !holds) {
            Some((_, field, rule)) => Err(ConfigFault::at(field, rule)),
            None => Ok(()),
        }
    }
}

impl MerchantConfiguration {
    /// Opens the node in its data directory, which must be locked already.
    pub async fn open_node(&self, directory: &DataDirectory) -> anyhow::Result<MerchantNode> {
        let settings = MerchantSettings {
            currency: self.currency.clone(),
            ..MerchantSettings::new(&self.institution, directory.path().to_owned())
        };
        Ok(MerchantNode::open(settings, |_| Clock::system()).await?)
    }
}

/// Serves the node until it is told to stop.
pub async fn run(arguments: ServeArguments) -> anyhow::Result<ExitCode> {
    let configuration: MerchantConfiguration = load_config(&arguments.config)?;
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
    let node = configuration.open_node(&directory).await?;

    let registry = MetricsRegistry::new();
    let edge = Edge::new(authenticator, HostGuard::for_listener(address));
    let health = site::health(&node, HealthChecks::new(&shutdown));
    site::metrics(&node, &registry);
    let placement = Placement {
        base_path: String::new(),
        home_href: "/".to_owned(),
        shows_clock: false,
        edge: edge.clone(),
    };
    let router = recommendation_node::router(node.clone(), placement, &registry, &health)
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
    node.stop().await;
    Ok(ExitCode::SUCCESS)
}
