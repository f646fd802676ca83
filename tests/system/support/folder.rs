//! Folders as values.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// All files under a folder, in memory: copies of it cost no work of their own and leave nothing behind.
#[derive(Clone, Debug)]
pub struct FolderImage {
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl FolderImage {
    pub fn of(folder: &Path) -> io::Result<Self> {
        let mut files = Vec::new();
        read_into(&mut files, folder, Path::new(""))?;
        Ok(Self { files })
    }

    /// Whether any file holds these bytes.
    pub fn holds(&self, wanted: &[u8]) -> bool {
        self.files
            .iter()
            .any(|(_, bytes)| bytes.windows(wanted.len()).any(|part| part == wanted))
    }

    pub fn write_to(&self, folder: &Path) -> io::Result<()> {
        for (name, bytes) in &self.files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            fs::write(path, bytes)?;
        }
        Ok(())
    }
}

fn read_into(files: &mut Vec<(PathBuf, Vec<u8>)>, folder: &Path, name: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder.join(name))? {
        let entry = entry?;
        let name = name.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            read_into(files, folder, &name)?;
        } else {
            files.push((name, fs::read(entry.path())?));
        }
    }
    Ok(())
}

/// The files of a folder whose names end in `ending`, sorted.
pub fn files_ending(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .expect("a readable folder")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.to_string_lossy().ends_with(ending))
        .collect();
    found.sort();
    found
}
