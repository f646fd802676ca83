//! The coordinator's side of secure sums, as a pure state machine. It never holds an answer or a row.
//!
//! ```text
//!  batch  none ─open_batch─► CollectingKeys ─► CollectingShares ─► CollectingVerdicts ─► Ready
//!                                 M1                 M2                verdicts
//!
//!  round  none ─open_round─► CollectingInputs ─► CollectingSignatures ─► CollectingUnmasking ─► released: next round
//!                                 M3                     M4                     M5
//!            ▲                    │ too few              │ fewer than t         │ lost for good
//!            └── new attempt ◄────┴──────────────────────┘                      └─► unit closed: next round
//! ```
//!
//! Messages and the end of a phase (clocks live outside) become events; the state is a fold over them, so a coordinator
//! that was killed goes on where its log ends. What it asks of whom is a function of the state
//! ([`request_for`](Coordinator::request_for)), so nothing has to be remembered about what was sent: whoever asks gets
//! the request that is open for it, as often as it asks.
//!
//! It masks nothing and could not: it only sees masked vectors, and the secrets that t institutions agreed to open.

mod batch;
mod collect_inputs;
mod collect_keys;
mod collect_shares;
mod collect_signatures;
mod collect_unmasking;
mod collect_verdicts;
mod event;
mod fault;
mod open_round;
mod request;
mod state;

use std::sync::Arc;

use thiserror::Error;

use crate::context::BatchContext;
use crate::identity::{Identity, PublicIdentity};
use crate::message::ParticipantMessage;
use crate::parties::{Parties, Party};
use crate::plan::AgreedPlan;
use crate::signed::{Body, Signed};

pub use event::{AbandonReason, ClosureReason, CoordinatorEvent, Retention};
pub use fault::Fault;
pub use open_round::CannotOpen;
use state::{BatchState, RoundState, State};

/// A consortium's coordinator in one job.
#[derive(Debug)]
pub struct Coordinator {
    agreed: AgreedPlan,
    identity: Arc<Identity>,
    state: State,
}

/// What a coordinator waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// For nothing: the next batch or round can be opened.
    Idle,
    /// M1 of these.
    Keys(Parties),
    /// M2 of these.
    Shares(Parties),
    /// Verdicts of these.
    Verdicts(Parties),
    /// M3 of these.
    Inputs(Parties),
    /// M4 of these.
    Signatures(Parties),
    /// M5 of some of these.
    Unmasking(Parties),
}

/// This identity is not the plan's coordinator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("this identity is not the plan's coordinator")]
pub struct NotCoordinator;

impl Coordinator {
    /// A coordinator at the beginning of a job.
    pub fn new(agreed: AgreedPlan, identity: Arc<Identity>) -> Result<Self, NotCoordinator> {
        if identity.public() != agreed.plan().coordinator {
            return Err(NotCoordinator);
        }
        Ok(Self {
            agreed,
            identity,
            state: State::default(),
        })
    }

