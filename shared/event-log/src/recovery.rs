//! Folding partitions from the log: the newest snapshot of each, then the tail.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    commit::StoredCommit,
    ids::{PartitionId, Sequence},
    journal::reader::{LogReader, ReadError},
    runtime::{PartitionSlot, Runtime},
    snapshot::{Snapshot, SnapshotFolder},
    stages::StageTimes,
};
use accord_decider::{DecodeError, LoggedDecider};

/// Stored text read at a time.
const READ_BYTES: usize = 4 << 20;

/// Partitions while they are folded.
pub struct Fold<D: LoggedDecider> {
    partitions: BTreeMap<PartitionId, FoldedPartition<D>>,
    through: Sequence,
    recorded_at_us: i64,
    key_window: usize,
}

struct FoldedPartition<D: LoggedDecider> {
    slot: PartitionSlot<D>,
    /// Events up to here are in the slot already.
    through: Sequence,
}

impl<D: LoggedDecider> Fold<D> {
    /// Empty partitions, for a fold from the beginning of the log.
    pub fn from_start(
        partitions: impl IntoIterator<Item = PartitionId>,
        key_window: usize,
    ) -> Self {
        Self {
            partitions: partitions
                .into_iter()
                .map(|partition| {
                    let folded = FoldedPartition {
                        slot: PartitionSlot::new(partition, key_window),
                        through: Sequence::ZERO,
                    };
                    (partition, folded)
                })
                .collect(),
            through: Sequence::ZERO,
            recorded_at_us: i64::MIN,
            key_window,
        }
    }

    /// Partitions from their snapshots, where there are usable ones that the log reaches.
    pub fn from_snapshots(
        partitions: impl IntoIterator<Item = PartitionId>,
        key_window: usize,
        snapshots: &SnapshotFolder,
        log_end: Sequence,
    ) -> Self {
        let mut fold = Self::from_start(partitions, key_window);
        let loaded: Vec<_> = fold
            .partitions
            .keys()
            .filter_map(|partition| snapshots.load::<D>(*partition))
            .collect();
        for snapshot in loaded {
            if snapshot.through <= log_end {
                fold.start_from(snapshot);
            } else {
                // It is of a log that lost its end. It must not be believed, nor be there when this log has grown past
                // it with another history.
                snapshots.discard(snapshot.partition);
            }
        }
        fold
    }

    /// Lets one partition start from a snapshot, which the log must reach. To be called before anything is folded.
    pub fn start_from(&mut self, snapshot: Snapshot<D>) {
        if let Some(folded) = self.partitions.get_mut(&snapshot.partition) {
            folded.slot = snapshot.slot;
            folded.slot.keys.set_capacity(self.key_window);
            folded.through = snapshot.through;
            self.recorded_at_us = self.recorded_at_us.max(snapshot.recorded_at_us);
        }
        self.through = self
            .partitions
            .values()
            .map(|folded| folded.through)
            .min()
            .unwrap_or(Sequence::ZERO);
    }

    /// Folds one commit. Events that a snapshot already holds, and those of other partitions, are passed over.
    pub fn apply(&mut self, commit: &StoredCommit) -> Result<(), DecodeError> {
        let partitions = &mut self.partitions;
        commit.each_after::<D>(self.through, |recorded| {
            if let Some(folded) = partitions.get_mut(&recorded.metadata.partition)
                && recorded.metadata.sequence > folded.through
            {
                folded.slot.fold(recorded);
            }
        })?;
        for (partition, head) in &commit.heads {
            if let Some(folded) = self.partitions.get_mut(partition)
                && commit.last_sequence() > folded.through
            {
                folded.slot.head = *head;
            }
        }
        self.through = self.through.max(commit.last_sequence());
        self.recorded_at_us = self.recorded_at_us.max(commit.recorded_at_us);
        Ok(())
    }

    /// Folds everything that the log holds now.
    pub async fn catch_up(&mut self, reader: &LogReader) -> Result<(), ReadError> {
        self.catch_up_to(reader, reader.last()).await
    }

    /// Folds at least up to `target`.
    pub async fn catch_up_to(
        &mut self,
        reader: &LogReader,
        target: Sequence,
    ) -> Result<(), ReadError> {
        while self.through < target {
            let commits = reader.read_after(self.through, READ_BYTES).await?;
            if commits.is_empty() {
                return Err(ReadError::Missing(self.through.next()));
            }
            for commit in commits {
                self.apply(&commit)?;
            }
        }
        Ok(())
    }

    pub fn through(&self) -> Sequence {
        self.through
    }

    /// Saves a snapshot of every partition; gives the bytes written.
    pub fn save(&self, snapshots: &SnapshotFolder) -> std::io::Result<u64> {
        let mut bytes = 0;
        for (partition, folded) in &self.partitions {
            let through = folded.through.max(self.through);
            bytes += snapshots.save(*partition, through, self.recorded_at_us, &folded.slot)?;
        }
        Ok(bytes)
    }

    /// A partition's slot, for take-overs and comparisons.
    pub fn slot(&self, partition: PartitionId) -> Option<&PartitionSlot<D>> {
        self.partitions.get(&partition).map(|folded| &folded.slot)
    }

    /// A runtime that decides for all folded partitions, the control partition among them.
    pub fn into_runtime(self, stages: Arc<StageTimes>) -> Runtime<D> {
        let control = self.partitions.get(&PartitionId::CONTROL).map_or_else(
            || D::initial(PartitionId::CONTROL),
            |folded| folded.slot.state.clone(),
        );
        let slots = self
            .partitions
            .into_iter()
            .map(|(partition, folded)| (partition, folded.slot))
            .collect();
        Runtime::new(slots, control, self.through, self.recorded_at_us, stages)
    }
}
