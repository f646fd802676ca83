//! Partitions, as far as a decider has to know of them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Place of an event in its partition, from 1, without gaps. 0 means "before everything".
pub type PartitionOffset = u64;

/// One of the fixed number of logical partitions of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PartitionId(pub u16);

impl PartitionId {
    /// Governance (models, policies) lives here; every other partition adopts from it.
    pub const CONTROL: Self = Self(0);

    pub fn is_control(self) -> bool {
        self == Self::CONTROL
    }
}

impl fmt::Display for PartitionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
