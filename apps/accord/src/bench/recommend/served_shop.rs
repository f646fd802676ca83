//! The node under test: everything that `accord recommend serve` puts together, in this process.

use std::{net::SocketAddr, path::Path, time::Duration};

use accord_event_log::data_directory::DataDirectory;
use accord_service::{
    ApiKey, Authentication, Authenticator, Clock, Edge, HealthChecks, MetricsRegistry, Role, Roles,
    Shutdown,
    host_guard::HostGuard,
    server::{self, ServeEnd, ServerLimits},
};
use anyhow::Result;
use recommendation_node::{MerchantNode, MerchantSettings, Placement};
use tokio::task::JoinHandle;

const GRACE: Duration = Duration::from_secs(5);

/// A merchant's node that serves on a port of its own.
pub struct ServedShop {
    pub node: MerchantNode,
    pub address: SocketAddr,
    /// The secret that the server knows its caller by.
    pub key: String,
    shutdown: Shutdown,
    serving: JoinHandle<ServeEnd>,
    _directory: DataDirectory,
}

impl ServedShop {
    /// Opens a node in `folder` and serves it on a free port of the loopback address.
    pub async fn start(folder: &Path) -> Result<Self> {
        let directory = DataDirectory::open(folder)?;
        let settings = MerchantSettings::new("bench", folder.to_owned());
        let node = MerchantNode::open(settings, |_| Clock::system()).await?;
        let roles = Roles::of(&[Role::Storefront]);
        let (api_key, key) = ApiKey::generate("storefront", "Storefront", roles);
        let listener = server::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let address = listener.local_addr()?;
        let authenticator = Authenticator::new(Authentication::ApiKeys(vec![api_key]))?;
        let placement = Placement {
            base_path: String::new(),
            home_href: "/".to_owned(),
            shows_clock: false,
            edge: Edge::new(authenticator, HostGuard::for_listener(address)),
        };
        let shutdown = Shutdown::new(GRACE);
        let registry = MetricsRegistry::new();
        let health = HealthChecks::new(&shutdown);
        let router = recommendation_node::router(node.clone(), placement, &registry, &health);
        let serving = tokio::spawn({
            let shutdown = shutdown.clone();
            async move { server::serve(listener, router, &shutdown, ServerLimits::default()).await }
        });
        Ok(Self {
            node,
            address,
            key,
            shutdown,
            serving,
            _directory: directory,
        })
    }

    pub async fn stop(self) -> Result<()> {
        self.shutdown.begin();
        self.serving.await?;
        self.node.stop().await;
        Ok(())
    }
}
