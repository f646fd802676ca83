//! SQLite on a disk that loses power: with `synchronous=FULL` every acknowledged commit survives, with `OFF` not.
//!
//! The second half matters as much as the first: it shows that the tests built on this can fail.

use super::super::Control;
use super::program::reply;
use super::{Machine, PowerCut};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Every batch is one transaction.
const ROWS_PER_BATCH: i64 = 3;

#[test]
fn acknowledged_commits_survive_strict_cuts() {
    check_durable((0..5).map(|seed| (seed, PowerCut::Strict)));
}

#[test]
fn acknowledged_commits_survive_torn_cuts() {
    check_durable((0..10).map(|seed| (seed, PowerCut::Torn { seed })));
}

#[test]
fn without_synchronous_commits_acknowledged_rows_are_lost() {
    let Some(mut machine) = Machine::assemble() else {
        return;
    };
    let acknowledged = machine.start("sqlite off").kill_after(20, Duration::ZERO);
    machine.cut_power(PowerCut::Strict);
    let found = if machine.folder().join("log.sqlite").exists() {
        batches_found(&machine.folder())
    } else {
        Ok(0)
    };
    let found = found.unwrap_or(0);
    assert!(
        found < acknowledged.len(),
        "all {found} rows are there, although nothing was ever synced"
    );
}

/// After a failed sync the page cache still holds the commit, so SQLite finds it when it opens the log again, and
/// writes on behind it; but on the disk there is a gap, and after a power cut nothing behind a gap is read.
#[test]
fn commits_after_a_failed_sync_and_a_restart_are_lost_unless_a_checkpoint_comes_first() {
    for (role, lost) in [
        ("sqlite full stepwise", true),
        ("sqlite full stepwise checkpoint-first", false),
    ] {
        let Some(mut machine) = Machine::assemble() else {
            return;
        };
        let mut program = machine.start(role);
        assert_eq!(program.ask("commit"), "0");
        machine
            .disk
            .control(Control::SyncFails)
            .expect("a control file");
        assert!(program.ask("commit").starts_with("failed"));
        program.kill();
        machine.disk.control(Control::Ok).expect("a control file");

        let mut program = machine.start(role);
        assert_eq!(
            program.ask("commit"),
            "2",
            "batch 1 was found again although its commit failed"
        );
        program.kill();
        machine.cut_power(PowerCut::Strict);
        let found = batches_found(&machine.folder()).expect("a sound database");
        assert_eq!(found, if lost { 1 } else { 3 }, "{role}");
    }
}

fn check_durable(cuts: impl Iterator<Item = (u64, PowerCut)>) {
    let (mut rounds, mut rounds_with_a_loss) = (0, 0);
    for (seed, cut) in cuts {
        let Some(machine) = Machine::assemble() else {
            return;
        };
        // Commits spend most of their time between writing and being durable, where a cut is most interesting.
        let mut machine = machine.with_sync_latency(Duration::from_micros(500 + seed * 100));
        for round in 0..3 {
            println!("seed {seed}, round {round}, {cut:?}");
            rounds += 1;
            rounds_with_a_loss += usize::from(survives(&mut machine, seed * 3 + round, cut));
        }
    }
    assert!(
        rounds_with_a_loss * 4 > rounds,
        "only {rounds_with_a_loss} of {rounds} cuts took anything away"
    );
}

/// Returns whether the cut took anything away from the write-ahead log.
fn survives(machine: &mut Machine, variation: u64, cut: PowerCut) -> bool {
    let commits = 4 + (variation * 5 % 30) as usize;
    let until_killed = Duration::from_micros(variation * 397 % 3_000);
    let replies = machine
        .start("sqlite full")
        .kill_after(commits, until_killed);
    let last = replies
        .last()
        .expect("a batch")
        .parse::<usize>()
        .expect("the number of a batch");

    let log = |machine: &Machine| fs::read(machine.folder().join("log.sqlite-wal")).ok();
    let before = log(machine);
    machine.cut_power(cut);
    let after = log(machine);

    let found = batches_found(&machine.folder()).expect("a sound database");
    assert!(
        found > last,
        "batch {last} was acknowledged, only {found} were found"
    );
    assert!(found <= last + 2, "at most one batch was under way");
    before != after
}

