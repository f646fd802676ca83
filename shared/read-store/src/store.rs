//! The SQLite database of one node's read models: one writer, several readers.

use std::{path::Path, time::Duration};

use accord_event_log::priority;
use sqlx::{
    ConnectOptions, Connection, Sqlite, SqlitePool,
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

const PAGE_BYTES: u32 = 4_096;
/// Connections that serve queries.
const READERS: u32 = 4;
/// Pages that each connection may cache, in KiB (negative, as SQLite wants it).
const WRITER_CACHE_KIB: &str = "-65536";
const READER_CACHE_KIB: &str = "-8192";

/// A read store that cannot be used. Deleting it is safe: it is rebuilt from the log.
#[derive(Debug, thiserror::Error)]
#[error(
    "read store {path}: {source}; if it is damaged, delete {path}*: it is rebuilt from the log"
)]
pub struct StoreError {
    pub path: String,
    pub source: sqlx::Error,
}

/// Opens the one connection that writes. The driver runs each connection on a thread of its own, which takes over the
/// priority of the thread that opens it: so that is one of the background, and ends at once.
async fn connect_writer(options: SqliteConnectOptions) -> Result<SqlitePool, sqlx::Error> {
    let handle = tokio::runtime::Handle::current();
    let (opened, receiver) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        priority::work_in_the_background();
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options);
        // Whoever opened the store and went away has no use for it.
        let _ = opened.send(handle.block_on(pool));
    });
    receiver.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
}

/// The read models of one node. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ReadStore {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl ReadStore {
    /// Opens the store, creating it where there is none.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // Losing the newest rows in a power cut costs nothing: checkpoint and rows go together, and the log has
            // the events. So commits need no sync of their own.
            .synchronous(SqliteSynchronous::Normal)
            .page_size(PAGE_BYTES)
            .busy_timeout(Duration::from_secs(10))
            // Statement times are measured by stage; the driver's own log would name statements to users.
            .disable_statement_logging();
        let failed = |source| StoreError {
            path: path.display().to_string(),
            source,
        };
        let writer = connect_writer(
            options
                .clone()
                .pragma("cache_size", WRITER_CACHE_KIB)
                // The journal of a multi-row statement would otherwise be a file: a quarter of the writer's time.
                .pragma("temp_store", "MEMORY")
                // In pages: the write-ahead log goes back into the file every 32 MiB.
                .pragma("wal_autocheckpoint", "8192")
                .pragma("journal_size_limit", "67108864"),
        )
        .await
        .map_err(failed)?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(Duration::from_secs(5))
            .connect_lazy_with(
                options
                    .read_only(true)
                    .create_if_missing(false)
                    .pragma("cache_size", READER_CACHE_KIB)
                    .pragma("mmap_size", "268435456"),
            );
        let store = Self { writer, readers };
        store.create_checkpoints().await.map_err(failed)?;
        Ok(store)
    }

    /// Connections for queries.
    pub fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    /// The one connection that writes. Whoever holds it keeps the others waiting.
    pub fn writer(&self) -> &SqlitePool {
        &self.writer
    }

    /// Gives the connection that writes back after some work, or closes it if the work failed: after a full disk or a
    /// failed write the driver may believe itself in a transaction that SQLite has ended, and could begin no other. The
    /// next one who asks gets a new connection, which finds in the file what has become of the work.
    pub(crate) async fn give_back<T, E>(
        connection: PoolConnection<Sqlite>,
        worked: Result<T, E>,
    ) -> Result<T, E> {
        if worked.is_err() {
            // Whatever closing it says changes nothing.
            let _ = connection.detach().close_hard().await;
        }
        worked
    }

    /// Closes all connections, folding the write-ahead log into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}
