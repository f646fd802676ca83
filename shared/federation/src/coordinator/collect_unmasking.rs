//! M5: opened shares, each checked against its owner's commitment; with t of them the sum is unmasked.

use super::collect_keys::repeated;
use super::event::ClosureReason;
use super::state::{BatchState, CollectedUnmasking, ReadyBatch, RoundState};
use super::{Coordinator, CoordinatorEvent, Fault};
use crate::derivation::{SharedSecret, share_commitment};
use crate::message::{Release, SumRelease, UnmaskingShares};
use crate::parties::Party;
use crate::ring::PackedVector;
use crate::signed::Signed;
use crate::unmasking::Unmasking;

impl Coordinator {
    pub(super) fn take_unmasking(
        &self,
        sender: Party,
        signed: Signed<UnmaskingShares>,
    ) -> Result<Option<CoordinatorEvent>, Fault> {
        let key = self.key_of(sender)?;
        let (RoundState::CollectingUnmasking(collected), BatchState::Ready(batch)) =
            (&self.state.round, &self.state.batch)
        else {
            return Err(Fault::NotAwaited(sender));
        };
        let opening = &collected.attempt.opening.body;
        if (signed.body.round, signed.body.attempt) != (opening.round, opening.attempt) {
            return Err(Fault::Stale(sender));
        }
        if !collected.agreement.survivors.contains(sender) {
            return Err(Fault::NotAwaited(sender));
        }
        signed
            .verify(&collected.attempt.context.0, key)
            .map_err(|_| Fault::BadSignature(sender))?;
        if let Some(known) = collected.opened.get(&sender) {
            return repeated(*known == signed, sender);
        }
        self.check_shares(collected, batch, sender, &signed.body)?;
        Ok(Some(CoordinatorEvent::SharesOpened {
            party: sender,
            signed,
        }))
    }

    fn check_shares(
        &self,
        collected: &CollectedUnmasking,
        batch: &ReadyBatch,
        holder: Party,
        shares: &UnmaskingShares,
    ) -> Result<(), Fault> {
        let opening = &collected.attempt.opening.body;
        let owners = shares.shares.iter().map(|(owner, _)| *owner);
        if !owners.eq(opening.members.iter()) {
            return Err(Fault::WrongOwners(holder));
        }
        let context = self.batch_context(opening.batch);
        for (owner, opened) in &shares.shares {
            let of = Unmasking::secret_to_open(collected.agreement.survivors, *owner);
            let commitment = batch
                .commitments
                .get(&(*owner, holder))
                .and_then(|all| all.get(usize::from(opening.slot)))
                .map(|(seed, masking)| match of {
                    SharedSecret::Seed => *seed,
                    SharedSecret::Masking => *masking,
                });
            let found = share_commitment(&context, of, *owner, holder, opening.slot, opened);
            if commitment != Some(found) {
                return Err(Fault::WrongShare {
                    holder,
                    owner: *owner,
                });
            }
        }
        Ok(())
    }

    pub(super) fn after_unmasking(&self, collected: &CollectedUnmasking) -> Vec<CoordinatorEvent> {
        if collected.opened.len() < self.agreed.plan().thresholds.threshold() {
            return Vec::new();
        }
        let BatchState::Ready(batch) = &self.state.batch else {
            return Vec::new();
        };
        let attempt = &collected.attempt;
        let unmasking = Unmasking {
            plan: self.agreed.plan(),
            statistic: &attempt.statistic,
            batch: self.batch_context(batch.number),
            directory: &batch.directory,
            opening: &attempt.opening.body,
            context: attempt.context,
            survivors: collected.agreement.survivors,
            opened: &collected.opened,
        };
        match unmasking.total(attempt.sum.clone()) {
            Ok(total) => vec![CoordinatorEvent::SumReleased {
                release: self.release(collected, total),
            }],
            Err(fault) => {
                let unit = attempt.opening.body.query.0.unit;
                vec![
                    CoordinatorEvent::Blamed { fault },
                    self.closure(unit, ClosureReason::Cheating),
                ]
            }
        }
    }

    fn release(&self, collected: &CollectedUnmasking, total: PackedVector) -> Release {
        let opening = &collected.attempt.opening.body;
        let header = SumRelease {
            round: opening.round,
            attempt: opening.attempt,
            query: opening.query.clone(),
            survivors: collected.agreement.survivors,
            total: total.hash(),
        };
        Release {
            header: self.sign(header),
            total,
        }
    }
}
