//! What was appended is read back, from memory and from the disk, from every position.

use std::{path::Path, sync::Arc};

use accord_event_log::{
    LogReader, LoggedDecider, PartitionId, Sequence, StoredCommit, journal::reader::ReadError,
};
use sqlx::Row;

use crate::support::{
    accounts::{Accounts, Event},
    commands::{deposit, keyed, set_limit},
    database,
    logs::{HandWrittenLog, ONE_SEGMENT, read_all},
};

/// Small enough that a few dozen commits fill more segments than a reader keeps open.
const SEGMENT_BYTES: u64 = 600;

/// 40 commits of one to seven events.
async fn write_log(folder: &Path, segment_bytes: u64) -> (HandWrittenLog, Vec<Arc<StoredCommit>>) {
    let mut log = HandWrittenLog::open(folder, segment_bytes).await;
    let mut key = 0;
    let commits = (0..40_u64)
        .map(|commit| {
            let commands: Vec<_> = (0..1 + commit % 7)
                .map(|account| {
                    key += 1;
                    keyed(key, deposit(account, 10 + commit))
                })
                .collect();
            log.commit(&commands)
        })
        .collect();
    (log, commits)
}

fn after(commits: &[Arc<StoredCommit>], after: Sequence) -> Vec<Arc<StoredCommit>> {
    commits
        .iter()
        .filter(|commit| commit.last_sequence() > after)
        .cloned()
        .collect()
}

