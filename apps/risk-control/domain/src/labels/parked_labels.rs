//! The parked labels of a partition.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::transaction::{Label, LabelSource};

/// Labels that one partition parks. One more is refused: who sends so many labels of unknown transactions sends them
/// to the wrong bank.
pub const PARKED_LABELS_MAX: usize = 10_000;

/// A label waits for its transaction. A later one for the same transaction takes its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelParked {
    pub transaction_id: String,
    pub label: Label,
    pub source: LabelSource,
    /// When it became known, in epoch microseconds.
    #[serde(rename = "known_at")]
    pub known_at_us: i64,
}

/// A parked label waits no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedLabelSettled {
    pub transaction_id: String,
    pub outcome: ParkedOutcome,
}

/// How the wait of a parked label ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParkedOutcome {
    /// The transaction arrived and has the label.
    Applied,
    /// Somebody said that the transaction will not come.
    Discarded,
}

impl ParkedOutcome {
    pub fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Discarded => "discarded",
        }
    }
}

/// A label that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedLabel {
    /// Which change of the partition's parked labels brought it.
    pub change: u64,
    pub label: Label,
    pub source: LabelSource,
    pub known_at_us: i64,
}

/// All labels that a partition parks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedLabels {
    /// Events so far.
    changes: u64,
    waiting: BTreeMap<String, ParkedLabel>,
}

impl ParkedLabels {
    pub fn get(&self, transaction_id: &str) -> Option<&ParkedLabel> {
        self.waiting.get(transaction_id)
    }

    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    pub(crate) fn park(&mut self, parked: &LabelParked) {
        self.changes += 1;
        self.waiting.insert(
            parked.transaction_id.clone(),
            ParkedLabel {
                change: self.changes,
                label: parked.label,
                source: parked.source,
                known_at_us: parked.known_at_us,
            },
        );
    }

    pub(crate) fn settle(&mut self, settled: &ParkedLabelSettled) {
        self.changes += 1;
        self.waiting.remove(&settled.transaction_id);
    }
}
