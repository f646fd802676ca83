//! Where an event stands: in the node's log, and in its partition.

use std::fmt;

pub use accord_decider::{PartitionId, PartitionOffset};
use serde::{Deserialize, Serialize};

/// Place of an event in the log of one node, from 1, without gaps, in commit order. 0 means "before everything".
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Sequence(pub u64);

impl Sequence {
    pub const ZERO: Self = Self(0);

    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// How entities are spread over partitions. Stored when the log is created and never changed after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionLayout {
    data_partitions: u16,
}

impl PartitionLayout {
    /// # Panics
    /// If there is no data partition at all.
    pub fn new(data_partitions: u16) -> Self {
        assert!(
            data_partitions > 0,
            "a log needs at least one data partition"
        );
        Self { data_partitions }
    }

    /// The data partition of an entity. Entity numbers are uniformly random, so the remainder is an even spread.
    pub fn partition_of(self, entity: u64) -> PartitionId {
        let index = entity % u64::from(self.data_partitions);
        PartitionId(u16::try_from(index).expect("the remainder is below a u16") + 1)
    }

    /// Number of data partitions; the control partition comes on top.
    pub fn data_partitions(self) -> u16 {
        self.data_partitions
    }

    pub fn all(self) -> impl Iterator<Item = PartitionId> {
        (0..=self.data_partitions).map(PartitionId)
    }

    pub fn data(self) -> impl Iterator<Item = PartitionId> {
        (1..=self.data_partitions).map(PartitionId)
    }
}
