//! Secrets that two parties share without ever sending them: X25519 (RFC 7748), then HKDF-SHA-256 (RFC 5869).

use std::fmt;

use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use thiserror::Error;
use x25519_dalek::{PublicKey, StaticSecret};

use crate::codec::{DecodeError, Reader, Wire, Writer};
use crate::secret::Secret;

/// The private half of a key agreement.
#[derive(Clone)]
pub struct AgreementSecret {
    secret: StaticSecret,
}

/// The other side's key forces a secret that everybody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the key contributes nothing to the agreement")]
pub struct NotContributory;

impl AgreementSecret {
    /// The one that these bytes stand for.
    pub fn from_secret(secret: &Secret) -> Self {
        Self {
            secret: StaticSecret::from(*secret.expose()),
        }
    }

    /// The public half.
    pub fn public(&self) -> AgreementKey {
        AgreementKey(PublicKey::from(&self.secret).to_bytes())
    }

    /// The secret shared with `other`, not yet fit for use as a key.
    pub fn agree(&self, other: &AgreementKey) -> Result<Secret, NotContributory> {
        let shared = self.secret.diffie_hellman(&PublicKey::from(other.0));
        if !shared.was_contributory() {
            return Err(NotContributory);
        }
        Ok(Secret::from_bytes(shared.to_bytes()))
    }
}

impl fmt::Debug for AgreementSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "AgreementSecret({:?})", self.public())
    }
}

/// The public half of a key agreement.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AgreementKey(pub [u8; 32]);

impl fmt::Debug for AgreementKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.0))
    }
}

impl Wire for AgreementKey {
    fn write(&self, writer: &mut Writer) {
        writer.fixed(&self.0);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self(reader.fixed()?))
    }
}

/// A key for one purpose, from a secret, a salt (here always a context) and what the key is for.
pub fn derive_key(secret: &Secret, salt: &[u8], purpose: &[u8]) -> Secret {
    let mut key = [0; 32];
    expand(secret.expose(), salt, purpose, &mut key);
    Secret::from_bytes(key)
}

fn expand(secret: &[u8], salt: &[u8], purpose: &[u8], key: &mut [u8]) {
    Hkdf::<Sha256>::new(Some(salt), secret)
        .expand(purpose, key)
        .expect("HKDF-SHA-256 gives up to 8,160 bytes and is asked for far fewer");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_vectors::bytes;

    #[test]
    fn agreements_are_those_of_rfc_7748() {
        // Section 6.1.
        let alice = AgreementSecret::from_secret(&Secret::from_bytes(bytes(
            "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
        )));
        let bob = AgreementSecret::from_secret(&Secret::from_bytes(bytes(
            "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
        )));
        assert_eq!(
            alice.public().0,
            bytes::<32>("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
        );
        assert_eq!(
            bob.public().0,
            bytes::<32>("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
        );
        let shared = alice.agree(&bob.public()).expect("contributory");
        assert_eq!(
            *shared.expose(),
            bytes("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")
        );
        assert_eq!(
            shared.expose(),
            bob.agree(&alice.public()).expect("contributory").expose()
        );
    }

    #[test]
    fn a_key_of_small_order_is_refused() {
        let secret = AgreementSecret::from_secret(&Secret::from_bytes([7; 32]));
        let mut one = [0; 32];
        one[0] = 1;
        for weak in [[0; 32], one] {
            assert_eq!(
                secret.agree(&AgreementKey(weak)).err(),
                Some(NotContributory)
            );
        }
    }

    #[test]
    fn derived_keys_are_those_of_rfc_5869() {
        // Appendix A.1.
        let mut key = [0; 42];
        expand(
            &[0x0b; 22],
            &bytes::<13>("000102030405060708090a0b0c"),
            &bytes::<10>("f0f1f2f3f4f5f6f7f8f9"),
            &mut key,
        );
        assert_eq!(
            key,
            bytes::<42>(
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
            )
        );
    }
}
