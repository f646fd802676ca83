//! The demo's consortium: a coordinator, the five banks as its participants over real HTTP, and a director who orders a
//! job now and then.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use accord_federation::plan::Institution;
use accord_federation_node::client::ServerAddress;
use accord_federation_node::coordinator::{
    CoordinatorNode, CoordinatorSettings, JobView, Patience, StatusName,
};
use accord_federation_node::open_or_create_identity;
use accord_federation_node::participant::{Limits, ParticipantNode, ParticipantSettings};
use accord_federation_node::task::{EvaluationOrder, GbdtOrder, JobOrder, TaskOrder};
use accord_service::{Clock, Shutdown};
use anyhow::Context;
use risk_control_node::BankNode;

use super::Demo;
use super::state::DemoState;
use crate::coordinator::BASE_PATH;
use crate::federation::bank::{BankInstitution, feature_sets};

/// A model a week, on the demo's clock ...
const EVERY_US: i64 = 7 * 24 * 3_600 * 1_000_000;
/// ... and, however fast that clock runs, no more often than this.
const PAUSE_MIN: Duration = Duration::from_secs(300);
/// How often the director looks whether a job has ended.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Small enough for a laptop that does other things, large enough for a useful model.
const TREES: u32 = 40;
/// Transcripts of the newest jobs; each has some ten megabytes.
const TRANSCRIPTS_KEPT: usize = 4;

/// Opens the coordinator with the banks as its roster.
pub async fn open(
    folder: &Path,
    state: &DemoState,
    names: &[String],
) -> anyhow::Result<CoordinatorNode> {
    CoordinatorNode::open(CoordinatorSettings {
        folder: folder.join("coordinator"),
        roster: roster(state, names)?,
        features: feature_sets(),
        patience: Patience {
            phase: Duration::from_secs(60),
            unit: Duration::from_secs(60),
            unmasking: Duration::from_secs(180),
            job: Duration::from_secs(600),
            ..Patience::default()
        },
        transcripts_kept: TRANSCRIPTS_KEPT,
    })
    .await
    .context("the coordinator")
}

/// Everybody's keys: made when the demo is new, pinned on both sides from then on.
fn roster(state: &DemoState, names: &[String]) -> anyhow::Result<Vec<Institution>> {
    let mut roster = Vec::with_capacity(names.len());
    for name in names {
        let path = state
            .bank_folder(name)
            .join("federation")
            .join("identity.key");
        let identity =
            open_or_create_identity(&path).with_context(|| path.display().to_string())?;
        roster.push(Institution {
            name: name.clone(),
            identity: identity.public(),
        });
    }
    roster.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(roster)
}

/// Starts the banks' participants. They reach the coordinator as they would from elsewhere: over HTTP.
pub async fn start(
    demo: &Demo,
    state: &DemoState,
    address: SocketAddr,
) -> anyhow::Result<Vec<ParticipantNode>> {
    let names: Vec<String> = demo
        .banks
        .iter()
        .map(|bank| bank.name().to_owned())
        .collect();
    let roster = roster(state, &names)?;
    let mut participants = Vec::with_capacity(demo.banks.len());
    for bank in &demo.banks {
        let settings = ParticipantSettings {
            name: bank.name().to_owned(),
            folder: state.bank_folder(bank.name()).join("federation"),
            coordinator: ServerAddress::of_own_process(address, BASE_PATH),
            coordinator_key: demo.coordinator.identity(),
            roster: roster.clone(),
            limits: Limits::default(),
        };
        let institution = Arc::new(BankInstitution(BankNode::clone(bank)));
        let participant = ParticipantNode::start(settings, institution).await;
        participants.push(participant.with_context(|| format!("bank {}", bank.name()))?);
    }
    Ok(participants)
}

/// Orders a model and its evaluation, and another one every simulated week.
pub fn direct(coordinator: &CoordinatorNode, clock: &Clock, shutdown: &Shutdown) {
    let director = Director {
        coordinator: coordinator.clone(),
        clock: clock.clone(),
    };
    let shutdown = shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = director.run() => {}
            () = shutdown.begun() => {}
        }
    });
}

struct Director {
    coordinator: CoordinatorNode,
    clock: Clock,
}

impl Director {
    async fn run(self) {
        // What a restart interrupted goes on by itself.
        self.until_all_ended().await;
        loop {
            let next_us = self.clock.now_us() + EVERY_US;
            let number = self.next_number();
            let trees = format!("trees-{number:04}");
            if self.order(&trees, TaskOrder::Gbdt(Self::trees())).await {
                let measured = TaskOrder::Evaluation(EvaluationOrder {
                    model_of: trees.clone(),
                });
                self.order(&trees.replace("trees", "quality"), measured)
                    .await;
            }
            tokio::join!(
                self.clock.sleep_until(next_us),
                tokio::time::sleep(PAUSE_MIN)
            );
        }
    }

    /// The first number that no job has, whoever ordered it.
    fn next_number(&self) -> usize {
        let is_free = |number: &usize| {
            let names = ["trees", "quality"].map(|name| format!("{name}-{number:04}"));
            names
                .iter()
                .all(|name| self.coordinator.job(name).is_none())
        };
        let numbers = 1..=self.coordinator.jobs().len() + 1;
        numbers.into_iter().find(is_free).unwrap_or(1)
    }

    fn trees() -> GbdtOrder {
        GbdtOrder {
            trees: TREES,
            ..GbdtOrder::default()
        }
    }

    /// Orders a job and waits for its end; true if there is a result.
    async fn order(&self, job: &str, task: TaskOrder) -> bool {
        let order = JobOrder {
            job: job.to_owned(),
            institutions: None,
            colluders: None,
            rows_max: 200_000,
            keys_per_batch: 64,
            task,
        };
        if let Err(error) = self.coordinator.order(&order).await {
            tracing::warn!(job, %error, "a job is not ordered");
            return false;
        }
        self.until_all_ended().await;
        let view = self.coordinator.job(job);
        view.is_some_and(|view| view.status.name == StatusName::Finished)
    }

    async fn until_all_ended(&self) {
        let is_open = |job: &JobView| job.ended_at_us.is_none();
        while self.coordinator.jobs().iter().any(is_open) {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}
