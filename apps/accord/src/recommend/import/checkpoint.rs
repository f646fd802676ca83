//! How far the import of a file got, so that it can go on.

use std::path::{Path, PathBuf};

use accord_event_log::data_directory::create_folder_durably;
use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};

use crate::durable_file::write_durably;

/// The last line of a file that is in the log.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Name of the file, without its folder.
    pub file: String,
    /// Lines up to and with this one are in the log.
    pub lines: u64,
    /// Bytes that the file had.
    length: u64,
    #[serde(skip)]
    place: PathBuf,
}

impl Checkpoint {
    /// Reads where the import of a file stands, or begins at its beginning. `what` is imported from it.
    pub fn open(folder: &Path, what: &str, path: &Path) -> anyhow::Result<Self> {
        let named = || path.display().to_string();
        let file = path.file_name().with_context(named)?.to_string_lossy();
        let length = std::fs::metadata(path).with_context(named)?.len();
        create_folder_durably(folder).with_context(|| folder.display().to_string())?;
        let place = folder.join(format!("{what}-{:016x}.json", hash(file.as_bytes())));
        let known = match std::fs::read_to_string(&place) {
            Ok(text) => serde_json::from_str::<Self>(&text)
                .with_context(|| format!("{} is damaged", place.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self {
                file: file.clone().into_owned(),
                lines: 0,
                length,
                place: PathBuf::new(),
            },
            Err(error) => return Err(error).with_context(|| place.display().to_string()),
        };
        ensure!(
            length >= known.length,
            "{}: a longer file of this name was imported before; give this one another name",
            path.display()
        );
        Ok(Self {
            length,
            place,
            ..known
        })
    }

    /// Says that lines up to and with this one are in the log.
    pub fn reach(&mut self, line: u64) -> anyhow::Result<()> {
        self.lines = line;
        write_durably(&self.place, &serde_json::to_vec(self)?)
    }
}

/// FNV-1a: a name for a name.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_goes_on_where_it_was_also_when_its_file_has_grown() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("events.csv");
        std::fs::write(&file, "0123456789").expect("a writable folder");
        let open = || Checkpoint::open(&folder.path().join("imports"), "events", &file);
        let mut checkpoint = open().expect("opens");
        assert_eq!(
            (checkpoint.file.as_str(), checkpoint.lines),
            ("events.csv", 0)
        );
        checkpoint.reach(7).expect("writes");
        std::fs::write(&file, "0123456789 and more").expect("a writable folder");
        assert_eq!(open().expect("opens again").lines, 7);
        std::fs::write(&file, "0123").expect("a writable folder");
        let told = open().expect_err("another file").to_string();
        assert!(told.contains("another name"), "{told}");
    }
}
