//! Small files that are there, whole, after a power cut.

use std::{io::Write, path::Path};

/// Writes a file beside its place and moves it there once it is on the disk.
pub fn write_durably(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let draft = path.with_extension("draft");
    let mut file = std::fs::File::create(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&draft, path)?;
    if let Some(folder) = path.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}
