//! Snapshots as bytes in memory, made and used at any moment.

use std::collections::BTreeMap;

use accord_event_log::{
    PartitionId, PartitionOffset, Sequence, chain::ChainHead, known_keys::KnownKeys,
    recovery::Fold, runtime::PartitionSlot, snapshot::Snapshot,
};
use serde::{Deserialize, Serialize};

use crate::{
    shared_log::SharedLog,
    support::accounts::{Accounts, State},
};

#[derive(Default)]
pub struct Snapshots {
    stored: BTreeMap<PartitionId, Vec<u8>>,
}

#[derive(Serialize, Deserialize)]
struct Body {
    through: Sequence,
    recorded_at_us: i64,
    offset: PartitionOffset,
    head: [u8; 32],
    keys: KnownKeys,
    state: State,
}

impl Snapshots {
    /// The beginning of a fold of some partitions, from their snapshots.
    pub fn fold(&self, partitions: &[PartitionId], key_window: usize) -> Fold<Accounts> {
        let mut fold = Fold::from_start(partitions.iter().copied(), key_window);
        for partition in partitions {
            if let Some(snapshot) = self.load(*partition) {
                fold.start_from(snapshot);
            }
        }
        fold
    }

    /// Replaces the partition's snapshot by what a fold holds of it.
    pub fn save(&mut self, partition: PartitionId, fold: &Fold<Accounts>, log: &SharedLog) {
        let slot = fold.slot(partition).unwrap();
        let recorded_at_us = log.event(fold.through()).metadata.recorded_at_us;
        let body = Body {
            through: fold.through(),
            recorded_at_us,
            offset: slot.offset,
            head: slot.head.0,
            keys: slot.keys.clone(),
            state: slot.state.clone(),
        };
        let bytes = postcard::to_stdvec(&body).unwrap();
        self.stored.insert(partition, bytes);
    }

    fn load(&self, partition: PartitionId) -> Option<Snapshot<Accounts>> {
        let body: Body = postcard::from_bytes(self.stored.get(&partition)?).unwrap();
        Some(Snapshot {
            partition,
            through: body.through,
            recorded_at_us: body.recorded_at_us,
            slot: PartitionSlot {
                state: body.state,
                offset: body.offset,
                head: ChainHead(body.head),
                keys: body.keys,
            },
        })
    }
}
