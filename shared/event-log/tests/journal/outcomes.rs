//! How an append can end other than well, and what the log then holds.

use std::path::PathBuf;

use accord_event_log::{
    AppendError, Journal, LogReader, Sequence,
    journal::segment::{self, path_of},
    verify::verify,
};

use crate::support::{
    commands::{deposit, keyed},
    database,
    logs::{HandWrittenLog, ONE_SEGMENT, full_fold, read_all},
};

struct Fixture {
    folder: tempfile::TempDir,
    log: HandWrittenLog,
    segment: PathBuf,
}

/// A log of two commits.
async fn fixture(segment_bytes: u64) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let mut log = HandWrittenLog::open(folder.path(), segment_bytes).await;
    log.commit(&[keyed(1, deposit(1, 10))]);
    log.commit(&[keyed(2, deposit(2, 10))]);
    let segment = log.journal.reader().segments().pop().unwrap().1;
    Fixture {
        folder,
        log,
        segment,
    }
}

impl Fixture {
    /// Decides a third command and tries to append it.
    fn append_third(&mut self) -> Result<(), AppendError> {
        let (commit, _) = self.log.decide(&[keyed(3, deposit(3, 10))]);
        self.log.journal.append(&commit)
    }

    /// Starts again from what the log holds, as a worker does after a failure.
    async fn recover(&mut self) {
        self.log.journal.reopen().unwrap();
        self.log.runtime = full_fold(&self.log.journal.reader())
            .await
            .into_runtime(std::sync::Arc::default());
    }

    async fn assert_sound(&self, events: u64) {
        for reader in [
            self.log.journal.reader(),
            LogReader::open(self.folder.path()).await.unwrap(),
        ] {
            assert_eq!(reader.last(), Sequence(events));
            assert_eq!(
                read_all(&reader, Sequence::ZERO, 1).await.len() as u64,
                events
            );
            let found = verify(&reader, |_| {}).await.unwrap();
            assert_eq!(found.faults, []);
        }
    }
}

/// Takes as long as the journal waits for a lock.
#[tokio::test]
async fn a_locked_file_is_surely_not_committed() {
    let mut fixture = fixture(ONE_SEGMENT).await;
    let mut other = database::connect(&fixture.segment).await;
    sqlx::raw_sql("BEGIN EXCLUSIVE")
        .execute(&mut other)
        .await
        .unwrap();
    assert!(matches!(
        fixture.append_third(),
        Err(AppendError::NotCommitted(_))
    ));
    assert_eq!(fixture.log.journal.reader().last(), Sequence(2));
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();

    fixture.recover().await;
    fixture.assert_sound(2).await;
    fixture.append_third().unwrap();
    fixture.assert_sound(3).await;
}

#[tokio::test]
async fn a_commit_that_was_lost_is_unknown_and_may_be_made_again() {
    let mut fixture = fixture(ONE_SEGMENT).await;
    database::lose_commits_with(&fixture.segment, "Deposited").await;
    assert!(matches!(
        fixture.append_third(),
        Err(AppendError::Unknown(_))
    ));
    fixture.recover().await;
    fixture.assert_sound(2).await;
    database::accept_all_commits(&fixture.segment).await;
    fixture.append_third().unwrap();
    fixture.assert_sound(3).await;
}

#[tokio::test]
async fn a_commit_that_was_stored_all_the_same_is_found_when_the_log_is_opened_again() {
    let mut fixture = fixture(ONE_SEGMENT).await;
    database::store_and_fail_commits_with(&fixture.segment, "Deposited").await;
    assert!(matches!(
        fixture.append_third(),
        Err(AppendError::Unknown(_))
    ));
    // Until then nobody is told of it.
    assert_eq!(fixture.log.journal.reader().last(), Sequence(2));
    fixture.recover().await;
    database::accept_all_commits(&fixture.segment).await;
    fixture.assert_sound(3).await;
    assert_eq!(fixture.log.runtime.last(), Sequence(3));
    fixture.log.commit(&[keyed(4, deposit(3, 10))]);
    fixture.assert_sound(4).await;
}

#[tokio::test]
async fn a_second_writer_never_overwrites_a_commit() {
    let mut fixture = fixture(ONE_SEGMENT).await;
    let mut second = HandWrittenLog::open(fixture.folder.path(), ONE_SEGMENT).await;
    second.commit(&[keyed(9, deposit(1, 99))]);
    assert!(matches!(
        fixture.append_third(),
        Err(AppendError::Unknown(_))
    ));
    fixture.recover().await;
    fixture
        .append_third()
        .unwrap_or_else(|error| panic!("{error}"));
    fixture.log.journal.reader().refresh().await.unwrap();
    fixture.assert_sound(4).await;
}

#[tokio::test]
async fn a_segment_that_cannot_be_begun_commits_nothing_and_is_tried_again() {
    let mut fixture = fixture(1).await;
    // A folder stands where the next segment should.
    let obstacle = path_of(fixture.folder.path(), Sequence(3));
    std::fs::create_dir(&obstacle).unwrap();
    assert!(matches!(
        fixture.append_third(),
        Err(AppendError::NotCommitted(_))
    ));
    std::fs::remove_dir(&obstacle).unwrap();
    fixture.recover().await;
    fixture.append_third().unwrap();
    fixture.assert_sound(3).await;
}

#[tokio::test]
async fn a_segment_left_by_a_failed_beginning_is_replaced() {
    let mut fixture = fixture(1).await;
    // The file was created, header and all, and then its folder could not be synced: it is there without a commit.
    let path = path_of(fixture.folder.path(), Sequence(3));
    let header = segment::SegmentHeader {
        first_sequence: Sequence(3),
        ..fixture.log.journal.reader().header().clone()
    };
    drop(segment::create(&path, &header).await.unwrap());
    fixture.append_third().unwrap();
    fixture.assert_sound(3).await;
}
