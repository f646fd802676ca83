//! Segment files: the log cut into SQLite databases of bounded size.
//!
//! Only the newest segment is written to. Its write-ahead log is never checkpointed while it grows, because a
//! checkpoint on the writer costs tail latency; the segment's size bounds it instead. A full segment is sealed: its
//! write-ahead log is folded into the file in the background and truncated to nothing.
//!
//! A segment is made under a draft name and gets its own name only once it is whole on the disk. So a file that has the
//! name of a segment and is not one is damaged, never half-made: it is refused by name and left as it is.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    ConnectOptions, Connection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use super::spare_wal::SpareWal;
use crate::{
    chain::ChainHead,
    ids::{PartitionId, PartitionLayout, Sequence},
};

/// Number of the stored form. A log of another format is refused, not guessed at.
pub const FORMAT: i64 = 1;

const EXTENSION: &str = "segment";
/// Of a segment that is being made; one that a power cut left is made anew.
const DRAFT_EXTENSION: &str = "segment-draft";

/// Bytes of a database page.
pub const PAGE_BYTES: u64 = 4_096;

const CREATE: &str = "
CREATE TABLE segment (
    format BIGINT NOT NULL,
    log_id TEXT NOT NULL,
    institution TEXT NOT NULL,
    data_partitions BIGINT NOT NULL,
    first_sequence BIGINT NOT NULL,
    opening_heads BLOB NOT NULL
);
CREATE TABLE commits (
    first_sequence INTEGER PRIMARY KEY,
    event_count BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    heads BLOB NOT NULL,
    events TEXT NOT NULL
);
CREATE VIEW events AS
SELECT c.first_sequence + e.key AS sequence,
       c.recorded_at AS recorded_at,
       json_extract(e.value, '$[0]') AS type,
       json_extract(e.value, '$[1]') AS schema_version,
       json_extract(e.value, '$[2]') AS \"partition\",
       json_extract(e.value, '$[3]') AS \"offset\",
       json_extract(e.value, '$[4]') AS entity_type,
       json_extract(e.value, '$[5]') AS entity_id,
       json_extract(e.value, '$[6]') AS entity_version,
       json_extract(e.value, '$[7]') AS command_id,
       json_extract(e.value, '$[9]') AS actor,
       json_extract(e.value, '$[14]') AS payload
FROM commits c, json_each(c.events) e;
";

/// What a segment says of itself and of the log it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    pub log_id: String,
    pub institution: String,
    pub layout: PartitionLayout,
    pub first_sequence: Sequence,
    /// Chain head of every partition before the first commit of this segment.
    pub opening_heads: Vec<(PartitionId, ChainHead)>,
}

/// A segment file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    #[error("{path}: {source}")]
    Database { path: PathBuf, source: sqlx::Error },
    #[error("{path}: {source}")]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{path}: {detail}")]
    Damaged { path: PathBuf, detail: String },
    #[error(
        "{path}: others read it, so its write-ahead log cannot be folded; end them and try again"
    )]
    Busy { path: PathBuf },
}

impl SegmentError {
    pub(crate) fn database(path: &Path) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Database {
            path: path.to_owned(),
            source,
        }
    }

    pub(crate) fn damaged(path: &Path, detail: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            detail: detail.into(),
        }
    }
}

/// Segment files of a folder with their first sequences, oldest first.
pub fn list(folder: &Path) -> Result<Vec<(Sequence, PathBuf)>, SegmentError> {
    let file_error = |source| SegmentError::File {
        path: folder.to_owned(),
        source,
    };
    let mut segments = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(file_error)? {
        let path = entry.map_err(file_error)?.path();
        if path
            .extension()
            .is_none_or(|extension| extension != EXTENSION)
        {
            continue;
        }
        let first = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .and_then(|stem| stem.parse().ok())
            .ok_or_else(|| SegmentError::damaged(&path, "not named after its first sequence"))?;
        segments.push((Sequence(first), path));
    }
    segments.sort();
    Ok(segments)
}

/// Path of the segment that starts at this sequence.
pub fn path_of(folder: &Path, first_sequence: Sequence) -> PathBuf {
    folder.join(format!("{:020}.{EXTENSION}", first_sequence.0))
}

/// Creates a segment; when this returns, an empty segment with its header survives a power cut.
pub async fn create(path: &Path, header: &SegmentHeader) -> Result<SqliteConnection, SegmentError> {
    create_with(path, header, None).await
}

