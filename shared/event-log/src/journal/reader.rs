//! Reading the log, from the tail in memory or from the segments.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use accord_decider::{DecodeError, LoggedDecider};
use futures::TryStreamExt;
use sqlx::{Row, SqlitePool, sqlite::SqlitePoolOptions, sqlite::SqliteRow};
use tokio::sync::watch;

use super::{
    segment::{self, SegmentError, SegmentHeader},
    tail::Tail,
};
use crate::{
    commit::{StoredCommit, decode_event},
    envelope::Recorded,
    ids::Sequence,
};

/// Segments whose read connections stay open.
const OPEN_SEGMENTS_MAX: usize = 8;

/// Why the log could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Segment(#[from] SegmentError),
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error("the log has no segment for sequence {0}")]
    Missing(Sequence),
}

/// Reads commits of one log. Cheap to clone; any number may read beside the writer.
#[derive(Clone, Debug)]
pub struct LogReader {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    header: SegmentHeader,
    segments: RwLock<Vec<(Sequence, PathBuf)>>,
    pools: Mutex<HashMap<Sequence, SqlitePool>>,
    tail: Tail,
    committed: watch::Sender<Sequence>,
}

impl LogReader {
    /// Opens the log in `folder` for reading only; what a writer of another process commits later is not seen until
    /// [`LogReader::refresh`].
    pub async fn open(folder: &Path) -> Result<Self, ReadError> {
        let segments = segment::list(folder)?;
        let (_, first) = segments.first().ok_or(ReadError::Missing(Sequence(1)))?;
        let pool = open_pool(first)?;
        let mut connection = pool
            .acquire()
            .await
            .map_err(SegmentError::database(first))?;
        let header = segment::read_header(&mut connection, first).await?;
        drop(connection);
        let reader = Self::new(folder.to_owned(), header, segments, Sequence::ZERO);
        reader.refresh().await?;
        Ok(reader)
    }

