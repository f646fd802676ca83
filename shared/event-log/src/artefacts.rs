//! Content-addressed artefacts, such as models: named by the SHA-256 of their bytes, never changed.

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
};

use sha2::{Digest, Sha256};

use crate::data_directory::create_folder_durably;

/// Artefacts of one node, one file each.
#[derive(Clone, Debug)]
pub struct ArtefactFolder {
    folder: PathBuf,
}

impl ArtefactFolder {
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        create_folder_durably(&folder)?;
        Ok(Self { folder })
    }

    /// Stores the bytes durably and gives their name. Storing them again changes nothing.
    pub fn put(&self, bytes: &[u8]) -> io::Result<String> {
        let name = name_of(bytes);
        let path = self.folder.join(&name);
        if path.exists() {
            return Ok(name);
        }
        let draft = path.with_extension("draft");
        let mut file = fs::File::create(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&draft, &path)?;
        fs::File::open(&self.folder)?.sync_all()?;
        Ok(name)
    }

    /// Names of all artefacts.
    pub fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if is_name(&name) {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// The bytes of an artefact.
    ///
    /// # Errors
    /// If there is none of this name, or its bytes are not those that it was named after.
    pub fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        // Names come from the log; anything that is not a hash must not become a path.
        if !is_name(name) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "an artefact is named by a SHA-256",
            ));
        }
        let bytes = fs::read(self.folder.join(name))?;
        if name_of(&bytes) != name {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("artefact {name} is damaged"),
            ));
        }
        Ok(bytes)
    }
}

fn is_name(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn name_of(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_artefact_is_found_by_its_hash_and_a_damaged_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let artefacts = ArtefactFolder::open(folder.path().to_owned()).unwrap();
        let name = artefacts.put(b"weights").unwrap();
        assert_eq!(artefacts.put(b"weights").unwrap(), name);
        assert_eq!(artefacts.get(&name).unwrap(), b"weights");
        fs::write(folder.path().join(&name), b"other").unwrap();
        assert!(artefacts.get(&name).is_err());
        assert!(artefacts.get("../secret").is_err());
    }
}
