//! A job that everybody has signed: the machine, its clock, and what it writes.

use std::sync::Arc;
use std::time::Instant;

use accord_federation::coordinator::{CannotOpen, CoordinatorEvent, Fault, Waiting};
use accord_federation::job::Pause;
use accord_federation::message::{CoordinatorMessage, ParticipantMessage};
use accord_federation::{AgreedPlan, Identity, Parties, Party};
use thiserror::Error;

use super::log::{Command, Event, ProtocolRecord};
use super::spool::SpooledPart;
use super::{Patience, Shared};
use crate::task::{JobCoordinator, JobResult, Task};

/// Set-ups of keys, and attempts at sums, that may fail one after the other before a job is given up.
const FAILURES_MAX: u32 = 8;

/// A job under way, or one that has ended and is still told to those who come late.
pub(super) struct RunningJob {
    pub name: String,
    pub agreed: AgreedPlan,
    identity: Arc<Identity>,
    task: Task,
    machine: Box<dyn JobCoordinator>,
    /// Steps that were written.
    steps: u64,
    waiting: Waiting,
    waiting_since: Instant,
    /// Until then it waits for everybody, even if enough are there: after a start not all have asked yet.
    gather_until: Instant,
    failures: u32,
}

/// What a job has come to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It goes on.
    Open,
    /// There is a result.
    Finished(JobResult),
    /// It does not go on.
    Aborted(String),
}

/// Something could not be written or read: the job is restored from its log before it goes on.
#[derive(Debug, Error)]
#[error("{0}")]
pub(super) struct Interrupted(pub String);

impl RunningJob {
    /// A job as its log left it.
    pub async fn restore(
        shared: &Shared,
        identity: &Arc<Identity>,
        agreed: AgreedPlan,
        gather_until: Instant,
    ) -> Result<Self, Interrupted> {
        let interrupted = |error: &dyn std::fmt::Display| Interrupted(error.to_string());
        let name = agreed.plan().job.clone();
        let task = Task::of(agreed.plan()).map_err(|error| interrupted(&error))?;
        let mut records = Vec::new();
        let first = shared.book.first_of(&name);
        let read = shared
            .log
            .each_from(first, |recorded| match &recorded.event {
                Event::Protocol(advanced) if advanced.job == name => {
                    records.push(advanced.record.clone());
                }
                _ => {}
            });
        read.await.map_err(|error| interrupted(&error))?;
        let mut events = Vec::with_capacity(records.len());
        for record in &records {
            let apart = match record.spooled {
                true => shared.spool.get(&name, record.number).await,
                false => Ok(None),
            };
            let apart = apart.map_err(|error| interrupted(&error))?;
            let restored = record
                .restore(apart.as_deref())
                .map_err(|error| interrupted(&error))?;
            events.extend(restored.event);
        }
        let machine = task
            .coordinator(agreed.clone(), Arc::clone(identity), &events)
            .map_err(|error| interrupted(&error))?;
        let mut job = Self {
            name,
            agreed,
            identity: Arc::clone(identity),
            task,
            waiting: machine.protocol().waiting(),
            machine,
            steps: records.len() as u64,
            waiting_since: Instant::now(),
            gather_until,
            failures: 0,
        };
        let following = job.machine.resume();
        job.store(shared, following).await?;
        Ok(job)
    }

    /// The same job, from what is durable.
    pub async fn again(&self, shared: &Shared, gather_until: Instant) -> Result<Self, Interrupted> {
        Self::restore(shared, &self.identity, self.agreed.clone(), gather_until).await
    }

    /// A learner of the same kind has other rows to be told; see [`Task`].
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// What is asked of a participant now.
    pub fn request_for(&self, party: Party, rounds_known: u32) -> Option<CoordinatorMessage> {
        self.machine.protocol().request_for(party, rounds_known)
    }

    /// Takes a message.
    pub async fn receive(
        &mut self,
        shared: &Shared,
        party: Party,
        message: ParticipantMessage,
    ) -> Result<Result<(), Fault>, Interrupted> {
        match self.machine.receive(party, message) {
            Ok(events) => {
                self.store(shared, events).await?;
                Ok(Ok(()))
            }
            Err(fault) => Ok(Err(fault)),
        }
    }

