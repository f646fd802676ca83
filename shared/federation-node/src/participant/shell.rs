//! The thread of a participant: one request after the other, and nothing is sent that is not durable.

mod job;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use accord_event_log::Sequence;
use accord_event_log::artefacts::ArtefactFolder;
use accord_event_log::journal::reader::ReadError;
use accord_federation::codec::Wire;
use accord_federation::message::CoordinatorMessage;
use accord_federation::{AgreedPlan, Enrolment, Identity, KeyedRng, Plan, SignedRequest};
use axum::http::{Method, StatusCode};
use bytes::Bytes;
use thiserror::Error;
use tokio::sync::watch;

use self::job::{ActiveJob, Learnt};
use super::log::{
    Command, Event, JobBegun, JobEnded, MessageRefused, ParticipantLog, PlanDeclined, PlanSigned,
    Rejection,
};
use super::vault_store::VaultStore;
use super::{Institution, ParticipantError, ParticipantSettings};
use crate::client::{Client, ClientError};
use crate::machine_log::{LogFault, MachineLog, now_us};
use crate::task::{CannotStart, JobRows};
use crate::work::{
    EnrolmentReply, ForJob, JobEnd, Reason, Work, WorkRequest, operation, within_reason,
};

/// How long the coordinator may keep a request for work.
const WAIT_MS: u32 = 20_000;
/// A request for work may take that long and a little more.
const WORK_TIME_MAX: Duration = Duration::from_secs(30);
/// Every other request.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);
/// Pauses after something that failed, doubling.
const PAUSES: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(250)..=Duration::from_secs(10);
/// A pause after a message that was refused on either side, so that nobody is flooded.
const AFTER_REFUSAL: Duration = Duration::from_millis(500);
/// Refusals of one job that are written; a flood of them is not.
const REFUSALS_MAX: u32 = 20;

