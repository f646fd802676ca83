//! API keys: random secrets of which only the hash is kept.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::roles::Roles;

/// A key as it stands in the configuration: whose it is, and the hash of the secret.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    /// Id of the caller that the key stands for; the actor in the log.
    pub id: String,
    /// Display name of the caller.
    pub name: String,
    /// Roles of the caller.
    pub roles: Roles,
    /// SHA-256 of the secret, 64 hexadecimal digits.
    pub sha256_hex: String,
    /// The person behind it, where one person has several; absent: the id. What counts where two people must agree.
    pub person: Option<String>,
}

impl ApiKey {
    /// Makes a new key: what to store, and the secret to hand over once (256 random bits).
    #[must_use]
    pub fn generate(id: &str, name: &str, roles: Roles) -> (Self, String) {
        let secret = generate_secret();
        let key = Self {
            id: id.to_owned(),
            name: name.to_owned(),
            roles,
            sha256_hex: KeyHash::of(&secret).to_hex(),
            person: None,
        };
        (key, secret)
    }
}

/// A new random secret of 256 bits; the prefix lets secret scanners recognise it.
#[must_use]
pub fn generate_secret() -> String {
    // The thread's generator is a cryptographic one, seeded by the operating system.
    let bytes: [u8; 32] = rand::random();
    format!("accord_{}", URL_SAFE_NO_PAD.encode(bytes))
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ApiKey")
            .field("id", &self.id)
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}

/// SHA-256 of a secret. A fast hash is right here, because the secrets are long and random.
///
/// Held as four words, because a constant-time comparison looks at each element separately.
#[derive(Clone, Copy)]
pub struct KeyHash([u64; 4]);

impl KeyHash {
    /// The hash of a secret as a caller presents it.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        Self::from_bytes(Sha256::digest(secret.as_bytes()).into())
    }

    /// Reads 64 hexadecimal digits; `None` for anything else.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self::from_bytes(bytes))
    }

    fn from_bytes(bytes: [u8; 32]) -> Self {
        let (words, _) = bytes.as_chunks::<8>();
        let mut hash = [0; 4];
        for (word, bytes) in hash.iter_mut().zip(words) {
            *word = u64::from_be_bytes(*bytes);
        }
        Self(hash)
    }

    /// The hash as 64 hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        self.0.iter().map(|word| format!("{word:016x}")).collect()
    }

    /// Compares in a time that does not depend on where the hashes differ.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl std::fmt::Debug for KeyHash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("KeyHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roles::Role;

    #[test]
    fn a_generated_key_is_recognised_by_its_hash_only() {
        let (key, secret) =
            ApiKey::generate("gateway", "Gateway", Roles::of(&[Role::PaymentSystem]));
        let stored = KeyHash::from_hex(&key.sha256_hex).unwrap();
        assert!(stored.matches(&KeyHash::of(&secret)));
        assert!(!stored.matches(&KeyHash::of(&format!("{secret}x"))));
        assert_eq!(secret.len(), "accord_".len() + 43);
    }

    #[test]
    fn generated_secrets_differ() {
        assert_ne!(generate_secret(), generate_secret());
    }

    #[test]
    fn the_hash_is_plain_sha_256() {
        // FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(KeyHash::of("abc").to_hex(), expected);
        assert!(KeyHash::from_hex("ba78").is_none());
        assert!(KeyHash::from_hex(&"z".repeat(64)).is_none());
    }

    #[test]
    fn debugging_shows_no_hash() {
        let (key, _) = ApiKey::generate("gateway", "Gateway", Roles::NONE);
        let shown = format!("{key:?} {:?}", KeyHash::of("abc"));
        assert!(!shown.contains(&key.sha256_hex[..8]), "{shown}");
        assert!(!shown.contains("ba78"), "{shown}");
    }
}
