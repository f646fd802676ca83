//! What the node has on the disk: segments, write-ahead logs, snapshots, read models.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::Serialize;

/// Bytes on the disk at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Storage {
    pub segments: u64,
    pub segment_bytes: u64,
    /// The largest segment's file, without its write-ahead log.
    pub largest_segment_bytes: u64,
    /// The segment that is written to, with its write-ahead log.
    pub active_bytes: u64,
    /// Write-ahead logs of segments that are full and not sealed yet.
    pub unsealed_wal_bytes: u64,
    pub unsealed_segments: u64,
    pub read_model_bytes: u64,
    pub read_model_wal_bytes: u64,
    pub snapshot_files: u64,
    pub snapshot_bytes: u64,
}

/// The most of each over a run, and what was there at its end.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct StorageMax {
    pub max: Storage,
    /// Once everything was projected and sealed.
    pub end: Storage,
}

impl StorageMax {
    pub fn include(&mut self, now: Storage) {
        let max = &mut self.max;
        *max = Storage {
            segments: max.segments.max(now.segments),
            segment_bytes: max.segment_bytes.max(now.segment_bytes),
            largest_segment_bytes: max.largest_segment_bytes.max(now.largest_segment_bytes),
            active_bytes: max.active_bytes.max(now.active_bytes),
            unsealed_wal_bytes: max.unsealed_wal_bytes.max(now.unsealed_wal_bytes),
            unsealed_segments: max.unsealed_segments.max(now.unsealed_segments),
            read_model_bytes: max.read_model_bytes.max(now.read_model_bytes),
            read_model_wal_bytes: max.read_model_wal_bytes.max(now.read_model_wal_bytes),
            snapshot_files: max.snapshot_files.max(now.snapshot_files),
            snapshot_bytes: max.snapshot_bytes.max(now.snapshot_bytes),
        };
    }
}

impl Storage {
    /// Looks at the folder of a node.
    pub fn of(node: &Path) -> io::Result<Self> {
        let segments = files_in(&node.join("log"), "segment")?;
        let snapshots = files_in(&node.join("snapshots"), "snapshot")?;
        let read_models = node.join("read-models.db");
        let mut storage = Self {
            segments: segments.len() as u64,
            segment_bytes: segments.iter().map(|path| length(path)).sum(),
            largest_segment_bytes: segments.iter().map(|path| length(path)).max().unwrap_or(0),
            read_model_bytes: length(&read_models),
            read_model_wal_bytes: length(&wal_of(&read_models)),
            snapshot_files: snapshots.len() as u64,
            snapshot_bytes: snapshots.iter().map(|path| length(path)).sum(),
            ..Self::default()
        };
        if let Some((active, full)) = segments.split_last() {
            storage.active_bytes = length(active) + length(&wal_of(active));
            let unsealed = full.iter().map(|path| length(&wal_of(path)));
            for wal in unsealed.filter(|wal| *wal > 0) {
                storage.unsealed_segments += 1;
                storage.unsealed_wal_bytes += wal;
            }
        }
        Ok(storage)
    }
}

/// Files with this extension in the order of their names.
fn files_in(folder: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn wal_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

/// Bytes of a file; none where it is not there, because files come and go while they are counted.
fn length(path: &Path) -> u64 {
    path.metadata().map_or(0, |metadata| metadata.len())
}
