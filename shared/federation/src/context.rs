//! What a message, a key or a mask is bound to, so that it means nothing anywhere else.
//!
//! ```text
//! job    H(plan hash)                                                              the coordinator's messages
//! batch  H(version, job, batch, roster with keys, plan hash, t, B)                  M1, M2, verdicts, sealing keys
//! round  H(batch context, round, attempt, slot, query, members, model hash, d, k, f)  M3 to M5, every mask
//! ```
//!
//! Each participant puts the hash of *its own* learner into the round's context. Where two of them differ, signatures do
//! not hold (M4), and if that were forced, masks would not cancel.

use crate::codec::{Wire, Writer};
use crate::hash::Hash;
use crate::message::RoundOpening;
use crate::parties::Party;
use crate::plan::{AgreedPlan, StatisticPlan};

/// Raised whenever bytes or rules change.
pub const PROTOCOL_VERSION: u16 = 1;

/// Bound to a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobContext(pub Hash);

/// Bound to one set-up of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchContext(pub Hash);

/// Bound to one attempt at one sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoundContext(pub Hash);

impl JobContext {
    pub(crate) fn of(plan: &Hash) -> Self {
        Self(Hash::of("job", &[plan.as_bytes()]))
    }
}

impl BatchContext {
    pub(crate) fn of(agreed: &AgreedPlan, batch: u32) -> Self {
        let plan = agreed.plan();
        let mut writer = Writer::default();
        writer.u16(PROTOCOL_VERSION);
        writer.bytes(plan.job.as_bytes());
        writer.u32(batch);
        writer.list(&plan.roster);
        writer.u8(plan.thresholds.threshold);
        writer.u16(plan.slots_per_batch);
        let bytes = writer.into_bytes();
        let plan_hash = agreed.hash();
        Self(Hash::of("batch", &[&bytes, plan_hash.as_bytes()]))
    }

    /// What the seed of a self-mask is published as.
    pub(crate) fn seed_hash(&self, owner: Party, slot: u16, seed: &[u8; 32]) -> Hash {
        let place = [&[owner.point()][..], &slot.to_le_bytes()].concat();
        Hash::of("seed", &[self.0.as_bytes(), &place, seed])
    }
}

impl RoundContext {
    pub(crate) fn of(
        batch: &BatchContext,
        opening: &RoundOpening,
        statistic: &StatisticPlan,
        model: &Hash,
    ) -> Self {
        let mut writer = Writer::default();
        opening.write(&mut writer);
        statistic.ring.write(&mut writer);
        writer.u8(statistic.fraction_bits);
        let bytes = writer.into_bytes();
        Self(Hash::of(
            "round",
            &[batch.0.as_bytes(), &bytes, model.as_bytes()],
        ))
    }
}
