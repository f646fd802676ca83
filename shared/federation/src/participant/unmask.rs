//! M5: for each member of the round the one share that the survivor set calls for. Never both, never twice.

use super::state::{Attempt, AttemptPhase};
use super::{Participant, ParticipantEvent, Refusal, Step};
use crate::message::{AgreementProof, ParticipantMessage, SurvivorSignature, UnmaskingShares};
use crate::parties::Parties;
use crate::signed::Signed;

impl Participant {
    pub(super) fn unmask(&self, signed: &Signed<AgreementProof>) -> Result<Step, Refusal> {
        let proof = self.by_coordinator(signed)?;
        let attempt = self.open_attempt(proof.round, proof.attempt)?;
        let survivors = proof.survivors;
        let events = match attempt.phase {
            AttemptPhase::Masked => return Err(Refusal::TooEarly),
            AttemptPhase::Signed { survivors: known } if known == survivors => {
                self.check_proof(attempt, proof)?;
                self.answered_events(attempt, survivors)?
            }
            AttemptPhase::Answered { survivors: known } if known == survivors => Vec::new(),
            AttemptPhase::Signed { .. } | AttemptPhase::Answered { .. } => {
                return Err(Refusal::SecondView);
            }
        };
        let shares = self.opened_shares(attempt, survivors)?;
        let body = UnmaskingShares {
            round: proof.round,
            attempt: proof.attempt,
            shares,
        };
        Ok(Step {
            events,
            reply: Some(ParticipantMessage::Unmasking(Signed::sign(
                body,
                &attempt.context,
                &self.identity,
            ))),
            ..Step::default()
        })
    }

    /// At least t survivors signed this set in the very context that this participant is in.
    fn check_proof(&self, attempt: &Attempt, proof: &AgreementProof) -> Result<(), Refusal> {
        let body = SurvivorSignature {
            round: proof.round,
            attempt: proof.attempt,
            survivors: proof.survivors,
        };
        let valid: Parties = proof
            .signatures
            .iter()
            .filter(|(signer, signature)| {
                let signed = Signed {
                    body,
                    signature: *signature,
                };
                proof.survivors.contains(*signer)
                    && self
                        .agreed
                        .identity(*signer)
                        .is_some_and(|identity| signed.verify(&attempt.context, identity).is_ok())
            })
            .map(|(signer, _)| *signer)
            .collect();
        let needed = self.agreed.plan().thresholds.threshold();
        if valid.len() < needed {
            return Err(Refusal::TooFewSignatures {
                actual: valid.len(),
                needed,
            });
        }
        Ok(())
    }

    fn answered_events(
        &self,
        attempt: &Attempt,
        survivors: Parties,
    ) -> Result<Vec<ParticipantEvent>, Refusal> {
        let plan = self.agreed.plan();
        let (place, statistic) = plan.statistic_of(&attempt.query)?;
        Ok(vec![
            ParticipantEvent::Answered { survivors },
            ParticipantEvent::PrivacySpent {
                statistic: place,
                rho: plan.rho_of_sum(statistic, attempt.query.dimension),
            },
        ])
    }

    fn opened_shares(
        &self,
        attempt: &Attempt,
        survivors: Parties,
    ) -> Result<Vec<(crate::parties::Party, crate::message::OpenedShare)>, Refusal> {
        let held = self
            .vault
            .held(attempt.batch, attempt.slot)
            .ok_or(Refusal::KeyUsed)?;
        Ok(held
            .iter()
            .filter(|(owner, _)| attempt.members.contains(*owner))
            .map(|(owner, (seed, masking))| {
                let share = if survivors.contains(*owner) {
                    seed
                } else {
                    masking
                };
                (*owner, share.clone())
            })
            .collect())
    }
}
