//! M2: shares of everybody in the directory. Whoever sends none leaves the batch.

use super::collect_keys::repeated;
use super::state::{BatchState, CollectedShares};
use super::{Coordinator, CoordinatorEvent, Fault};
use crate::message::SharedSecrets;
use crate::parties::Party;
use crate::signed::body_hash;

impl Coordinator {
    pub(super) fn take_shares(
        &self,
        sender: Party,
        shares: SharedSecrets,
    ) -> Result<Option<CoordinatorEvent>, Fault> {
        let key = self.key_of(sender)?;
        let collected = match &self.state.batch {
            BatchState::CollectingShares(collected) => collected,
            BatchState::CollectingVerdicts(later) => &later.shares,
            _ => return Err(Fault::NotAwaited(sender)),
        };
        let batch = collected.directory.body.batch;
        if shares.summary.body.batch != batch {
            return Err(Fault::Stale(sender));
        }
        let summary = shares
            .summary
            .verify(&self.batch_context(batch).0, key)
            .map_err(|_| Fault::BadSignature(sender))?;
        if let Some(known) = collected.shares.get(&sender) {
            return repeated(*known == shares, sender);
        }
        if !matches!(self.state.batch, BatchState::CollectingShares(_))
            || !collected.invited().contains(sender)
        {
            return Err(Fault::NotAwaited(sender));
        }
        let holders = summary.parcels.iter().map(|(party, _)| *party);
        let as_signed = summary
            .parcels
            .iter()
            .zip(&shares.parcels)
            .all(|((_, hash), parcel)| parcel.hash() == *hash);
        let sound = summary.directory == body_hash(&collected.directory.body)
            && holders.eq(collected.invited().iter())
            && shares.parcels.len() == summary.parcels.len()
            && as_signed;
        if !sound {
            return Err(Fault::UnsoundParcels(sender));
        }
        Ok(Some(CoordinatorEvent::SharesReceived {
            party: sender,
            shares,
        }))
    }

    pub(super) fn after_shares(
        &self,
        collected: &CollectedShares,
        time_is_over: bool,
    ) -> Vec<CoordinatorEvent> {
        let received = collected.received();
        if received != collected.invited() && !time_is_over {
            return Vec::new();
        }
        if received.len() < self.survivors_min() {
            return vec![CoordinatorEvent::BatchFailed];
        }
        vec![CoordinatorEvent::SharesFixed]
    }
}
