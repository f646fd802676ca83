//! M2: shares of this batch's secrets for everybody in the key directory.

use std::collections::BTreeSet;

use super::state::BatchPhase;
use super::{Participant, ParticipantEvent, Refusal, Step, VaultChange, VaultEntry, VaultKey};
use crate::agreement::{AgreementKey, AgreementSecret, derive_key};
use crate::codec::{Wire, Writer};
use crate::context::BatchContext;
use crate::derivation::{
    SharedSecret, sealing_context, sealing_key, sealing_key_hash, share_commitment,
};
use crate::hash::Hash;
use crate::keyed_rng::KeyedRng;
use crate::message::{
    KeyAdvertisement, KeyDirectory, OpenedShare, Parcel, ParticipantMessage, ShareSummary,
    SharedSecrets,
};
use crate::parties::Party;
use crate::sealing::seal_once;
use crate::secret::Secret;
use crate::shamir;
use crate::signed::{Signed, body_hash};

impl Participant {
    pub(super) fn share(&self, signed: &Signed<KeyDirectory>) -> Result<Step, Refusal> {
        let directory = self.by_coordinator(signed)?;
        let batch = self.state.batch.as_ref().ok_or(Refusal::TooEarly)?;
        if directory.batch != batch.number {
            return Err(if directory.batch < batch.number {
                Refusal::Stale
            } else {
                Refusal::TooEarly
            });
        }
        let hash = body_hash(directory);
        let repeated = match batch.phase {
            BatchPhase::Advertised => {
                self.check_directory(directory)?;
                false
            }
            BatchPhase::Shared { directory: known } if known == hash => true,
            BatchPhase::Ready {
                directory: known, ..
            } if known == hash => return Err(Refusal::Stale),
            BatchPhase::Shared { .. } | BatchPhase::Ready { .. } => {
                return Err(Refusal::SecondView);
            }
        };
        let reply = Some(ParticipantMessage::Shares(
            self.shared_secrets(directory, &hash)?,
        ));
        if repeated {
            return Ok(Step {
                reply,
                ..Step::default()
            });
        }
        Ok(Step {
            vault: vec![VaultChange::Store(
                VaultKey::Directory(batch.number),
                VaultEntry::Directory(signed.clone()),
            )],
            events: vec![ParticipantEvent::SecretsShared {
                batch: batch.number,
                directory: hash,
            }],
            reply,
        })
    }

    /// Own keys present, enough institutions, all keys different, every entry signed by a member of the roster.
    fn check_directory(&self, directory: &KeyDirectory) -> Result<(), Refusal> {
        let context = self.batch_context(directory.batch);
        let plan = self.agreed.plan();
        let needed = plan.thresholds.survivors_min();
        if directory.entries.len() < needed {
            return Err(Refusal::TooFew {
                actual: directory.entries.len(),
                needed,
            });
        }
        let mut seen = BTreeSet::new();
        for (party, signed) in &directory.entries {
            let identity = self
                .agreed
                .identity(*party)
                .ok_or(Refusal::Members("somebody is not in the roster"))?;
            let keys = signed
                .verify(&context.0, identity)
                .map_err(|_| Refusal::BadSignature(*party))?;
            if keys.batch != directory.batch
                || keys.slots.len() != usize::from(plan.slots_per_batch)
            {
                return Err(Refusal::Keys("an entry is of another batch or length"));
            }
            let all = std::iter::once(keys.sealing_key)
                .chain(keys.slots.iter().map(|slot| slot.masking_key));
            for key in all {
                if !seen.insert(key) {
                    return Err(Refusal::Keys("a key occurs twice"));
                }
            }
        }
        let own = directory
            .keys_of(self.me)
            .ok_or(Refusal::Members("the own keys are missing"))?;
        if !self.is_own(own) {
            return Err(Refusal::Keys("the own keys were exchanged"));
        }
        Ok(())
    }

