//! The coordinator's state: a fold over its events.

use std::collections::BTreeMap;

use super::event::CoordinatorEvent;
use crate::context::{BatchContext, RoundContext};
use crate::hash::Hash;
use crate::identity::Signature;
use crate::message::{
    AgreementProof, CoordinatorMessage, KeyAdvertisement, KeyDirectory, MaskedInput, RoundOpening,
    ShareVerdict, SharedSecrets, UnmaskingShares,
};
use crate::parties::{Parties, Party};
use crate::plan::{AgreedPlan, StatisticPlan};
use crate::ring::RingVector;
use crate::signed::Signed;

#[derive(Debug, Default)]
pub(super) struct State {
    /// Batches that were opened so far.
    pub batches: u32,
    /// Who was awaited in the last of them.
    pub invited: Parties,
    pub batch: BatchState,
    pub round: RoundState,
    /// Attempts at the open round that were abandoned.
    pub abandoned: u32,
    /// M6 or a closure, for every round that ended.
    pub history: Vec<CoordinatorMessage>,
    /// The open unit and the institutions whose answers it sums.
    pub frozen: Option<(u32, Parties)>,
    /// Statistics that may have been opened, by the query's name, and over whom.
    pub opened: BTreeMap<String, Parties>,
    /// Sums that may have been opened of each statistic of the plan.
    pub sums: BTreeMap<usize, u32>,
}

#[derive(Debug, Default)]
pub(super) enum BatchState {
    #[default]
    None,
    CollectingKeys(CollectedKeys),
    CollectingShares(CollectedShares),
    CollectingVerdicts(CollectedVerdicts),
    Ready(ReadyBatch),
}

#[derive(Debug)]
pub(super) struct CollectedKeys {
    pub batch: u32,
    pub invited: Parties,
    pub keys: BTreeMap<Party, Signed<KeyAdvertisement>>,
}

#[derive(Debug)]
pub(super) struct CollectedShares {
    pub directory: Signed<KeyDirectory>,
    pub shares: BTreeMap<Party, SharedSecrets>,
}

#[derive(Debug)]
pub(super) struct CollectedVerdicts {
    pub shares: CollectedShares,
    pub verdicts: BTreeMap<Party, Signed<ShareVerdict>>,
}

/// Keys that are set up, and what is needed to check what will be opened.
#[derive(Debug)]
pub(super) struct ReadyBatch {
    pub number: u32,
    pub members: Parties,
    pub directory: KeyDirectory,
    /// By owner and holder, for each sum: commitments to the share of the seed and of the masking secret.
    pub commitments: BTreeMap<(Party, Party), Vec<(Hash, Hash)>>,
    pub slot_next: u16,
}

#[derive(Debug, Default)]
pub(super) enum RoundState {
    #[default]
    None,
    CollectingInputs(Attempt),
    CollectingSignatures(CollectedSignatures),
    CollectingUnmasking(CollectedUnmasking),
}

/// An attempt at a sum. Masked vectors are added up as they come; the vectors themselves are not kept.
#[derive(Debug)]
pub(super) struct Attempt {
    pub opening: Signed<RoundOpening>,
    pub context: RoundContext,
    pub statistic: StatisticPlan,
    pub sum: RingVector,
    pub inputs: BTreeMap<Party, Signed<MaskedInput>>,
}

#[derive(Debug)]
pub(super) struct CollectedSignatures {
    pub attempt: Attempt,
    pub survivors: Parties,
    pub signatures: BTreeMap<Party, Signature>,
}

#[derive(Debug)]
pub(super) struct CollectedUnmasking {
    pub attempt: Attempt,
    pub agreement: AgreementProof,
    pub opened: BTreeMap<Party, Signed<UnmaskingShares>>,
}

impl CollectedKeys {
    pub(super) fn received(&self) -> Parties {
        self.keys.keys().copied().collect()
    }
}

impl CollectedShares {
    /// Who advertised keys.
    pub(super) fn invited(&self) -> Parties {
        self.directory
            .body
            .entries
            .iter()
            .map(|(party, _)| *party)
            .collect()
    }

    pub(super) fn received(&self) -> Parties {
        self.shares.keys().copied().collect()
    }
}

impl CollectedVerdicts {
    pub(super) fn received(&self) -> Parties {
        self.verdicts.keys().copied().collect()
    }

    fn ready(self, members: Parties) -> ReadyBatch {
        let directory = self.shares.directory.body;
        let mut commitments = BTreeMap::new();
        for (owner, shares) in self.shares.shares {
            let holders = shares.summary.body.parcels.iter().map(|(party, _)| *party);
            for (holder, parcel) in holders.zip(shares.parcels) {
                commitments.insert((owner, holder), parcel.commitments);
            }
        }
        ReadyBatch {
            number: directory.batch,
            members,
            directory,
            commitments,
            slot_next: 0,
        }
    }
}

impl Attempt {
    pub(super) fn received(&self) -> Parties {
        self.inputs.keys().copied().collect()
    }
}

