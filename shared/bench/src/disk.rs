//! The disk's own answer to "append this and make it durable".
//!
//! A log that promises durability before it replies cannot commit faster than the disk flushes, so
//! every commit latency should be read beside this distribution. Each sample is one append followed
//! by `fdatasync(2)`. The file grows with every append, so the flush has to carry the new length
//! too, just as for a log that is not pre-allocated.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::latency::{LatencyHistogram, LatencySummary};
use crate::number::{grouped, measured};
use crate::report::Tabular;

/// The largest file a probe may leave behind while it runs.
pub const PROBE_FILE_BYTES_MAX: u64 = 1 << 30;

/// Appends to a file in `folder`, making each append durable, until a bound is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskProbe {
    /// Where the probe's file is made (and removed); must exist.
    pub folder: PathBuf,
    /// Bytes per append.
    pub write_bytes: usize,
    /// Stop after this many appends.
    pub writes_max: u64,
    /// Stop after this much time, whichever comes first.
    pub duration_max: Duration,
}

/// How long durable appends took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DiskReport {
    /// Bytes per append.
    pub write_bytes: usize,
    /// From the first append to the end of the last flush, in seconds.
    pub elapsed_seconds: f64,
    /// Durable appends per second, one after the other.
    pub rate_per_second: f64,
    /// One append and its flush.
    pub append_and_flush: LatencySummary,
    /// The `fdatasync` alone.
    pub flush: LatencySummary,
}

/// Why the disk could not be probed.
#[derive(Debug, thiserror::Error)]
pub enum DiskProbeError {
    /// The bounds allow no append at all, or a file that is too large.
    #[error(
        "appends of {write_bytes} bytes, at most {writes_max}, \
         must make a file of 1 to {PROBE_FILE_BYTES_MAX} bytes"
    )]
    OutOfBounds {
        /// Bytes per append, as asked for.
        write_bytes: usize,
        /// The most appends, as asked for.
        writes_max: u64,
    },
    /// The file system refused.
    #[error("the disk probe failed in {}", folder.display())]
    FileSystem {
        /// Where the probe ran.
        folder: PathBuf,
        /// What the file system answered.
        source: io::Error,
    },
}

impl DiskProbe {
    /// Runs the probe. It blocks its thread: call it outside an async runtime, or from
    /// `spawn_blocking`.
    ///
    /// At least one append is made, so that the report is never empty.
    ///
    /// # Errors
    ///
    /// [`DiskProbeError`]; the file is removed in any case.
    pub fn run(&self) -> Result<DiskReport, DiskProbeError> {
        let bytes_max = (self.write_bytes as u64).checked_mul(self.writes_max);
        if !bytes_max.is_some_and(|bytes| (1..=PROBE_FILE_BYTES_MAX).contains(&bytes)) {
            return Err(DiskProbeError::OutOfBounds {
                write_bytes: self.write_bytes,
                writes_max: self.writes_max,
            });
        }
        self.append_until_bound()
            .map_err(|source| DiskProbeError::FileSystem {
                folder: self.folder.clone(),
                source,
            })
    }

    fn append_until_bound(&self) -> io::Result<DiskReport> {
        let mut probe = ProbeFile::create_in(&self.folder)?;
        let content = incompressible(self.write_bytes);
        let mut append_and_flush = LatencyHistogram::new();
        let mut flush = LatencyHistogram::new();
        let began = Instant::now();
        let mut finished = began;
        for _ in 0..self.writes_max {
            let appending = Instant::now();
            probe.file.write_all(&content)?;
            let flushing = Instant::now();
            probe.file.sync_data()?;
            finished = Instant::now();
            append_and_flush.record(finished - appending);
            flush.record(finished - flushing);
            if finished - began >= self.duration_max {
                break;
            }
        }
        let elapsed_seconds = (finished - began).as_secs_f64();
        let append_and_flush = append_and_flush.summary();
        Ok(DiskReport {
            write_bytes: self.write_bytes,
            elapsed_seconds,
            rate_per_second: append_and_flush.count as f64 / elapsed_seconds,
            append_and_flush,
            flush: flush.summary(),
        })
    }
}

impl Tabular for DiskReport {
    const HEADINGS: &'static [&'static str] = &[
        "bytes",
        "appends",
        "rate/s",
        "append+flush p50 µs",
        "flush p50 µs",
        "flush p99 µs",
        "flush max µs",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            grouped(self.write_bytes as u64),
            grouped(self.flush.count),
            measured(self.rate_per_second),
            grouped(self.append_and_flush.p50_us),
            grouped(self.flush.p50_us),
            grouped(self.flush.p99_us),
            grouped(self.flush.max_us),
        ]
    }
}

/// The probe's file, removed when the probe ends however it ends.
struct ProbeFile {
    file: File,
    path: PathBuf,
}

impl ProbeFile {
    /// The name carries the process id, so that two probes in one folder do not meet; `create_new`
    /// refuses to touch a file that is already there.
    fn create_in(folder: &Path) -> io::Result<Self> {
        let path = folder.join(format!("disk-probe-{}.bin", std::process::id()));
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(&path)?;
        Ok(Self { file, path })
    }
}

impl Drop for ProbeFile {
    fn drop(&mut self) {
        // Nothing is lost with a file that cannot be removed, and nobody is left to tell.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Bytes without visible repetition, because some file systems compress what they store
/// (xorshift64, Marsaglia 2003).
fn incompressible(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let next = std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    next.flatten().take(length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(folder: &Path, writes_max: u64, duration_max: Duration) -> DiskProbe {
        DiskProbe {
            folder: folder.to_owned(),
            write_bytes: 300,
            writes_max,
            duration_max,
        }
    }

    fn files_in(folder: &Path) -> usize {
        std::fs::read_dir(folder).expect("readable").count()
    }

    #[test]
    fn stops_after_the_asked_number_of_appends_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let report = probe(folder.path(), 7, Duration::from_secs(60))
            .run()
            .expect("the disk answers");
        assert_eq!(report.append_and_flush.count, 7);
        assert_eq!(report.flush.count, 7);
        assert!(report.flush.p50_us <= report.flush.p99_us);
        assert!(report.flush.p99_us <= report.flush.max_us);
        assert_eq!(files_in(folder.path()), 0);
    }

    #[test]
    fn stops_when_its_time_is_up() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let report = probe(folder.path(), 1_000, Duration::ZERO)
            .run()
            .expect("the disk answers");
        assert_eq!(report.flush.count, 1);
    }

    #[test]
    fn refuses_bounds_that_allow_nothing_or_too_much() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for writes_max in [0, PROBE_FILE_BYTES_MAX, u64::MAX] {
            let refused = probe(folder.path(), writes_max, Duration::ZERO).run();
            assert!(
                matches!(refused, Err(DiskProbeError::OutOfBounds { .. })),
                "{writes_max}"
            );
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_named_in_the_error() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let missing = folder.path().join("missing");
        let error = probe(&missing, 1, Duration::ZERO)
            .run()
            .expect_err("nothing to write to");
        assert!(error.to_string().contains("missing"), "{error}");
    }

    #[test]
    fn a_file_that_is_already_there_is_left_alone() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let _other = ProbeFile::create_in(folder.path()).expect("the first probe's file");
        let refused = probe(folder.path(), 1, Duration::ZERO).run();
        assert!(matches!(refused, Err(DiskProbeError::FileSystem { .. })));
        assert_eq!(files_in(folder.path()), 1);
    }
}
