//! The lists as a data partition uses them: who is on which, until when.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{
    ListChange, ListFingerprint, ListName, ListedKind, Memberships, TransactionFingerprints,
};

/// For each entity on any list, the time until which it is on each of [`ListName::ALL`]; `i64::MAX` is for ever.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ListIndex {
    until_us: HashMap<(ListedKind, ListFingerprint), [Option<i64>; 3]>,
}

impl ListIndex {
    pub fn apply(&mut self, change: &ListChange) {
        let (list, kind, fingerprint) = change.place();
        let until_us = match change {
            ListChange::Add(entry) => Some(entry.expires_at_us.unwrap_or(i64::MAX)),
            ListChange::Remove { .. } => None,
        };
        let listed = self.until_us.entry((kind, fingerprint)).or_default();
        listed[list as usize] = until_us;
        if listed.iter().all(Option::is_none) {
            self.until_us.remove(&(kind, fingerprint));
        }
    }

    /// The lists that a transaction is on at `now_us` (epoch microseconds).
    pub fn memberships(&self, of: &TransactionFingerprints, now_us: i64) -> Memberships {
        let mut memberships = Memberships::default();
        if self.until_us.is_empty() {
            return memberships;
        }
        for (kind, fingerprint) in [
            (ListedKind::Customer, of.customer),
            (ListedKind::Terminal, of.terminal),
            (ListedKind::Card, of.card),
            (ListedKind::Device, of.device),
        ] {
            let listed =
                fingerprint.and_then(|fingerprint| self.until_us.get(&(kind, fingerprint)));
            for (list, until_us) in ListName::ALL
                .into_iter()
                .zip(listed.copied().unwrap_or_default())
            {
                if until_us.is_some_and(|until_us| now_us < until_us) {
                    memberships.add(list, kind);
                }
            }
        }
        memberships
    }
}
