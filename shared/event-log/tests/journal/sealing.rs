//! A full segment's write-ahead log is folded into its file, now or at the next start.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use accord_event_log::{LogReader, Sequence, journal::segment::path_of};

use crate::support::{
    commands::{deposit, keyed},
    database,
    logs::{HandWrittenLog, read_all},
};

const SEGMENT_BYTES: u64 = 600;

fn wal_bytes(segment: &Path) -> u64 {
    let mut wal = segment.as_os_str().to_owned();
    wal.push("-wal");
    PathBuf::from(wal).metadata().map_or(0, |wal| wal.len())
}

/// Waits for the sealing threads; a test that waits too long fails.
async fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let patience = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < patience, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn the_write_ahead_logs_of_sealed_segments_are_emptied_under_readers() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = HandWrittenLog::open(folder.path(), SEGMENT_BYTES).await;
    let elsewhere = LogReader::open(folder.path()).await.unwrap();
    for key in 0..30 {
        log.commit(&[keyed(key, deposit(1, 10))]);
        // Readers of the growing segment, stopping in the middle of it, must not keep it from being sealed.
        elsewhere.refresh().await.unwrap();
        let _ = elsewhere.read_after(Sequence(key / 2), 1).await.unwrap();
    }
    let segments = elsewhere.segments();
    assert!(segments.len() > 5);
    let (newest, sealed) = segments.split_last().unwrap();
    wait_until("the sealed segments keep their write-ahead logs", || {
        sealed.iter().all(|(_, path)| wal_bytes(path) == 0)
    })
    .await;
    assert!(wal_bytes(&newest.1) > 0, "the newest is still written to");
    assert_eq!(
        read_all(&elsewhere, Sequence::ZERO, 1 << 20).await.len(),
        30
    );
}

#[tokio::test]
async fn a_segment_that_a_kill_left_unsealed_is_sealed_by_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = HandWrittenLog::open(folder.path(), SEGMENT_BYTES).await;
    log.commit(&[keyed(0, deposit(1, 10))]);
    let first = path_of(folder.path(), Sequence(1));
    // Somebody reads the first segment while it is sealed, which therefore takes its time.
    let mut reading = database::connect(&first).await;
    sqlx::raw_sql("BEGIN; SELECT * FROM commits")
        .execute(&mut reading)
        .await
        .unwrap();
    for key in 1..10 {
        log.commit(&[keyed(key, deposit(1, 10))]);
    }
    assert!(wal_bytes(&first) > 0);

    // What a kill leaves: the files as they stand.
    let killed = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        if !entry.file_name().to_string_lossy().ends_with("-shm") {
            std::fs::copy(entry.path(), killed.path().join(entry.file_name())).unwrap();
        }
    }
    let first = path_of(killed.path(), Sequence(1));
    assert!(wal_bytes(&first) > 0);
    let again = HandWrittenLog::open(killed.path(), SEGMENT_BYTES).await;
    assert_eq!(again.runtime.last(), Sequence(10));
    wait_until("the first segment keeps its write-ahead log", || {
        wal_bytes(&first) == 0
    })
    .await;
    assert_eq!(
        read_all(&again.journal.reader(), Sequence::ZERO, 1 << 20).await,
        read_all(&log.journal.reader(), Sequence::ZERO, 1 << 20).await
    );
}

/// A commit of one event costs whole pages: without folding, these commits would leave more than two megabytes.
#[tokio::test]
async fn sparse_traffic_does_not_grow_the_write_ahead_log_without_bound() {
    let folder = tempfile::tempdir().unwrap();
    let segment_bytes = 50_000;
    let mut log = HandWrittenLog::open(folder.path(), segment_bytes).await;
    let newest = path_of(folder.path(), Sequence(1));
    for key in 0..200 {
        log.commit(&[keyed(key, deposit(1, 10))]);
        assert!(wal_bytes(&newest) < 4 * segment_bytes);
    }
    assert_eq!(log.journal.reader().segments().len(), 1);
    let elsewhere = LogReader::open(folder.path()).await.unwrap();
    assert_eq!(
        read_all(&elsewhere, Sequence::ZERO, 1 << 20).await.len(),
        200
    );
}
