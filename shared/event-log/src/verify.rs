//! Re-checks a log: no gaps, no repeats, and every partition's hash chain over the exact stored bytes.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    chain::ChainHead,
    commit::{StoredCommit, inspect_event},
    envelope::EventMetadata,
    ids::{PartitionId, PartitionOffset, Sequence},
    journal::reader::{LogReader, ReadError},
};

const READ_BYTES: usize = 4 << 20;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verification {
    pub events: u64,
    pub commits: u64,
    pub stored_bytes: u64,
    /// Chain head of each partition, in hexadecimal.
    pub heads: BTreeMap<PartitionId, String>,
    /// The first places where the log contradicts itself; empty for a sound log.
    pub faults: Vec<Fault>,
}

/// A place where the log contradicts itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    pub sequence: Sequence,
    pub detail: String,
}

/// Faults after which a check stops: one broken commit breaks every later one of its partition.
const FAULTS_MAX: usize = 20;

/// Reads the whole log and checks it. `progress` is told the last checked sequence now and then.
///
/// # Errors
/// If a segment cannot be read at all. A commit that can be read but not understood is a fault like any other.
pub async fn verify(
    reader: &LogReader,
    mut progress: impl FnMut(Sequence),
) -> Result<Verification, ReadError> {
    let mut check = Check::default();
    let last = reader.last();
    while check.through < last && !check.is_enough() {
        let commits = reader.read_after(check.through, READ_BYTES).await?;
        if commits.is_empty() {
            check.fault(check.through.next(), "missing".into());
            break;
        }
        for commit in commits {
            check.commit(&commit);
            if check.is_enough() {
                break;
            }
        }
        progress(check.through);
    }
    Ok(check.finish())
}

#[derive(Default)]
struct Check {
    found: Verification,
    /// Offset and chain head of each partition so far.
    partitions: BTreeMap<PartitionId, (PartitionOffset, ChainHead)>,
    through: Sequence,
    recorded_at_us: Option<i64>,
}

impl Check {
    fn commit(&mut self, commit: &StoredCommit) {
        let first = commit.first_sequence;
        if first != self.through.next() {
            let detail = format!("follows {} with a gap or an overlap", self.through);
            self.fault(first, detail);
        }
        if self
            .recorded_at_us
            .is_some_and(|before| commit.recorded_at_us < before)
        {
            self.fault(first, "recorded before its predecessor".into());
        }
        match commit.stored_events() {
            Ok(events) => self.events(commit, &events),
            Err(error) => self.fault(first, error.to_string()),
        }
        self.found.commits += 1;
        self.found.stored_bytes += commit.events.len() as u64;
        self.recorded_at_us = Some(commit.recorded_at_us);
        self.through = commit.last_sequence();
    }

    fn events(&mut self, commit: &StoredCommit, events: &[&RawValue]) {
        let first = commit.first_sequence;
        if events.len() as u64 != commit.event_count {
            self.fault(first, "says another number of events".into());
        }
        let mut touched = BTreeSet::new();
        for (index, stored) in (0..).zip(events) {
            let sequence = Sequence(first.0 + index);
            match inspect_event(stored.get(), sequence, commit.recorded_at_us) {
                Ok((metadata, _)) => {
                    touched.insert(metadata.partition);
                    self.event(commit, &metadata, stored);
                }
                Err(error) => self.fault(sequence, error.to_string()),
            }
        }
        self.found.events += events.len() as u64;
        for (partition, head) in &commit.heads {
            touched.remove(partition);
            if self.partitions.get(partition).map(|(_, head)| head) != Some(head) {
                let detail = format!("chain of partition {partition} is broken in this commit");
                self.fault(first, detail);
            }
        }
        for partition in touched {
            let detail = format!("chain of partition {partition} has no head in this commit");
            self.fault(first, detail);
        }
    }

    fn event(&mut self, commit: &StoredCommit, metadata: &EventMetadata, stored: &RawValue) {
        let (offset, head) = self.partitions.entry(metadata.partition).or_default();
        let before = std::mem::replace(offset, metadata.offset);
        *head = head.extend(commit.recorded_at_us, stored.get().as_bytes());
        if before.checked_add(1) != Some(metadata.offset) {
            let detail = format!("offset {} follows {before}", metadata.offset);
            self.fault(metadata.sequence, detail);
        }
    }

    fn fault(&mut self, sequence: Sequence, detail: String) {
        self.found.faults.push(Fault { sequence, detail });
    }

    fn is_enough(&self) -> bool {
        self.found.faults.len() >= FAULTS_MAX
    }

    fn finish(mut self) -> Verification {
        self.found.heads = self
            .partitions
            .into_iter()
            .map(|(partition, (_, head))| (partition, head.to_hex()))
            .collect();
        self.found
    }
}
