//! The embedded journal: one row for each commit, in SQLite segments with a synchronous write-ahead log.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use futures::executor::block_on;
use sqlx::{Connection, SqliteConnection};
use uuid::Uuid;

use super::{
    AppendError, Journal,
    reader::{LogReader, ReadError},
    segment::{self, SegmentError, SegmentHeader},
    spare_wal::SpareWal,
};
use crate::{
    chain::ChainHead,
    commit::StoredCommit,
    ids::{PartitionId, PartitionLayout, Sequence},
    priority,
};

/// Bytes of stored text after which a segment is sealed and the next begins.
pub const SEGMENT_BYTES_DEFAULT: u64 = 64 << 20;
/// The active segment's write-ahead log is folded early when it has grown to this many segments' worth of bytes.
const WAL_SEGMENTS_MAX: u64 = 2;
/// Pages that a commit writes beside its events, estimated from above: the leaf, its parent and a partial last page.
const COMMIT_OVERHEAD_BYTES: u64 = 3 * (segment::PAGE_BYTES + 24);

/// A log that fills half a segment within this time is busy.
const BUSY_HALF_SEGMENT: Duration = Duration::from_secs(60);

/// How a log is created, where there is none yet.
#[derive(Clone, Debug)]
pub struct LogSettings {
    pub institution: String,
    pub layout: PartitionLayout,
    pub segment_bytes: u64,
}

/// The one writer of an embedded log.
#[derive(Debug)]
pub struct SqliteJournal {
    folder: PathBuf,
    settings: LogSettings,
    log_id: String,
    /// The connection to the newest segment; absent from a failure until the segment is opened again.
    active: Option<SqliteConnection>,
    active_bytes: u64,
    /// Bytes written to the active segment's write-ahead log since it was last folded, estimated from above.
    wal_bytes: u64,
    heads: BTreeMap<PartitionId, ChainHead>,
    reader: LogReader,
    spare: SpareWal,
    /// When the active segment was begun, until its half-way mark has been passed.
    begun: Option<Instant>,
    /// Threads that seal full segments.
    sealing: Vec<JoinHandle<()>>,
}

impl SqliteJournal {
    /// Opens the log in `folder`, creating it where there is none.
    ///
    /// # Errors
    /// If a segment cannot be read, or the log belongs to another institution.
    pub fn open(folder: &Path, settings: LogSettings) -> Result<Self, ReadError> {
        block_on(Self::open_async(folder, settings))
    }

    async fn open_async(folder: &Path, settings: LogSettings) -> Result<Self, ReadError> {
        segment::remove_drafts(folder)?;
        let mut segments = segment::list(folder)?;
        if segments.is_empty() {
            let header = SegmentHeader {
                log_id: Uuid::new_v4().simple().to_string(),
                institution: settings.institution.clone(),
                layout: settings.layout,
                first_sequence: Sequence(1),
                opening_heads: Vec::new(),
            };
            let path = segment::path_of(folder, Sequence(1));
            segment::create(&path, &header)
                .await?
                .close()
                .await
                .map_err(SegmentError::database(&path))?;
            segments.push((Sequence(1), path));
        }
        seal_forgotten(&segments);
        Self::open_newest(folder, settings, segments).await
    }

    async fn open_newest(
        folder: &Path,
        mut settings: LogSettings,
        segments: Vec<(Sequence, PathBuf)>,
    ) -> Result<Self, ReadError> {
        let (_, path) = segments.last().ok_or(ReadError::Missing(Sequence(1)))?;
        // Opening for writing folds the write-ahead log into the file. A file that is damaged, or another
        // institution's, must keep its bytes for whoever finds out what happened, so it is looked at first.
        let mut before = segment::open_for_reading(path).await?;
        let looked = SegmentContent::read(&mut before, path, &settings).await;
        let closed = before.close().await.map_err(SegmentError::database(path));
        looked.and(closed)?;

        let mut active = segment::open_for_writing(path).await?;
        let content = SegmentContent::read(&mut active, path, &settings).await?;
        settings.layout = content.header.layout;
        let log_id = content.header.log_id.clone();
        Ok(Self {
            reader: LogReader::new(folder.to_owned(), content.header, segments, content.last),
            folder: folder.to_owned(),
            settings,
            log_id,
            active: Some(active),
            active_bytes: content.bytes,
            wal_bytes: 0,
            heads: content.heads,
            sealing: Vec::new(),
            spare: SpareWal::in_folder(folder),
            begun: None,
        })
    }

    /// A reader that sees every commit of this writer.
    pub fn reader(&self) -> LogReader {
        self.reader.clone()
    }

