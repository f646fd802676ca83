//! The coordinator of a training job: its learner has no rows, and only says what to sum next.

use std::sync::Arc;

use accord_learning::{AbsorbError, Learner};
use thiserror::Error;

use super::{JobError, check_start, model_hash};
use crate::coordinator::{CannotOpen, Coordinator, CoordinatorEvent, Fault};
use crate::hash::Hash;
use crate::identity::Identity;
use crate::message::ParticipantMessage;
use crate::parties::{Parties, Party};
use crate::plan::AgreedPlan;

/// Attempts at one round before a job asks for help.
pub const ATTEMPTS_MAX: u32 = 16;

/// A [`Coordinator`] that knows what to sum next.
#[derive(Debug)]
pub struct TrainingCoordinator<L> {
    coordinator: Coordinator,
    learner: L,
    model: Hash,
    /// Set when a total could not be absorbed: the job cannot go on.
    failed: Option<AbsorbError>,
}

/// Why a job does not go on by itself.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Pause {
    /// The model is finished.
    #[error("the job has finished")]
    Finished,
    /// Wait, close the unit, or give up.
    #[error(transparent)]
    CannotOpen(#[from] CannotOpen),
    /// One attempt after the other failed although enough institutions were there: somebody refuses, and its log says
    /// why. Close the unit, or find out.
    #[error("{0} attempts at this round failed")]
    AttemptsExhausted(u32),
    /// A sum was released that no rows can give: somebody answered falsely, and nobody can tell who.
    #[error("the job has failed: {0}")]
    Failed(AbsorbError),
}

impl<L: Learner> TrainingCoordinator<L> {
    /// A coordinator at the beginning of a job. `learner` must be at its start.
    pub fn new(agreed: AgreedPlan, identity: Arc<Identity>, learner: L) -> Result<Self, JobError> {
        Self::restore(agreed, identity, learner, &[])
    }

    /// A coordinator as its events left it.
    pub fn restore<'event>(
        agreed: AgreedPlan,
        identity: Arc<Identity>,
        learner: L,
        events: impl IntoIterator<Item = &'event CoordinatorEvent>,
    ) -> Result<Self, JobError> {
        check_start(&agreed, &learner)?;
        let mut coordinator = Self {
            coordinator: Coordinator::new(agreed, identity).map_err(|_| JobError::NotInPlan)?,
            model: model_hash(&learner),
            learner,
            failed: None,
        };
        for event in events {
            coordinator.coordinator.apply(event);
            coordinator.learn(event);
        }
        Ok(coordinator)
    }

    /// The protocol's side.
    pub fn coordinator(&self) -> &Coordinator {
        &self.coordinator
    }

    /// The learner.
    pub fn learner(&self) -> &L {
        &self.learner
    }

    /// See [`Coordinator::receive`].
    pub fn receive(
        &mut self,
        sender: Party,
        message: ParticipantMessage,
    ) -> Result<Vec<CoordinatorEvent>, Fault> {
        let events = self.coordinator.receive(sender, message)?;
        Ok(self.learnt(events))
    }

    /// See [`Coordinator::end_phase`].
    pub fn end_phase(&mut self) -> Vec<CoordinatorEvent> {
        let events = self.coordinator.end_phase();
        self.learnt(events)
    }

    /// See [`Coordinator::give_up`].
    pub fn give_up(&mut self) -> Vec<CoordinatorEvent> {
        let events = self.coordinator.give_up();
        self.learnt(events)
    }

    /// See [`Coordinator::resume`].
    pub fn resume(&mut self) -> Vec<CoordinatorEvent> {
        let events = self.coordinator.resume();
        self.learnt(events)
    }

    /// Opens what comes next: a sum, or keys where they are needed.
    pub fn advance(&mut self, present: Parties) -> Result<Vec<CoordinatorEvent>, Pause> {
        if let Some(error) = &self.failed {
            return Err(Pause::Failed(error.clone()));
        }
        let query = self.learner.next_query().ok_or(Pause::Finished)?;
        let failed = self.coordinator.attempts_abandoned();
        if failed >= ATTEMPTS_MAX {
            return Err(Pause::AttemptsExhausted(failed));
        }
        let may_admit = !self.coordinator.is_bound(&query);
        if may_admit && self.coordinator.has_newcomers(present) {
            return Ok(self.coordinator.open_batch(present)?);
        }
        match self.coordinator.open_round(&query, self.model, present) {
            Err(CannotOpen::NeedsBatch) => Ok(self.coordinator.open_batch(present)?),
            other => Ok(other?),
        }
    }

    /// Closes the learner's open unit because an institution of it is gone.
    pub fn close_unit(&mut self) -> Result<Vec<CoordinatorEvent>, Pause> {
        let query = self.learner.next_query().ok_or(Pause::Finished)?;
        let events = self.coordinator.close_unit(&query)?;
        Ok(self.learnt(events))
    }

    fn learnt(&mut self, events: Vec<CoordinatorEvent>) -> Vec<CoordinatorEvent> {
        for event in &events {
            self.learn(event);
        }
        events
    }

    fn learn(&mut self, event: &CoordinatorEvent) {
        match event {
            CoordinatorEvent::SumReleased { release } => {
                if let Err(error) = self.learner.absorb(&release.total.to_signed()) {
                    self.failed = Some(error);
                }
            }
            CoordinatorEvent::UnitClosed { .. } => self.learner.close_unit(),
            _ => return,
        }
        self.model = model_hash(&self.learner);
    }
}
