//! A folder as names and files, once as the process sees it and once as the disk holds it.
//!
//! The durable one is kept in the shadow by `shim.c`: `inodes/` with the bytes of files, and `entries.log` with names.

use super::entries_log::{complete_records, write_record};
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Everything under a root.
pub struct Folder {
    pub root: Identity,
    pub directories: HashMap<Identity, Names>,
    /// Where the bytes of each file can be read; a file without any bytes may be missing.
    files: HashMap<Identity, PathBuf>,
}

/// What a directory holds.
pub type Names = BTreeMap<OsString, Entry>;

/// Tells files apart, even where an inode number is used again: inode number and birth time in nanoseconds since
/// 1970, both hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity(pub String);

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub kind: Kind,
    pub identity: Identity,
    /// Permission bits.
    pub mode: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    File,
    Directory,
    Link { target: OsString },
}

impl Folder {
    /// The folder as a running process would see it.
    pub fn working(root: &Path) -> io::Result<Self> {
        let identity = Identity::of(&fs::metadata(root)?)?;
        let mut folder = Self {
            root: identity.clone(),
            directories: HashMap::new(),
            files: HashMap::new(),
        };
        folder.walk(identity, root)?;
        Ok(folder)
    }

    fn walk(&mut self, directory: Identity, path: &Path) -> io::Result<()> {
        let mut names = Names::new();
        for found in fs::read_dir(path)? {
            let found = found?;
            let metadata = found.metadata()?;
            let identity = Identity::of(&metadata)?;
            let kind = if metadata.is_dir() {
                self.walk(identity.clone(), &found.path())?;
                Kind::Directory
            } else if metadata.is_file() {
                self.files.insert(identity.clone(), found.path());
                Kind::File
            } else if metadata.is_symlink() {
                Kind::Link {
                    target: fs::read_link(found.path())?.into_os_string(),
                }
            } else {
                continue;
            };
            names.insert(
                found.file_name(),
                Entry {
                    kind,
                    identity,
                    mode: metadata.mode() & 0o7777,
                },
            );
        }
        self.directories.insert(directory, names);
        Ok(())
    }

    /// The folder as the disk holds it.
    pub fn durable(shadow: &Path, root: &Path) -> io::Result<Self> {
        let log = fs::read_to_string(shadow.join("entries.log"))?;
        if !log.lines().any(|line| line == "attached") {
            return Err(io::Error::other(
                "no process has attached to this disk: was LD_PRELOAD set?",
            ));
        }
        let mut files = HashMap::new();
        for found in fs::read_dir(shadow.join("inodes"))? {
            let found = found?;
            files.insert(
                Identity(found.file_name().to_string_lossy().into_owned()),
                found.path(),
            );
        }
        let directories = complete_records(&log).collect();
        Ok(Self {
            root: Identity::of(&fs::metadata(root)?)?,
            directories,
            files,
        })
    }

    /// Fills an empty shadow, so that everything in this folder counts as durable.
    pub fn make_durable(&self, shadow: &Path) -> io::Result<()> {
        let mut log = String::new();
        for (identity, names) in &self.directories {
            write_record(&mut log, identity, names);
        }
        fs::write(shadow.join("entries.log"), log)?;
        fs::create_dir(shadow.join("inodes"))?;
        for (identity, path) in &self.files {
            let copy = shadow.join("inodes").join(&identity.0);
            fs::copy(path, &copy)?;
            // The shim writes here, whatever the file allows.
            fs::set_permissions(copy, fs::Permissions::from_mode(0o600))?;
        }
        Ok(())
    }

    /// The bytes of a file, or nothing where this folder holds no bytes of it.
    pub fn bytes(&self, file: &Identity) -> io::Result<Option<Vec<u8>>> {
        self.files.get(file).map(fs::read).transpose()
    }
}

impl Identity {
    fn of(metadata: &Metadata) -> io::Result<Self> {
        let born = metadata
            .created()?
            .duration_since(UNIX_EPOCH)
            .map_err(io::Error::other)?;
        Ok(Self(format!("{:x}-{:x}", metadata.ino(), born.as_nanos())))
    }
}
