//! The one thread that owns all open jobs. Orders, messages and requests come to it in a queue; whoever asks for work and
//! gets none waits here until there is some.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use accord_federation::codec::Wire;
use accord_federation::message::ParticipantMessage;
use accord_federation::{AgreedPlan, Enrolment, Identity, Parties, Party, Plan};
use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::sync::{mpsc, oneshot, watch};

use super::job::{Interrupted, Outcome, RunningJob};
use super::log::{
    Command, Event, InstitutionEnrolled, InstitutionSaid, JobAborted, JobFinished, JobProposed,
    Rejection,
};
use super::{CoordinatorError, CoordinatorSettings, Patience, Shared, StatusName};
use crate::machine_log::LogFault;
use crate::work::{EnrolmentReply, JobEnd, Work, WorkRequest, within_reason};

/// Orders, messages and requests that may wait.
pub(super) const QUEUE_MAX: usize = 512;
/// How often clocks are looked at while a job is open.
const TICK: Duration = Duration::from_millis(100);
/// How long a job that was interrupted waits for everybody to ask again, where enough but not all are there.
const GATHERING: Duration = Duration::from_secs(3);
/// Jobs that have ended and are still told, round by round, to those who come late.
const ENDED_MAX: usize = 2;
/// Refusals of one institution in one job that are written; a flood of them is not.
const NOTES_MAX: u32 = 20;

/// What the desk is asked.
pub(super) enum Ask {
    /// Offer a plan to its roster.
    Propose(Box<Plan>, oneshot::Sender<Result<(), AskFault>>),
    /// What is an institution (by place in the coordinator's roster) to do?
    Work {
        institution: usize,
        request: WorkRequest,
        reply: oneshot::Sender<Option<Vec<u8>>>,
    },
    Enrol {
        institution: usize,
        reply: EnrolmentReply,
        done: oneshot::Sender<Result<(), AskFault>>,
    },
    Message {
        institution: usize,
        job: String,
        message: Box<ParticipantMessage>,
        done: oneshot::Sender<Result<(), AskFault>>,
    },
    Refusal {
        institution: usize,
        job: String,
        reason: String,
        done: oneshot::Sender<Result<(), AskFault>>,
    },
    Abort {
        job: String,
        reason: String,
        done: oneshot::Sender<Result<(), AskFault>>,
    },
}

/// Why something that was asked is not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum AskFault {
    #[error("there is no such open job")]
    NoSuchJob,
    #[error("a job of this name exists already")]
    NameTaken,
    #[error("{0}")]
    NotTaken(String),
    #[error("the coordinator cannot write now: {0}")]
    Unavailable(String),
}

pub(super) struct Desk {
    shared: Arc<Shared>,
    identity: Arc<Identity>,
    patience: Patience,
    transcripts_kept: usize,
    proposed: BTreeMap<String, Proposed>,
    /// In the order in which they were proposed.
    queue: Vec<String>,
    running: Option<RunningJob>,
    /// Institutions that have asked for work in the running job, by place in the coordinator's roster: until then they
    /// may still be reading their rows.
    engaged: BTreeSet<usize>,
    ended: Vec<RunningJob>,
    waiters: Vec<Waiter>,
    notes: BTreeMap<(String, u8), u32>,
}

/// A plan that waits for signatures, or for its turn.
struct Proposed {
    plan: Plan,
    enrolments: BTreeMap<Party, Enrolment>,
    since: Instant,
}

/// An institution that waits for work.
struct Waiter {
    institution: usize,
    request: WorkRequest,
    until: Instant,
    reply: oneshot::Sender<Option<Vec<u8>>>,
}

impl Desk {
    /// A desk as the log left it.
    pub async fn open(
        shared: Arc<Shared>,
        identity: Arc<Identity>,
        settings: &CoordinatorSettings,
    ) -> Result<Self, CoordinatorError> {
        let mut desk = Self {
            shared,
            identity,
            patience: settings.patience,
            transcripts_kept: settings.transcripts_kept,
            proposed: BTreeMap::new(),
            queue: Vec::new(),
            running: None,
            engaged: BTreeSet::new(),
            ended: Vec::new(),
            waiters: Vec::new(),
            notes: BTreeMap::new(),
        };
        desk.restore().await?;
        Ok(desk)
    }

