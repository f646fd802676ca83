//! Taking the masks off a sum, once t institutions have opened the shares that this needs.
//!
//! The coordinator does it once; whoever verifies a transcript with kept vectors does it again.

use std::collections::BTreeMap;

use crate::agreement::AgreementSecret;
use crate::context::{BatchContext, RoundContext};
use crate::coordinator::Fault;
use crate::derivation::{SharedSecret, pair_mask, self_mask};
use crate::mask::{self, Mask};
use crate::message::{KeyDirectory, RoundOpening, SlotKeys, UnmaskingShares};
use crate::parties::{Parties, Party};
use crate::plan::{Plan, StatisticPlan};
use crate::ring::{PackedVector, RingVector};
use crate::secret::Secret;
use crate::shamir;
use crate::signed::Signed;

/// Everything that unmasking needs.
pub struct Unmasking<'round> {
    /// The plan.
    pub plan: &'round Plan,
    /// The statistic that is summed.
    pub statistic: &'round StatisticPlan,
    /// The batch whose keys were used.
    pub batch: BatchContext,
    /// Its public keys.
    pub directory: &'round KeyDirectory,
    /// The round.
    pub opening: &'round RoundOpening,
    /// Its context.
    pub context: RoundContext,
    /// U3.
    pub survivors: Parties,
    /// M5, by holder.
    pub opened: &'round BTreeMap<Party, Signed<UnmaskingShares>>,
}

impl Unmasking<'_> {
    /// Which of an owner's secrets is opened.
    pub fn secret_to_open(survivors: Parties, owner: Party) -> SharedSecret {
        if survivors.contains(owner) {
            SharedSecret::Seed
        } else {
            SharedSecret::Masking
        }
    }

    /// The total: the sum of the masked answers without the survivors' own masks, and without the pair masks that
    /// survivors share with those who dropped out. (Pair masks among survivors have cancelled.)
    pub fn total(&self, mut sum: RingVector) -> Result<PackedVector, Fault> {
        let mut masks = Vec::new();
        for owner in self.opening.members.iter() {
            let secret = self.recovered(owner)?;
            match Self::secret_to_open(self.survivors, owner) {
                SharedSecret::Seed => masks.push(self.opened_self_mask(owner, &secret)?),
                SharedSecret::Masking => masks.extend(self.opened_pair_masks(owner, &secret)?),
            }
        }
        let ring = self.statistic.ring;
        mask::apply(&masks, &mut sum, ring);
        self.check_total(&sum.to_signed(ring))?;
        Ok(sum.pack(ring))
    }

    fn recovered(&self, owner: Party) -> Result<Secret, Fault> {
        let shares: Vec<(Party, &Secret)> = self
            .opened
            .iter()
            .filter_map(|(holder, signed)| {
                let shares = &signed.body.shares;
                let place = shares
                    .binary_search_by_key(&owner, |(party, _)| *party)
                    .ok()?;
                Some((*holder, &shares[place].1.share))
            })
            .collect();
        shamir::recover(&shares, self.plan.thresholds.threshold())
            .map_err(|_| Fault::OtherSecret(owner))
    }

    /// The self-mask of a survivor, to be taken off. Its seed must be the one whose hash was advertised.
    fn opened_self_mask(&self, owner: Party, seed: &Secret) -> Result<Mask, Fault> {
        let hash = self
            .batch
            .seed_hash(owner, self.opening.slot, seed.expose());
        if hash != self.keys_of(owner)?.seed_hash {
            return Err(Fault::OtherSecret(owner));
        }
        let mask = self_mask(seed, &self.context);
        Ok(Mask {
            sign: mask.sign.opposite(),
            key: mask.key,
        })
    }

    /// What is left of a dropped-out institution: the masks that survivors applied for their pairs with it.
    fn opened_pair_masks(&self, owner: Party, secret: &Secret) -> Result<Vec<Mask>, Fault> {
        let secret = AgreementSecret::from_secret(secret);
        if secret.public() != self.keys_of(owner)?.masking_key {
            return Err(Fault::OtherSecret(owner));
        }
        self.survivors
            .iter()
            .map(|survivor| {
                let key = self.keys_of(survivor)?.masking_key;
                // The owner's side of a pair has the opposite sign of the survivor's, so applying it cancels that.
                pair_mask(&secret, owner, &key, survivor, &self.context)
                    .map_err(|_| Fault::UnsoundKeys(survivor))
            })
            .collect()
    }

    fn keys_of(&self, party: Party) -> Result<SlotKeys, Fault> {
        self.directory
            .keys_of(party)
            .and_then(|keys| keys.slots.get(usize::from(self.opening.slot)))
            .copied()
            .ok_or(Fault::UnsoundKeys(party))
    }

    fn check_total(&self, total: &[i64]) -> Result<(), Fault> {
        let largest = self
            .statistic
            .sum_max(self.plan.rows_max, self.survivors.len());
        let beyond = total
            .iter()
            .position(|sum| u128::from(sum.unsigned_abs()) > largest);
        match beyond {
            Some(coordinate) => Err(Fault::ImpossibleTotal(coordinate)),
            None => Ok(()),
        }
    }
}
