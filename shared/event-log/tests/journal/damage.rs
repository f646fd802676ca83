//! A damaged file is refused with a clear message, and never read as something else.

use std::{
    io::{Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use accord_event_log::{
    LogReader, Sequence,
    journal::{
        reader::ReadError,
        segment::{PAGE_BYTES, path_of},
        sqlite::SqliteJournal,
    },
};

use crate::support::{
    commands::{deposit, keyed},
    database,
    logs::{HandWrittenLog, ONE_SEGMENT, log_settings},
};

/// A log of 50 events in one file, without a write-ahead log.
async fn closed_log(folder: &Path) -> PathBuf {
    let mut log = HandWrittenLog::open(folder, ONE_SEGMENT).await;
    for key in 0..50 {
        log.commit(&[keyed(key, deposit(1, 10))]);
    }
    drop(log);
    let path = path_of(folder, Sequence(1));
    database::execute(&path, "PRAGMA wal_checkpoint(TRUNCATE)").await;
    path
}

fn overwrite(path: &Path, at: u64, bytes: &[u8]) {
    let mut file = std::fs::File::options().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(bytes).unwrap();
}

/// Every place of a text; a database file also holds remains of rows that were moved.
fn find_all(path: &Path, text: &[u8]) -> Vec<u64> {
    let bytes = std::fs::read(path).unwrap();
    let places = bytes.windows(text.len()).enumerate();
    places
        .filter(|(_, window)| *window == text)
        .map(|(at, _)| at as u64)
        .collect()
}

/// Opens the log for reading and reads all of it.
async fn read(folder: &Path) -> Result<usize, ReadError> {
    let reader = LogReader::open(folder).await?;
    Ok(reader.read_after(Sequence::ZERO, 1 << 20).await?.len())
}

/// Reading fails, and says which file.
async fn assert_refused(folder: &Path, path: &Path, because: &str) {
    let refused = read(folder).await.unwrap_err().to_string();
    assert!(refused.contains(path.to_str().unwrap()), "{refused}");
    assert!(refused.contains(because), "{refused}");
}

#[tokio::test]
async fn a_sound_log_is_read() {
    let folder = tempfile::tempdir().unwrap();
    closed_log(folder.path()).await;
    assert_eq!(read(folder.path()).await.unwrap(), 50);
}

#[tokio::test]
async fn an_overwritten_file_header_is_no_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = closed_log(folder.path()).await;
    overwrite(&path, 0, &[0x55; 100]);
    assert_refused(folder.path(), &path, "not a database").await;
    let refused = SqliteJournal::open(folder.path(), log_settings(ONE_SEGMENT))
        .unwrap_err()
        .to_string();
    assert!(refused.contains("not a database"), "{refused}");
}

#[tokio::test]
async fn a_page_of_garbage_is_a_malformed_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = closed_log(folder.path()).await;
    for place in find_all(&path, b"Deposited") {
        overwrite(
            &path,
            place / PAGE_BYTES * PAGE_BYTES,
            &[0x55; PAGE_BYTES as usize],
        );
    }
    assert_refused(folder.path(), &path, "malformed").await;
    let refused = SqliteJournal::open(folder.path(), log_settings(ONE_SEGMENT))
        .unwrap_err()
        .to_string();
    assert!(refused.contains("malformed"), "{refused}");
}

#[tokio::test]
async fn a_flipped_byte_that_leaves_no_text_is_an_error_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = closed_log(folder.path()).await;
    for place in find_all(&path, b"Deposited") {
        overwrite(&path, place, &[0xff]);
    }
    assert_refused(folder.path(), &path, "utf-8").await;
}

#[tokio::test]
async fn values_that_no_writer_stores_are_errors_and_no_panics() {
    for (damage, because) in [
        ("UPDATE commits SET events = x'00ff'", "events"),
        ("UPDATE commits SET event_count = 'many'", "event_count"),
        ("UPDATE commits SET event_count = 0", "extent"),
        ("UPDATE commits SET event_count = -4", "extent"),
        (
            "UPDATE commits SET first_sequence = first_sequence - 100",
            "extent",
        ),
        ("UPDATE commits SET heads = x'0001'", "cut short"),
        ("UPDATE commits SET recorded_at = 'noon'", "recorded_at"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = closed_log(folder.path()).await;
        database::execute(&path, damage).await;
        let refused = match read(folder.path()).await {
            Err(refused) => refused.to_string(),
            Ok(read) => panic!("{damage}: {read} commits were read"),
        };
        assert!(refused.contains(because), "{damage}: {refused}");
    }
}

#[tokio::test]
async fn a_header_that_no_writer_stores_is_an_error_and_no_panic() {
    for damage in [
        "UPDATE segment SET data_partitions = 0",
        "UPDATE segment SET data_partitions = 'many'",
        "UPDATE segment SET log_id = x'00ff'",
        "UPDATE segment SET opening_heads = x'0001'",
        "DELETE FROM segment",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = closed_log(folder.path()).await;
        database::execute(&path, damage).await;
        assert_refused(folder.path(), &path, "").await;
        assert!(SqliteJournal::open(folder.path(), log_settings(ONE_SEGMENT)).is_err());
    }
}

#[tokio::test]
async fn a_log_with_a_missing_segment_says_from_where() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = HandWrittenLog::open(folder.path(), 1).await;
    for key in 0..5 {
        log.commit(&[keyed(key, deposit(1, 10))]);
    }
    drop(log);
    std::fs::remove_file(path_of(folder.path(), Sequence(1))).unwrap();
    assert!(matches!(
        read(folder.path()).await,
        Err(ReadError::Missing(Sequence(1)))
    ));
}

#[tokio::test]
async fn an_empty_folder_is_no_log() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(
        read(folder.path()).await,
        Err(ReadError::Missing(Sequence(1)))
    ));
}

#[tokio::test]
async fn a_hole_in_a_log_is_not_filled_with_what_was_read_already() {
    let folder = tempfile::tempdir().unwrap();
    let path = closed_log(folder.path()).await;
    database::execute(&path, "DELETE FROM commits WHERE first_sequence = 8").await;
    let reader = LogReader::open(folder.path()).await.unwrap();
    let found = reader.read_after(Sequence(7), 1).await.unwrap();
    assert_eq!(found[0].first_sequence, Sequence(9));
}