    async fn restore(&mut self) -> Result<(), CoordinatorError> {
        let mut open: BTreeMap<String, Proposed> = BTreeMap::new();
        let mut order = Vec::new();
        let mut begun = BTreeSet::new();
        let mut last_finished = None;
        let shared = Arc::clone(&self.shared);
        shared
            .log
            .each(|recorded| match &recorded.event {
                Event::JobProposed(event) => {
                    if let Some(plan) = decoded::<Plan>(&event.plan) {
                        order.push(event.job.clone());
                        open.insert(event.job.clone(), Proposed::new(plan));
                    }
                }
                Event::InstitutionEnrolled(event) => {
                    if let Some(job) = open.get_mut(&event.job)
                        && let Some(enrolment) = decoded::<Enrolment>(&event.enrolment)
                    {
                        job.enrolments.insert(enrolment.party, enrolment);
                    }
                }
                Event::Protocol(event) => {
                    begun.insert(event.job.clone());
                }
                Event::JobFinished(event) => last_finished = open.remove(&event.job),
                Event::JobAborted(event) => {
                    open.remove(&event.job);
                }
                _ => {}
            })
            .await?;
        order.retain(|job| open.contains_key(job));
        // At most one job has begun: the others wait for it.
        let under_way = order.iter().find(|job| begun.contains(*job)).cloned();
        self.proposed = open;
        self.queue = order;
        if let Some(finished) = last_finished {
            self.remember(&finished).await;
        }
        if let Some(job) = under_way {
            self.begin(&job)
                .await
                .map_err(|error| CoordinatorError::Job {
                    job,
                    reason: error.to_string(),
                })?;
        }
        Ok(())
    }

    /// Whoever missed the end of the last job is told it round by round, also after a restart.
    async fn remember(&mut self, finished: &Proposed) {
        let job = &finished.plan.job;
        let restored = match finished.agreed() {
            Ok(agreed) => {
                RunningJob::restore(&self.shared, &self.identity, agreed, Instant::now()).await
            }
            Err(error) => Err(error),
        };
        match restored {
            Ok(ended) => self.ended.push(ended),
            Err(error) => tracing::info!(job, %error, "a finished job is not told again"),
        }
    }

    /// Takes what comes until it is stopped.
    pub async fn run(mut self, mut asks: mpsc::Receiver<Ask>, mut stop: watch::Receiver<bool>) {
        loop {
            let tick = if self.running.is_some() || !self.proposed.is_empty() {
                TICK
            } else {
                TICK * 10
            };
            tokio::select! {
                ask = asks.recv() => match ask {
                    Some(ask) => self.take(ask).await,
                    None => return,
                },
                _ = stop.changed() => return,
                () = tokio::time::sleep(tick) => {}
            }
            self.go_on().await;
            self.answer_waiters();
        }
    }

    async fn take(&mut self, ask: Ask) {
        // Whoever asked may have gone; what was done stays done.
        match ask {
            Ask::Propose(plan, reply) => {
                let _ = reply.send(self.propose(*plan).await);
            }
            Ask::Work {
                institution,
                request,
                reply,
            } => {
                self.shared.book.hear(institution);
                let running = self.running.as_ref().map(|running| running.name.as_str());
                let active = request.active.as_ref().map(|(job, _)| job.as_str());
                if running.is_some() && active == running {
                    self.engaged.insert(institution);
                }
                let wait = Duration::from_millis(u64::from(request.wait_ms));
                self.waiters
                    .retain(|waiter| waiter.institution != institution);
                self.waiters.push(Waiter {
                    institution,
                    request,
                    until: Instant::now() + wait,
                    reply,
                });
            }
            Ask::Enrol {
                institution,
                reply,
                done,
            } => {
                self.shared.book.hear(institution);
                let _ = done.send(self.enrol(institution, reply).await);
            }
            Ask::Message {
                institution,
                job,
                message,
                done,
            } => {
                self.shared.book.hear(institution);
                let _ = done.send(self.message(institution, &job, *message).await);
            }
            Ask::Refusal {
                institution,
                job,
                reason,
                done,
            } => {
                self.shared.book.hear(institution);
                let _ = done.send(self.refusal(institution, &job, reason).await);
            }
            Ask::Abort { job, reason, done } => {
                let _ = done.send(self.abort(&job, reason).await);
            }
        }
    }

