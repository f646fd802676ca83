//! Files to read, plain or gzip.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::Context;
use flate2::bufread::MultiGzDecoder;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const BUFFER_BYTES: usize = 1 << 16;

/// An open file. Whether it is compressed is told by its first bytes, not by its name.
pub struct SourceFile {
    pub path: PathBuf,
    /// What is in it, uncompressed.
    pub bytes: Box<dyn BufRead + Send>,
    pub extent: Extent,
}

/// How far a file has been read.
#[derive(Clone)]
pub struct Extent {
    read: Arc<AtomicU64>,
    length: u64,
}

impl SourceFile {
    /// Opens a file; errors name it.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let named = || path.display().to_string();
        let file = File::open(path).with_context(named)?;
        let extent = Extent {
            read: Arc::default(),
            length: file.metadata().with_context(named)?.len(),
        };
        let counted = Counted {
            file,
            read: Arc::clone(&extent.read),
        };
        let mut stored = BufReader::with_capacity(BUFFER_BYTES, counted);
        let compressed = stored
            .fill_buf()
            .with_context(named)?
            .starts_with(&GZIP_MAGIC);
        let bytes: Box<dyn BufRead + Send> = if compressed {
            let plain = MultiGzDecoder::new(stored);
            Box::new(BufReader::with_capacity(BUFFER_BYTES, plain))
        } else {
            Box::new(stored)
        };
        Ok(Self {
            path: path.to_owned(),
            bytes,
            extent,
        })
    }
}

impl Extent {
    /// Share of the file that has been read, in 0..=1.
    pub fn share(&self) -> f64 {
        match self.length {
            0 => 1.0,
            length => (self.read.load(Ordering::Relaxed) as f64 / length as f64).min(1.0),
        }
    }
}

struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
