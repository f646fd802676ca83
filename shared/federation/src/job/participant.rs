//! An institution in a training job.

use std::sync::Arc;

use accord_learning::{AbsorbError, AnswerError, Learner};
use rand_core::CryptoRng;
use thiserror::Error;

use super::{JobError, check_start, model_hash};
use crate::hash::Hash;
use crate::identity::Identity;
use crate::message::CoordinatorMessage;
use crate::participant::{Answer, Participant, ParticipantEvent, Refusal, Step, Vault};
use crate::parties::Party;
use crate::plan::AgreedPlan;

/// A learner that answers from this institution's rows, behind a [`Participant`].
#[derive(Debug)]
pub struct TrainingParticipant<L: Learner> {
    participant: Participant,
    learner: L,
    workspace: L::Workspace,
    /// The hash of what was learnt; it takes a while to compute and is needed for every message.
    model: Hash,
}

/// Why an institution does not do what it is asked.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum TrainingRefusal {
    /// The protocol forbids it.
    #[error(transparent)]
    Protocol(#[from] Refusal),
    /// The rows cannot answer.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// No rows can give this total.
    #[error(transparent)]
    Absorb(#[from] AbsorbError),
}

impl<L: Learner> TrainingParticipant<L> {
    /// An institution at the beginning of a job. `learner` must be at its start.
    pub fn new(
        agreed: AgreedPlan,
        identity: Arc<Identity>,
        learner: L,
        workspace: L::Workspace,
    ) -> Result<Self, JobError> {
        Self::restore(agreed, identity, learner, workspace, Vault::default(), &[])
    }

    /// An institution as its vault and events left it. `learner` must be at its start; released sums are absorbed again.
    pub fn restore(
        agreed: AgreedPlan,
        identity: Arc<Identity>,
        mut learner: L,
        workspace: L::Workspace,
        vault: Vault,
        events: &[ParticipantEvent],
    ) -> Result<Self, JobError> {
        check_start(&agreed, &learner)?;
        for event in events {
            learn(&mut learner, event)?;
        }
        let participant = Participant::restore(agreed, identity, vault, events)
            .map_err(|_| JobError::NotInPlan)?;
        Ok(Self {
            participant,
            model: model_hash(&learner),
            learner,
            workspace,
        })
    }

    /// Its place in the roster.
    pub fn party(&self) -> Party {
        self.participant.party()
    }

    /// How many rounds it has seen end.
    pub fn rounds_known(&self) -> u32 {
        self.participant.rounds_known()
    }

    /// The protocol's side.
    pub fn participant(&self) -> &Participant {
        &self.participant
    }

    /// The learner.
    pub fn learner(&self) -> &L {
        &self.learner
    }

    /// Takes a message and moves on. The step must be made durable before its reply is sent; if it cannot be, this
    /// machine is dropped and restored from what is durable. On a refusal nothing has changed.
    pub fn handle(
        &mut self,
        rows: &L::Rows,
        message: &CoordinatorMessage,
        rng: &mut impl CryptoRng,
    ) -> Result<Step, TrainingRefusal> {
        let query = self.learner.next_query();
        let values = match message {
            CoordinatorMessage::OpenRound(opening)
                if opening.body.round == self.participant.rounds_known() && query.is_some() =>
            {
                self.learner.answer(rows, &mut self.workspace)?
            }
            _ => Vec::new(),
        };
        let answer = query.as_ref().map(|query| Answer {
            query,
            model: self.model,
            values: &values,
        });
        let step = self.participant.decide(message, answer.as_ref(), rng)?;
        for event in &step.events {
            if learn(&mut self.learner, event)? {
                self.model = model_hash(&self.learner);
            }
        }
        self.participant.apply(&step);
        Ok(step)
    }
}

/// Absorbs what an event brings; true if the learner moved.
fn learn(learner: &mut impl Learner, event: &ParticipantEvent) -> Result<bool, AbsorbError> {
    match event {
        ParticipantEvent::SumReleased { total, .. } => learner.absorb(total)?,
        ParticipantEvent::UnitClosed { .. } => learner.close_unit(),
        _ => return Ok(false),
    }
    Ok(true)
}