    /// Our own entry carries our signature, so it can only be wrong if it is one of an earlier set-up.
    fn is_own(&self, keys: &KeyAdvertisement) -> bool {
        let public =
            |secret: &Secret| -> AgreementKey { AgreementSecret::from_secret(secret).public() };
        self.vault
            .sealing(keys.batch)
            .is_some_and(|secret| public(secret) == keys.sealing_key)
    }

    /// All of it is determined by stored secrets, so a repeated request gets the same bytes.
    fn shared_secrets(
        &self,
        directory: &KeyDirectory,
        directory_hash: &Hash,
    ) -> Result<SharedSecrets, Refusal> {
        let batch = directory.batch;
        let context = self.batch_context(batch);
        let sharing = self.vault.sharing(batch).ok_or(Refusal::KeyUsed)?;
        let sealing =
            AgreementSecret::from_secret(self.vault.sealing(batch).ok_or(Refusal::KeyUsed)?);
        let mut rng = KeyedRng::new(&derive_key(sharing, directory_hash.as_bytes(), b"sharing"));
        let mut contents = self.shares_by_holder(directory, &context, &mut rng)?;
        let mut parcels = Vec::with_capacity(directory.entries.len());
        let mut hashes = Vec::with_capacity(directory.entries.len());
        for ((holder, keys), content) in directory.entries.iter().zip(&mut contents) {
            let key = sealing_key(&sealing, &keys.body.sealing_key, &context, self.me, *holder)
                .map_err(|_| Refusal::Keys("a key contributes nothing"))?;
            let associated = sealing_context(&context, directory_hash, self.me, *holder);
            let plain = zeroize::Zeroizing::new(std::mem::take(&mut content.plain).into_bytes());
            let parcel = Parcel {
                key_hash: sealing_key_hash(&context, &key),
                commitments: std::mem::take(&mut content.commitments),
                sealed: seal_once(&key, &associated, &plain),
            };
            hashes.push((*holder, parcel.hash()));
            parcels.push(parcel);
        }
        let summary = ShareSummary {
            batch,
            directory: *directory_hash,
            parcels: hashes,
        };
        Ok(SharedSecrets {
            summary: Signed::sign(summary, &context.0, &self.identity),
            parcels,
        })
    }

    fn shares_by_holder(
        &self,
        directory: &KeyDirectory,
        context: &BatchContext,
        rng: &mut KeyedRng,
    ) -> Result<Vec<ParcelContent>, Refusal> {
        let holders: Vec<Party> = directory.entries.iter().map(|(party, _)| *party).collect();
        let mut contents: Vec<ParcelContent> =
            holders.iter().map(|_| ParcelContent::default()).collect();
        let threshold = self.agreed.plan().thresholds.threshold();
        for slot in 0..self.agreed.plan().slots_per_batch {
            let (masking, seed) = self
                .vault
                .slot(directory.batch, slot)
                .ok_or(Refusal::KeyUsed)?;
            let seeds = shamir::share(seed, threshold, holders.iter().copied(), rng);
            let maskings = shamir::share(masking, threshold, holders.iter().copied(), rng);
            let pairs = seeds.into_iter().zip(maskings);
            for ((holder, content), (seed, masking)) in holders.iter().zip(&mut contents).zip(pairs)
            {
                let commit = |of, opened: &OpenedShare| {
                    share_commitment(context, of, self.me, *holder, slot, opened)
                };
                let seed = opened(seed, rng);
                let masking = opened(masking, rng);
                content.commitments.push((
                    commit(SharedSecret::Seed, &seed),
                    commit(SharedSecret::Masking, &masking),
                ));
                seed.write(&mut content.plain);
                masking.write(&mut content.plain);
            }
        }
        Ok(contents)
    }
}

/// A parcel before it is sealed.
#[derive(Default)]
struct ParcelContent {
    commitments: Vec<(Hash, Hash)>,
    plain: Writer,
}

fn opened(share: Secret, rng: &mut KeyedRng) -> OpenedShare {
    let mut nonce = [0; 16];
    rand_core::Rng::fill_bytes(rng, &mut nonce);
    OpenedShare { share, nonce }
}
