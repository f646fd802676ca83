//! Keys of a node: 32 bytes in a file that only its owner can read.

use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use accord_event_log::data_directory::create_folder_durably;
use accord_federation::{Identity, Secret};
use zeroize::Zeroizing;

/// The identity in a file of 64 hexadecimal digits; made where there is none.
pub fn open_or_create_identity(path: &Path) -> io::Result<Identity> {
    open_or_create(path).map(|secret| Identity::from_secret(&secret))
}

/// The secret in a file of 64 hexadecimal digits; made where there is none.
pub(crate) fn open_or_create(path: &Path) -> io::Result<Secret> {
    match std::fs::read_to_string(path).map(Zeroizing::new) {
        Ok(text) => {
            let mut bytes = Zeroizing::new([0; 32]);
            hex::decode_to_slice(text.trim(), bytes.as_mut()).map_err(|_| {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("{} does not hold 64 hexadecimal digits", path.display()),
                )
            })?;
            Ok(Secret::from_bytes(*bytes))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(path),
        Err(error) => Err(error),
    }
}

fn create(path: &Path) -> io::Result<Secret> {
    let secret = random_secret()?;
    let folder = path.parent().unwrap_or(Path::new("."));
    create_folder_durably(folder)?;
    let draft = path.with_extension("draft");
    let mut file = std::fs::File::options()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(Zeroizing::new(hex::encode(secret.expose())).as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&draft, path)?;
    std::fs::File::open(folder)?.sync_all()?;
    Ok(secret)
}

/// 32 random bytes of the operating system.
pub(crate) fn random_secret() -> io::Result<Secret> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut()).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(Secret::from_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn an_identity_is_made_once_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys").join("identity.key");
        let made = open_or_create_identity(&path).unwrap();
        let again = open_or_create_identity(&path).unwrap();
        assert_eq!(made.public(), again.public());
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(&path, "short").unwrap();
        assert!(open_or_create_identity(&path).is_err());
    }
}
