//! The key file: a small SQLite database of wrapped keys, in which deleted rows are overwritten.

use std::{path::Path, time::Duration};

use sqlx::{
    ConnectOptions, Connection, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use super::{Lookup, SubjectKeyError};

pub(super) struct SubjectStore {
    connection: SqliteConnection,
}

impl SubjectStore {
    pub async fn open(path: &Path) -> Result<Self, SubjectKeyError> {
        let mut connection = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(10))
            // Statement times are measured by stage; the driver's own log would name statements to users.
            .disable_statement_logging()
            // A destroyed key must not linger in a free page.
            .pragma("secure_delete", "ON")
            .connect()
            .await
            .map_err(store_error)?;
        sqlx::raw_sql(
            "CREATE TABLE IF NOT EXISTS subjects (
                 lookup BLOB PRIMARY KEY,
                 reference BIGINT NOT NULL UNIQUE,
                 wrapped_key BLOB NOT NULL
             ) WITHOUT ROWID",
        )
        .execute(&mut connection)
        .await
        .map_err(store_error)?;
        // After a failed sync the write-ahead log can hold pages that only the page cache has; a key behind such pages
        // would be lost with them in a power cut. Folding writes them again, and syncs.
        fold(&mut connection).await?;
        sync_folder(path).map_err(|error| SubjectKeyError::Store(error.to_string()))?;
        Ok(Self { connection })
    }

    pub async fn load(&mut self) -> Result<Vec<(Lookup, u64, Vec<u8>)>, SubjectKeyError> {
        let rows = sqlx::query(
            "-- subjects_load
             SELECT lookup, reference, wrapped_key FROM subjects",
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(store_error)?;
        rows.into_iter()
            .map(|row| {
                let lookup: Vec<u8> = row.get(0);
                let reference: i64 = row.get(1);
                let lookup = lookup
                    .try_into()
                    .map_err(|_| SubjectKeyError::Store("damaged row".into()))?;
                Ok((lookup, reference.cast_unsigned(), row.get(2)))
            })
            .collect()
    }

    /// Reference and wrapped key of one subject, if it is in the file.
    pub async fn find(
        &mut self,
        lookup: &Lookup,
    ) -> Result<Option<(u64, Vec<u8>)>, SubjectKeyError> {
        let row: Option<(i64, Vec<u8>)> = sqlx::query_as(
            "-- subjects_find
             SELECT reference, wrapped_key FROM subjects WHERE lookup = $1",
        )
        .bind(lookup.to_vec())
        .fetch_optional(&mut self.connection)
        .await
        .map_err(store_error)?;
        Ok(row.map(|(reference, wrapped)| (reference.cast_unsigned(), wrapped)))
    }

    pub async fn insert(&mut self, rows: &[(Lookup, u64, Vec<u8>)]) -> Result<(), SubjectKeyError> {
        let mut transaction = self
            .connection
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(store_error)?;
        for (lookup, reference, wrapped) in rows {
            sqlx::query(
                "-- subjects_insert
                 INSERT INTO subjects (lookup, reference, wrapped_key) VALUES ($1, $2, $3)",
            )
            .bind(lookup.to_vec())
            .bind(reference.cast_signed())
            .bind(wrapped.clone())
            .execute(&mut *transaction)
            .await
            .map_err(store_error)?;
        }
        transaction.commit().await.map_err(store_error)
    }

    /// Deletes a row and empties the write-ahead log, so that no copy of the key stays on the disk.
    pub async fn delete(&mut self, reference: u64) -> Result<bool, SubjectKeyError> {
        let deleted = sqlx::query(
            "-- subjects_delete
             DELETE FROM subjects WHERE reference = $1",
        )
        .bind(reference.cast_signed())
        .execute(&mut self.connection)
        .await
        .map_err(store_error)?;
        fold(&mut self.connection).await?;
        Ok(deleted.rows_affected() > 0)
    }

    /// Closes the file, folding its write-ahead log.
    pub async fn close(self) {
        // Every change is durable already, and a write-ahead log that is left behind is folded at the next start.
        let _ = self.connection.close().await;
    }

    /// Drops a connection that has failed: the driver may believe itself in a transaction that the failure has ended,
    /// and what the file holds only a new connection tells.
    pub async fn give_up(self) {
        // Whatever closing says changes nothing.
        let _ = self.connection.close_hard().await;
    }
}

/// Folds the whole write-ahead log into the file and empties it.
async fn fold(connection: &mut SqliteConnection) -> Result<(), SubjectKeyError> {
    let (busy, _, _): (i64, i64, i64) = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)")
        .fetch_one(connection)
        .await
        .map_err(store_error)?;
    if busy == 0 {
        Ok(())
    } else {
        Err(SubjectKeyError::Store(
            "another process holds the key file".into(),
        ))
    }
}

fn store_error(error: sqlx::Error) -> SubjectKeyError {
    SubjectKeyError::Store(error.to_string())
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::File::open(folder)?.sync_all()
}
