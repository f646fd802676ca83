//! One institution with what it stores.

use std::sync::Arc;

use accord_learning::Learner;

use crate::codec::Wire;
use crate::identity::Identity;
use crate::job::{JobError, TrainingParticipant, TrainingRefusal};
use crate::keyed_rng::KeyedRng;
use crate::message::{CoordinatorMessage, ParticipantMessage};
use crate::participant::{ParticipantEvent, Vault};
use crate::plan::AgreedPlan;
use crate::simulation::Fate;

/// A participant, and the disk it is restored from.
pub(super) struct Site<'rows, L: Learner> {
    pub participant: TrainingParticipant<L>,
    rows: &'rows L::Rows,
    agreed: AgreedPlan,
    identity: Arc<Identity>,
    start: L,
    vault: Vault,
    events: Vec<ParticipantEvent>,
    rng: KeyedRng,
    /// Keeps no events: it cannot be restored.
    pub forgetful: bool,
    pub bytes_up: u64,
    pub bytes_down: u64,
}

impl<'rows, L: Learner + Clone> Site<'rows, L> {
    pub(super) fn new(
        agreed: AgreedPlan,
        identity: Arc<Identity>,
        start: L,
        rows: &'rows L::Rows,
        workspace: L::Workspace,
        rng: KeyedRng,
    ) -> Result<Self, JobError> {
        let participant =
            TrainingParticipant::new(agreed.clone(), identity.clone(), start.clone(), workspace)?;
        Ok(Self {
            participant,
            rows,
            agreed,
            identity,
            start,
            vault: Vault::default(),
            events: Vec::new(),
            rng,
            forgetful: false,
            bytes_up: 0,
            bytes_down: 0,
        })
    }

    /// Gives the participant a message and brings its answer, by way of bytes in both directions.
    pub(super) fn handle(
        &mut self,
        message: &CoordinatorMessage,
        fate: Fate,
    ) -> Result<Option<ParticipantMessage>, TrainingRefusal> {
        if fate == Fate::Lost {
            return Ok(None);
        }
        let bytes = message.to_bytes();
        self.bytes_down += bytes.len() as u64;
        let message =
            CoordinatorMessage::from_bytes(&bytes).expect("a message that was written can be read");
        let step = self
            .participant
            .handle(self.rows, &message, &mut self.rng)?;
        if fate == Fate::DiesBeforeStoring {
            self.restart();
            return Ok(None);
        }
        for change in &step.vault {
            self.vault.apply(change);
        }
        if !self.forgetful {
            self.events.extend(step.events);
        }
        if fate == Fate::DiesBeforeAnswering {
            self.restart();
            return Ok(None);
        }
        let Some(reply) = step.reply else {
            return Ok(None);
        };
        let bytes = reply.to_bytes();
        self.bytes_up += bytes.len() as u64;
        Ok(Some(
            ParticipantMessage::from_bytes(&bytes).expect("a message that was written can be read"),
        ))
    }

    fn restart(&mut self) {
        assert!(!self.forgetful, "nobody dies in a run that is not recorded");
        self.participant = TrainingParticipant::restore(
            self.agreed.clone(),
            self.identity.clone(),
            self.start.clone(),
            L::Workspace::default(),
            self.vault.clone(),
            &self.events,
        )
        .expect("what was stored can be restored");
    }
}
