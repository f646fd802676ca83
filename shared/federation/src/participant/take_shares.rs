//! The shares of others: checked against their owners' commitments, then stored.

use super::state::BatchPhase;
use super::{Participant, ParticipantEvent, Refusal, Step, VaultChange, VaultEntry, VaultKey};
use crate::agreement::AgreementSecret;
use crate::derivation::sealing_key;
use crate::message::{
    Complaint, KeyDirectory, OpenedShare, Parcel, ParcelDelivery, ParticipantMessage, ShareSummary,
    ShareVerdict,
};
use crate::parcel::{OpenedParcel, open_parcel};
use crate::parties::{Parties, Party};
use crate::signed::Signed;

impl Participant {
    pub(super) fn take_shares(&self, delivery: &ParcelDelivery) -> Result<Step, Refusal> {
        let batch = self.state.batch.as_ref().ok_or(Refusal::TooEarly)?;
        match delivery.batch.cmp(&batch.number) {
            std::cmp::Ordering::Less => return Err(Refusal::Stale),
            std::cmp::Ordering::Greater => return Err(Refusal::TooEarly),
            std::cmp::Ordering::Equal => {}
        }
        let known = match batch.phase {
            BatchPhase::Advertised => return Err(Refusal::TooEarly),
            BatchPhase::Shared { .. } => None,
            BatchPhase::Ready { owners, .. } => Some(owners),
        };
        let directory = self
            .vault
            .directory(batch.number)
            .ok_or(Refusal::TooEarly)?;
        let opened = self.open_all(directory, delivery)?;
        let verdict = opened.verdict(batch.number);
        if known.is_some_and(|owners| owners != verdict.sound) {
            return Err(Refusal::SecondView);
        }
        let needed = self.agreed.plan().thresholds.survivors_min();
        if known.is_none() && delivery.parcels.len() < needed {
            return Err(Refusal::TooFew {
                actual: delivery.parcels.len(),
                needed,
            });
        }
        let owners = verdict.sound;
        let context = self.batch_context(batch.number);
        let reply = Some(ParticipantMessage::Verdict(Signed::sign(
            verdict,
            &context.0,
            &self.identity,
        )));
        if known.is_some() {
            return Ok(Step {
                reply,
                ..Step::default()
            });
        }
        Ok(Step {
            vault: opened.into_entries(batch.number, self.agreed.plan().slots_per_batch),
            events: vec![ParticipantEvent::SharesHeld {
                batch: batch.number,
                owners,
            }],
            reply,
        })
    }

    fn open_all(
        &self,
        directory: &KeyDirectory,
        delivery: &ParcelDelivery,
    ) -> Result<OpenedDelivery, Refusal> {
        let context = self.batch_context(directory.batch);
        let sealing = AgreementSecret::from_secret(
            self.vault
                .sealing(directory.batch)
                .ok_or(Refusal::KeyUsed)?,
        );
        let mut found = OpenedDelivery::default();
        for (owner, (summary, parcel)) in &delivery.parcels {
            let keys = directory
                .keys_of(*owner)
                .ok_or(Refusal::Members("shares of somebody without keys"))?;
            let hash = self.check_summary(directory, *owner, summary)?;
            if parcel.hash() != hash {
                return Err(Refusal::Members("a parcel is not the one its owner signed"));
            }
            let key = sealing_key(&sealing, &keys.sealing_key, &context, *owner, self.me)
                .map_err(|_| Refusal::Keys("a key contributes nothing"))?;
            match self.open_one(directory, &context, *owner, &key, parcel) {
                Some(shares) => found.shares.push((*owner, shares)),
                None => found.complaints.push(Complaint { owner: *owner, key }),
            }
        }
        Ok(found)
    }

    fn open_one(
        &self,
        directory: &KeyDirectory,
        context: &crate::context::BatchContext,
        owner: Party,
        key: &crate::secret::Secret,
        parcel: &Parcel,
    ) -> Option<OpenedParcel> {
        let slots = usize::from(self.agreed.plan().slots_per_batch);
        open_parcel(
            context,
            &crate::signed::body_hash(directory),
            owner,
            self.me,
            key,
            parcel,
            slots,
        )
        .ok()
    }

    /// The hash that the owner signed for the parcel to this participant.
    fn check_summary(
        &self,
        directory: &KeyDirectory,
        owner: Party,
        summary: &Signed<ShareSummary>,
    ) -> Result<crate::hash::Hash, Refusal> {
        let context = self.batch_context(directory.batch);
        let identity = self
            .agreed
            .identity(owner)
            .ok_or(Refusal::Members("somebody is not in the roster"))?;
        let body = summary
            .verify(&context.0, identity)
            .map_err(|_| Refusal::BadSignature(owner))?;
        if body.batch != directory.batch || body.directory != crate::signed::body_hash(directory) {
            return Err(Refusal::SecondView);
        }
        body.parcel_of(self.me).ok_or(Refusal::Members(
            "an owner has no shares for this participant",
        ))
    }
}

#[derive(Default)]
struct OpenedDelivery {
    shares: Vec<(Party, OpenedParcel)>,
    complaints: Vec<Complaint>,
}

impl OpenedDelivery {
    fn verdict(&self, batch: u32) -> ShareVerdict {
        let sound: Parties = self.shares.iter().map(|(owner, _)| *owner).collect();
        ShareVerdict {
            batch,
            sound,
            complaints: self.complaints.clone(),
        }
    }

    /// One entry for each sum, so that each can be deleted with its sum.
    fn into_entries(self, batch: u32, slots: u16) -> Vec<VaultChange> {
        let mut by_owner: Vec<(Party, std::vec::IntoIter<(OpenedShare, OpenedShare)>)> = self
            .shares
            .into_iter()
            .map(|(owner, shares)| (owner, shares.into_iter()))
            .collect();
        (0..slots)
            .map(|slot| {
                let held = by_owner
                    .iter_mut()
                    .filter_map(|(owner, shares)| Some((*owner, shares.next()?)))
                    .collect();
                VaultChange::Store(VaultKey::Held(batch, slot), VaultEntry::Held(held))
            })
            .collect()
    }
}
