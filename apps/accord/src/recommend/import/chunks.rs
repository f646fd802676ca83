//! Lines in chunks, read and checked on a thread of their own.

use std::path::Path;

use tokio::sync::mpsc;

use super::records::{Record, Records};
use crate::recommend::source_file::Extent;

/// Lines that are given to the node together.
const CHUNK_LINES: usize = 4_096;
/// Chunks that may wait for the node.
const CHUNKS_WAITING: usize = 4;

/// Lines that follow one another.
pub struct Chunk<T> {
    pub lines: Vec<T>,
    pub last_line: u64,
}

/// The chunks of a file.
pub struct Chunks<T> {
    receiver: mpsc::Receiver<anyhow::Result<Chunk<T>>>,
    extent: Extent,
}

impl<T: Send + 'static> Chunks<T> {
    /// Begins to read after line `skipped`. Lines before the first that is wrong still come.
    pub fn read(
        path: &Path,
        skipped: u64,
        read: impl Fn(&Record<'_>) -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<Self> {
        let mut records = Records::open(path)?;
        let extent = records.extent();
        let (sender, receiver) = mpsc::channel(CHUNKS_WAITING);
        tokio::task::spawn_blocking(move || {
            loop {
                let (chunk, ended) = read_chunk(&mut records, skipped, &read);
                if !chunk.lines.is_empty() && sender.blocking_send(Ok(chunk)).is_err() {
                    return;
                }
                match ended {
                    Ok(true) => return,
                    Ok(false) => {}
                    Err(error) => {
                        // Nobody listens any more: the import has failed elsewhere.
                        let _ = sender.blocking_send(Err(error));
                        return;
                    }
                }
            }
        });
        Ok(Self { receiver, extent })
    }

    /// How far the file has been read.
    pub fn extent(&self) -> Extent {
        self.extent.clone()
    }

    /// The next chunk; `None` at the end.
    pub async fn next(&mut self) -> anyhow::Result<Option<Chunk<T>>> {
        self.receiver.recv().await.transpose()
    }
}

/// The next lines, and whether the file ended with them.
fn read_chunk<T>(
    records: &mut Records,
    skipped: u64,
    read: &impl Fn(&Record<'_>) -> anyhow::Result<T>,
) -> (Chunk<T>, anyhow::Result<bool>) {
    let mut chunk = Chunk {
        lines: Vec::with_capacity(CHUNK_LINES),
        last_line: 0,
    };
    while chunk.lines.len() < CHUNK_LINES {
        let record = match records.next_record() {
            Ok(Some(record)) => record,
            Ok(None) => return (chunk, Ok(true)),
            Err(error) => return (chunk, Err(error)),
        };
        if record.line <= skipped {
            continue;
        }
        match read(&record) {
            Ok(line) => chunk.lines.push(line),
            Err(error) => return (chunk, Err(error)),
        }
        chunk.last_line = record.line;
    }
    (chunk, Ok(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_come_in_order_after_those_that_are_skipped_and_up_to_the_first_that_is_wrong() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("numbers.csv");
        let mut text = "item\n".to_owned();
        (2..=10_000).for_each(|line| text.push_str(&format!("{line}\n")));
        std::fs::write(&path, text).expect("a writable folder");
        let read = |record: &Record<'_>| match record.line {
            9_000 => anyhow::bail!("line 9000 is wrong"),
            line => Ok(line),
        };
        let mut chunks = Chunks::read(&path, 5_000, read).expect("opens");
        let mut lines = Vec::new();
        let error = loop {
            match chunks.next().await {
                Ok(Some(chunk)) => {
                    assert_eq!(chunk.lines.last(), Some(&chunk.last_line));
                    lines.extend(chunk.lines);
                }
                Ok(None) => panic!("no line was wrong"),
                Err(error) => break error,
            }
        };
        assert_eq!(lines, (5_001..9_000).collect::<Vec<u64>>());
        assert_eq!(error.to_string(), "line 9000 is wrong");
    }
}
