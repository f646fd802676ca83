//! What is too bulky for the log, or must not stay: masked vectors and opened shares of the open round, sealed parcels of
//! shares, released totals.

use std::path::Path;
use std::str::FromStr;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Row, SqlitePool};

use super::log::RetainedFor;

/// A file beside the log. What is stored is durable when the call returns.
#[derive(Clone, Debug)]
pub struct Spool {
    pool: SqlitePool,
}

/// A part of a step.
#[derive(Debug)]
pub struct SpooledPart {
    pub number: u64,
    pub retained_for: RetainedFor,
    pub bytes: Vec<u8>,
}

impl Spool {
    /// Opens the file, or makes it.
    pub async fn open(path: &Path) -> Result<Self, sqlx::Error> {
        let url = format!("sqlite:{}", path.display());
        let options = SqliteConnectOptions::from_str(&url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // What is deleted is overwritten, not only forgotten.
            .pragma("secure_delete", "on");
        let pool = SqlitePoolOptions::new()
            .max_connections(2)
            .connect_with(options)
            .await?;
        sqlx::query(
            "-- spool_create
             CREATE TABLE IF NOT EXISTS parts (
                 job TEXT NOT NULL,
                 number BIGINT NOT NULL,
                 until_round_ends BIGINT NOT NULL,
                 bytes BLOB NOT NULL,
                 PRIMARY KEY (job, number)
             ) WITHOUT ROWID",
        )
        .execute(&pool)
        .await?;
        Ok(Self { pool })
    }

    /// Closes the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Stores parts of steps that are about to be logged. A part of a step that never was is overwritten.
    pub async fn put(&self, job: &str, parts: &[SpooledPart]) -> Result<(), sqlx::Error> {
        if parts.is_empty() {
            return Ok(());
        }
        let mut transaction = self.pool.begin().await?;
        for part in parts {
            sqlx::query(
                "-- spool_put
                 INSERT INTO parts (job, number, until_round_ends, bytes) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (job, number) DO UPDATE
                 SET until_round_ends = excluded.until_round_ends, bytes = excluded.bytes",
            )
            .bind(job)
            .bind(part.number.cast_signed())
            .bind(i64::from(part.retained_for == RetainedFor::Round))
            .bind(&part.bytes)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await
    }

    /// The part of one step.
    pub async fn get(&self, job: &str, number: u64) -> Result<Option<Vec<u8>>, sqlx::Error> {
        let row = sqlx::query(
            "-- spool_get
             SELECT bytes FROM parts WHERE job = $1 AND number = $2",
        )
        .bind(job)
        .bind(number.cast_signed())
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| row.try_get(0)).transpose()
    }

    /// Deletes what was kept for the round only.
    pub async fn end_round(&self, job: &str) -> Result<(), sqlx::Error> {
        sqlx::query(
            "-- spool_end_round
             DELETE FROM parts WHERE job = $1 AND until_round_ends = 1",
        )
        .bind(job)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Deletes everything of a job: from then on it has no transcript.
    pub async fn forget(&self, job: &str) -> Result<(), sqlx::Error> {
        sqlx::query(
            "-- spool_forget
             DELETE FROM parts WHERE job = $1",
        )
        .bind(job)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
