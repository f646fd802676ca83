//! M1: keys for a batch.

use rand_core::CryptoRng;

use super::{Participant, ParticipantEvent, Refusal, Step, VaultChange, VaultEntry, VaultKey};
use crate::agreement::AgreementSecret;
use crate::message::{BatchOpening, KeyAdvertisement, ParticipantMessage, SlotKeys};
use crate::secret::Secret;
use crate::signed::Signed;

/// The secrets behind the keys of one sum.
struct SlotSecrets {
    masking: Secret,
    seed: Secret,
}

impl Participant {
    pub(super) fn advertise(
        &self,
        opening: &Signed<BatchOpening>,
        rng: &mut impl CryptoRng,
    ) -> Result<Step, Refusal> {
        let batch = self.by_coordinator(opening)?.batch;
        match &self.state.batch {
            Some(known) if batch < known.number => Err(Refusal::Stale),
            Some(known) if batch == known.number => self.advertise_again(batch),
            _ => Ok(self.advertise_new(batch, rng)),
        }
    }

    fn advertise_new(&self, batch: u32, rng: &mut impl CryptoRng) -> Step {
        let sealing = Secret::random(rng);
        let slots: Vec<SlotSecrets> = (0..self.agreed.plan().slots_per_batch)
            .map(|_| SlotSecrets {
                masking: Secret::random(rng),
                seed: Secret::random(rng),
            })
            .collect();
        let message = self.advertisement(
            batch,
            &sealing,
            slots.iter().map(|slot| (&slot.masking, &slot.seed)),
        );
        let mut vault = match &self.state.batch {
            Some(old) => self.vault.forget_until(old.number, u16::MAX),
            None => Vec::new(),
        };
        vault.push(VaultChange::Store(
            VaultKey::Batch(batch),
            VaultEntry::Batch {
                sealing,
                noise: Secret::random(rng),
            },
        ));
        vault.push(VaultChange::Store(
            VaultKey::Sharing(batch),
            VaultEntry::Sharing(Secret::random(rng)),
        ));
        vault.extend((0..).zip(slots).map(|(slot, secrets)| {
            let SlotSecrets { masking, seed } = secrets;
            VaultChange::Store(
                VaultKey::Slot(batch, slot),
                VaultEntry::Slot { masking, seed },
            )
        }));
        Step {
            vault,
            events: vec![ParticipantEvent::KeysAdvertised { batch }],
            reply: Some(message),
        }
    }

    /// The same keys again, as long as none of them was used.
    fn advertise_again(&self, batch: u32) -> Result<Step, Refusal> {
        let sealing = self.vault.sealing(batch).ok_or(Refusal::KeyUsed)?;
        let slots: Option<Vec<_>> = (0..self.agreed.plan().slots_per_batch)
            .map(|slot| self.vault.slot(batch, slot))
            .collect();
        let slots = slots.ok_or(Refusal::KeyUsed)?;
        Ok(Step {
            reply: Some(self.advertisement(batch, sealing, slots.into_iter())),
            ..Step::default()
        })
    }

    fn advertisement<'secret>(
        &self,
        batch: u32,
        sealing: &Secret,
        slots: impl Iterator<Item = (&'secret Secret, &'secret Secret)>,
    ) -> ParticipantMessage {
        let context = self.batch_context(batch);
        let slots = (0..)
            .zip(slots)
            .map(|(slot, (masking, seed))| SlotKeys {
                masking_key: AgreementSecret::from_secret(masking).public(),
                seed_hash: context.seed_hash(self.me, slot, seed.expose()),
            })
            .collect();
        let body = KeyAdvertisement {
            batch,
            sealing_key: AgreementSecret::from_secret(sealing).public(),
            slots,
        };
        ParticipantMessage::Keys(Signed::sign(body, &context.0, &self.identity))
    }
}
