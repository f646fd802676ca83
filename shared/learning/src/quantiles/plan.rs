//! What a consortium agrees on before bins are cut.

use serde::{Deserialize, Serialize};

/// Which cuts to look for, and in how many features.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuantilePlan {
    /// Number of features of a row.
    pub feature_count: usize,
    /// How fine the bins shall be.
    pub cuts: CutCounts,
}

/// How many cuts of each kind a feature gets at most; 254 together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutCounts {
    /// Evenly spread over all rows.
    pub even: u8,
    /// Evenly spread over the positive rows.
    pub positive: u8,
    /// Closing in on the two ends.
    pub tail: u8,
}

impl CutCounts {
    /// As many as a byte can number: half of them over all rows, three eighths over the positive rows, the rest in the
    /// tails.
    pub const FINEST: Self = Self {
        even: 127,
        positive: 95,
        tail: 32,
    };

    /// Even quantiles of all rows and nothing else.
    pub const fn only_even(even: u8) -> Self {
        Self {
            even,
            positive: 0,
            tail: 0,
        }
    }

    /// Cuts of all kinds together.
    pub fn total(self) -> usize {
        usize::from(self.even) + usize::from(self.positive) + usize::from(self.tail)
    }
}