#[tokio::test]
async fn every_position_reads_the_same_commits_from_memory_and_from_segments() {
    let folder = tempfile::tempdir().unwrap();
    let (log, commits) = write_log(folder.path(), SEGMENT_BYTES).await;
    let in_memory = log.journal.reader();
    let on_disk = LogReader::open(folder.path()).await.unwrap();
    assert!(on_disk.segments().len() > 10, "{:?}", on_disk.segments());
    assert_eq!(in_memory.segments(), on_disk.segments());
    let last = commits.last().unwrap().last_sequence();
    for reader in [&in_memory, &on_disk] {
        assert_eq!(reader.last(), last);
        for start in 0..=last.0 {
            let start = Sequence(start);
            let expected = after(&commits, start);
            for bytes_max in [1, 1_000, 1 << 20] {
                assert_eq!(
                    read_all(reader, start, bytes_max).await,
                    expected,
                    "after {start}"
                );
            }
        }
        assert_eq!(reader.read_after(last.next(), 1_000).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_read_gives_at_least_one_commit_and_no_more_than_it_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (log, commits) = write_log(folder.path(), ONE_SEGMENT).await;
    let on_disk = LogReader::open(folder.path()).await.unwrap();
    let two = commits[0].events.len() + commits[1].events.len();
    for reader in [&log.journal.reader(), &on_disk] {
        for (bytes_max, expected) in [(0, 1), (two - 1, 1), (two, 2)] {
            let found = reader.read_after(Sequence::ZERO, bytes_max).await.unwrap();
            assert_eq!(found.len(), expected, "{bytes_max} bytes");
        }
    }
}

#[tokio::test]
async fn one_event_is_read_by_its_sequence() {
    let folder = tempfile::tempdir().unwrap();
    let (_log, commits) = write_log(folder.path(), SEGMENT_BYTES).await;
    let reader = LogReader::open(folder.path()).await.unwrap();
    let mut expected = Vec::new();
    for commit in &commits {
        expected.extend(commit.decode::<Accounts>().unwrap().iter().cloned());
    }
    for recorded in &expected {
        let sequence = recorded.metadata.sequence;
        assert_eq!(
            reader.read_event::<Accounts>(sequence).await.unwrap(),
            **recorded
        );
    }
    for nowhere in [Sequence::ZERO, reader.last().next(), Sequence(u64::MAX)] {
        assert!(matches!(
            reader.read_event::<Accounts>(nowhere).await,
            Err(ReadError::Missing(sequence)) if sequence == nowhere
        ));
    }
}

#[tokio::test]
async fn a_reader_follows_its_writer_and_one_of_another_process_looks_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = HandWrittenLog::open(folder.path(), SEGMENT_BYTES).await;
    let elsewhere = LogReader::open(folder.path()).await.unwrap();
    assert_eq!(elsewhere.last(), Sequence::ZERO);
    let mut committed = log.journal.reader().subscribe();
    for key in 0..30 {
        log.commit(&[keyed(key, deposit(1, 10))]);
        assert_eq!(*committed.borrow_and_update(), Sequence(key + 1));
    }
    assert_eq!(elsewhere.last(), Sequence::ZERO);
    assert_eq!(elsewhere.refresh().await.unwrap(), Sequence(30));
    assert_eq!(read_all(&elsewhere, Sequence(7), 100).await.len(), 23);
}

#[tokio::test]
async fn a_shell_sees_one_row_for_each_event() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = HandWrittenLog::open(folder.path(), ONE_SEGMENT).await;
    log.commit(&[keyed(1, set_limit(100)), keyed(2, deposit(4, 50))]);
    log.commit(&[keyed(3, deposit(4, 7)), keyed(4, deposit(5, 9))]);
    let (_, path) = &log.journal.reader().segments()[0];
    let mut connection = database::connect(path).await;
    let rows = sqlx::query("SELECT * FROM events ORDER BY sequence")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let mut expected = Vec::new();
    for commit in read_all(&log.journal.reader(), Sequence::ZERO, 1).await {
        expected.extend(commit.decode::<Accounts>().unwrap().iter().cloned());
    }
    assert_eq!(rows.len(), 4);
    for (row, recorded) in rows.iter().zip(&expected) {
        let metadata = &recorded.metadata;
        let number = |column: &str| row.get::<i64, _>(column).cast_unsigned();
        let text = |column: &str| row.get::<String, _>(column);
        assert_eq!(number("sequence"), metadata.sequence.0);
        assert_eq!(row.get::<i64, _>("recorded_at"), metadata.recorded_at_us);
        assert_eq!(text("type"), metadata.event_type);
        assert_eq!(number("schema_version"), u64::from(metadata.schema_version));
        assert_eq!(PartitionId(number("partition") as u16), metadata.partition);
        assert_eq!(number("offset"), metadata.offset);
        assert_eq!(text("entity_type"), metadata.entity_type);
        assert_eq!(text("entity_id"), metadata.entity_id);
        assert_eq!(number("entity_version"), metadata.entity_version);
        assert_eq!(text("command_id"), metadata.command_id.simple().to_string());
        assert_eq!(text("actor"), *metadata.actor);
        let decoded = Accounts::decode(
            &text("type"),
            metadata.schema_version,
            &text("entity_id"),
            &text("payload"),
        );
        assert_eq!(decoded.unwrap(), recorded.event);
    }
    assert!(matches!(expected[0].event, Event::LimitSet { amount: 100 }));
}

#[tokio::test]
async fn text_that_databases_stumble_over_comes_back_from_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = HandWrittenLog::open(folder.path(), ONE_SEGMENT).await;
    let actors = [
        "",
        "it's",
        "\"quoted\" \\",
        "before\0after",
        "\u{2028}é😀",
        "');--",
    ];
    for (key, actor) in (0..).zip(actors) {
        let mut command = keyed(key, deposit(1, 10));
        command.actor = Arc::from(actor);
        command.traceparent = Some(Arc::from(actor));
        log.commit(&[command]);
    }
    let reader = LogReader::open(folder.path()).await.unwrap();
    for (sequence, actor) in (1..).map(Sequence).zip(actors) {
        let recorded = reader.read_event::<Accounts>(sequence).await.unwrap();
        assert_eq!(&*recorded.metadata.actor, actor);
        assert_eq!(recorded.metadata.traceparent.as_deref(), Some(actor));
    }
}