    /// A coordinator as its events left it.
    pub fn restore<'event>(
        agreed: AgreedPlan,
        identity: Arc<Identity>,
        events: impl IntoIterator<Item = &'event CoordinatorEvent>,
    ) -> Result<Self, NotCoordinator> {
        let mut coordinator = Self::new(agreed, identity)?;
        for event in events {
            coordinator.apply(event);
        }
        Ok(coordinator)
    }

    /// The plan.
    pub fn agreed(&self) -> &AgreedPlan {
        &self.agreed
    }

    /// Rounds that have ended.
    pub fn rounds(&self) -> u32 {
        // A round is a sum of up to 2^24 coordinates; 2^32 of them do not happen.
        self.state.history.len() as u32
    }

    /// Attempts at the open round that were abandoned.
    pub fn attempts_abandoned(&self) -> u32 {
        self.state.abandoned
    }

    /// Institutions whose keys are set up.
    pub fn batch_members(&self) -> Parties {
        match &self.state.batch {
            BatchState::Ready(ready) => ready.members,
            _ => Parties::NONE,
        }
    }

    /// True if somebody is `present` who was not there when keys were last set up: an absentee that may re-enter once
    /// a new unit begins.
    pub fn has_newcomers(&self, present: Parties) -> bool {
        let known = self.batch_members().or(self.state.invited);
        !present.and(self.agreed.parties()).is_subset(known)
    }

    /// What it waits for.
    pub fn waiting(&self) -> Waiting {
        match &self.state.round {
            RoundState::CollectingInputs(attempt) => {
                Waiting::Inputs(attempt.opening.body.members.without(attempt.received()))
            }
            RoundState::CollectingSignatures(collected) => Waiting::Signatures(
                collected
                    .survivors
                    .without(collected.signatures.keys().copied().collect()),
            ),
            RoundState::CollectingUnmasking(collected) => Waiting::Unmasking(
                collected
                    .agreement
                    .survivors
                    .without(collected.opened.keys().copied().collect()),
            ),
            RoundState::None => self.waiting_for_batch(),
        }
    }

    fn waiting_for_batch(&self) -> Waiting {
        match &self.state.batch {
            BatchState::None | BatchState::Ready(_) => Waiting::Idle,
            BatchState::CollectingKeys(collected) => {
                Waiting::Keys(collected.invited.without(collected.received()))
            }
            BatchState::CollectingShares(collected) => {
                Waiting::Shares(collected.invited().without(collected.received()))
            }
            BatchState::CollectingVerdicts(collected) => {
                Waiting::Verdicts(collected.shares.received().without(collected.received()))
            }
        }
    }

    /// Takes a message of `sender`, whom the transport has authenticated. A message that says what is known already
    /// leads to no event. The events must be durable before anything that follows from them is sent; if they cannot be
    /// made so, the machine is restored from those that are.
    pub fn receive(
        &mut self,
        sender: Party,
        message: ParticipantMessage,
    ) -> Result<Vec<CoordinatorEvent>, Fault> {
        let event = match message {
            ParticipantMessage::Keys(keys) => self.take_keys(sender, keys)?,
            ParticipantMessage::Shares(shares) => self.take_shares(sender, shares)?,
            ParticipantMessage::Verdict(verdict) => self.take_verdict(sender, verdict)?,
            ParticipantMessage::Input { header, vector } => {
                self.take_input(sender, header, vector)?
            }
            ParticipantMessage::Survivors(signed) => self.take_signature(sender, signed)?,
            ParticipantMessage::Unmasking(signed) => self.take_unmasking(sender, signed)?,
        };
        let Some(event) = event else {
            return Ok(Vec::new());
        };
        self.apply(&event);
        let mut events = vec![event];
        events.extend(self.settle(false));
        Ok(events)
    }

    /// The time for the current phase is over (the shell has the clock): go on with those who answered, if they are
    /// enough. Where answers may already have opened something (M5), waiting goes on; only
    /// [`give_up`](Self::give_up) ends that.
    pub fn end_phase(&mut self) -> Vec<CoordinatorEvent> {
        self.settle(true)
    }

    /// Goes on with whatever follows from the state alone; needed once after a restart.
    pub fn resume(&mut self) -> Vec<CoordinatorEvent> {
        self.settle(false)
    }

    fn settle(&mut self, mut time_is_over: bool) -> Vec<CoordinatorEvent> {
        let mut events = Vec::new();
        loop {
            let following = self.following(time_is_over);
            if following.is_empty() {
                return events;
            }
            // The time that is over is that of one phase.
            time_is_over = false;
            for event in following {
                self.apply(&event);
                events.push(event);
            }
        }
    }

    /// What follows from the state, without a message.
    fn following(&self, time_is_over: bool) -> Vec<CoordinatorEvent> {
        match &self.state.round {
            RoundState::CollectingInputs(attempt) => self.after_inputs(attempt, time_is_over),
            RoundState::CollectingSignatures(collected) => {
                self.after_signatures(collected, time_is_over)
            }
            RoundState::CollectingUnmasking(collected) => self.after_unmasking(collected),
            RoundState::None => match &self.state.batch {
                BatchState::None | BatchState::Ready(_) => Vec::new(),
                BatchState::CollectingKeys(collected) => self.after_keys(collected, time_is_over),
                BatchState::CollectingShares(collected) => {
                    self.after_shares(collected, time_is_over)
                }
                BatchState::CollectingVerdicts(collected) => {
                    self.after_verdicts(collected, time_is_over)
                }
            },
        }
    }

    /// Moves the state; the same for new and for restored events.
    pub fn apply(&mut self, event: &CoordinatorEvent) {
        self.state.apply(event, &self.agreed);
    }

    fn survivors_min(&self) -> usize {
        self.agreed.plan().thresholds.survivors_min()
    }

    fn batch_context(&self, batch: u32) -> BatchContext {
        BatchContext::of(&self.agreed, batch)
    }

    fn key_of(&self, sender: Party) -> Result<&PublicIdentity, Fault> {
        self.agreed.identity(sender).ok_or(Fault::NotInRoster)
    }

    /// Signs a message of the coordinator's own.
    fn sign<B: Body>(&self, body: B) -> Signed<B> {
        Signed::sign(body, &self.agreed.context().0, &self.identity)
    }
}
