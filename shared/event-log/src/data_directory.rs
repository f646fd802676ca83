//! The one folder that holds everything of a node or of a demo, and the lock that keeps a second process out.

use std::{
    fs::{File, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

const LOCK_FILE: &str = "in-use.lock";

/// A data directory that this process alone may write to, until it is dropped.
#[derive(Debug)]
pub struct DataDirectory {
    path: PathBuf,
    _lock: File,
}

/// Why the directory cannot be used. The messages say what to do; where another one is chosen, the caller adds.
#[derive(Debug, thiserror::Error)]
pub enum DataDirectoryError {
    #[error(
        "data directory {path} is in use by another process{holder}; stop that one or choose another folder"
    )]
    InUse { path: PathBuf, holder: String },
    #[error(
        "data directory {path} is not writable ({source}); change its permissions or choose another folder"
    )]
    NotWritable { path: PathBuf, source: io::Error },
}

impl DataDirectory {
    /// Creates the directory where needed and locks it.
    pub fn open(path: &Path) -> Result<Self, DataDirectoryError> {
        let not_writable = |source| DataDirectoryError::NotWritable {
            path: path.to_owned(),
            source,
        };
        create_folder_durably(path).map_err(not_writable)?;
        let mut lock = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path.join(LOCK_FILE))
            .map_err(not_writable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(DataDirectoryError::InUse {
                    path: path.to_owned(),
                    holder: holder(&mut lock),
                });
            }
            Err(TryLockError::Error(source)) => return Err(not_writable(source)),
        }
        lock.set_len(0)
            .and_then(|()| lock.rewind())
            .and_then(|()| write!(lock, "{}", std::process::id()))
            .map_err(not_writable)?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn holder(lock: &mut File) -> String {
    let mut process = String::new();
    // Only for the message: an unreadable lock file names no process.
    let _ = lock.read_to_string(&mut process);
    match process.trim().parse::<u32>() {
        Ok(process) => format!(" (process {process})"),
        Err(_) => String::new(),
    }
}

/// Creates a folder and its missing parents so that they survive a power cut: a folder's name is only durable once the
/// folder that holds it is synced.
pub fn create_folder_durably(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = match folder.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    create_folder_durably(parent)?;
    match std::fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    File::open(parent)?.sync_all()
}

/// Bytes that an unprivileged process may still write on the disk of `folder`.
pub fn free_bytes(folder: &Path) -> io::Result<u64> {
    let space = rustix::fs::statvfs(folder)?;
    Ok(space.f_bavail.saturating_mul(space.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_process_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataDirectory::open(folder.path()).unwrap();
        let refused = DataDirectory::open(folder.path()).unwrap_err().to_string();
        assert!(refused.contains("in use"), "{refused}");
        assert!(
            refused.contains(&format!("process {}", std::process::id())),
            "{refused}"
        );
        drop(first);
        DataDirectory::open(folder.path()).unwrap();
    }

    #[test]
    fn a_path_that_is_a_file_is_refused_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let refused = DataDirectory::open(&file).unwrap_err().to_string();
        assert!(
            refused.contains("not writable") && refused.contains("choose another folder"),
            "{refused}"
        );
    }
}
