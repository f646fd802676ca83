//! What a participant's log holds: what was agreed to, from which rows, and every step. No secret, no row.

mod codec;

use std::collections::BTreeMap;

use accord_decider::Decider;
use accord_federation::participant::ParticipantEvent;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The decider of a participant.
pub struct ParticipantLog;

/// What can be asked of the log.
#[derive(Debug, Clone)]
pub enum Command {
    /// Agree to a plan.
    Sign(PlanSigned),
    /// Do not agree to a plan.
    Decline(PlanDeclined),
    /// Take part, from these rows.
    Begin(JobBegun),
    /// What the machine did.
    Advance(String, Vec<ProtocolStep>),
    /// Do not follow a message.
    Refuse(MessageRefused),
    /// The job is over.
    End(JobEnded),
}

/// A fact.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    PlanSigned(PlanSigned),
    PlanDeclined(PlanDeclined),
    JobBegun(JobBegun),
    Protocol(ProtocolAdvanced),
    MessageRefused(MessageRefused),
    JobEnded(JobEnded),
}

/// The institution agreed to a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanSigned {
    pub job: String,
    /// The hash of the plan.
    pub plan: String,
    /// ε that the job may spend; 0 for exact sums.
    pub epsilon: f64,
}

/// The institution did not agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanDeclined {
    pub job: String,
    pub plan: String,
    pub reasons: Vec<String>,
}

/// The institution takes part from here on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobBegun {
    pub job: String,
    /// The plan with everybody's signature in its one binary form, in base64.
    pub agreed: String,
    /// The last event of the institution's own log that counts.
    pub through: u64,
    /// Labels count if they were known then (epoch microseconds).
    pub cutoff_us: i64,
    /// Transactions after this have no label that could be relied on (epoch microseconds).
    pub labelled_until_us: i64,
    /// Rows are transactions from here ...
    pub occurred_from_us: i64,
    /// ... to before here (epoch microseconds).
    pub occurred_until_us: i64,
    /// Their number.
    pub rows: u64,
}

/// A step of the protocol, with a released total apart from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProtocolStep {
    /// Which step of the job, from 0.
    pub number: u64,
    pub event: ParticipantEvent,
}

/// A step that was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProtocolAdvanced {
    pub job: String,
    pub number: u64,
    pub event: ParticipantEvent,
}

/// A message was not followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRefused {
    pub job: String,
    pub reason: String,
}

/// The job is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobEnded {
    pub job: String,
    /// The hash of what was found and handed to the institution.
    pub result: Option<String>,
    /// The artefact that holds it.
    pub artefact: Option<String>,
    /// Why there is none.
    pub reason: Option<String>,
    /// ε that was spent.
    pub epsilon: f64,
}

/// All jobs that this institution ever agreed to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Jobs {
    jobs: BTreeMap<String, JobState>,
    /// ε of all jobs that have ended.
    epsilon_spent: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct JobState {
    plan: String,
    phase: Phase,
    steps: u64,
    version: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    Declined,
    Signed,
    Begun,
    Ended,
}

/// Why nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Rejection {
    #[error("another plan of this name was answered before")]
    OtherPlan,
    #[error("the plan was declined before")]
    Declined,
    #[error("this plan was never signed")]
    NotSigned,
    #[error("another job is under way")]
    Busy,
    #[error("the job is not under way")]
    NotBegun,
    #[error("step {written} was written already, step {next} is next")]
    OtherStep { written: u64, next: u64 },
}

impl Decider for ParticipantLog {
    type State = Jobs;
    type Command = Command;
    type Event = Event;
    type Context = ();
    type Rejection = Rejection;

