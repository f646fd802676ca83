//! The node under test: everything that `accord risk serve` puts together, in this process.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use accord_event_log::{Sequence, data_directory::DataDirectory};
use accord_service::{
    ApiKey, Authentication, Authenticator, Clock, Edge, HealthChecks, MetricsRegistry, Role, Roles,
    Shutdown,
    host_guard::HostGuard,
    server::{self, ServeEnd, ServerLimits},
};
use axum::Router;
use risk_control::{Rule, Scorer};
use risk_control_node::{BankNode, BankSettings, Placement};
use tokio::task::JoinHandle;

use super::{purchases::Target, storage::Storage};
use crate::{demo::site, starter_model};

pub const INSTITUTION: &str = "bench";
const GRACE: Duration = Duration::from_secs(5);
const LOOKED_EVERY: Duration = Duration::from_millis(10);
const SEALING_TIME_MAX: Duration = Duration::from_secs(30);

/// A caller who may ask for decisions: what the server stores of the key, and the key itself.
pub fn payment_system() -> (ApiKey, String) {
    ApiKey::generate(
        "payments",
        "Payment system",
        Roles::of(&[Role::PaymentSystem]),
    )
}

/// A node that serves on a port of its own.
pub struct ServedNode {
    pub node: BankNode,
    pub target: Target,
    /// Where the node keeps everything.
    pub folder: PathBuf,
    trees: usize,
    shutdown: Shutdown,
    serving: JoinHandle<ServeEnd>,
    _directory: DataDirectory,
}

impl ServedNode {
    /// Opens a node in `folder`, gives it the starter model and these rules, and serves it on a free port of the
    /// loopback address.
    pub async fn start(
        folder: &Path,
        key: &ApiKey,
        secret: &str,
        rules: Vec<Rule>,
    ) -> anyhow::Result<Self> {
        let directory = DataDirectory::open(folder)?;
        let settings = BankSettings {
            starter_rules: rules,
            ..BankSettings::new(INSTITUTION, folder.to_owned())
        };
        let node = BankNode::open(settings, |_| Clock::system()).await?;
        let starter = tokio::task::spawn_blocking(|| starter_model::train(1)).await??;
        let trees = match starter.model.scorer() {
            Scorer::Trees(trees) => trees.trees().len(),
            Scorer::Logistic(_) => 0,
        };
        node.activate(&Arc::from("starter-model"), starter, Sequence::ZERO)
            .await?;

        let listener = server::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let address = listener.local_addr()?;
        let authentication = Authentication::ApiKeys(vec![key.clone()]);
        let edge = Edge::new(
            Authenticator::new(authentication)?,
            HostGuard::for_listener(address),
        );
        let shutdown = Shutdown::new(GRACE);
        let router = router(&node, &edge, &shutdown);
        let serving = tokio::spawn({
            let shutdown = shutdown.clone();
            async move { server::serve(listener, router, &shutdown, ServerLimits::default()).await }
        });
        Ok(Self {
            node,
            target: Target::decisions(address, secret),
            folder: folder.to_owned(),
            trees,
            shutdown,
            serving,
            _directory: directory,
        })
    }

    /// Trees of its model.
    pub fn trees(&self) -> usize {
        self.trees
    }

    /// Waits until the read models hold everything that the log does; gives the time that took.
    pub async fn projected(&self) -> Duration {
        let begun = Instant::now();
        while self.node.lag() > 0 {
            tokio::time::sleep(LOOKED_EVERY).await;
        }
        begun.elapsed()
    }

    /// Waits until every full segment is sealed, for a while at most; gives what is on the disk then.
    pub async fn sealed(&self) -> io::Result<Storage> {
        let begun = Instant::now();
        loop {
            let storage = Storage::of(&self.folder)?;
            if storage.unsealed_segments == 0 || begun.elapsed() > SEALING_TIME_MAX {
                return Ok(storage);
            }
            tokio::time::sleep(LOOKED_EVERY).await;
        }
    }

    pub async fn stop(self) -> anyhow::Result<()> {
        self.shutdown.begin();
        self.serving.await?;
        self.node.stop().await;
        Ok(())
    }
}

fn router(node: &BankNode, edge: &Edge, shutdown: &Shutdown) -> Router {
    let registry = MetricsRegistry::new();
    let health = site::bank_health(node, HealthChecks::new(shutdown));
    site::bank_metrics(node, &registry);
    let placement = Placement {
        base_path: String::new(),
        home_href: "/".to_owned(),
        shows_clock: false,
        edge: edge.clone(),
    };
    risk_control_node::router(node.clone(), placement, &registry, &health)
        .merge(site::shared_routes(edge))
        .fallback(accord_service::fallback::not_found)
}