/// What went wrong; the same is tried again after a pause.
#[derive(Debug, Error)]
pub(super) enum Trouble {
    #[error("the coordinator: {0}")]
    Client(#[from] ClientError),
    #[error("the coordinator answers {0}: {1}")]
    Status(StatusCode, String),
    #[error("the coordinator's answer cannot be read: {0}")]
    Answer(#[from] accord_federation::codec::DecodeError),
    #[error("the log: {0}")]
    Log(#[from] LogFault<Rejection>),
    #[error("the log: {0}")]
    Read(#[from] ReadError),
    #[error("the vault: {0}")]
    Vault(#[from] sqlx::Error),
    #[error("the rows: {0}")]
    Rows(String),
    #[error("the job cannot be set up: {0}")]
    Setup(#[from] CannotStart),
    #[error("{0}")]
    File(#[from] std::io::Error),
}

pub(super) struct Shell {
    settings: ParticipantSettings,
    identity: Arc<Identity>,
    log: MachineLog<ParticipantLog>,
    vault: VaultStore,
    artefacts: ArtefactFolder,
    client: Client,
    institution: Arc<dyn Institution>,
    actor: Arc<str>,
    rng: KeyedRng,
    /// Plans that were signed, by job.
    signed: BTreeMap<String, String>,
    epsilon_spent: f64,
    /// What earlier jobs found, for evaluations.
    learnt: BTreeMap<String, Learnt>,
    /// The job under way, as the log has it; its machine is set up when it is first needed.
    begun: Option<JobBegun>,
    /// Where the log begins to tell of its steps.
    begun_at: Sequence,
    active: Option<ActiveJob>,
    /// Rows that were just read to say how many there are.
    prepared: Option<(String, JobRows)>,
    refusals: u32,
}

impl Shell {
    /// A shell as the log left it.
    pub async fn open(
        settings: ParticipantSettings,
        identity: Arc<Identity>,
        log: MachineLog<ParticipantLog>,
        vault: VaultStore,
        client: Client,
        institution: Arc<dyn Institution>,
    ) -> Result<Self, ParticipantError> {
        let artefacts_path = settings.folder.join("artefacts");
        let artefacts = ArtefactFolder::open(artefacts_path.clone()).map_err(|source| {
            ParticipantError::File {
                path: artefacts_path,
                source,
            }
        })?;
        let seed = crate::key_file::random_secret().map_err(|source| ParticipantError::File {
            path: settings.folder.clone(),
            source,
        })?;
        let mut shell = Self {
            settings,
            identity,
            log,
            vault,
            artefacts,
            client,
            institution,
            actor: Arc::from("federation"),
            rng: KeyedRng::new(&seed),
            signed: BTreeMap::new(),
            epsilon_spent: 0.0,
            learnt: BTreeMap::new(),
            begun: None,
            begun_at: Sequence::ZERO,
            active: None,
            prepared: None,
            refusals: 0,
        };
        let mut events = Vec::new();
        shell
            .log
            .each(|recorded| {
                if !matches!(recorded.event, Event::Protocol(_)) {
                    events.push((recorded.event.clone(), recorded.metadata.sequence));
                }
            })
            .await?;
        for (event, sequence) in &events {
            shell.know(event, *sequence);
        }
        Ok(shell)
    }

    fn know(&mut self, event: &Event, sequence: Sequence) {
        match event {
            Event::PlanSigned(signed) => {
                self.signed.insert(signed.job.clone(), signed.plan.clone());
            }
            Event::JobBegun(begun) => {
                self.begun = Some(begun.clone());
                self.begun_at = sequence;
            }
            Event::JobEnded(ended) => {
                self.epsilon_spent += ended.epsilon;
                if let (Some(begun), Some(result), Some(artefact)) =
                    (self.begun.take(), &ended.result, &ended.artefact)
                {
                    let learnt = Learnt {
                        result: result.clone(),
                        artefact: artefact.clone(),
                        begun,
                    };
                    self.learnt.insert(ended.job.clone(), learnt);
                }
                self.begun = None;
            }
            _ => {}
        }
    }

    /// Asks and answers until it is stopped.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut pause = *PAUSES.start();
        loop {
            let turn = tokio::select! {
                turn = self.turn() => turn,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            let Err(trouble) = turn else {
                pause = *PAUSES.start();
                continue;
            };
            tracing::debug!(institution = self.settings.name, %trouble, "a turn of training failed");
            // What is durable decides what has happened.
            self.active = None;
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.wait_for(|stop| *stop) => break,
            }
            pause = (pause * 2).min(*PAUSES.end());
        }
        self.log.close().await;
        self.vault.close().await;
    }

    /// One request for work, and what follows from it.
    async fn turn(&mut self) -> Result<(), Trouble> {
        if self.active.is_none()
            && let Some(begun) = self.begun.clone()
        {
            self.active = Some(self.set_up(&begun).await?);
        }
        let request = WorkRequest {
            active: self
                .active
                .as_ref()
                .map(|active| (active.name.clone(), active.rounds_known())),
            wait_ms: WAIT_MS,
        };
        let Some(work) = self.ask_for_work(&request).await? else {
            return Ok(());
        };
        match work {
            Work::Consider(plan) => self.consider(&plan).await,
            Work::Begin(agreed) => self.begin(agreed).await,
            Work::Answer(message) => self.answer(&message).await,
            Work::End(end) => self.end(end).await,
        }
    }

    async fn ask_for_work(&mut self, request: &WorkRequest) -> Result<Option<Work>, Trouble> {
        let answer = self
            .post(operation::WORK, request.to_bytes(), WORK_TIME_MAX)
            .await?;
        match answer {
            (StatusCode::NO_CONTENT, _) => Ok(None),
            (_, body) => Ok(Some(Work::from_bytes(&body)?)),
        }
    }

    /// Signs a plan that is within the institution's limits, and says what is wrong with any other.
    async fn consider(&mut self, plan: &Plan) -> Result<(), Trouble> {
        let job = plan.job.clone();
        let hash = plan.hash().to_string();
        let objections = self.settings.limits.objections(
            plan,
            &self.settings.coordinator_key,
            &self.settings.roster,
            self.epsilon_spent,
        );
        let mine = self.identity.public();
        let place = plan.roster.iter().position(|one| one.identity == mine);
        let party = place.and_then(accord_federation::Party::new);
        let reply = match (objections.is_empty(), party) {
            (true, Some(party)) => {
                let signed = PlanSigned {
                    job: job.clone(),
                    plan: hash.clone(),
                    epsilon: plan
                        .lint()
                        .ok()
                        .and_then(|lint| lint.epsilon)
                        .unwrap_or(0.0),
                };
                match self.give(Command::Sign(signed)).await {
                    Ok(()) => Ok(Enrolment::sign(plan, party, &self.identity)),
                    Err(Trouble::Log(LogFault::Rejected(rejection))) => Err(rejection.to_string()),
                    Err(trouble) => return Err(trouble),
                }
            }
            (true, None) => Err("this institution has no part in it".to_owned()),
            (false, _) => Err(objections.join("; ")),
        };
        if let Err(reason) = &reply {
            tracing::warn!(
                job,
                reason,
                institution = self.settings.name,
                "a plan is not signed"
            );
            let declined = PlanDeclined {
                job: job.clone(),
                plan: hash,
                reasons: vec![within_reason(reason).to_owned()],
            };
            self.give(Command::Decline(declined)).await?;
        }
        let enrolment = EnrolmentReply { job, reply };
        self.tell(operation::ENROLMENT, enrolment.to_bytes()).await
    }

    /// Takes part in a job whose plan was signed here.
    async fn begin(&mut self, agreed: AgreedPlan) -> Result<(), Trouble> {
        let job = agreed.plan().job.clone();
        let was_signed = self.signed.get(&job) == Some(&agreed.hash().to_string());
        if !was_signed || agreed.plan().coordinator != self.settings.coordinator_key {
            return self
                .refuse(&job, "this plan was never signed here", false)
                .await;
        }
        let begun = match self.fix_rows(&agreed).await {
            Ok(begun) => begun,
            Err(Trouble::Rows(reason)) => return self.refuse(&job, &reason, false).await,
            Err(trouble) => return Err(trouble),
        };
        match self.give(Command::Begin(begun)).await {
            // It has ended here already: there is nothing to take part in.
            Err(Trouble::Log(LogFault::Rejected(rejection))) => {
                self.refuse(&job, &rejection.to_string(), false).await
            }
            other => other,
        }
    }

    async fn answer(&mut self, message: &CoordinatorMessage) -> Result<(), Trouble> {
        let Some(active) = &mut self.active else {
            return Ok(());
        };
        let job = active.name.clone();
        match active
            .handle(&self.log, &self.vault, &self.actor, message, &mut self.rng)
            .await?
        {
            Ok(None) => Ok(()),
            Ok(Some(reply)) => {
                let bytes = ForJob {
                    job,
                    content: reply,
                };
                self.tell(operation::MESSAGE, bytes.to_bytes()).await
            }
            Err(refusal) => self.refuse(&job, &refusal.to_string(), true).await,
        }
    }

    /// Says why a message is not followed; `noted` also in the own log.
    async fn refuse(&mut self, job: &str, reason: &str, noted: bool) -> Result<(), Trouble> {
        tracing::warn!(
            job,
            reason,
            institution = self.settings.name,
            "a message is refused"
        );
        self.refusals += 1;
        if noted && self.refusals <= REFUSALS_MAX {
            let refused = MessageRefused {
                job: job.to_owned(),
                reason: within_reason(reason).to_owned(),
            };
            self.give(Command::Refuse(refused)).await?;
        }
        let refusal = ForJob {
            job: job.to_owned(),
            content: Reason(reason.to_owned()),
        };
        self.tell(operation::REFUSAL, refusal.to_bytes()).await?;
        tokio::time::sleep(AFTER_REFUSAL * self.refusals.clamp(1, 20)).await;
        Ok(())
    }

    /// The job is over: hands what was found to the institution, and forgets the rest.
    async fn end(&mut self, end: JobEnd) -> Result<(), Trouble> {
        let Some(active) = &self.active else {
            return Ok(());
        };
        let mut ended = JobEnded {
            job: active.name.clone(),
            result: None,
            artefact: None,
            reason: None,
            epsilon: active.epsilon_spent(),
        };
        match (end, active.result()) {
            (JobEnd::Aborted(reason), _) => ended.reason = Some(reason),
            (JobEnd::Finished(hash), Some(result)) if result.hash == hash => {
                let found = active.found(&result);
                ended.artefact = Some(self.artefacts.put(&result.json)?);
                ended.result = Some(result.hash);
                self.institution
                    .receive(found)
                    .await
                    .map_err(Trouble::Rows)?;
            }
            (JobEnd::Finished(_), Some(_)) => {
                ended.reason = Some("the coordinator announces another result".to_owned());
            }
            (JobEnd::Finished(_), None) => {
                ended.reason = Some("it ended without this institution".to_owned());
            }
        }
        let job = ended.job.clone();
        self.give(Command::End(ended)).await?;
        self.active = None;
        self.refusals = 0;
        self.vault.forget(&job).await?;
        Ok(())
    }

    /// Gives a command to the log, and knows what came of it.
    async fn give(&mut self, command: Command) -> Result<(), Trouble> {
        let actor = Arc::clone(&self.actor);
        for recorded in self.log.give(&actor, command).await? {
            self.know(&recorded.event, recorded.metadata.sequence);
        }
        Ok(())
    }

    /// Says something. What the coordinator does not take now, it asks for again.
    async fn tell(&mut self, operation: &str, body: Vec<u8>) -> Result<(), Trouble> {
        match self.post(operation, body, REQUEST_TIME_MAX).await {
            Ok(_) => Ok(()),
            Err(Trouble::Status(
                StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY,
                reason,
            )) => {
                tracing::debug!(operation, reason, "not taken");
                tokio::time::sleep(AFTER_REFUSAL).await;
                Ok(())
            }
            Err(trouble) => Err(trouble),
        }
    }

    async fn post(
        &mut self,
        operation: &str,
        body: Vec<u8>,
        time_max: Duration,
    ) -> Result<(StatusCode, Bytes), Trouble> {
        let request = SignedRequest::sign(
            &self.identity,
            &self.settings.coordinator_key,
            operation,
            now_us().unsigned_abs(),
            body,
        );
        let answer = self
            .client
            .send(
                Method::POST,
                &format!("/v1/participant/{operation}"),
                &[("content-type", "application/octet-stream")],
                Bytes::from(request.to_bytes()),
                time_max,
            )
            .await?;
        if answer.status.is_success() {
            return Ok((answer.status, answer.body));
        }
        let detail = serde_json::from_slice::<serde_json::Value>(&answer.body).ok();
        let detail = detail.and_then(|problem| problem["detail"].as_str().map(str::to_owned));
        Err(Trouble::Status(answer.status, detail.unwrap_or_default()))
    }
}
