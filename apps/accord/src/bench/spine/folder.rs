//! The folder that the benchmark fills, and the check that keeps it from emptying anything else.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

/// Lies in every folder of the benchmark and nowhere else.
const MARKER: &str = "accord-bench";
const MARKER_TEXT: &str = "This folder belongs to `accord bench`, which empties it.\n";

/// An empty folder for one run.
#[derive(Debug)]
pub struct BenchFolder {
    path: PathBuf,
}

impl BenchFolder {
    /// Creates the folder, or empties it.
    ///
    /// # Errors
    /// If it holds anything and is not a folder of an earlier run.
    pub fn prepare(path: &Path) -> anyhow::Result<Self> {
        let prepared = Self::prepare_unnamed(path);
        prepared.with_context(|| format!("the folder {}", path.display()))
    }

    fn prepare_unnamed(path: &Path) -> anyhow::Result<Self> {
        let names = match fs::read_dir(path) {
            Ok(entries) => entries.collect::<io::Result<Vec<_>>>()?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let is_ours = names.iter().any(|entry| entry.file_name() == MARKER);
        if !names.is_empty() && !is_ours {
            bail!("is not empty and not of an earlier run; choose another with --folder");
        }
        for entry in names {
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            } else if entry.file_name() != MARKER {
                fs::remove_file(entry.path())?;
            }
        }
        fs::create_dir_all(path)?;
        fs::write(path.join(MARKER), MARKER_TEXT)?;
        Ok(Self {
            path: path.canonicalize()?,
        })
    }

    /// Where the node keeps everything that it stores.
    pub fn node(&self) -> PathBuf {
        self.path.join("node")
    }

    /// The folder itself, on the disk that is measured.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_an_earlier_run_is_emptied() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/b");
        let first = BenchFolder::prepare(&path).unwrap();
        fs::create_dir(first.node()).unwrap();
        fs::write(first.node().join("file"), "x").unwrap();
        fs::write(path.join("file"), "x").unwrap();
        BenchFolder::prepare(&path).unwrap();
        let left: Vec<_> = fs::read_dir(&path).unwrap().collect();
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].as_ref().unwrap().file_name(), MARKER);
    }

    #[test]
    fn a_folder_of_somebody_else_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.txt"), "x").unwrap();
        let refused = BenchFolder::prepare(folder.path()).unwrap_err();
        assert!(format!("{refused:#}").contains("--folder"), "{refused:#}");
        assert!(folder.path().join("thesis.txt").exists());
        assert!(!folder.path().join(MARKER).exists());
    }
}