/// Creates a segment on a prepared write-ahead log, where there is one.
pub(super) async fn create_with(
    path: &Path,
    header: &SegmentHeader,
    spare: Option<&SpareWal>,
) -> Result<SqliteConnection, SegmentError> {
    let draft = path.with_extension(DRAFT_EXTENSION);
    remove(&draft)?;
    let mut connection = writer_options(&draft)
        .create_if_missing(true)
        .connect()
        .await
        .map_err(SegmentError::database(&draft))?;
    let written = write_header(&mut connection, header).await;
    written.map_err(SegmentError::database(&draft))?;
    // The last connection folds its write-ahead log into the file, and syncs.
    connection
        .close()
        .await
        .map_err(SegmentError::database(&draft))?;
    if has_wal(&draft) {
        let detail = "the write-ahead log of the new segment could not be folded";
        return Err(SegmentError::damaged(&draft, detail));
    }
    std::fs::rename(&draft, path).map_err(|source| SegmentError::File {
        path: draft,
        source,
    })?;
    let wal = wal_of(path);
    let on_spare = spare.map_or(Ok(false), |spare| spare.take(&wal));
    let on_spare = on_spare.map_err(|source| SegmentError::File { path: wal, source })?;
    sync_folder(path)?;
    if on_spare {
        // Folding, as every other opening does, would cut the prepared file to nothing; there is nothing to fold.
        writer_options(path)
            .connect()
            .await
            .map_err(SegmentError::database(path))
    } else {
        open_for_writing(path).await
    }
}

async fn write_header(
    connection: &mut SqliteConnection,
    header: &SegmentHeader,
) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::raw_sql(CREATE).execute(&mut *transaction).await?;
    sqlx::query(
        "-- segment_create_header
         INSERT INTO segment (format, log_id, institution, data_partitions, first_sequence, opening_heads)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(FORMAT)
    .bind(header.log_id.clone())
    .bind(header.institution.clone())
    .bind(i64::from(header.layout.data_partitions()))
    .bind(header.first_sequence.0.cast_signed())
    .bind(heads_to_bytes(&header.opening_heads))
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}

/// Opens a segment to look at it, which changes no byte of it.
pub async fn open_for_reading(path: &Path) -> Result<SqliteConnection, SegmentError> {
    reader_options(path)
        .connect()
        .await
        .map_err(SegmentError::database(path))
}

/// Opens a segment to append to it.
///
/// What stands in the write-ahead log is folded into the file first. After a failed sync the operating system may hold
/// pages that it calls clean although the disk never got them; a new commit behind such pages would be lost with them
/// in a power cut. Folding writes them again, and syncs.
pub async fn open_for_writing(path: &Path) -> Result<SqliteConnection, SegmentError> {
    let mut connection = writer_options(path)
        .connect()
        .await
        .map_err(SegmentError::database(path))?;
    match fold(&mut connection, path).await {
        Ok(()) => Ok(connection),
        Err(error) => {
            // The error that counts is the first one.
            let _ = connection.close_hard().await;
            Err(error)
        }
    }
}

/// Folds the whole write-ahead log into the file and empties it. Waits for others as long as the connection does.
async fn fold(connection: &mut SqliteConnection, path: &Path) -> Result<(), SegmentError> {
    let (busy, _, _): (i64, i64, i64) = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)")
        .fetch_one(connection)
        .await
        .map_err(SegmentError::database(path))?;
    if busy == 0 {
        Ok(())
    } else {
        Err(SegmentError::Busy {
            path: path.to_owned(),
        })
    }
}

/// Reads and checks the header.
pub async fn read_header(
    connection: &mut SqliteConnection,
    path: &Path,
) -> Result<SegmentHeader, SegmentError> {
    type Columns = (i64, String, String, i64, i64, Vec<u8>);
    let (format, log_id, institution, partitions, first_sequence, opening_heads): Columns =
        sqlx::query_as(
            "-- segment_read_header
             SELECT format, log_id, institution, data_partitions, first_sequence, opening_heads FROM segment",
        )
        .fetch_one(connection)
        .await
        .map_err(SegmentError::database(path))?;
    if format != FORMAT {
        return Err(SegmentError::damaged(
            path,
            format!("stored in format {format}; this binary reads format {FORMAT}"),
        ));
    }
    let partitions = u16::try_from(partitions)
        .ok()
        .filter(|partitions| *partitions > 0)
        .ok_or_else(|| SegmentError::damaged(path, "impossible number of partitions"))?;
    Ok(SegmentHeader {
        log_id,
        institution,
        layout: PartitionLayout::new(partitions),
        first_sequence: Sequence(first_sequence.cast_unsigned()),
        opening_heads: heads_from_bytes(&opening_heads)
            .ok_or_else(|| SegmentError::damaged(path, "chain heads are cut short"))?,
    })
}

