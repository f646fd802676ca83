//! M4: signatures over the survivor set.

use super::collect_keys::repeated;
use super::event::AbandonReason;
use super::state::{CollectedSignatures, RoundState};
use super::{Coordinator, CoordinatorEvent, Fault};
use crate::message::SurvivorSignature;
use crate::parties::Party;
use crate::signed::Signed;

impl Coordinator {
    pub(super) fn take_signature(
        &self,
        sender: Party,
        signed: Signed<SurvivorSignature>,
    ) -> Result<Option<CoordinatorEvent>, Fault> {
        let key = self.key_of(sender)?;
        let RoundState::CollectingSignatures(collected) = &self.state.round else {
            return Err(Fault::NotAwaited(sender));
        };
        let opening = &collected.attempt.opening.body;
        if (signed.body.round, signed.body.attempt) != (opening.round, opening.attempt) {
            return Err(Fault::Stale(sender));
        }
        if !collected.survivors.contains(sender) {
            return Err(Fault::NotAwaited(sender));
        }
        signed
            .verify(&collected.attempt.context.0, key)
            .map_err(|_| Fault::BadSignature(sender))?;
        if signed.body.survivors != collected.survivors {
            return Err(Fault::OtherSurvivors(sender));
        }
        if let Some(known) = collected.signatures.get(&sender) {
            return repeated(*known == signed.signature, sender);
        }
        Ok(Some(CoordinatorEvent::SurvivorsSigned {
            party: sender,
            signed,
        }))
    }

    pub(super) fn after_signatures(
        &self,
        collected: &CollectedSignatures,
        time_is_over: bool,
    ) -> Vec<CoordinatorEvent> {
        let complete = collected.signatures.len() == collected.survivors.len();
        if !complete && !time_is_over {
            return Vec::new();
        }
        if collected.signatures.len() < self.agreed.plan().thresholds.threshold() {
            return vec![CoordinatorEvent::AttemptAbandoned {
                reason: AbandonReason::TooFewSignatures,
            }];
        }
        let signatures = collected
            .signatures
            .iter()
            .map(|(party, signature)| (*party, *signature))
            .collect();
        vec![CoordinatorEvent::AgreementReached { signatures }]
    }
}
