//! Re-checks a log: no gaps, no repeats, and every partition's hash chain over the exact stored bytes.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    chain::ChainHead,
    commit::inspect_event,
    ids::{PartitionId, Sequence},
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
pub async fn verify(
    reader: &LogReader,
    mut progress: impl FnMut(Sequence),
) -> Result<Verification, ReadError> {
    let mut found = Verification::default();
    let mut heads: BTreeMap<PartitionId, (u64, ChainHead)> = BTreeMap::new();
    let mut through = Sequence::ZERO;
    let mut recorded_at_us = i64::MIN;
    let last = reader.last();
    while through < last && found.faults.len() < FAULTS_MAX {
        let commits = reader.read_after(through, READ_BYTES).await?;
        if commits.is_empty() {
            found.faults.push(Fault {
                sequence: through.next(),
                detail: "missing".into(),
            });
            break;
        }
        for commit in commits {
            let mut fault = |sequence, detail: String| {
                found.faults.push(Fault { sequence, detail });
            };
            if commit.first_sequence != through.next() {
                fault(
                    commit.first_sequence,
                    format!("follows {through} with a gap or an overlap"),
                );
            }
            if commit.recorded_at_us < recorded_at_us {
                fault(
                    commit.first_sequence,
                    "recorded before its predecessor".into(),
                );
            }
            recorded_at_us = commit.recorded_at_us;
            let events = commit.stored_events()?;
            if events.len() as u64 != commit.event_count {
                fault(
                    commit.first_sequence,
                    "says another number of events".into(),
                );
            }
            for (index, stored) in (0..).zip(&events) {
                let sequence = Sequence(commit.first_sequence.0 + index);
                let (metadata, _) = inspect_event(stored.get(), sequence, recorded_at_us)?;
                let (offset, head) = heads.entry(metadata.partition).or_default();
                if metadata.offset != *offset + 1 {
                    fault(
                        sequence,
                        format!("offset {} follows {offset}", metadata.offset),
                    );
                }
                *offset = metadata.offset;
                *head = head.extend(recorded_at_us, stored.get().as_bytes());
            }
            for (partition, head) in &commit.heads {
                if heads.get(partition).map(|(_, head)| head) != Some(head) {
                    fault(
                        commit.first_sequence,
                        format!("chain of partition {partition} is broken in this commit"),
                    );
                }
            }
            found.events += events.len() as u64;
            found.commits += 1;
            found.stored_bytes += commit.events.len() as u64;
            through = commit.last_sequence();
            if found.faults.len() >= FAULTS_MAX {
                break;
            }
        }
        progress(through);
    }
    found.heads = heads
        .into_iter()
        .map(|(partition, (_, head))| (partition, head.to_hex()))
        .collect();
    Ok(found)
}
