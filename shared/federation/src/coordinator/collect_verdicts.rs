//! Verdicts: every holder says whether its shares are sound; complaints are judged.
//!
//! A complaint opens the key of one parcel. The owner signed the hash of that key and of the parcel, so everybody can
//! see whether the shares in it are those committed to. Where the key is not the one committed to, owner and holder
//! contradict each other and nobody else can tell who lies: the one that cannot go on, the holder, leaves the batch.

use super::collect_keys::repeated;
use super::state::{BatchState, CollectedVerdicts};
use super::{Coordinator, CoordinatorEvent, Fault};
use crate::message::{Complaint, ShareVerdict};
use crate::parcel::{UnsoundParcel, open_parcel};
use crate::parties::{Parties, Party};
use crate::signed::{Signed, body_hash};

impl Coordinator {
    pub(super) fn take_verdict(
        &self,
        sender: Party,
        verdict: Signed<ShareVerdict>,
    ) -> Result<Option<CoordinatorEvent>, Fault> {
        let key = self.key_of(sender)?;
        let BatchState::CollectingVerdicts(collected) = &self.state.batch else {
            return Err(Fault::NotAwaited(sender));
        };
        let batch = collected.shares.directory.body.batch;
        if verdict.body.batch != batch {
            return Err(Fault::Stale(sender));
        }
        verdict
            .verify(&self.batch_context(batch).0, key)
            .map_err(|_| Fault::BadSignature(sender))?;
        if let Some(known) = collected.verdicts.get(&sender) {
            return repeated(*known == verdict, sender);
        }
        if !collected.shares.received().contains(sender) {
            return Err(Fault::NotAwaited(sender));
        }
        Ok(Some(CoordinatorEvent::VerdictReceived {
            party: sender,
            verdict,
        }))
    }

    pub(super) fn after_verdicts(
        &self,
        collected: &CollectedVerdicts,
        time_is_over: bool,
    ) -> Vec<CoordinatorEvent> {
        if collected.received() != collected.shares.received() && !time_is_over {
            return Vec::new();
        }
        let (members, faults) = self.judge(collected);
        let mut events: Vec<CoordinatorEvent> = faults
            .into_iter()
            .map(|fault| CoordinatorEvent::Blamed { fault })
            .collect();
        events.push(if members.len() < self.survivors_min() {
            CoordinatorEvent::BatchFailed
        } else {
            CoordinatorEvent::BatchReady { members }
        });
        events
    }

    /// Who can go on, and whose fault it is that others cannot.
    fn judge(&self, collected: &CollectedVerdicts) -> (Parties, Vec<Fault>) {
        let mut members = collected.received();
        let mut faults = Vec::new();
        for (holder, verdict) in &collected.verdicts {
            for complaint in &verdict.body.complaints {
                let fault = self.judge_complaint(collected, *holder, complaint);
                if let Some(culprit) = fault.culprit() {
                    members.remove(culprit);
                }
                faults.push(fault);
            }
        }
        // Whoever does not hold shares of all that remain cannot help them, and leaves as well.
        for (holder, verdict) in &collected.verdicts {
            if members.contains(*holder) && !members.is_subset(verdict.body.sound) {
                members.remove(*holder);
                faults.push(Fault::NoVerdict(*holder));
            }
        }
        (members, faults)
    }

    fn judge_complaint(
        &self,
        collected: &CollectedVerdicts,
        holder: Party,
        complaint: &Complaint,
    ) -> Fault {
        let owner = complaint.owner;
        let unfounded = Fault::UnfoundedComplaint { owner, holder };
        let directory = &collected.shares.directory.body;
        let Some(shares) = collected.shares.shares.get(&owner) else {
            return unfounded;
        };
        let holders = shares.summary.body.parcels.iter().map(|(party, _)| *party);
        let Some((_, parcel)) = holders
            .zip(&shares.parcels)
            .find(|(party, _)| *party == holder)
        else {
            return unfounded;
        };
        let opened = open_parcel(
            &self.batch_context(directory.batch),
            &body_hash(directory),
            owner,
            holder,
            &complaint.key,
            parcel,
            usize::from(self.agreed.plan().slots_per_batch),
        );
        match opened {
            Ok(_) | Err(UnsoundParcel::OtherKey) => unfounded,
            Err(UnsoundParcel::NoShares | UnsoundParcel::OtherShare(_)) => {
                Fault::UnsoundShares { owner, holder }
            }
        }
    }
}
