//! What a process of the test does: coordinate, or be a bank.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use accord_federation::plan::Institution as RosterEntry;
use accord_federation_node::client::ServerAddress;
use accord_federation_node::coordinator::{
    CoordinatorNode, CoordinatorPlacement, CoordinatorSettings, Patience, router,
};
use accord_federation_node::open_or_create_identity;
use accord_federation_node::participant::{
    FederatedResult, FixedLog, Institution, Limits, ParticipantNode, ParticipantSettings,
    RowsWanted,
};
use accord_learning::TrainingRows;
use accord_service::{
    Authentication, Authenticator, Edge, MetricsRegistry, Persona, Role, Roles, Shutdown,
    host_guard::HostGuard,
    server::{self, ServerLimits},
};
use axum::Router;
use futures::FutureExt;
use futures::future::BoxFuture;

use crate::PARTIES;
use crate::bank::{Bank, features};

/// Where a bank writes the hash of what it has received.
pub fn received(folder: &Path, place: usize) -> PathBuf {
    folder.join(name_of(place)).join("received")
}

/// Makes everybody's key, so that all know all of them.
pub fn make_keys(folder: &Path, parties: usize) {
    roster(folder, parties);
    key(folder, "coordinator");
}

/// Plays a role until it is killed.
pub async fn play(arguments: &[String]) {
    let [role, folder, address] = arguments else {
        panic!("a role has a name, a folder and an address");
    };
    let folder = Path::new(folder);
    let address: SocketAddr = address.parse().unwrap();
    match role.as_str() {
        "coordinator" => coordinate(folder, address).await,
        place => be_a_bank(folder, address, place.parse().unwrap()).await,
    }
}

fn name_of(place: usize) -> String {
    format!("bank-{place}")
}

fn key(folder: &Path, name: &str) -> accord_federation::PublicIdentity {
    let path = folder.join(name).join("identity.key");
    open_or_create_identity(&path).unwrap().public()
}

fn roster(folder: &Path, parties: usize) -> Vec<RosterEntry> {
    (0..parties)
        .map(|place| RosterEntry {
            name: name_of(place),
            identity: key(folder, &name_of(place)),
        })
        .collect()
}

async fn coordinate(folder: &Path, address: SocketAddr) {
    let node = CoordinatorNode::open(CoordinatorSettings {
        folder: folder.join("coordinator"),
        roster: roster(folder, PARTIES),
        features: features(),
        patience: Patience {
            enrolment: Duration::from_secs(60),
            phase: Duration::from_secs(3),
            unit: Duration::from_secs(3),
            unmasking: Duration::from_secs(5),
            job: Duration::from_secs(60),
            presence: Duration::from_secs(3),
        },
        transcripts_kept: 1,
    })
    .await
    .unwrap();
    let authenticator = Authenticator::new(Authentication::Personas(vec![Persona {
        id: "operator".to_owned(),
        name: "Operator".to_owned(),
        roles: Roles::of(&[Role::Operator]),
        person: None,
    }]))
    .unwrap();
    let placement = CoordinatorPlacement {
        base_path: "/coordinator".to_owned(),
        home_href: "/".to_owned(),
        edge: Edge::new(authenticator, HostGuard::for_listener(address)),
    };
    let inner = router(&node, placement, &MetricsRegistry::new());
    let router = Router::new().nest("/coordinator", inner);
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    let shutdown = Shutdown::new(Duration::ZERO);
    server::serve(listener, router, &shutdown, ServerLimits::default()).await;
}

async fn be_a_bank(folder: &Path, address: SocketAddr, place: usize) {
    let settings = ParticipantSettings {
        name: name_of(place),
        folder: folder.join(name_of(place)),
        coordinator: ServerAddress::parse(&format!("http://{address}/coordinator")).unwrap(),
        coordinator_key: key(folder, "coordinator"),
        roster: roster(folder, PARTIES),
        limits: Limits::default(),
    };
    let institution = Arc::new(WritingBank {
        bank: Bank::of_place(place),
        received: received(folder, place),
    });
    let _node = ParticipantNode::start(settings, institution).await.unwrap();
    futures::future::pending::<()>().await;
}

/// A bank that tells the test what it has received.
struct WritingBank {
    bank: Arc<Bank>,
    received: PathBuf,
}

impl Institution for WritingBank {
    fn fix_log(&self) -> FixedLog {
        self.bank.fix_log()
    }

    fn rows(&self, wanted: RowsWanted) -> BoxFuture<'_, Result<TrainingRows, String>> {
        self.bank.rows(wanted)
    }

    fn receive(&self, found: FederatedResult) -> BoxFuture<'_, Result<(), String>> {
        let written = std::fs::write(&self.received, found.hash);
        futures::future::ready(written.map_err(|error| error.to_string())).boxed()
    }
}