    pub fn layout(&self) -> PartitionLayout {
        self.settings.layout
    }

    /// Chain head of every partition that has events.
    pub fn heads(&self) -> &BTreeMap<PartitionId, ChainHead> {
        &self.heads
    }

    /// Opens the newest segment again after a failed commit; what it then holds is the truth.
    pub fn reopen(&mut self) -> Result<(), ReadError> {
        block_on(async {
            if let Some(failed) = self.active.take() {
                // It failed once; whatever closing it says changes nothing.
                let _ = failed.close_hard().await;
            }
            let segments = self.reader.segments();
            let fresh = Self::open_newest(&self.folder, self.settings.clone(), segments).await?;
            self.reader.reset(fresh.reader.last());
            self.active = fresh.active;
            self.active_bytes = fresh.active_bytes;
            self.wal_bytes = 0;
            self.heads = fresh.heads;
            Ok(())
        })
    }

    /// Closes every file, leaving nothing beside the segments. Whoever still holds a reader can no longer read files.
    pub async fn close(mut self) {
        for thread in self.sealing.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread that sealed a segment had panicked");
            }
        }
        self.spare.discard();
        self.reader.close().await;
        if let Some(active) = self.active.take() {
            // Everything is durable already; what stays unfolded is folded at the next start.
            let _ = active.close().await;
        }
        for (_, path) in self.reader.segments() {
            // Readers that were the last to go leave the write-ahead log to the next writer.
            if segment::has_wal(&path)
                && let Err(error) = segment::seal(&path).await
            {
                tracing::warn!(%error, "a write-ahead log could not be folded; the next start tries again");
            }
        }
    }

    async fn insert(&mut self, commit: &StoredCommit) -> Result<(), AppendError> {
        let active = self
            .active
            .as_mut()
            .ok_or_else(|| AppendError::NotCommitted("the log is not open".into()))?;
        sqlx::query(
            "-- journal_append
             INSERT INTO commits (first_sequence, event_count, recorded_at, events, heads)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(commit.first_sequence.0.cast_signed())
        .bind(commit.event_count.cast_signed())
        .bind(commit.recorded_at_us)
        .bind(Arc::clone(&commit.events))
        .bind(segment::heads_to_bytes(&commit.heads))
        .execute(active)
        .await
        .map(|_| ())
        .map_err(|error| append_error(&error))
    }

    /// Sparse traffic fills the write-ahead log with pages long before the segment is full of events. Folding it costs
    /// one commit in some thousands a few milliseconds; a failure only means that it is tried again later.
    fn bound_wal(&mut self) {
        let path = self.active_path();
        self.wal_bytes = 0;
        if let Some(active) = &mut self.active
            && let Err(error) = block_on(segment::fold_without_waiting(active, &path))
        {
            tracing::warn!(%error, "the write-ahead log could not be folded");
        }
    }

    /// Only a busy log, which will soon need it, has the next write-ahead log prepared.
    fn prepare_next_segment(&mut self) {
        if self.active_bytes < self.settings.segment_bytes / 2 {
            return;
        }
        if let Some(begun) = self.begun.take()
            && begun.elapsed() < BUSY_HALF_SEGMENT
        {
            // Frames are a little larger than the pages in them, and commits do not fill their pages.
            self.spare.prepare(self.settings.segment_bytes / 8 * 9);
        }
    }

    fn active_path(&self) -> PathBuf {
        let newest = self.reader.segments().pop();
        newest.map(|(_, path)| path).unwrap_or_default()
    }

    /// Begins the next segment and seals the full one in the background.
    async fn roll(&mut self, first_sequence: Sequence) -> Result<(), SegmentError> {
        let path = segment::path_of(&self.folder, first_sequence);
        let header = SegmentHeader {
            log_id: self.log_id.clone(),
            institution: self.settings.institution.clone(),
            layout: self.settings.layout,
            first_sequence,
            opening_heads: self.heads.iter().map(|(key, head)| (*key, *head)).collect(),
        };
        if path.exists() {
            // Left by a roll that failed half-way: it has no commit, so nothing is lost with it.
            segment::remove(&path)?;
        }
        let next = segment::create_with(&path, &header, Some(&self.spare)).await?;
        self.begun = Some(Instant::now());
        let full_path = self.active_path();
        let full = self.active.replace(next);
        self.active_bytes = 0;
        self.wal_bytes = 0;
        self.reader.add_segment(first_sequence, path);
        self.sealing.retain(|thread| !thread.is_finished());
        self.sealing.push(std::thread::spawn(move || {
            priority::work_in_the_background();
            block_on(async {
                if let Some(full) = full {
                    // Sealing opens the file anew, and tells whatever is wrong with it.
                    let _ = full.close().await;
                }
                seal(&full_path).await;
            });
        }));
        Ok(())
    }
}

