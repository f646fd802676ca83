//! M1: keys of everybody, then the directory.

use std::collections::BTreeSet;

use super::state::{BatchState, CollectedKeys};
use super::{Coordinator, CoordinatorEvent, Fault};
use crate::message::{KeyAdvertisement, KeyDirectory};
use crate::parties::Party;
use crate::signed::Signed;

impl Coordinator {
    pub(super) fn take_keys(
        &self,
        sender: Party,
        keys: Signed<KeyAdvertisement>,
    ) -> Result<Option<CoordinatorEvent>, Fault> {
        let key = self.key_of(sender)?;
        let BatchState::CollectingKeys(collected) = &self.state.batch else {
            return Err(Fault::NotAwaited(sender));
        };
        if keys.body.batch != collected.batch {
            return Err(Fault::Stale(sender));
        }
        let context = self.batch_context(collected.batch);
        let body = keys
            .verify(&context.0, key)
            .map_err(|_| Fault::BadSignature(sender))?;
        if let Some(known) = collected.keys.get(&sender) {
            return repeated(*known == keys, sender);
        }
        self.check_keys(collected, sender, body)?;
        Ok(Some(CoordinatorEvent::KeysReceived {
            party: sender,
            keys,
        }))
    }

    /// As many as agreed, and none that anybody else has: a participant that copies another's key would see its masks.
    fn check_keys(
        &self,
        collected: &CollectedKeys,
        sender: Party,
        keys: &KeyAdvertisement,
    ) -> Result<(), Fault> {
        let slots = usize::from(self.agreed.plan().slots_per_batch);
        let mut seen: BTreeSet<_> = collected
            .keys
            .values()
            .flat_map(|known| all_keys(&known.body))
            .collect();
        if keys.slots.len() != slots || !all_keys(keys).all(|key| seen.insert(key)) {
            return Err(Fault::UnsoundKeys(sender));
        }
        Ok(())
    }

    pub(super) fn after_keys(
        &self,
        collected: &CollectedKeys,
        time_is_over: bool,
    ) -> Vec<CoordinatorEvent> {
        let received = collected.received();
        let complete = collected.invited.is_subset(received);
        if !complete && !time_is_over {
            return Vec::new();
        }
        if received.len() < self.survivors_min() {
            return vec![CoordinatorEvent::BatchFailed];
        }
        let directory = KeyDirectory {
            batch: collected.batch,
            entries: collected
                .keys
                .iter()
                .map(|(party, keys)| (*party, keys.clone()))
                .collect(),
        };
        vec![CoordinatorEvent::DirectoryPublished {
            directory: self.sign(directory),
        }]
    }
}

fn all_keys(keys: &KeyAdvertisement) -> impl Iterator<Item = crate::agreement::AgreementKey> + '_ {
    std::iter::once(keys.sealing_key).chain(keys.slots.iter().map(|slot| slot.masking_key))
}

/// A message that is there already changes nothing, if it says the same.
pub(super) fn repeated(same: bool, sender: Party) -> Result<Option<CoordinatorEvent>, Fault> {
    if same {
        Ok(None)
    } else {
        Err(Fault::Equivocation(sender))
    }
}