    pub(crate) fn new(
        folder: PathBuf,
        header: SegmentHeader,
        segments: Vec<(Sequence, PathBuf)>,
        last: Sequence,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                folder,
                header,
                segments: RwLock::new(segments),
                pools: Mutex::default(),
                tail: Tail::default(),
                committed: watch::Sender::new(last),
            }),
        }
    }

    /// Closes all files. What is in memory can still be read.
    pub async fn close(&self) {
        let pools = std::mem::take(
            &mut *self
                .shared
                .pools
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        for pool in pools.into_values() {
            pool.close().await;
        }
    }

    /// Looks at the folder again for what another process wrote, and gives the last sequence.
    pub async fn refresh(&self) -> Result<Sequence, ReadError> {
        let segments = segment::list(&self.shared.folder)?;
        let newest = segments.last().cloned();
        *self
            .shared
            .segments
            .write()
            .unwrap_or_else(PoisonError::into_inner) = segments;
        let Some((first, path)) = newest else {
            return Ok(Sequence::ZERO);
        };
        let last: Option<i64> = sqlx::query_scalar(
            "-- log_last_sequence
             SELECT first_sequence + event_count - 1 FROM commits ORDER BY first_sequence DESC LIMIT 1",
        )
        .fetch_optional(&self.pool(first, &path)?)
        .await
        .map_err(SegmentError::database(&path))?;
        let last = last.map_or(Sequence(first.0 - 1), |last| Sequence(last.cast_unsigned()));
        self.shared.committed.send_replace(last);
        Ok(last)
    }

    /// When the last commit was recorded, in epoch microseconds; `None` for an empty log.
    pub async fn last_recorded_at_us(&self) -> Result<Option<i64>, ReadError> {
        let last = self.last();
        let before = Sequence(last.0.saturating_sub(1));
        let commits = self.read_after(before, 1).await?;
        Ok(commits.last().map(|commit| commit.recorded_at_us))
    }

    /// What the first segment says about the log.
    pub fn header(&self) -> &SegmentHeader {
        &self.shared.header
    }

    /// First four bytes of the log's id: what position tokens carry.
    pub fn short_id(&self) -> [u8; 4] {
        let mut short = [0; 4];
        // A log id is a uuid in hexadecimal; anything else gives zeros, which only weakens the token's check.
        let _ = hex::decode_to_slice(self.shared.header.log_id.get(..8).unwrap_or(""), &mut short);
        short
    }

    /// Last durable sequence.
    pub fn last(&self) -> Sequence {
        *self.shared.committed.borrow()
    }

    /// Follows the last durable sequence.
    pub fn subscribe(&self) -> watch::Receiver<Sequence> {
        self.shared.committed.subscribe()
    }

    /// Segment files, oldest first.
    pub fn segments(&self) -> Vec<(Sequence, PathBuf)> {
        self.shared
            .segments
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The next commits with events after `after`, at most about `bytes_max` of stored text but at least one commit
    /// where there is one. The first commit may begin before `after`.
    pub async fn read_after(
        &self,
        after: Sequence,
        bytes_max: usize,
    ) -> Result<Vec<Arc<StoredCommit>>, ReadError> {
        if after >= self.last() {
            return Ok(Vec::new());
        }
        if let Some(found) = self.shared.tail.after(after, bytes_max) {
            return Ok(found);
        }
        self.read_segments(after, bytes_max).await
    }

    async fn read_segments(
        &self,
        after: Sequence,
        bytes_max: usize,
    ) -> Result<Vec<Arc<StoredCommit>>, ReadError> {
        let segments = self.segments();
        let index = segments
            .partition_point(|(first, _)| *first <= after.next())
            .checked_sub(1)
            .ok_or(ReadError::Missing(after.next()))?;
        let mut found = Vec::new();
        for (first, path) in &segments[index..] {
            self.read_segment(*first, path, after, bytes_max, &mut found)
                .await?;
            if !found.is_empty() {
                break;
            }
        }
        Ok(found)
    }

    async fn read_segment(
        &self,
        first: Sequence,
        path: &Path,
        after: Sequence,
        bytes_max: usize,
        found: &mut Vec<Arc<StoredCommit>>,
    ) -> Result<(), ReadError> {
        let pool = self.pool(first, path)?;
        let mut rows = sqlx::query(
            "-- log_read_commits
             SELECT first_sequence, event_count, recorded_at, events, heads FROM commits
             WHERE first_sequence >= COALESCE(
                 (SELECT MAX(first_sequence) FROM commits WHERE first_sequence <= $1), 0)
             ORDER BY first_sequence",
        )
        .bind(after.next().0.cast_signed())
        .fetch(&pool);
        let mut bytes = 0;
        while let Some(row) = rows
            .try_next()
            .await
            .map_err(SegmentError::database(path))?
        {
            let commit = commit_from_row(&row, path)?;
            if commit.last_sequence() <= after {
                continue;
            }
            if bytes > 0 && bytes + commit.events.len() > bytes_max {
                break;
            }
            bytes += commit.events.len();
            found.push(Arc::new(commit));
        }
        Ok(())
    }

    /// One event by its sequence.
    pub async fn read_event<D: LoggedDecider>(
        &self,
        sequence: Sequence,
    ) -> Result<Recorded<D::Event>, ReadError> {
        let before = Sequence(sequence.0.saturating_sub(1));
        let commits = self.read_after(before, 1).await?;
        let commit = commits
            .first()
            .filter(|commit| {
                commit.first_sequence <= sequence && sequence <= commit.last_sequence()
            })
            .ok_or(ReadError::Missing(sequence))?;
        let events = commit.stored_events()?;
        let index = usize::try_from(sequence.0 - commit.first_sequence.0)
            .map_err(|_| ReadError::Missing(sequence))?;
        let stored = events.get(index).ok_or(ReadError::Missing(sequence))?;
        Ok(decode_event::<D>(
            stored.get(),
            sequence,
            commit.recorded_at_us,
        )?)
    }

    pub(crate) fn announce(&self, commit: &Arc<StoredCommit>) {
        self.shared.tail.push(Arc::clone(commit));
        self.shared.committed.send_replace(commit.last_sequence());
    }

    pub(crate) fn add_segment(&self, first: Sequence, path: PathBuf) {
        let mut segments = self
            .shared
            .segments
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if !segments.iter().any(|(known, _)| *known == first) {
            segments.push((first, path));
        }
    }

    /// Forgets what is in memory; after an unknown outcome the disk alone tells what is in the log.
    pub(crate) fn reset(&self, last: Sequence) {
        self.shared.tail.clear();
        self.shared.committed.send_replace(last);
    }

    fn pool(&self, first: Sequence, path: &Path) -> Result<SqlitePool, ReadError> {
        let mut pools = self
            .shared
            .pools
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.get(&first) {
            return Ok(pool.clone());
        }
        if pools.len() >= OPEN_SEGMENTS_MAX
            && let Some(oldest) = pools.keys().min().copied()
        {
            pools.remove(&oldest);
        }
        let pool = open_pool(path)?;
        pools.insert(first, pool.clone());
        Ok(pool)
    }
}

fn open_pool(path: &Path) -> Result<SqlitePool, ReadError> {
    Ok(SqlitePoolOptions::new()
        .max_connections(2)
        .idle_timeout(std::time::Duration::from_secs(30))
        .connect_lazy_with(segment::reader_options(path)))
}

fn commit_from_row(row: &SqliteRow, path: &Path) -> Result<StoredCommit, SegmentError> {
    // A damaged file can hold any value of any type here: nothing of it may panic.
    let columns = || -> Result<(i64, i64, i64, &str, &[u8]), sqlx::Error> {
        Ok((
            row.try_get("first_sequence")?,
            row.try_get("event_count")?,
            row.try_get("recorded_at")?,
            row.try_get("events")?,
            row.try_get("heads")?,
        ))
    };
    let (first, count, recorded_at_us, events, heads) =
        columns().map_err(SegmentError::database(path))?;
    if first < 1 || count < 1 || first.checked_add(count).is_none() {
        return Err(SegmentError::damaged(
            path,
            format!("impossible extent of a commit: {count} events from sequence {first}"),
        ));
    }
    Ok(StoredCommit::from_parts(
        Sequence(first.cast_unsigned()),
        count.cast_unsigned(),
        recorded_at_us,
        Arc::from(events),
        segment::heads_from_bytes(heads)
            .ok_or_else(|| SegmentError::damaged(path, "chain heads are cut short"))?,
    ))
}
