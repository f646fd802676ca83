//! A consortium whose members have folders, sockets and rows of their own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use accord_federation::PublicIdentity;
use accord_federation::plan::Institution as RosterEntry;
use accord_federation_node::client::{Client, ServerAddress};
use accord_federation_node::coordinator::{
    CoordinatorNode, CoordinatorPlacement, CoordinatorSettings, JobView, Patience, router,
};
use accord_federation_node::open_or_create_identity;
use accord_federation_node::participant::{
    FederatedResult, Institution, Limits, ParticipantNode, ParticipantSettings,
};
use accord_federation_node::task::{
    EvaluationOrder, GbdtOrder, JobOrder, LogisticOrder, TaskOrder,
};
use accord_service::{
    Authentication, Authenticator, Edge, MetricsRegistry, Persona, Role, Roles, Shutdown,
    host_guard::HostGuard,
    server::{self, ServerLimits},
};
use axum::Router;
use axum::http::Method;
use bytes::Bytes;
use tokio::net::TcpListener;

use crate::bank::{self, Bank, HELD_OUT_DAYS};

/// How long a test waits for what must come.
const WAIT_MAX: Duration = Duration::from_secs(120);

pub struct Consortium {
    folder: tempfile::TempDir,
    pub address: SocketAddr,
    roster: Vec<RosterEntry>,
    coordinator_key: PublicIdentity,
    pub coordinator: Option<(CoordinatorNode, Shutdown, tokio::task::JoinHandle<()>)>,
    pub banks: Vec<Arc<Bank>>,
    participants: BTreeMap<usize, ParticipantNode>,
}

/// Short enough for tests, long enough for a slow machine.
fn patience() -> Patience {
    Patience {
        enrolment: Duration::from_secs(60),
        phase: Duration::from_secs(4),
        unit: Duration::from_secs(4),
        unmasking: Duration::from_secs(6),
        job: Duration::from_secs(60),
        presence: Duration::from_secs(3),
    }
}

impl Consortium {
    /// Members with keys; nobody runs yet.
    pub async fn found(parties: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = |name: &str| {
            let path = folder.path().join(name).join("identity.key");
            open_or_create_identity(&path).unwrap().public()
        };
        let roster = (0..parties)
            .map(|place| {
                let name = format!("bank-{place}");
                RosterEntry {
                    identity: key(&name),
                    name,
                }
            })
            .collect();
        let coordinator_key = key("coordinator");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        Self {
            address,
            roster,
            coordinator_key,
            coordinator: None,
            banks: (0..parties).map(Bank::of_place).collect(),
            participants: BTreeMap::new(),
            folder,
        }
    }

    /// Everybody runs.
    pub async fn started(parties: usize) -> Self {
        let mut consortium = Self::found(parties).await;
        consortium.start_coordinator().await;
        for place in 0..parties {
            consortium.start(place).await;
        }
        consortium
    }

