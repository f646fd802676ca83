//! One institution's side of secure sums, as a pure state machine.
//!
//! ```text
//!  batch   none ─OpenBatch─► Advertised ─PublishKeys─► Shared ─DeliverShares─► Ready
//!                    M1                      M2                     verdict
//!
//!  round   none ─OpenRound─► Masked ─FixSurvivors─► Signed ─ProveAgreement─► Answered ─Release─► none (next round)
//!                   M3                    M4                       M5
//!            ▲                  │               │
//!            └── new attempt ───┴───────────────┘         CloseUnit leads from every state to the next round
//! ```
//!
//! The machine decides and its shell acts. [`decide`](Participant::decide) looks at a message and returns a [`Step`]:
//! what must be durable *before* anything else, and then the answer. [`apply`](Participant::apply) moves the state.
//! Because state moves only by what was made durable, a machine that is
//! [restored](Participant::restore) from its events and its vault goes on exactly where it was, and gives every answer
//! that it gave before again to the byte: keys, polynomials and noise come from stored secrets.
//!
//! What it never does, whatever the coordinator says:
//! - mask two answers under one key, or one answer for a set that is smaller or other than the plan allows;
//! - sign two survivor sets in one attempt, or answer M5 twice for one round (over all attempts);
//! - help to open a second sum of one statistic over another set of institutions, or two sets within a unit;
//! - spend more privacy than the plan's budget.

mod advertise;
mod cohort;
mod event;
mod mask_answer;
mod refusal;
mod release;
mod share;
mod sign_survivors;
mod state;
mod take_shares;
mod unmask;
mod vault;

use std::sync::Arc;

use rand_core::CryptoRng;

use crate::context::BatchContext;
use crate::identity::Identity;
use crate::message::{CoordinatorMessage, ParticipantMessage};
use crate::parties::Party;
use crate::plan::AgreedPlan;
use crate::signed::{Body, Signed};

pub use event::ParticipantEvent;
pub use mask_answer::Answer;
pub use refusal::Refusal;
use state::State;
pub use vault::{Vault, VaultChange, VaultEntry, VaultKey};

/// One institution in one job.
#[derive(Debug, Clone)]
pub struct Participant {
    agreed: AgreedPlan,
    me: Party,
    identity: Arc<Identity>,
    state: State,
    vault: Vault,
}

/// What a message leads to. The shell first makes `vault` and `events` durable, in this order, then applies them, then
/// sends `reply`. If it cannot, it does none of the rest.
#[derive(Debug, Default)]
pub struct Step {
    /// Secrets to be stored sealed, or deleted.
    pub vault: Vec<VaultChange>,
    /// Facts for the log. They hold no secret.
    pub events: Vec<ParticipantEvent>,
    /// The answer to the coordinator.
    pub reply: Option<ParticipantMessage>,
}

/// This identity is not in the plan's roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this identity is not in the plan's roster")]
pub struct NotInRoster;

impl Participant {
    /// A participant at the beginning of a job.
    pub fn new(agreed: AgreedPlan, identity: Arc<Identity>) -> Result<Self, NotInRoster> {
        Self::restore(agreed, identity, Vault::default(), &[])
    }

    /// A participant as its vault and its events left it.
    pub fn restore(
        agreed: AgreedPlan,
        identity: Arc<Identity>,
        vault: Vault,
        events: &[ParticipantEvent],
    ) -> Result<Self, NotInRoster> {
        let me = agreed.party_of(&identity.public()).ok_or(NotInRoster)?;
        let mut participant = Self {
            state: State::new(agreed.plan()),
            agreed,
            me,
            identity,
            vault,
        };
        for event in events {
            participant.state.apply(event);
        }
        Ok(participant)
    }

    /// Its place in the roster.
    pub fn party(&self) -> Party {
        self.me
    }

    /// The plan it signed.
    pub fn agreed(&self) -> &AgreedPlan {
        &self.agreed
    }

    /// How many rounds it has seen end.
    pub fn rounds_known(&self) -> u32 {
        self.state.round
    }

    /// ε that it has spent.
    pub fn epsilon_spent(&self) -> f64 {
        self.state.ledger.epsilon()
    }

    /// Looks at a message; changes nothing.
    ///
    /// `answer` is this institution's own answer to its own learner's open query; it is read when the message asks for
    /// a masked input or brings a total, and may be `None` once the learner has finished. `rng` must be seeded from the
    /// operating system.
    pub fn decide(
        &self,
        message: &CoordinatorMessage,
        answer: Option<&Answer<'_>>,
        rng: &mut impl CryptoRng,
    ) -> Result<Step, Refusal> {
        match message {
            CoordinatorMessage::OpenBatch(opening) => self.advertise(opening, rng),
            CoordinatorMessage::PublishKeys(directory) => self.share(directory),
            CoordinatorMessage::DeliverShares(delivery) => self.take_shares(delivery),
            CoordinatorMessage::OpenRound(opening) => self.mask_answer(opening, answer),
            CoordinatorMessage::FixSurvivors(announcement) => self.sign_survivors(announcement),
            CoordinatorMessage::ProveAgreement(proof) => self.unmask(proof),
            CoordinatorMessage::Release(release) => self.take_release(release, answer),
            CoordinatorMessage::CloseUnit(closure) => self.close_unit(closure, answer),
        }
    }

    /// Moves on with what has become durable.
    pub fn apply(&mut self, step: &Step) {
        for change in &step.vault {
            self.vault.apply(change);
        }
        for event in &step.events {
            self.state.apply(event);
        }
    }

    fn batch_context(&self, batch: u32) -> BatchContext {
        BatchContext::of(&self.agreed, batch)
    }

    /// The body of a coordinator's message, if the plan's coordinator signed it for this job.
    fn by_coordinator<'message, B: Body>(
        &self,
        signed: &'message Signed<B>,
    ) -> Result<&'message B, Refusal> {
        signed
            .verify(&self.agreed.context().0, &self.agreed.plan().coordinator)
            .map_err(|_| Refusal::NotFromCoordinator)
    }
}
