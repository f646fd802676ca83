//! What a coordinator's log holds: jobs, and every step of the protocol that matters.
//!
//! The protocol's own rules are those of the pure machine; here stands what holds for jobs: a name is used once, nothing
//! happens in a job that has ended, and no step is written twice.

mod codec;
mod record;

use std::collections::{BTreeMap, BTreeSet};

use accord_decider::Decider;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use record::{BadRecord, ProtocolRecord, RecordKind, Restored, RetainedFor};

/// The decider of a coordinator.
pub struct CoordinatorLog;

/// What can be asked of the log.
#[derive(Debug, Clone)]
pub enum Command {
    /// Offer a job's plan to its roster.
    Propose(JobProposed),
    /// An institution signs.
    Enrol(InstitutionEnrolled),
    /// An institution does not sign.
    Decline(InstitutionSaid),
    /// An institution does not follow a message.
    Refuse(InstitutionSaid),
    /// A message of an institution is not taken, and it is to blame.
    Blame(InstitutionSaid),
    /// What the machine did.
    Advance(String, Vec<ProtocolRecord>),
    /// The learner has finished.
    Finish(JobFinished),
    /// The job does not go on.
    Abort(JobAborted),
}

/// A fact.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    JobProposed(JobProposed),
    InstitutionEnrolled(InstitutionEnrolled),
    InstitutionDeclined(InstitutionSaid),
    InstitutionRefused(InstitutionSaid),
    MessageRefused(InstitutionSaid),
    Protocol(ProtocolAdvanced),
    JobFinished(JobFinished),
    JobAborted(JobAborted),
}

/// A plan is offered to its roster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobProposed {
    pub job: String,
    /// Who takes part, by place.
    pub institutions: Vec<String>,
    /// The plan's one binary form, in base64.
    pub plan: String,
}

/// An institution signed the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstitutionEnrolled {
    pub job: String,
    pub place: u8,
    /// The enrolment's one binary form, in base64.
    pub enrolment: String,
}

/// What an institution does not do, or did wrong, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstitutionSaid {
    pub job: String,
    pub place: u8,
    pub reason: String,
}

/// A step of the protocol.
#[derive(Debug, Clone, PartialEq)]
pub struct ProtocolAdvanced {
    pub job: String,
    /// Which step of the job, from 0.
    pub number: u64,
    pub record: ProtocolRecord,
}

/// The job has a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobFinished {
    pub job: String,
    /// The hash that names the result, the same on all sides.
    pub result: String,
    /// The artefact that holds it as JSON.
    pub artefact: String,
}

/// The job ended without a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobAborted {
    pub job: String,
    pub reason: String,
}

/// All jobs that ever were.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Jobs {
    jobs: BTreeMap<String, JobState>,
}

/// What is known of a job here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct JobState {
    institutions: u8,
    enrolled: BTreeSet<u8>,
    /// Steps that were written.
    steps: u64,
    ended: bool,
    version: u64,
}

/// Why nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Rejection {
    #[error("a job of this name exists already")]
    NameTaken,
    #[error("there is no such job")]
    NoSuchJob,
    #[error("the job has ended")]
    Ended,
    #[error("not everybody has signed yet")]
    NotBegun,
    #[error("everybody has signed already")]
    Begun,
    #[error("there is no such institution in the job")]
    NoSuchInstitution,
    #[error("step {written} was written already, step {next} is next")]
    OtherStep { written: u64, next: u64 },
}

impl Decider for CoordinatorLog {
    type State = Jobs;
    type Command = Command;
    type Event = Event;
    type Context = ();
    type Rejection = Rejection;