    async fn propose(&mut self, plan: Plan) -> Result<(), AskFault> {
        let proposed = JobProposed {
            job: plan.job.clone(),
            institutions: plan.roster.iter().map(|one| one.name.clone()).collect(),
            plan: STANDARD.encode(plan.to_bytes()),
        };
        self.shared.write(Command::Propose(proposed)).await?;
        self.queue.push(plan.job.clone());
        self.proposed.insert(plan.job.clone(), Proposed::new(plan));
        Ok(())
    }

    async fn enrol(&mut self, institution: usize, said: EnrolmentReply) -> Result<(), AskFault> {
        let job = self
            .proposed
            .get_mut(&said.job)
            .ok_or(AskFault::NoSuchJob)?;
        let party = job
            .place_of(&self.shared, institution)
            .ok_or(AskFault::NoSuchJob)?;
        let place = party.place() as u8;
        match said.reply {
            Ok(enrolment) => {
                if enrolment.party != party || !job.holds(&enrolment) {
                    return Err(AskFault::NotTaken(
                        "the enrolment does not hold for this plan".to_owned(),
                    ));
                }
                let enrolled = InstitutionEnrolled {
                    job: said.job,
                    place,
                    enrolment: STANDARD.encode(enrolment.to_bytes()),
                };
                self.shared.write(Command::Enrol(enrolled)).await?;
                job.enrolments.insert(party, enrolment);
                Ok(())
            }
            Err(reason) => {
                let name = job.plan.roster[party.place()].name.clone();
                let declined = InstitutionSaid {
                    job: said.job.clone(),
                    place,
                    reason: reason.clone(),
                };
                self.shared.write(Command::Decline(declined)).await?;
                let reason = format!("{name} does not sign: {reason}");
                self.abort(&said.job, reason).await
            }
        }
    }

