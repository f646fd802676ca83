//! Snapshots: a partition's state on disk, so that recovery folds only the tail.
//!
//! A snapshot is a cache. It is made by folding the log on a thread of its own, never by stopping the decider; one that
//! cannot be read, or whose state has another shape, is discarded and the log is folded from its beginning.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use accord_decider::LoggedDecider;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    chain::ChainHead,
    ids::{PartitionId, PartitionOffset, Sequence},
    known_keys::KnownKeys,
    runtime::PartitionSlot,
};

/// Shape of the snapshot file itself; the shape of the state inside is named by the decider.
const FILE_SCHEMA: &str = "accord-snapshot-2";
const CHECKSUM_BYTES: usize = 32;

#[derive(Serialize)]
struct BodyOut<'a, S> {
    file_schema: &'a str,
    state_schema: &'a str,
    log_id: &'a str,
    partition: PartitionId,
    through: Sequence,
    recorded_at_us: i64,
    offset: PartitionOffset,
    head: [u8; 32],
    keys: &'a KnownKeys,
    state: &'a S,
}

#[derive(Deserialize)]
struct BodyIn<S> {
    file_schema: String,
    state_schema: String,
    log_id: String,
    partition: PartitionId,
    through: Sequence,
    recorded_at_us: i64,
    offset: PartitionOffset,
    head: [u8; 32],
    keys: KnownKeys,
    state: S,
}

/// A partition as it was once the log reached `through`.
pub struct Snapshot<D: LoggedDecider> {
    pub partition: PartitionId,
    pub through: Sequence,
    /// Recorded-at time of the last commit folded, in epoch microseconds.
    pub recorded_at_us: i64,
    pub slot: PartitionSlot<D>,
}

/// The snapshots of one log, one file for each partition.
#[derive(Clone, Debug)]
pub struct SnapshotFolder {
    folder: PathBuf,
    log_id: String,
}

impl SnapshotFolder {
    pub fn new(folder: PathBuf, log_id: String) -> Self {
        Self { folder, log_id }
    }

    /// Replaces the partition's snapshot; a crash leaves either the old one or the new one.
    pub fn save<D: LoggedDecider>(
        &self,
        partition: PartitionId,
        through: Sequence,
        recorded_at_us: i64,
        slot: &PartitionSlot<D>,
    ) -> io::Result<u64> {
        let body = BodyOut {
            file_schema: FILE_SCHEMA,
            state_schema: D::STATE_SCHEMA,
            log_id: &self.log_id,
            partition,
            through,
            recorded_at_us,
            offset: slot.offset,
            head: slot.head.0,
            keys: &slot.keys,
            state: &slot.state,
        };
        let mut bytes = postcard::to_stdvec(&body).map_err(io::Error::other)?;
        let checksum = Sha256::digest(&bytes);
        bytes.extend_from_slice(&checksum);
        let path = self.path(partition);
        let draft = path.with_extension("draft");
        let mut file = fs::File::create(&draft)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&draft, &path)?;
        fs::File::open(&self.folder)?.sync_all()?;
        Ok(bytes.len() as u64)
    }

    /// The partition's snapshot, if there is one that this binary can use.
    pub fn load<D: LoggedDecider>(&self, partition: PartitionId) -> Option<Snapshot<D>> {
        let path = self.path(partition);
        let bytes = fs::read(&path).ok()?;
        match self.parse(partition, &bytes) {
            Some(snapshot) => Some(snapshot),
            None => {
                tracing::info!(path = %path.display(), "snapshot of another shape or damaged: folding the log instead");
                None
            }
        }
    }

    /// Removes the partition's snapshot. Where that fails it is only found and discarded once more.
    pub fn discard(&self, partition: PartitionId) {
        let path = self.path(partition);
        match fs::remove_file(&path) {
            Ok(()) => {
                tracing::warn!(path = %path.display(), "a snapshot ahead of its log was removed")
            }
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "a snapshot could not be removed")
            }
        }
    }

    fn parse<D: LoggedDecider>(&self, partition: PartitionId, bytes: &[u8]) -> Option<Snapshot<D>> {
        let (body, checksum) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM_BYTES)?)?;
        if Sha256::digest(body).as_slice() != checksum {
            return None;
        }
        // The schema names come first, so they can be judged before a state of another shape is parsed.
        let (file_schema, rest) = postcard::take_from_bytes::<&str>(body).ok()?;
        let (state_schema, _) = postcard::take_from_bytes::<&str>(rest).ok()?;
        if file_schema != FILE_SCHEMA || state_schema != D::STATE_SCHEMA {
            return None;
        }
        let body: BodyIn<D::State> = postcard::from_bytes(body).ok()?;
        debug_assert_eq!(
            (body.file_schema.as_str(), body.state_schema.as_str()),
            (FILE_SCHEMA, D::STATE_SCHEMA)
        );
        if body.log_id != self.log_id || body.partition != partition {
            return None;
        }
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

    fn path(&self, partition: PartitionId) -> PathBuf {
        self.folder
            .join(format!("partition-{:05}.snapshot", partition.0))
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }
}