    fn decide(state: &Jobs, (): &(), command: &Command) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Propose(proposed) => {
                if state.jobs.contains_key(&proposed.job) {
                    return Err(Rejection::NameTaken);
                }
                Ok(vec![Event::JobProposed(proposed.clone())])
            }
            Command::Enrol(enrolled) => {
                let job = state.open_with(&enrolled.job, enrolled.place)?;
                if job.enrolled.contains(&enrolled.place) {
                    return Ok(Vec::new());
                }
                Ok(vec![Event::InstitutionEnrolled(enrolled.clone())])
            }
            Command::Decline(said) => {
                if state.open_with(&said.job, said.place)?.has_begun() {
                    return Err(Rejection::Begun);
                }
                Ok(vec![Event::InstitutionDeclined(said.clone())])
            }
            Command::Refuse(said) => {
                state.open_with(&said.job, said.place)?;
                Ok(vec![Event::InstitutionRefused(said.clone())])
            }
            Command::Blame(said) => {
                state.open_with(&said.job, said.place)?;
                Ok(vec![Event::MessageRefused(said.clone())])
            }
            Command::Advance(job, records) => advance(state, job, records),
            Command::Finish(finished) => {
                if !state.open(&finished.job)?.has_begun() {
                    return Err(Rejection::NotBegun);
                }
                Ok(vec![Event::JobFinished(finished.clone())])
            }
            Command::Abort(aborted) => {
                state.open(&aborted.job)?;
                Ok(vec![Event::JobAborted(aborted.clone())])
            }
        }
    }

    fn evolve(state: &mut Jobs, event: &Event) {
        if let Event::JobProposed(proposed) = event {
            let job = JobState {
                institutions: u8::try_from(proposed.institutions.len()).unwrap_or(u8::MAX),
                enrolled: BTreeSet::new(),
                steps: 0,
                ended: false,
                version: 1,
            };
            state.jobs.insert(proposed.job.clone(), job);
            return;
        }
        let Some(job) = state.jobs.get_mut(event.job()) else {
            return;
        };
        job.version += 1;
        match event {
            Event::InstitutionEnrolled(enrolled) => {
                job.enrolled.insert(enrolled.place);
            }
            Event::Protocol(advanced) => job.steps = advanced.number + 1,
            Event::JobFinished(_) | Event::JobAborted(_) => job.ended = true,
            _ => {}
        }
    }
}

/// The steps must follow on those that are written: a coordinator that was thought dead and goes on writes nothing.
fn advance(state: &Jobs, job: &str, records: &[ProtocolRecord]) -> Result<Vec<Event>, Rejection> {
    let known = state.open(job)?;
    if !known.has_begun() {
        return Err(Rejection::NotBegun);
    }
    let mut events = Vec::with_capacity(records.len());
    for (number, record) in (known.steps..).zip(records) {
        if record.number != number {
            return Err(Rejection::OtherStep {
                written: record.number,
                next: number,
            });
        }
        events.push(Event::Protocol(ProtocolAdvanced {
            job: job.to_owned(),
            number,
            record: record.clone(),
        }));
    }
    Ok(events)
}

impl Event {
    /// The job that it is about.
    pub fn job(&self) -> &str {
        match self {
            Self::JobProposed(event) => &event.job,
            Self::InstitutionEnrolled(event) => &event.job,
            Self::InstitutionDeclined(event)
            | Self::InstitutionRefused(event)
            | Self::MessageRefused(event) => &event.job,
            Self::Protocol(event) => &event.job,
            Self::JobFinished(event) => &event.job,
            Self::JobAborted(event) => &event.job,
        }
    }
}

impl Jobs {
    fn open(&self, job: &str) -> Result<&JobState, Rejection> {
        let job = self.jobs.get(job).ok_or(Rejection::NoSuchJob)?;
        if job.ended {
            return Err(Rejection::Ended);
        }
        Ok(job)
    }

    fn open_with(&self, job: &str, place: u8) -> Result<&JobState, Rejection> {
        let job = self.open(job)?;
        if place >= job.institutions {
            return Err(Rejection::NoSuchInstitution);
        }
        Ok(job)
    }

    fn version(&self, job: &str) -> u64 {
        self.jobs.get(job).map_or(0, |job| job.version)
    }
}

impl JobState {
    fn has_begun(&self) -> bool {
        self.enrolled.len() == usize::from(self.institutions)
    }
}

#[cfg(test)]
mod tests;