    /// Goes on as far as the time and those `present` allow.
    pub async fn go_on(
        &mut self,
        shared: &Shared,
        present: Parties,
        patience: &Patience,
    ) -> Result<Outcome, Interrupted> {
        // Each turn either waits, ends the job or writes something.
        loop {
            let waited = self.waiting_since.elapsed();
            let events = if self.waiting != Waiting::Idle {
                if waited < patience.phase {
                    return Ok(Outcome::Open);
                }
                let mut events = self.machine.end_phase();
                if events.is_empty() && waited >= patience.unmasking {
                    events = self.machine.give_up();
                }
                events
            } else {
                if present != self.agreed.parties() && Instant::now() < self.gather_until {
                    return Ok(Outcome::Open);
                }
                match self.machine.advance(present) {
                    Ok(events) => events,
                    Err(pause) => match self.after(pause, waited, patience) {
                        Ok(events) => events,
                        Err(outcome) => return Ok(outcome),
                    },
                }
            };
            if events.is_empty() {
                return Ok(Outcome::Open);
            }
            self.store(shared, events).await?;
            if self.failures > FAILURES_MAX {
                return Ok(Outcome::Aborted(format!(
                    "{FAILURES_MAX} attempts in a row failed"
                )));
            }
        }
    }

    /// What a pause leads to: to more events, or to nothing now, or to the end.
    fn after(
        &mut self,
        pause: Pause,
        waited: std::time::Duration,
        patience: &Patience,
    ) -> Result<Vec<CoordinatorEvent>, Outcome> {
        match pause {
            Pause::Finished => Err(match self.machine.result() {
                Some(result) => Outcome::Finished(result),
                None => Outcome::Aborted("the learner ended without a result".to_owned()),
            }),
            Pause::CannotOpen(CannotOpen::UnitIncomplete) if waited >= patience.unit => self
                .machine
                .close_unit()
                .map_err(|pause| Outcome::Aborted(pause.to_string())),
            Pause::AttemptsExhausted(_) => self
                .machine
                .close_unit()
                .map_err(|pause| Outcome::Aborted(pause.to_string())),
            Pause::CannotOpen(reason @ CannotOpen::Plan(_)) => {
                Err(Outcome::Aborted(reason.to_string()))
            }
            Pause::CannotOpen(reason) if waited >= patience.job => {
                Err(Outcome::Aborted(reason.to_string()))
            }
            Pause::CannotOpen(_) => Ok(Vec::new()),
            failed @ Pause::Failed(_) => Err(Outcome::Aborted(failed.to_string())),
        }
    }

    /// Makes steps durable: first what lies apart from the log, then the log.
    async fn store(
        &mut self,
        shared: &Shared,
        events: Vec<CoordinatorEvent>,
    ) -> Result<(), Interrupted> {
        if !events.is_empty() {
            self.write(shared, &events).await?;
        }
        let waiting = self.machine.protocol().waiting();
        let began_another =
            std::mem::discriminant(&waiting) != std::mem::discriminant(&self.waiting);
        if began_another || events.iter().any(begins_phase) {
            self.waiting_since = Instant::now();
        }
        self.waiting = waiting;
        for event in &events {
            match event {
                CoordinatorEvent::SumReleased { .. } => self.failures = 0,
                CoordinatorEvent::BatchFailed | CoordinatorEvent::AttemptAbandoned { .. } => {
                    self.failures += 1;
                }
                _ => {}
            }
        }
        Ok(())
    }

    async fn write(
        &mut self,
        shared: &Shared,
        events: &[CoordinatorEvent],
    ) -> Result<(), Interrupted> {
        let mut records = Vec::with_capacity(events.len());
        let mut parts = Vec::new();
        for (number, event) in (self.steps..).zip(events) {
            let (record, apart) = ProtocolRecord::of(number, event);
            records.push(record);
            parts.extend(apart.map(|(retained_for, bytes)| SpooledPart {
                number,
                retained_for,
                bytes,
            }));
        }
        shared
            .spool
            .put(&self.name, &parts)
            .await
            .map_err(|error| Interrupted(format!("the spool: {error}")))?;
        let written = records.len() as u64;
        shared
            .write(Command::Advance(self.name.clone(), records))
            .await
            .map_err(|error| Interrupted(format!("the log: {error}")))?;
        self.steps += written;
        if events.iter().any(CoordinatorEvent::ends_round) {
            shared
                .spool
                .end_round(&self.name)
                .await
                .map_err(|error| Interrupted(format!("the spool: {error}")))?;
        }
        Ok(())
    }
}

/// Whether a new phase begins with an event, even if it has the name of the one before.
fn begins_phase(event: &CoordinatorEvent) -> bool {
    matches!(
        event,
        CoordinatorEvent::BatchOpened { .. }
            | CoordinatorEvent::RoundOpened { .. }
            | CoordinatorEvent::SumReleased { .. }
            | CoordinatorEvent::UnitClosed { .. }
    )
}