    fn folder_of(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub async fn start_coordinator(&mut self) {
        let node = CoordinatorNode::open(CoordinatorSettings {
            folder: self.folder_of("coordinator"),
            roster: self.roster.clone(),
            features: bank::features(),
            patience: patience(),
            transcripts_kept: 5,
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
            edge: Edge::new(authenticator, HostGuard::for_listener(self.address)),
        };
        let inner = router(&node, placement, &MetricsRegistry::new());
        let router = Router::new()
            .nest("/coordinator", inner)
            .fallback(accord_service::fallback::not_found);
        let listener = TcpListener::bind(self.address).await.unwrap();
        let shutdown = Shutdown::new(Duration::from_secs(1));
        let serving = {
            let shutdown = shutdown.clone();
            tokio::spawn(async move {
                server::serve(listener, router, &shutdown, ServerLimits::default()).await;
            })
        };
        self.coordinator = Some((node, shutdown, serving));
    }

    pub async fn stop_coordinator(&mut self) {
        let Some((node, shutdown, serving)) = self.coordinator.take() else {
            return;
        };
        node.begin_stop();
        shutdown.begin();
        serving.await.unwrap();
        node.stop().await;
    }

    pub async fn start(&mut self, place: usize) {
        self.start_with(place, Limits::default()).await;
    }

    pub async fn start_with(&mut self, place: usize, limits: Limits) {
        let name = self.roster[place].name.clone();
        let settings = ParticipantSettings {
            folder: self.folder_of(&name),
            name,
            coordinator: ServerAddress::parse(&format!("http://{}/coordinator", self.address))
                .unwrap(),
            coordinator_key: self.coordinator_key,
            roster: self.roster.clone(),
            limits,
        };
        let bank: Arc<dyn Institution> = self.banks[place].clone();
        let node = ParticipantNode::start(settings, bank).await.unwrap();
        self.participants.insert(place, node);
    }

    pub async fn stop(&mut self, place: usize) {
        if let Some(node) = self.participants.remove(&place) {
            node.stop().await;
        }
    }

    pub fn node(&self) -> &CoordinatorNode {
        &self.coordinator.as_ref().expect("the coordinator runs").0
    }

    /// Sends a request as an operator.
    pub async fn request(&self, method: Method, path: &str, body: &str) -> (u16, Bytes) {
        let address = format!("http://{}/coordinator", self.address);
        let mut client = Client::new(ServerAddress::parse(&address).unwrap());
        let headers = [("content-type", "application/json")];
        let body = Bytes::from(body.to_owned());
        let answer = client
            .send(method, path, &headers, body, Duration::from_secs(30))
            .await
            .unwrap();
        (answer.status.as_u16(), answer.body)
    }

    pub async fn order(&self, order: &JobOrder) {
        let body = serde_json::to_string(order).unwrap();
        let (status, answer) = self.request(Method::POST, "/v1/jobs", &body).await;
        assert_eq!(status, 201, "{}", String::from_utf8_lossy(&answer));
    }

    /// Waits until a job is as it should be.
    pub async fn until(&self, job: &str, is_so: impl Fn(&JobView) -> bool) -> JobView {
        let begun = std::time::Instant::now();
        loop {
            let view = self.node().job(job).expect("the job is known");
            if is_so(&view) {
                return view;
            }
            assert!(
                begun.elapsed() < WAIT_MAX,
                "it does not come so far: {view:#?}"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub async fn until_ended(&self, job: &str) -> JobView {
        self.until(job, |view| view.ended_at_us.is_some()).await
    }

    /// Waits until an institution has received the result of a job.
    pub async fn until_received(&self, place: usize, job: &str) -> FederatedResult {
        let begun = std::time::Instant::now();
        loop {
            let received = self.banks[place].received.lock().unwrap().clone();
            if let Some(found) = received.into_iter().find(|found| found.job == job) {
                return found;
            }
            assert!(
                begun.elapsed() < WAIT_MAX,
                "bank {place} gets no result of {job}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub async fn end(mut self) {
        for place in 0..self.banks.len() {
            self.stop(place).await;
        }
        self.stop_coordinator().await;
    }
}

fn order(job: &str, task: TaskOrder) -> JobOrder {
    JobOrder {
        job: job.to_owned(),
        institutions: None,
        colluders: None,
        rows_max: 100_000,
        keys_per_batch: 8,
        task,
    }
}

pub fn gbdt(job: &str, trees: u32) -> JobOrder {
    let trees = GbdtOrder {
        feature_set: "test".to_owned(),
        held_out_days: HELD_OUT_DAYS,
        trees,
        depth: 2,
        bins: 16,
        ..GbdtOrder::default()
    };
    order(job, TaskOrder::Gbdt(trees))
}

pub fn logistic(job: &str) -> JobOrder {
    let logistic = LogisticOrder {
        feature_set: "test".to_owned(),
        held_out_days: HELD_OUT_DAYS,
        ..LogisticOrder::default()
    };
    order(job, TaskOrder::Logistic(logistic))
}

pub fn evaluation(job: &str, model_of: &str) -> JobOrder {
    let model_of = model_of.to_owned();
    order(job, TaskOrder::Evaluation(EvaluationOrder { model_of }))
}