    async fn message(
        &mut self,
        institution: usize,
        job: &str,
        message: ParticipantMessage,
    ) -> Result<(), AskFault> {
        let Some(running) = self.running.as_mut().filter(|running| running.name == job) else {
            return Err(AskFault::NoSuchJob);
        };
        let party = place_in(running.agreed.plan(), &self.shared, institution)
            .ok_or(AskFault::NoSuchJob)?;
        match running.receive(&self.shared, party, message).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(fault)) => {
                let reason = fault.to_string();
                if let Some(culprit) = fault.culprit() {
                    self.note(job, culprit, &reason, Command::Blame).await;
                }
                Err(AskFault::NotTaken(reason))
            }
            Err(interrupted) => {
                let reason = interrupted.to_string();
                self.take_up_again(interrupted).await;
                Err(AskFault::Unavailable(reason))
            }
        }
    }

    async fn refusal(
        &mut self,
        institution: usize,
        job: &str,
        reason: String,
    ) -> Result<(), AskFault> {
        let running = self.running.as_ref().filter(|running| running.name == job);
        let party = running
            .and_then(|running| place_in(running.agreed.plan(), &self.shared, institution))
            .ok_or(AskFault::NoSuchJob)?;
        self.note(job, party, &reason, Command::Refuse).await;
        Ok(())
    }

    /// Writes what somebody did wrong or refused, up to a bound.
    async fn note(
        &mut self,
        job: &str,
        party: Party,
        reason: &str,
        command: fn(InstitutionSaid) -> Command,
    ) {
        let place = party.place() as u8;
        let noted = self.notes.entry((job.to_owned(), place)).or_default();
        *noted += 1;
        if *noted > NOTES_MAX {
            return;
        }
        let said = InstitutionSaid {
            job: job.to_owned(),
            place,
            reason: within_reason(reason).to_owned(),
        };
        if let Err(error) = self.shared.write(command(said)).await {
            tracing::warn!(job, place, reason, %error, "a refusal is not written");
        }
    }

    async fn abort(&mut self, job: &str, reason: String) -> Result<(), AskFault> {
        let running = self.running.take_if(|running| running.name == job);
        if running.is_none() && !self.proposed.contains_key(job) {
            return Err(AskFault::NoSuchJob);
        }
        let aborted = JobAborted {
            job: job.to_owned(),
            reason: within_reason(&reason).to_owned(),
        };
        if let Err(error) = self.shared.write(Command::Abort(aborted)).await {
            self.running = running;
            return Err(error.into());
        }
        tracing::info!(job, reason, "a job is aborted");
        self.end(job, running);
        Ok(())
    }

    fn end(&mut self, job: &str, running: Option<RunningJob>) {
        self.proposed.remove(job);
        self.queue.retain(|name| name != job);
        self.notes.retain(|(of, _), _| of != job);
        if let Some(running) = running {
            self.ended.push(running);
            let surplus = self.ended.len().saturating_sub(ENDED_MAX);
            self.ended.drain(..surplus);
        }
    }

    /// Whatever time and presence allow.
    async fn go_on(&mut self) {
        self.expire_proposals().await;
        if self.running.is_none() {
            let complete = |job: &&String| self.proposed.get(*job).is_some_and(Proposed::is_signed);
            if let Some(job) = self.queue.iter().find(complete).cloned()
                && let Err(error) = self.begin(&job).await
            {
                let reason = format!("the job cannot begin: {error}");
                if let Err(error) = self.abort(&job, reason).await {
                    tracing::warn!(job, %error, "a job that cannot begin stays open");
                }
            }
        }
        let Some(mut running) = self.running.take() else {
            return;
        };
        let present = self.present(&running);
        match running.go_on(&self.shared, present, &self.patience).await {
            Ok(Outcome::Open) => self.running = Some(running),
            Ok(Outcome::Aborted(reason)) => {
                let job = running.name.clone();
                self.running = Some(running);
                if let Err(error) = self.abort(&job, reason).await {
                    tracing::warn!(job, %error, "a job that does not go on stays open");
                }
            }
            Ok(Outcome::Finished(result)) => self.finish(running, result).await,
            Err(interrupted) => {
                self.running = Some(running);
                self.take_up_again(interrupted).await;
            }
        }
    }

    async fn finish(&mut self, running: RunningJob, result: crate::task::JobResult) {
        let job = running.name.clone();
        let artefact = match self.shared.results.put(&result.json) {
            Ok(artefact) => artefact,
            Err(error) => {
                tracing::error!(job, %error, "a result cannot be stored");
                self.running = Some(running);
                return;
            }
        };
        let finished = JobFinished {
            job: job.clone(),
            result: result.hash,
            artefact,
        };
        if let Err(error) = self.shared.write(Command::Finish(finished)).await {
            tracing::warn!(job, %error, "a job's end is not written");
            self.running = Some(running);
            return;
        }
        tracing::info!(job, kind = running.task().kind(), "a job has finished");
        self.end(&job, Some(running));
        self.forget_old_transcripts().await;
    }

    async fn forget_old_transcripts(&self) {
        let ended =
            self.shared.book.jobs().into_iter().filter(|job| {
                matches!(job.status.name, StatusName::Finished | StatusName::Aborted)
            });
        for job in ended.skip(self.transcripts_kept).take(1) {
            if let Err(error) = self.shared.spool.forget(&job.job).await {
                tracing::warn!(job = job.job, %error, "an old transcript stays");
            }
        }
    }

    async fn expire_proposals(&mut self) {
        let late = self.proposed.iter().find(|(name, job)| {
            let is_running = self.running.as_ref().is_some_and(|one| one.name == **name);
            !is_running && !job.is_signed() && job.since.elapsed() >= self.patience.enrolment
        });
        let Some((name, job)) = late else {
            return;
        };
        let missing: Vec<&str> = job.missing().collect();
        let (name, reason) = (
            name.clone(),
            format!("not signed in time by {}", missing.join(", ")),
        );
        if let Err(error) = self.abort(&name, reason).await {
            tracing::warn!(job = name, %error, "a plan that nobody signs stays open");
        }
    }

    async fn begin(&mut self, job: &str) -> Result<(), Interrupted> {
        let proposed = self
            .proposed
            .get(job)
            .ok_or_else(|| Interrupted("there is no such plan".to_owned()))?;
        let agreed = proposed.agreed()?;
        // Everybody first reads the rows of years.
        let gather_until = Instant::now() + self.patience.unit;
        let running =
            RunningJob::restore(&self.shared, &self.identity, agreed, gather_until).await?;
        self.engaged.clear();
        self.running = Some(running);
        Ok(())
    }

    /// After something could not be written, what is durable decides what has happened.
    async fn take_up_again(&mut self, interrupted: Interrupted) {
        tracing::warn!(reason = %interrupted, "the job is restored from its log");
        let Some(running) = self.running.take() else {
            return;
        };
        loop {
            match running
                .again(&self.shared, Instant::now() + GATHERING)
                .await
            {
                Ok(restored) => {
                    self.running = Some(restored);
                    return;
                }
                Err(error) => {
                    tracing::warn!(reason = %error, "the job cannot be restored now");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
            if *self.shared.stop.borrow() {
                return;
            }
        }
    }

    fn present(&self, running: &RunningJob) -> Parties {
        let roster = running.agreed.plan().roster.iter().enumerate();
        let takes_part = |name: &str| {
            let mut known = self.shared.roster.iter();
            let place = known.position(|one| one.name == name);
            place.is_some_and(|place| self.engaged.contains(&place))
                && self.shared.book.is_present(name, self.patience.presence)
        };
        roster
            .filter(|(_, one)| takes_part(&one.name))
            .filter_map(|(place, _)| Party::new(place))
            .collect()
    }

    fn answer_waiters(&mut self) {
        let now = Instant::now();
        let waiters = std::mem::take(&mut self.waiters);
        for waiter in waiters {
            if waiter.reply.is_closed() {
                continue;
            }
            match self.work_for(waiter.institution, &waiter.request) {
                Some(work) => {
                    let bytes = work.to_bytes();
                    let name = &self.shared.roster[waiter.institution].name;
                    if let (Work::Answer(_), Some((job, _))) = (&work, &waiter.request.active) {
                        self.shared.book.sent(job, name, bytes.len() as u64);
                    }
                    let _ = waiter.reply.send(Some(bytes));
                }
                None if waiter.until <= now => {
                    // Waiting in vain is presence as well.
                    self.shared.book.hear(waiter.institution);
                    let _ = waiter.reply.send(None);
                }
                None => {
                    self.shared.book.hear(waiter.institution);
                    self.waiters.push(waiter);
                }
            }
        }
    }

    /// What an institution is to do now.
    fn work_for(&self, institution: usize, request: &WorkRequest) -> Option<Work> {
        if let Some((job, rounds_known)) = &request.active {
            return self.work_in(institution, job, *rounds_known);
        }
        if let Some(running) = &self.running
            && place_in(running.agreed.plan(), &self.shared, institution).is_some()
        {
            return Some(Work::Begin(running.agreed.clone()));
        }
        let unsigned = self.queue.iter().find_map(|job| {
            let proposed = self.proposed.get(job)?;
            let party = proposed.place_of(&self.shared, institution)?;
            (!proposed.enrolments.contains_key(&party)).then_some(proposed)
        });
        unsigned.map(|proposed| Work::Consider(proposed.plan.clone()))
    }

    fn work_in(&self, institution: usize, job: &str, rounds_known: u32) -> Option<Work> {
        let known = self.running.iter().chain(&self.ended);
        let known = known.into_iter().find(|known| known.name == job);
        let message = known.and_then(|known| {
            let party = place_in(known.agreed.plan(), &self.shared, institution)?;
            known.request_for(party, rounds_known)
        });
        let ended = || match self.shared.book.job(job).map(|view| view.status) {
            None => Some(JobEnd::Aborted(
                "the coordinator knows no such job".to_owned(),
            )),
            Some(status) => match status.name {
                StatusName::Finished => Some(JobEnd::Finished(status.result.unwrap_or_default())),
                StatusName::Aborted => Some(JobEnd::Aborted(status.reason.unwrap_or_default())),
                StatusName::Proposed | StatusName::Running => None,
            },
        };
        match (message, ended()) {
            // What is asked in a job that was aborted leads nowhere; what was released is told to the end.
            (Some(_), Some(end @ JobEnd::Aborted(_))) | (None, Some(end)) => Some(Work::End(end)),
            (Some(message), _) => Some(Work::Answer(message)),
            (None, None) => None,
        }
    }
}

impl Proposed {
    fn new(plan: Plan) -> Self {
        Self {
            plan,
            enrolments: BTreeMap::new(),
            since: Instant::now(),
        }
    }

    fn agreed(&self) -> Result<AgreedPlan, Interrupted> {
        let enrolments = self.enrolments.values().copied().collect();
        AgreedPlan::new(self.plan.clone(), enrolments)
            .map_err(|error| Interrupted(error.to_string()))
    }

    fn is_signed(&self) -> bool {
        self.enrolments.len() == self.plan.roster.len()
    }

    fn missing(&self) -> impl Iterator<Item = &str> {
        let roster = self.plan.roster.iter().enumerate();
        roster.filter_map(|(place, one)| {
            let signed =
                Party::new(place).is_some_and(|party| self.enrolments.contains_key(&party));
            (!signed).then_some(one.name.as_str())
        })
    }

    fn place_of(&self, shared: &Shared, institution: usize) -> Option<Party> {
        place_in(&self.plan, shared, institution)
    }

    /// Whether an enrolment is its party's signature under this plan.
    fn holds(&self, enrolment: &Enrolment) -> bool {
        enrolment.holds_for(&self.plan)
    }
}

/// The place in a plan of an institution of the coordinator's roster.
fn place_in(plan: &Plan, shared: &Shared, institution: usize) -> Option<Party> {
    let known = shared.roster.get(institution)?;
    let place = plan
        .roster
        .iter()
        .position(|one| one.identity == known.identity)?;
    Party::new(place)
}

fn decoded<T: Wire>(text: &str) -> Option<T> {
    let bytes = STANDARD.decode(text).ok()?;
    T::from_bytes(&bytes).ok()
}

impl Shared {
    /// Writes to the log and shows it to those who watch.
    pub(super) async fn write(&self, command: Command) -> Result<(), LogFault<Rejection>> {
        let actor = Arc::from("coordinator");
        let events = self.log.give(&actor, command).await?;
        for recorded in &events {
            self.book.fold(recorded);
        }
        Ok(())
    }
}

impl From<LogFault<Rejection>> for AskFault {
    fn from(fault: LogFault<Rejection>) -> Self {
        match fault {
            LogFault::Rejected(Rejection::NameTaken) => Self::NameTaken,
            LogFault::Rejected(Rejection::NoSuchJob | Rejection::Ended) => Self::NoSuchJob,
            LogFault::Rejected(rejection) => Self::NotTaken(rejection.to_string()),
            LogFault::Unavailable(_) | LogFault::Inconsistent => {
                Self::Unavailable(fault.to_string())
            }
        }
    }
}
