//! Hashes that cannot be mistaken for one another.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::codec::{DecodeError, Reader, Wire, Writer};

/// 32 bytes that name a content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// SHA-256 over the purpose and the parts, each preceded by its length, so that no two lists of parts look alike.
    pub fn of(purpose: &str, parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hasher.update((bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        part(b"accord-federation-1");
        part(purpose.as_bytes());
        for bytes in parts {
            part(bytes);
        }
        Self(hasher.finalize().into())
    }

    /// BLAKE3 of a long vector. A vector of a million coordinates is hashed by everybody who sees it, and SHA-256 would
    /// take longer for that than the masks; this one is as strong and ten times faster.
    pub fn of_vector(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Hash({self})")
    }
}

impl Wire for Hash {
    fn write(&self, writer: &mut Writer) {
        writer.fixed(&self.0);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self(reader.fixed()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_a_border_between_parts_or_changing_the_purpose_changes_the_hash() {
        let hash = Hash::of("test", &[b"ab", b"c"]);
        assert_eq!(hash, Hash::of("test", &[b"ab", b"c"]));
        for other in [
            Hash::of("test", &[b"a", b"bc"]),
            Hash::of("test", &[b"abc"]),
            Hash::of("test", &[b"ab", b"c", b""]),
            Hash::of("tes", &[b"tab", b"c"]),
        ] {
            assert_ne!(hash, other);
        }
    }
}