impl Journal for SqliteJournal {
    fn append(&mut self, commit: &Arc<StoredCommit>) -> Result<(), AppendError> {
        block_on(async {
            if self.active_bytes >= self.settings.segment_bytes {
                self.roll(commit.first_sequence)
                    .await
                    .map_err(|error| AppendError::NotCommitted(error.to_string()))?;
            }
            self.insert(commit).await
        })?;
        let bytes = commit.events.len() as u64;
        self.active_bytes += bytes;
        self.wal_bytes += bytes + COMMIT_OVERHEAD_BYTES;
        self.heads.extend(commit.heads.iter().copied());
        self.reader.announce(commit);
        self.prepare_next_segment();
        if self.wal_bytes > WAL_SEGMENTS_MAX * self.settings.segment_bytes {
            self.bound_wal();
        }
        Ok(())
    }
}

/// A full disk or a locked file is refused before anything is durable. Anything else, a failed sync above all, leaves
/// the outcome open: the operating system may have dropped the dirty pages, so asking again would prove nothing.
fn append_error(error: &sqlx::Error) -> AppendError {
    const BUSY: i32 = 5;
    const LOCKED: i32 = 6;
    const READ_ONLY: i32 = 8;
    const FULL: i32 = 13;
    let primary = error
        .as_database_error()
        .and_then(|error| error.code())
        .and_then(|code| code.parse::<i32>().ok())
        .map(|code| code & 0xff);
    match primary {
        Some(BUSY | LOCKED | READ_ONLY | FULL) => AppendError::NotCommitted(error.to_string()),
        _ => AppendError::Unknown(error.to_string()),
    }
}

/// What has to be known of the newest segment before it is continued.
struct SegmentContent {
    header: SegmentHeader,
    last: Sequence,
    /// Bytes of stored text.
    bytes: u64,
    heads: BTreeMap<PartitionId, ChainHead>,
}

impl SegmentContent {
    async fn read(
        connection: &mut SqliteConnection,
        path: &Path,
        settings: &LogSettings,
    ) -> Result<Self, SegmentError> {
        let header = segment::read_header(connection, path).await?;
        if header.institution != settings.institution {
            return Err(SegmentError::damaged(
                path,
                format!(
                    "this log belongs to {}, not to {}",
                    header.institution, settings.institution
                ),
            ));
        }
        let (last, bytes): (i64, i64) = sqlx::query_as(
            "-- journal_active_extent
             SELECT COALESCE(MAX(first_sequence + event_count - 1), $1 - 1), COALESCE(SUM(OCTET_LENGTH(events)), 0)
             FROM commits",
        )
        .bind(header.first_sequence.0.cast_signed())
        .fetch_one(&mut *connection)
        .await
        .map_err(SegmentError::database(path))?;
        Ok(Self {
            heads: current_heads(connection, &header, path).await?,
            header,
            last: Sequence(last.cast_unsigned()),
            bytes: bytes.cast_unsigned(),
        })
    }
}

async fn current_heads(
    active: &mut SqliteConnection,
    header: &SegmentHeader,
    path: &Path,
) -> Result<BTreeMap<PartitionId, ChainHead>, SegmentError> {
    let mut heads: BTreeMap<_, _> = header.opening_heads.iter().copied().collect();
    let rows: Vec<Vec<u8>> = sqlx::query_scalar(
        "-- journal_heads
         SELECT heads FROM commits ORDER BY first_sequence",
    )
    .fetch_all(active)
    .await
    .map_err(SegmentError::database(path))?;
    for row in rows {
        heads.extend(
            segment::heads_from_bytes(&row)
                .ok_or_else(|| SegmentError::damaged(path, "chain heads are cut short"))?,
        );
    }
    Ok(heads)
}

/// Seals segments that a kill left with an unfolded write-ahead log, in the background.
fn seal_forgotten(segments: &[(Sequence, PathBuf)]) {
    let forgotten: Vec<PathBuf> = segments[..segments.len().saturating_sub(1)]
        .iter()
        .map(|(_, path)| path.clone())
        .filter(|path| segment::wal_bytes(path) > 0)
        .collect();
    if forgotten.is_empty() {
        return;
    }
    std::thread::spawn(move || {
        for path in forgotten {
            block_on(seal(&path));
        }
    });
}

async fn seal(path: &Path) {
    if let Err(error) = segment::seal(path).await {
        tracing::warn!(%error, "a full segment could not be sealed; the next start tries again");
    }
}
