//! What is found on a disk after the power was cut.
//!
//! Two views of the folder are compared: the durable one, and the working one that the dead process saw. Where they
//! agree nothing is in doubt. Where they differ the change was never synced, and the cut decides what became of it:
//! strictly nothing survives, or, torn, a seeded random part, as when a kernel had begun to write back on its own.
//!
//! - Bytes survive in sectors of 512 or 4,096 bytes (one size per cut), each for itself, and the length may be the old
//!   one, the new one, or between. Bytes that were not written do not change, even beside written ones in a sector
//!   (SQLite calls this power-safe overwrite).
//! - Names survive independently of bytes: a new name may lead to an empty or half-written file. Names that share a
//!   file change together, so a rename is atomic: it has happened or not, as on every journaling file system.
//!
//! Simpler than a real disk: only the last version of what was not synced can survive, not one in between; and where a
//! file was emptied and written again, lost sectors hold their old bytes, not zeros.

use super::chance::Chance;
use super::durable_state::{Folder, Identity, Kind, Names};
use super::surviving_names::surviving_names;
use std::collections::HashMap;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

/// Which of the changes that were never synced survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerCut {
    /// None.
    Strict,
    /// A random part; the same seed on the same disk gives the same part.
    Torn { seed: u64 },
}

/// How many changes were at stake in a power cut, and how many of them survived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Survivors {
    /// Sectors (512 or 4,096 bytes) of restored files that differed from what was durable.
    pub unsynced_sectors: usize,
    pub surviving_sectors: usize,
    /// Names that were added, removed or moved in directories not synced since.
    pub unsynced_names: usize,
    pub surviving_names: usize,
}

/// Writes the folder as found after the cut into `target`, which must be missing or empty.
pub fn restore(
    cut: PowerCut,
    durable: &Folder,
    working: &Folder,
    target: &Path,
) -> io::Result<Survivors> {
    fs::create_dir_all(target)?;
    if fs::read_dir(target)?.next().is_some() {
        return Err(io::Error::other("the target of a restore must be empty"));
    }
    let mut survivors = Survivors::default();
    let directories = surviving_names(cut, durable, working, &mut survivors);
    let mut restoration = Restoration {
        cut,
        durable,
        working,
        directories,
        survivors,
        within: Vec::new(),
    };
    restoration.directory(&durable.root, target)?;
    Ok(restoration.survivors)
}

struct Restoration<'a> {
    cut: PowerCut,
    durable: &'a Folder,
    working: &'a Folder,
    directories: HashMap<Identity, Names>,
    survivors: Survivors,
    /// The directories being restored. Half a move can leave a directory inside itself, where a file system check
    /// would cut it off.
    within: Vec<Identity>,
}

impl Restoration<'_> {
    fn directory(&mut self, directory: &Identity, path: &Path) -> io::Result<()> {
        self.within.push(directory.clone());
        for (name, entry) in self.directories.get(directory).cloned().unwrap_or_default() {
            let path = path.join(name);
            match &entry.kind {
                Kind::File => fs::write(&path, self.bytes(&entry.identity)?)?,
                Kind::Directory if self.within.contains(&entry.identity) => continue,
                Kind::Directory => {
                    fs::create_dir(&path)?;
                    self.directory(&entry.identity, &path)?;
                }
                Kind::Link { target } => {
                    symlink(target, &path)?;
                    continue;
                }
            }
            fs::set_permissions(&path, Permissions::from_mode(entry.mode))?;
        }
        self.within.pop();
        Ok(())
    }

    fn bytes(&mut self, file: &Identity) -> io::Result<Vec<u8>> {
        let durable = self.durable.bytes(file)?.unwrap_or_default();
        match self.working.bytes(file)? {
            Some(working) => Ok(self.tear(file, &durable, &working)),
            None => Ok(durable),
        }
    }

    fn tear(&mut self, file: &Identity, durable: &[u8], working: &[u8]) -> Vec<u8> {
        let sector = [512, 4_096][Chance::of(self.cut, "sector size").below(2)];
        let mut chance = Chance::of(self.cut, &format!("bytes {}", file.0));
        // Not always half of them: all but one lost, or all but one kept, finds other faults.
        let eighths = [0, 1, 4, 7, 8][chance.below(5)];
        let length = chance.length(durable.len(), working.len());
        let mut torn = durable.to_vec();
        torn.resize(length, 0);
        for start in (0..durable.len().max(working.len())).step_by(sector) {
            let old = sector_at(durable, start, sector);
            let new = sector_at(working, start, sector);
            if old == new {
                continue;
            }
            self.survivors.unsynced_sectors += 1;
            if chance.survives(eighths, 8) && start < length {
                self.survivors.surviving_sectors += 1;
                let end = length.min(start + new.len());
                torn[start..end].copy_from_slice(&new[..end - start]);
            }
        }
        torn
    }
}

/// Shorter, or empty, where the file ends.
fn sector_at(bytes: &[u8], start: usize, sector: usize) -> &[u8] {
    let end = bytes.len().min(start + sector);
    bytes.get(start..end).unwrap_or_default()
}