    fn decide(state: &Jobs, (): &(), command: &Command) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Sign(signed) => match state.jobs.get(&signed.job) {
                None => Ok(vec![Event::PlanSigned(signed.clone())]),
                Some(known) if known.plan != signed.plan => Err(Rejection::OtherPlan),
                Some(known) if known.phase == Phase::Declined => Err(Rejection::Declined),
                Some(_) => Ok(Vec::new()),
            },
            Command::Decline(declined) => match state.jobs.get(&declined.job) {
                None => Ok(vec![Event::PlanDeclined(declined.clone())]),
                Some(_) => Ok(Vec::new()),
            },
            Command::Begin(begun) => {
                let known = state.jobs.get(&begun.job).ok_or(Rejection::NotSigned)?;
                if known.phase != Phase::Signed {
                    return Err(Rejection::NotSigned);
                }
                if state.jobs.values().any(|job| job.phase == Phase::Begun) {
                    return Err(Rejection::Busy);
                }
                Ok(vec![Event::JobBegun(begun.clone())])
            }
            Command::Advance(job, steps) => advance(state, job, steps),
            Command::Refuse(refused) => {
                state.begun(&refused.job)?;
                Ok(vec![Event::MessageRefused(refused.clone())])
            }
            Command::End(ended) => {
                state.begun(&ended.job)?;
                Ok(vec![Event::JobEnded(ended.clone())])
            }
        }
    }

    fn evolve(state: &mut Jobs, event: &Event) {
        let (job, phase) = match event {
            Event::PlanSigned(event) => {
                state.open(&event.job, &event.plan);
                (&event.job, Some(Phase::Signed))
            }
            Event::PlanDeclined(event) => {
                state.open(&event.job, &event.plan);
                (&event.job, Some(Phase::Declined))
            }
            Event::JobBegun(event) => (&event.job, Some(Phase::Begun)),
            Event::Protocol(event) => (&event.job, None),
            Event::MessageRefused(event) => (&event.job, None),
            Event::JobEnded(event) => {
                state.epsilon_spent += event.epsilon;
                (&event.job, Some(Phase::Ended))
            }
        };
        if let Some(known) = state.jobs.get_mut(job) {
            known.phase = phase.unwrap_or(known.phase);
            known.version += 1;
            if let Event::Protocol(advanced) = event {
                known.steps = advanced.number + 1;
            }
        }
    }
}

/// The steps must follow on those that are written.
fn advance(state: &Jobs, job: &str, steps: &[ProtocolStep]) -> Result<Vec<Event>, Rejection> {
    let known = state.begun(job)?;
    let mut events = Vec::with_capacity(steps.len());
    for (number, step) in (known.steps..).zip(steps) {
        if step.number != number {
            return Err(Rejection::OtherStep {
                written: step.number,
                next: number,
            });
        }
        events.push(Event::Protocol(ProtocolAdvanced {
            job: job.to_owned(),
            number,
            event: step.event.clone(),
        }));
    }
    Ok(events)
}

impl Event {
    /// The job that it is about.
    pub fn job(&self) -> &str {
        match self {
            Self::PlanSigned(event) => &event.job,
            Self::PlanDeclined(event) => &event.job,
            Self::JobBegun(event) => &event.job,
            Self::Protocol(event) => &event.job,
            Self::MessageRefused(event) => &event.job,
            Self::JobEnded(event) => &event.job,
        }
    }
}

impl Jobs {
    fn open(&mut self, job: &str, plan: &str) {
        let state = JobState {
            plan: plan.to_owned(),
            phase: Phase::Signed,
            steps: 0,
            version: 0,
        };
        self.jobs.insert(job.to_owned(), state);
    }

    fn begun(&self, job: &str) -> Result<&JobState, Rejection> {
        let known = self.jobs.get(job).ok_or(Rejection::NotBegun)?;
        match known.phase {
            Phase::Begun => Ok(known),
            _ => Err(Rejection::NotBegun),
        }
    }

    fn version(&self, job: &str) -> u64 {
        self.jobs.get(job).map_or(0, |job| job.version)
    }
}

#[cfg(test)]
mod tests;
