//! A log is opened again where it ended, by its own institution, and from half-made beginnings.

use std::path::Path;

use accord_event_log::{
    LogReader, PartitionLayout, Sequence,
    journal::{
        segment::{self, path_of},
        sqlite::{LogSettings, SqliteJournal},
    },
    verify::verify,
};

use crate::support::{
    commands::{deposit, keyed, layout, set_limit},
    database,
    logs::{HandWrittenLog, ONE_SEGMENT, log_settings},
};

const SEGMENT_BYTES: u64 = 600;

async fn assert_sound(folder: &Path, events: u64) {
    let reader = LogReader::open(folder).await.unwrap();
    let found = verify(&reader, |_| {}).await.unwrap();
    assert_eq!((found.faults, found.events), (vec![], events));
}

#[tokio::test]
async fn a_log_goes_on_where_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = HandWrittenLog::open(folder.path(), SEGMENT_BYTES).await;
    // The control partition's only event stands in the first segment, many segments before the last.
    log.commit(&[keyed(0, set_limit(10))]);
    for key in 1..20 {
        log.commit(&[keyed(key, deposit(key % 9, 10))]);
    }
    let log_id = log.journal.reader().header().log_id.clone();
    let heads = log.journal.heads().clone();
    drop(log);

    let mut log = HandWrittenLog::open(folder.path(), SEGMENT_BYTES).await;
    assert_eq!(log.journal.reader().header().log_id, log_id);
    assert_eq!(log.journal.heads(), &heads);
    assert_eq!(heads.len(), 4);
    assert_eq!(log.runtime.last(), Sequence(20));
    log.commit(&[keyed(20, set_limit(20)), keyed(21, deposit(0, 1))]);
    assert_sound(folder.path(), 22).await;
}

#[tokio::test]
async fn the_size_of_a_segment_counts_what_an_earlier_process_wrote() {
    let folder = tempfile::tempdir().unwrap();
    for key in 0..12 {
        let mut log = HandWrittenLog::open(folder.path(), SEGMENT_BYTES).await;
        log.commit(&[keyed(key, deposit(1, 10))]);
    }
    let segments = LogReader::open(folder.path()).await.unwrap().segments();
    assert!((3..=6).contains(&segments.len()), "{segments:?}");
    assert_sound(folder.path(), 12).await;
}

#[tokio::test]
async fn the_log_of_another_institution_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    drop(HandWrittenLog::open(folder.path(), ONE_SEGMENT).await);
    let other = LogSettings {
        institution: "bank-b".to_owned(),
        ..log_settings(ONE_SEGMENT)
    };
    let refused = SqliteJournal::open(folder.path(), other)
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("belongs to bank-a, not to bank-b"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_log_keeps_the_partitions_that_it_was_created_with() {
    let folder = tempfile::tempdir().unwrap();
    drop(HandWrittenLog::open(folder.path(), ONE_SEGMENT).await);
    let other = LogSettings {
        layout: PartitionLayout::new(64),
        ..log_settings(ONE_SEGMENT)
    };
    let journal = SqliteJournal::open(folder.path(), other).unwrap();
    assert_eq!(journal.layout(), layout());
    assert_eq!(journal.reader().header().layout, layout());
}

#[tokio::test]
async fn a_log_of_another_format_is_refused_instead_of_guessed_at() {
    let folder = tempfile::tempdir().unwrap();
    drop(HandWrittenLog::open(folder.path(), ONE_SEGMENT).await);
    let path = path_of(folder.path(), Sequence(1));
    database::execute(&path, "UPDATE segment SET format = 7").await;
    let refusals = [
        SqliteJournal::open(folder.path(), log_settings(ONE_SEGMENT))
            .unwrap_err()
            .to_string(),
        LogReader::open(folder.path())
            .await
            .unwrap_err()
            .to_string(),
    ];
    for refused in refusals {
        assert!(refused.contains("format 7"), "{refused}");
    }
}

#[tokio::test]
async fn a_file_that_is_not_named_after_its_first_sequence_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(HandWrittenLog::open(folder.path(), ONE_SEGMENT).await);
    std::fs::write(folder.path().join("copy.segment"), "").unwrap();
    let refused = SqliteJournal::open(folder.path(), log_settings(ONE_SEGMENT))
        .unwrap_err()
        .to_string();
    assert!(refused.contains("copy.segment"), "{refused}");
}

