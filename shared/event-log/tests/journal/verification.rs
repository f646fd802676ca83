//! A log that contradicts itself is found out, and where.

use accord_event_log::{
    LogReader, Sequence,
    journal::segment::path_of,
    verify::{Verification, verify},
};

use crate::support::{
    commands::{deposit, keyed, set_limit},
    database,
    logs::{HandWrittenLog, ONE_SEGMENT},
};

/// Four commits: sequences 1–2, 3–5, 6 and 7; then somebody changes the file.
async fn verify_after(tampering: &'static str) -> Verification {
    let folder = tempfile::tempdir().unwrap();
    let mut log = HandWrittenLog::open(folder.path(), ONE_SEGMENT).await;
    log.commit(&[keyed(1, set_limit(10)), keyed(2, deposit(1, 11))]);
    log.commit(&[
        keyed(3, deposit(1, 12)),
        keyed(4, deposit(4, 13)),
        keyed(5, deposit(2, 14)),
    ]);
    log.commit(&[keyed(6, deposit(1, 15))]);
    log.commit(&[keyed(7, deposit(2, 16))]);
    drop(log);
    database::execute(&path_of(folder.path(), Sequence(1)), tampering).await;
    let reader = LogReader::open(folder.path()).await.unwrap();
    verify(&reader, |_| {}).await.unwrap()
}

/// The first fault stands in the commit that begins at `sequence`, or at the event itself, and says so.
async fn check(tampering: &'static str, sequence: u64, detail: &str) {
    let found = verify_after(tampering).await;
    let first = found
        .faults
        .first()
        .unwrap_or_else(|| panic!("not found out: {tampering}"));
    assert_eq!(first.sequence, Sequence(sequence), "{tampering}: {first:?}");
    assert!(first.detail.contains(detail), "{tampering}: {first:?}");
}

#[tokio::test]
async fn a_sound_log_is_counted_and_every_partition_has_its_head() {
    let found = verify_after("SELECT 1").await;
    assert_eq!(found.faults, []);
    assert_eq!((found.events, found.commits), (7, 4));
    assert!(found.stored_bytes > 1_000);
    assert_eq!(found.heads.len(), 3);
}

#[tokio::test]
async fn one_changed_byte_of_a_stored_event_is_found() {
    check(
        r#"UPDATE commits SET events = replace(events, '"amount":13', '"amount":93')"#,
        3,
        "chain of partition 2",
    )
    .await;
}

#[tokio::test]
async fn a_changed_actor_is_found_although_no_payload_changed() {
    check(
        "UPDATE commits SET events = replace(events, 'a teller', 'a dealer') WHERE first_sequence = 6",
        6,
        "chain of partition 2",
    )
    .await;
}

#[tokio::test]
async fn a_changed_time_is_found() {
    check(
        "UPDATE commits SET recorded_at = recorded_at + 1 WHERE first_sequence = 6",
        6,
        "chain of partition 2",
    )
    .await;
    check(
        "UPDATE commits SET recorded_at = 1 WHERE first_sequence = 6",
        6,
        "before its predecessor",
    )
    .await;
}

#[tokio::test]
async fn a_missing_commit_is_found() {
    check("DELETE FROM commits WHERE first_sequence = 3", 6, "a gap").await;
}

#[tokio::test]
async fn a_missing_event_is_found() {
    check(
        "UPDATE commits SET events = json_remove(events, '$[1]') WHERE first_sequence = 3",
        3,
        "another number of events",
    )
    .await;
}

#[tokio::test]
async fn exchanged_events_of_one_commit_are_found() {
    check(
        "UPDATE commits SET events = json_array(
             json(json_extract(events, '$[1]')), json(json_extract(events, '$[0]')), json(json_extract(events, '$[2]')))
         WHERE first_sequence = 3",
        3,
        "offset",
    )
    .await;
}

#[tokio::test]
async fn exchanged_commits_are_found() {
    check(
        "UPDATE commits SET first_sequence = 60 WHERE first_sequence = 6;
         UPDATE commits SET first_sequence = 6 WHERE first_sequence = 7;
         UPDATE commits SET first_sequence = 7 WHERE first_sequence = 60;",
        7,
        "before its predecessor",
    )
    .await;
}

#[tokio::test]
async fn a_wrong_head_is_found() {
    check(
        "UPDATE commits SET heads = (SELECT heads FROM commits WHERE first_sequence = 7) WHERE first_sequence = 6",
        6,
        "chain of partition",
    )
    .await;
}

#[tokio::test]
async fn a_commit_that_does_not_say_its_heads_is_found() {
    check(
        "UPDATE commits SET heads = x'' WHERE first_sequence = 6",
        6,
        "partition 2",
    )
    .await;
}

#[tokio::test]
async fn a_commit_that_is_no_json_any_more_is_found() {
    check(
        "UPDATE commits SET events = substr(events, 2) WHERE first_sequence = 6",
        6,
        "not readable",
    )
    .await;
    check(
        r#"UPDATE commits SET events = '[["Deposited",1]]' WHERE first_sequence = 6"#,
        6,
        "not readable",
    )
    .await;
}