/// The number of batches, which must all be whole and without a gap between them.
fn batches_found(folder: &Path) -> Result<usize, sqlx::Error> {
    on_connection(folder, SqliteSynchronous::Full, async |database| {
        let verdict: String = sqlx::query_scalar("PRAGMA integrity_check")
            .fetch_one(&mut *database)
            .await?;
        assert_eq!(verdict, "ok");
        let rows = sqlx::query(
            "SELECT batch, count(*), min(length(body)) FROM rows GROUP BY batch ORDER BY batch",
        )
        .fetch_all(&mut *database)
        .await?;
        for (number, row) in rows.iter().enumerate() {
            assert_eq!(
                (row.get::<i64, _>(0), row.get::<i64, _>(1)),
                (number as i64, ROWS_PER_BATCH)
            );
            assert_eq!(row.get::<i64, _>(2), body_bytes(number as i64));
        }
        Ok(rows.len())
    })
}

/// The program: commits batches, acknowledges each, and checkpoints in between.
///
/// The words of the role: `full` or `off`; `stepwise` waits for a request before each batch; `checkpoint-first` empties
/// the write-ahead log before the first.
pub fn run(role: &str, folder: &Path) {
    let asked_for = |word| role.split(' ').any(|each| each == word);
    let synchronous = if asked_for("off") {
        SqliteSynchronous::Off
    } else {
        SqliteSynchronous::Full
    };
    let never: Result<(), _> = on_connection(folder, synchronous, async |database| {
        if asked_for("checkpoint-first") {
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
                .execute(&mut *database)
                .await?;
        }
        let table =
            "CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, batch INTEGER, body BLOB)";
        sqlx::query(table).execute(&mut *database).await?;
        sqlx::query("PRAGMA wal_autocheckpoint = 24")
            .execute(&mut *database)
            .await?;
        let next = "SELECT coalesce(max(batch) + 1, 0) FROM rows";
        let first = sqlx::query_scalar(next).fetch_one(&mut *database).await?;
        for batch in first.. {
            if asked_for("stepwise") {
                std::io::stdin().read_line(&mut String::new())?;
            }
            match commit(database, batch).await {
                Ok(()) => reply(&batch.to_string()),
                Err(error) => stop(&error),
            }
            if batch % 17 == 16 {
                sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
                    .execute(&mut *database)
                    .await?;
            }
        }
        Ok(())
    });
    never.expect("a disk that works");
}

/// Leaves the database as it is, until killed.
fn stop(error: &sqlx::Error) -> ! {
    reply(&format!("failed: {error}"));
    loop {
        std::thread::park();
    }
}

async fn commit(database: &mut SqliteConnection, batch: i64) -> Result<(), sqlx::Error> {
    let mut transaction = database.begin().await?;
    for _ in 0..ROWS_PER_BATCH {
        sqlx::query("INSERT INTO rows (batch, body) VALUES (?, zeroblob(?))")
            .bind(batch)
            .bind(body_bytes(batch))
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await
}

/// Some batches fit into a page, some do not.
fn body_bytes(batch: i64) -> i64 {
    batch * 701 % 6_000
}

fn on_connection<T>(
    folder: &Path,
    synchronous: SqliteSynchronous,
    work: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, sqlx::Error>,
) -> Result<T, sqlx::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut database = SqliteConnectOptions::new()
            .filename(folder.join("log.sqlite"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .connect()
            .await?;
        let result = work(&mut database).await?;
        database.close().await?;
        Ok(result)
    })
}
