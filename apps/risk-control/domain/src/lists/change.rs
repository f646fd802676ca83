//! Changes of lists.

use serde::{Deserialize, Serialize};

use super::{ListFingerprint, ListName, ListedKind};

/// Someone or something on a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListEntry {
    pub list: ListName,
    pub kind: ListedKind,
    pub fingerprint: ListFingerprint,
    /// By which people recognise it: a terminal's id, the last characters of anything personal.
    pub hint: String,
    /// Epoch microseconds from which on it does not count any more; `None`: never.
    #[serde(rename = "expires_at")]
    pub expires_at_us: Option<i64>,
    pub comment: String,
}

/// A step from one state of the lists to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListChange {
    /// Puts an entry on its list, or replaces the one that is there.
    Add(ListEntry),
    /// Takes an entry off its list; nothing happens where there is none.
    Remove {
        list: ListName,
        kind: ListedKind,
        fingerprint: ListFingerprint,
    },
}

impl ListChange {
    /// Which entry it changes.
    pub fn place(&self) -> (ListName, ListedKind, ListFingerprint) {
        match self {
            Self::Add(entry) => (entry.list, entry.kind, entry.fingerprint),
            Self::Remove {
                list,
                kind,
                fingerprint,
            } => (*list, *kind, *fingerprint),
        }
    }
}