/// Folds what it can of the active segment's write-ahead log into the file, without waiting for readers. The next
/// commits then overwrite the write-ahead log from its beginning.
pub async fn fold_without_waiting(
    connection: &mut SqliteConnection,
    path: &Path,
) -> Result<(), SegmentError> {
    sqlx::query("PRAGMA wal_checkpoint(PASSIVE)")
        .execute(connection)
        .await
        .map(|_| ())
        .map_err(SegmentError::database(path))
}

/// Folds the write-ahead log of a full segment into its file. A busy reader is waited for, up to a minute.
pub async fn seal(path: &Path) -> Result<(), SegmentError> {
    let mut connection = writer_options(path)
        .busy_timeout(Duration::from_secs(60))
        .connect()
        .await
        .map_err(SegmentError::database(path))?;
    let folded = fold(&mut connection, path).await;
    let closed = connection.close().await;
    folded.and(closed.map_err(SegmentError::database(path)))
}

/// Whether a write-ahead log stands beside a segment, be it empty.
pub fn has_wal(path: &Path) -> bool {
    wal_of(path).exists()
}

/// Bytes that wait in a segment's write-ahead log.
pub fn wal_bytes(path: &Path) -> u64 {
    wal_of(path).metadata().map_or(0, |wal| wal.len())
}

fn wal_of(path: &Path) -> PathBuf {
    with_suffix(path, "-wal")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Removes what half-made drafts a power cut has left in a folder.
pub fn remove_drafts(folder: &Path) -> Result<(), SegmentError> {
    let file_error = |source| SegmentError::File {
        path: folder.to_owned(),
        source,
    };
    for entry in std::fs::read_dir(folder).map_err(file_error)? {
        let path = entry.map_err(file_error)?.path();
        let is_draft = path
            .extension()
            .and_then(|extension| extension.to_str())
            .is_some_and(|extension| extension.starts_with(DRAFT_EXTENSION));
        if is_draft {
            remove(&path)?;
        }
    }
    Ok(())
}

/// Removes a database with what stands beside it, if it is there.
pub fn remove(path: &Path) -> Result<(), SegmentError> {
    for suffix in ["-wal", "-shm", ""] {
        let path = with_suffix(path, suffix);
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(SegmentError::File { path, source });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Options of a connection that only reads, also from another process.
pub fn reader_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(Duration::from_secs(10))
        .disable_statement_logging()
}

fn writer_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(10))
        .disable_statement_logging()
        .pragma("wal_autocheckpoint", "0")
        // A commit of one event costs whole pages in the write-ahead log: small pages keep sparse traffic small.
        .page_size(u32::try_from(PAGE_BYTES).unwrap_or(4_096))
        .statement_cache_capacity(16)
}

/// Makes the folder's entries durable: a file whose name is lost in a power cut is lost with all its content.
fn sync_folder(path: &Path) -> Result<(), SegmentError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| SegmentError::File {
            path: folder.to_owned(),
            source,
        })
}

/// Heads as bytes: for each, the partition (2 bytes, big endian) and the head (32 bytes).
pub fn heads_to_bytes(heads: &[(PartitionId, ChainHead)]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(heads.len() * 34);
    for (partition, head) in heads {
        bytes.extend_from_slice(&partition.0.to_be_bytes());
        bytes.extend_from_slice(&head.0);
    }
    bytes
}

pub fn heads_from_bytes(bytes: &[u8]) -> Option<Vec<(PartitionId, ChainHead)>> {
    if !bytes.len().is_multiple_of(34) {
        return None;
    }
    Some(
        bytes
            .chunks_exact(34)
            .map(|chunk| {
                let mut head = [0; 32];
                head.copy_from_slice(&chunk[2..]);
                (
                    PartitionId(u16::from_be_bytes([chunk[0], chunk[1]])),
                    ChainHead(head),
                )
            })
            .collect(),
    )
}
