//! Whether the disk has room for more.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use crate::data_directory::free_bytes;

/// Watches the free space of the disk, asking the operating system at most four times a second.
pub(super) struct FreeSpace {
    folder: PathBuf,
    bytes_min: u64,
    asked: Option<Instant>,
    shortage: Option<String>,
}

impl FreeSpace {
    pub(super) fn new(folder: PathBuf, bytes_min: u64) -> Self {
        Self {
            folder,
            bytes_min,
            asked: None,
            shortage: None,
        }
    }

    /// Why nothing should be written now, if the space runs short.
    pub(super) fn shortage(&mut self) -> Option<String> {
        let due = self
            .asked
            .is_none_or(|asked| asked.elapsed() > Duration::from_millis(250));
        if due {
            self.asked = Some(Instant::now());
            // Where the space cannot be told, writing goes on: a full disk is refused by the commit itself.
            self.shortage = free_bytes(&self.folder)
                .ok()
                .filter(|free| *free < self.bytes_min)
                .map(|free| {
                    format!(
                        "{} MiB of disk are free and at least {} MiB are kept free",
                        free >> 20,
                        self.bytes_min >> 20
                    )
                });
        }
        self.shortage.clone()
    }
}
