//! A participant's state: a fold over its events.

use std::collections::BTreeMap;

use accord_learning::Query;

use super::event::ParticipantEvent;
use crate::hash::Hash;
use crate::parties::Parties;
use crate::plan::Plan;
use crate::privacy::PrivacyLedger;

#[derive(Debug, Clone)]
pub(super) struct State {
    pub batch: Option<Batch>,
    /// The first key of the batch that was never offered for a sum.
    pub slot_next: u16,
    /// Rounds that have ended.
    pub round: u32,
    pub attempt: Option<Attempt>,
    /// The open unit and the institutions whose answers it sums.
    pub frozen: Option<(u32, Parties)>,
    /// Statistics that this participant helped to open, by the query's name, and over whom.
    pub opened: BTreeMap<String, Parties>,
    /// Sums that were opened of each statistic of the plan.
    pub sums: Vec<u32>,
    pub ledger: PrivacyLedger,
}

/// The set-up of keys.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    pub number: u32,
    pub phase: BatchPhase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BatchPhase {
    Advertised,
    Shared { directory: Hash },
    Ready { directory: Hash, owners: Parties },
}

/// An attempt at the open round.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub attempt: u32,
    pub batch: u32,
    pub slot: u16,
    pub query: Query,
    pub members: Parties,
    pub opening: Hash,
    pub context: Hash,
    pub vector: Hash,
    pub phase: AttemptPhase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AttemptPhase {
    Masked,
    Signed { survivors: Parties },
    Answered { survivors: Parties },
}

impl State {
    pub(super) fn new(plan: &Plan) -> Self {
        let (epsilon_max, delta) = plan.privacy.map_or((f64::INFINITY, 1e-9), |privacy| {
            (privacy.epsilon_max, privacy.delta)
        });
        Self {
            batch: None,
            slot_next: 0,
            round: 0,
            attempt: None,
            frozen: None,
            opened: BTreeMap::new(),
            sums: vec![0; plan.statistics.len()],
            ledger: PrivacyLedger::new(epsilon_max, delta),
        }
    }

    pub(super) fn apply(&mut self, event: &ParticipantEvent) {
        match event {
            ParticipantEvent::KeysAdvertised { batch } => {
                self.batch = Some(Batch {
                    number: *batch,
                    phase: BatchPhase::Advertised,
                });
                self.slot_next = 0;
            }
            ParticipantEvent::SecretsShared { batch, directory } => {
                self.in_batch(*batch, |_| BatchPhase::Shared {
                    directory: *directory,
                });
            }
            ParticipantEvent::SharesHeld { batch, owners } => {
                self.in_batch(*batch, |phase| match phase {
                    BatchPhase::Shared { directory } | BatchPhase::Ready { directory, .. } => {
                        BatchPhase::Ready {
                            directory,
                            owners: *owners,
                        }
                    }
                    BatchPhase::Advertised => BatchPhase::Advertised,
                });
            }
            ParticipantEvent::AnswerMasked {
                round: _,
                attempt,
                batch,
                slot,
                query,
                members,
                opening,
                context,
                vector,
            } => {
                self.slot_next = slot + 1;
                self.attempt = Some(Attempt {
                    attempt: *attempt,
                    batch: *batch,
                    slot: *slot,
                    query: query.clone(),
                    members: *members,
                    opening: *opening,
                    context: *context,
                    vector: *vector,
                    phase: AttemptPhase::Masked,
                });
            }
            ParticipantEvent::SurvivorsSigned { survivors } => {
                self.in_attempt(AttemptPhase::Signed {
                    survivors: *survivors,
                });
            }
            ParticipantEvent::Answered { survivors } => {
                if let Some(attempt) = &self.attempt {
                    self.opened.insert(attempt.query.name.clone(), *survivors);
                }
                self.in_attempt(AttemptPhase::Answered {
                    survivors: *survivors,
                });
            }
            ParticipantEvent::PrivacySpent { statistic, rho } => {
                self.sums[*statistic] += 1;
                self.ledger.spend(*rho);
            }
            ParticipantEvent::SumReleased {
                query, survivors, ..
            } => {
                self.frozen = Some((query.unit, *survivors));
                self.end_round();
            }
            ParticipantEvent::UnitClosed { .. } => {
                self.frozen = None;
                self.end_round();
            }
        }
    }

    fn end_round(&mut self) {
        self.round += 1;
        self.attempt = None;
    }

    fn in_batch(&mut self, number: u32, change: impl FnOnce(BatchPhase) -> BatchPhase) {
        if let Some(batch) = self.batch.as_mut().filter(|batch| batch.number == number) {
            batch.phase = change(batch.phase);
        }
    }

    fn in_attempt(&mut self, phase: AttemptPhase) {
        if let Some(attempt) = &mut self.attempt {
            attempt.phase = phase;
        }
    }
}
