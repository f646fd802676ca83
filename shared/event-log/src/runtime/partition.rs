//! One partition in memory: its state, its memory of keys, and where its chain stands.

use crate::{
    chain::ChainHead,
    envelope::{EventMetadata, Recorded},
    ids::{PartitionId, PartitionOffset},
    known_keys::KnownKeys,
};
use accord_decider::LoggedDecider;

/// Everything a partition needs to decide, folded from its own events.
#[derive(Clone)]
pub struct PartitionSlot<D: LoggedDecider> {
    pub state: D::State,
    pub offset: PartitionOffset,
    pub head: ChainHead,
    pub keys: KnownKeys,
}

impl<D: LoggedDecider> PartitionSlot<D> {
    /// A partition without events. `key_window` is the number of keys that are remembered exactly.
    pub fn new(partition: PartitionId, key_window: usize) -> Self {
        Self {
            state: D::initial(partition),
            offset: 0,
            head: ChainHead::default(),
            keys: KnownKeys::new(key_window),
        }
    }

    /// Folds an event of this partition from the log. The chain head is set by the caller, from the commit.
    pub fn fold(&mut self, recorded: &Recorded<D::Event>) {
        D::evolve(&mut self.state, &recorded.event);
        self.offset = recorded.metadata.offset;
        self.remember(&recorded.metadata);
    }

    pub(crate) fn remember(&mut self, metadata: &EventMetadata) {
        // A command without a key is stored with hash 0 and is never a duplicate.
        if metadata.index == 0 && metadata.payload_hash != 0 {
            self.keys.remember(
                metadata.command_id,
                metadata.sequence,
                metadata.payload_hash,
            );
        }
    }
}
