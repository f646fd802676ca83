//! The lists as the control partition keeps them: every entry, and when it changed, so that a data partition can adopt
//! just what is new to it.

use std::collections::BTreeMap;

use accord_decider::PartitionOffset;
use serde::{Deserialize, Serialize};

use super::{ListChange, ListEntry, ListFingerprint, ListName, ListedKind};

/// An entry, or where one was taken off, with the control offset of its last change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListedEntry {
    pub changed_at: PartitionOffset,
    /// What the last change said.
    pub change: ListChange,
}

/// All entries, and the places of those that were taken off.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ListRegistry {
    entries: BTreeMap<(ListName, ListedKind, ListFingerprint), ListedEntry>,
}

impl ListRegistry {
    /// Entries and places of former entries: what bounds the memory.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn apply(&mut self, changed_at: PartitionOffset, change: &ListChange) {
        let listed = ListedEntry {
            changed_at,
            change: change.clone(),
        };
        self.entries.insert(change.place(), listed);
    }

    /// How many places the changes would add.
    pub fn growth(&self, changes: &[ListChange]) -> usize {
        changes
            .iter()
            .filter(|change| !self.entries.contains_key(&change.place()))
            .count()
    }

    /// What has changed after a control offset.
    pub fn changes_after(&self, offset: PartitionOffset) -> Vec<ListChange> {
        self.entries
            .values()
            .filter(|listed| listed.changed_at > offset)
            .map(|listed| listed.change.clone())
            .collect()
    }

    /// The entries that are on a list.
    pub fn entries(&self) -> impl Iterator<Item = &ListEntry> {
        self.entries
            .values()
            .filter_map(|listed| match &listed.change {
                ListChange::Add(entry) => Some(entry),
                ListChange::Remove { .. } => None,
            })
    }
}