impl State {
    pub(super) fn apply(&mut self, event: &CoordinatorEvent, agreed: &AgreedPlan) {
        match event {
            CoordinatorEvent::BatchOpened { batch, invited } => {
                self.batches = batch + 1;
                self.invited = *invited;
                self.batch = BatchState::CollectingKeys(CollectedKeys {
                    batch: *batch,
                    invited: *invited,
                    keys: BTreeMap::new(),
                });
            }
            CoordinatorEvent::KeysReceived { party, keys } => {
                if let BatchState::CollectingKeys(collected) = &mut self.batch {
                    collected.keys.insert(*party, keys.clone());
                }
            }
            CoordinatorEvent::DirectoryPublished { directory } => {
                self.batch = BatchState::CollectingShares(CollectedShares {
                    directory: directory.clone(),
                    shares: BTreeMap::new(),
                });
            }
            CoordinatorEvent::SharesReceived { party, shares } => {
                if let BatchState::CollectingShares(collected) = &mut self.batch {
                    collected.shares.insert(*party, shares.clone());
                }
            }
            CoordinatorEvent::SharesFixed => {
                if let BatchState::CollectingShares(shares) = std::mem::take(&mut self.batch) {
                    self.batch = BatchState::CollectingVerdicts(CollectedVerdicts {
                        shares,
                        verdicts: BTreeMap::new(),
                    });
                }
            }
            CoordinatorEvent::VerdictReceived { party, verdict } => {
                if let BatchState::CollectingVerdicts(collected) = &mut self.batch {
                    collected.verdicts.insert(*party, verdict.clone());
                }
            }
            CoordinatorEvent::BatchReady { members } => {
                if let BatchState::CollectingVerdicts(collected) = std::mem::take(&mut self.batch) {
                    self.batch = BatchState::Ready(collected.ready(*members));
                }
            }
            CoordinatorEvent::BatchFailed => self.batch = BatchState::None,
            CoordinatorEvent::Blamed { .. } => {}
            CoordinatorEvent::RoundOpened { opening } => self.open_round(opening, agreed),
            CoordinatorEvent::InputReceived {
                party,
                header,
                vector,
            } => {
                if let RoundState::CollectingInputs(attempt) = &mut self.round {
                    attempt.sum.add(vector);
                    attempt.inputs.insert(*party, header.clone());
                }
            }
            CoordinatorEvent::SurvivorsFixed { survivors } => {
                if let RoundState::CollectingInputs(attempt) = std::mem::take(&mut self.round) {
                    self.round = RoundState::CollectingSignatures(CollectedSignatures {
                        attempt,
                        survivors: *survivors,
                        signatures: BTreeMap::new(),
                    });
                }
            }
            CoordinatorEvent::SurvivorsSigned { party, signed } => {
                if let RoundState::CollectingSignatures(collected) = &mut self.round {
                    collected.signatures.insert(*party, signed.signature);
                }
            }
            CoordinatorEvent::AgreementReached { signatures } => self.agree(signatures, agreed),
            CoordinatorEvent::SharesOpened { party, signed } => {
                if let RoundState::CollectingUnmasking(collected) = &mut self.round {
                    collected.opened.insert(*party, signed.clone());
                }
            }
            CoordinatorEvent::SumReleased { release } => {
                let header = &release.header.body;
                self.frozen = Some((header.query.0.unit, header.survivors));
                self.end_round(CoordinatorMessage::Release(release.clone()));
            }
            CoordinatorEvent::AttemptAbandoned { .. } => {
                self.abandoned += 1;
                self.round = RoundState::None;
            }
            CoordinatorEvent::UnitClosed { closure, .. } => {
                self.frozen = None;
                self.end_round(CoordinatorMessage::CloseUnit(closure.clone()));
            }
        }
    }

    fn open_round(&mut self, opening: &Signed<RoundOpening>, agreed: &AgreedPlan) {
        let body = &opening.body;
        if let BatchState::Ready(ready) = &mut self.batch {
            ready.slot_next = body.slot + 1;
        }
        // A round is only opened for a query that the plan allows.
        let Ok((_, statistic)) = agreed.plan().statistic_of(&body.query.0) else {
            return;
        };
        let batch = BatchContext::of(agreed, body.batch);
        self.round = RoundState::CollectingInputs(Attempt {
            context: RoundContext::of(&batch, body, statistic, &body.model),
            statistic: statistic.clone(),
            sum: RingVector::zero(body.query.0.dimension),
            inputs: BTreeMap::new(),
            opening: opening.clone(),
        });
    }

    fn agree(&mut self, signatures: &[(Party, Signature)], agreed: &AgreedPlan) {
        if let RoundState::CollectingSignatures(collected) = std::mem::take(&mut self.round) {
            let opening = &collected.attempt.opening.body;
            self.opened
                .insert(opening.query.0.name.clone(), collected.survivors);
            if let Ok((place, _)) = agreed.plan().statistic_of(&opening.query.0) {
                *self.sums.entry(place).or_default() += 1;
            }
            self.round = RoundState::CollectingUnmasking(CollectedUnmasking {
                agreement: AgreementProof {
                    round: opening.round,
                    attempt: opening.attempt,
                    survivors: collected.survivors,
                    signatures: signatures.to_vec(),
                },
                attempt: collected.attempt,
                opened: BTreeMap::new(),
            });
        }
    }

    fn end_round(&mut self, message: CoordinatorMessage) {
        self.history.push(message);
        self.round = RoundState::None;
        self.abandoned = 0;
    }
}
