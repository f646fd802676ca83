//! What is asked of a participant now.

use super::Coordinator;
use super::state::{BatchState, CollectedVerdicts, RoundState};
use crate::message::{BatchOpening, CoordinatorMessage, ParcelDelivery, SurvivorAnnouncement};
use crate::parties::Party;

impl Coordinator {
    /// The open request for a participant that has seen `rounds_known` rounds end; `None` if it must wait.
    ///
    /// Whoever is behind gets what it missed first, round by round.
    pub fn request_for(&self, party: Party, rounds_known: u32) -> Option<CoordinatorMessage> {
        self.agreed.identity(party)?;
        if let Some(missed) = self.state.history.get(rounds_known as usize) {
            return Some(missed.clone());
        }
        if rounds_known > self.rounds() {
            return None;
        }
        match &self.state.round {
            RoundState::None => self.batch_request_for(party),
            RoundState::CollectingInputs(attempt) => {
                let awaited = attempt.opening.body.members.contains(party)
                    && !attempt.inputs.contains_key(&party);
                awaited.then(|| CoordinatorMessage::OpenRound(attempt.opening.clone()))
            }
            RoundState::CollectingSignatures(collected) => {
                let awaited = collected.survivors.contains(party)
                    && !collected.signatures.contains_key(&party);
                let opening = &collected.attempt.opening.body;
                awaited.then(|| {
                    CoordinatorMessage::FixSurvivors(self.sign(SurvivorAnnouncement {
                        round: opening.round,
                        attempt: opening.attempt,
                        survivors: collected.survivors,
                    }))
                })
            }
            RoundState::CollectingUnmasking(collected) => {
                let awaited = collected.agreement.survivors.contains(party)
                    && !collected.opened.contains_key(&party);
                awaited.then(|| {
                    CoordinatorMessage::ProveAgreement(self.sign(collected.agreement.clone()))
                })
            }
        }
    }

    fn batch_request_for(&self, party: Party) -> Option<CoordinatorMessage> {
        match &self.state.batch {
            BatchState::None | BatchState::Ready(_) => None,
            BatchState::CollectingKeys(collected) => {
                let awaited = !collected.keys.contains_key(&party);
                awaited.then(|| {
                    CoordinatorMessage::OpenBatch(self.sign(BatchOpening {
                        batch: collected.batch,
                    }))
                })
            }
            BatchState::CollectingShares(collected) => {
                let awaited =
                    collected.invited().contains(party) && !collected.shares.contains_key(&party);
                awaited.then(|| CoordinatorMessage::PublishKeys(collected.directory.clone()))
            }
            BatchState::CollectingVerdicts(collected) => {
                let awaited = collected.shares.received().contains(party)
                    && !collected.verdicts.contains_key(&party);
                awaited.then(|| CoordinatorMessage::DeliverShares(delivery(collected, party)))
            }
        }
    }
}

fn delivery(collected: &CollectedVerdicts, holder: Party) -> ParcelDelivery {
    let parcels = collected
        .shares
        .shares
        .iter()
        .filter_map(|(owner, shares)| {
            let holders = shares.summary.body.parcels.iter().map(|(party, _)| *party);
            let (_, parcel) = holders
                .zip(&shares.parcels)
                .find(|(party, _)| *party == holder)?;
            Some((*owner, (shares.summary.clone(), parcel.clone())))
        })
        .collect();
    ParcelDelivery {
        batch: collected.shares.directory.body.batch,
        parcels,
    }
}