#[tokio::test]
async fn a_half_made_segment_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let half_made = |first| path_of(folder.path(), Sequence(first)).with_extension("segment-draft");
    // The power went while the first segment was being created, and then with the second.
    for first in 1..=2 {
        std::fs::write(half_made(first), "no database yet").unwrap();
        std::fs::write(half_made(first).with_extension("segment-draft-wal"), "x").unwrap();
        let mut log = HandWrittenLog::open(folder.path(), 1).await;
        log.commit(&[keyed(first, deposit(1, 10))]);
        assert_eq!(log.journal.reader().segments().len() as u64, first);
        assert!(!half_made(first).exists());
    }
    assert_sound(folder.path(), 2).await;
}

#[tokio::test]
async fn a_damaged_newest_segment_is_refused_by_name_and_keeps_its_bytes() {
    let folder = tempfile::tempdir().unwrap();
    for commits in 1..=2 {
        let mut log = HandWrittenLog::open(folder.path(), 1).await;
        log.commit(&[keyed(commits, deposit(1, 10))]);
        log.journal.close().await;
    }
    let newest = path_of(folder.path(), Sequence(2));
    let whole = std::fs::read(&newest).unwrap();
    // Emptied; cut short in its first page; without its tables; with a page that is not one any more.
    let mut pages = whole.clone();
    pages[4_096..8_192].fill(0x5a);
    for damaged in [Vec::new(), whole[..700].to_vec(), vec![0; 4_096], pages] {
        std::fs::write(&newest, &damaged).unwrap();
        let refused = SqliteJournal::open(folder.path(), log_settings(ONE_SEGMENT))
            .unwrap_err()
            .to_string();
        assert!(refused.contains(&newest.display().to_string()), "{refused}");
        assert!(std::fs::read(&newest).unwrap() == damaged, "it was changed");
    }
    std::fs::write(&newest, whole).unwrap();
    assert_eq!(
        HandWrittenLog::open(folder.path(), 1).await.runtime.last(),
        Sequence(2)
    );
}

#[tokio::test]
async fn a_damaged_segment_is_not_changed_by_what_waits_in_its_write_ahead_log() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = HandWrittenLog::open(folder.path(), ONE_SEGMENT).await;
    log.commit(&[keyed(1, deposit(1, 10))]);
    // Not closed: as a killed process leaves it, its commit stands in the write-ahead log only.
    let (segment, copy) = (
        path_of(folder.path(), Sequence(1)),
        tempfile::tempdir().unwrap(),
    );
    for suffix in ["", "-wal"] {
        let name = format!("{}{suffix}", segment.display());
        let target = copy
            .path()
            .join(std::path::Path::new(&name).file_name().unwrap());
        std::fs::copy(&name, target).unwrap();
    }
    let segment = path_of(copy.path(), Sequence(1));
    let mut damaged = std::fs::read(&segment).unwrap();
    // The table that holds the header is not in the write-ahead log.
    damaged[4_096..8_192].fill(0x5a);
    std::fs::write(&segment, &damaged).unwrap();
    let refused = SqliteJournal::open(copy.path(), log_settings(ONE_SEGMENT)).unwrap_err();
    assert!(
        refused.to_string().contains(&segment.display().to_string()),
        "{refused}"
    );
    assert!(
        std::fs::read(&segment).unwrap() == damaged,
        "it was changed"
    );
}

#[tokio::test]
async fn a_closed_log_leaves_nothing_but_its_segments() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = HandWrittenLog::open(folder.path(), SEGMENT_BYTES).await;
    for key in 1..20 {
        log.commit(&[keyed(key, deposit(key % 9, 10))]);
    }
    let reader = log.journal.reader();
    reader.read_after(Sequence::ZERO, 1).await.unwrap();
    log.journal.close().await;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(path.extension().unwrap(), "segment", "{}", path.display());
    }
    assert_sound(folder.path(), 19).await;
}

#[tokio::test]
async fn a_newest_segment_without_commits_is_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = HandWrittenLog::open(folder.path(), 1).await;
    log.commit(&[keyed(1, deposit(1, 10)), keyed(2, deposit(2, 10))]);
    let header = segment::SegmentHeader {
        first_sequence: Sequence(3),
        opening_heads: log
            .journal
            .heads()
            .iter()
            .map(|(partition, head)| (*partition, *head))
            .collect(),
        ..log.journal.reader().header().clone()
    };
    drop(log);
    // The power went between the creation of the second segment and its first commit.
    let path = path_of(folder.path(), Sequence(3));
    drop(segment::create(&path, &header).await.unwrap());

    let mut log = HandWrittenLog::open(folder.path(), 1).await;
    assert_eq!(log.runtime.last(), Sequence(2));
    log.commit(&[keyed(3, deposit(1, 10))]);
    assert_eq!(log.journal.reader().segments().len(), 2);
    assert_sound(folder.path(), 3).await;
}
