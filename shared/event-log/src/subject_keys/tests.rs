use super::*;

async fn open(folder: &Path) -> SubjectKeys {
    let master = MasterKey::open_or_create(&folder.join("master.key")).unwrap();
    SubjectKeys::open(folder.join("subjects.db"), master)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_subject_keeps_its_reference_and_key_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let keys = open(folder.path()).await;
    let subject = keys.find_or_create("customer-1").await.unwrap();
    let sealed = subject.seal(b"personal", b"command");
    drop(keys);

    let keys = open(folder.path()).await;
    let again = keys.find("customer-1").unwrap();
    assert_eq!(again.reference, subject.reference);
    assert_eq!(
        again.open(&sealed, b"command").unwrap().as_slice(),
        b"personal"
    );
    assert!(again.open(&sealed, b"another command").is_none());
}

#[tokio::test]
async fn many_requests_for_one_new_subject_make_one_subject() {
    let folder = tempfile::tempdir().unwrap();
    let keys = open(folder.path()).await;
    let requests = (0..50).map(|_| keys.find_or_create("customer-1"));
    let subjects = futures::future::join_all(requests).await;
    let first = subjects[0].as_ref().unwrap().reference;
    for subject in &subjects {
        assert_eq!(subject.as_ref().unwrap().reference, first);
    }
    assert_eq!(keys.count(), 1);
}

#[tokio::test]
async fn a_destroyed_key_is_gone_from_memory_and_disk() {
    let folder = tempfile::tempdir().unwrap();
    let keys = open(folder.path()).await;
    let subject = keys.find_or_create("customer-1").await.unwrap();
    let sealed = subject.seal(b"personal", b"command");
    assert!(keys.destroy(subject.reference).await.unwrap());
    assert!(!keys.destroy(subject.reference).await.unwrap());
    assert!(keys.by_reference(subject.reference).is_none());
    drop(keys);

    let keys = open(folder.path()).await;
    assert!(keys.find("customer-1").is_none());
    let replacement = keys.find_or_create("customer-1").await.unwrap();
    assert!(replacement.open(&sealed, b"command").is_none());
}

/// A second hand on the key file.
async fn execute(folder: &Path, sql: &'static str) {
    use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
    let options = SqliteConnectOptions::new().filename(folder.join("subjects.db"));
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn after_a_failed_change_the_file_is_asked_again() {
    let folder = tempfile::tempdir().unwrap();
    let keys = open(folder.path()).await;
    let known = keys.find_or_create("customer-1").await.unwrap();
    execute(
        folder.path(),
        "CREATE TRIGGER no_more BEFORE INSERT ON subjects BEGIN SELECT RAISE(ROLLBACK, 'injected'); END;
         CREATE TRIGGER never BEFORE DELETE ON subjects BEGIN SELECT RAISE(ROLLBACK, 'injected'); END;",
    )
    .await;
    for _ in 0..2 {
        let refused = keys.find_or_create("customer-2").await.unwrap_err();
        assert!(refused.to_string().contains("injected"), "{refused}");
        assert!(keys.destroy(known.reference).await.is_err());
    }
    assert!(keys.find("customer-2").is_none());
    assert!(keys.by_reference(known.reference).is_some());

    execute(folder.path(), "DROP TRIGGER no_more; DROP TRIGGER never;").await;
    let created = keys.find_or_create("customer-2").await.unwrap();
    assert!(keys.destroy(known.reference).await.unwrap());
    keys.close().await;
    assert!(keys.find_or_create("customer-3").await.is_err());

    let keys = open(folder.path()).await;
    assert_eq!(
        keys.find("customer-2").unwrap().reference,
        created.reference
    );
    assert!(keys.find("customer-1").is_none());
    assert_eq!(keys.count(), 1);
}

#[tokio::test]
async fn a_failed_change_that_is_in_the_file_all_the_same_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let keys = open(folder.path()).await;
    let subject = keys.find_or_create("customer-1").await.unwrap();
    // The deletion stands, and yet is reported as failed.
    execute(
        folder.path(),
        "CREATE TRIGGER faulty AFTER DELETE ON subjects BEGIN SELECT RAISE(FAIL, 'injected'); END",
    )
    .await;
    assert!(keys.destroy(subject.reference).await.is_err());
    execute(folder.path(), "DROP TRIGGER faulty").await;
    let replacement = keys.find_or_create("customer-2").await;
    assert!(replacement.is_ok());
    assert!(keys.find("customer-1").is_none());
    assert!(keys.by_reference(subject.reference).is_none());
}

#[tokio::test]
async fn neither_natural_ids_nor_keys_stand_in_the_key_file() {
    let folder = tempfile::tempdir().unwrap();
    let keys = open(folder.path()).await;
    let subject = keys
        .find_or_create("customer-with-a-long-name")
        .await
        .unwrap();
    let mut stored = Vec::new();
    for name in ["subjects.db", "subjects.db-wal"] {
        stored.extend(std::fs::read(folder.path().join(name)).unwrap_or_default());
    }
    let contains = |needle: &[u8]| stored.windows(needle.len()).any(|window| window == needle);
    assert!(contains(b"subjects"), "the file was not read at all");
    assert!(!contains(b"customer-with-a-long-name"));
    assert!(!contains(&subject.key));
    assert!(!format!("{subject:?}").contains(&hex::encode(subject.key)));
}

#[tokio::test]
async fn another_master_key_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path())
        .await
        .find_or_create("customer-1")
        .await
        .unwrap();
    let other = MasterKey::open_or_create(&folder.path().join("other.key")).unwrap();
    assert!(
        SubjectKeys::open(folder.path().join("subjects.db"), other)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_pseudonym_is_the_same_after_a_restart_and_another_for_another_kind_id_or_node() {
    let folder = tempfile::tempdir().unwrap();
    let keys = open(folder.path()).await;
    let device = keys.pseudonym("device", "d-1");
    assert_ne!(device, keys.pseudonym("device", "d-2"));
    assert_ne!(device, keys.pseudonym("address", "d-1"));
    assert_ne!(keys.pseudonym("ab", "c"), keys.pseudonym("a", "bc"));
    drop(keys);
    assert_eq!(open(folder.path()).await.pseudonym("device", "d-1"), device);
    let elsewhere = tempfile::tempdir().unwrap();
    let other = open(elsewhere.path()).await;
    assert_ne!(device, other.pseudonym("device", "d-1"));
}
