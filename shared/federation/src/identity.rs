//! Who somebody is: an Ed25519 key (RFC 8032), pinned in the plan.

use std::fmt;

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::codec::{DecodeError, Reader, Wire, Writer};
use crate::hash::Hash;
use crate::secret::Secret;

/// A private identity. `Debug` shows only the public half; the key is overwritten when dropped.
pub struct Identity {
    key: SigningKey,
}

/// The bytes are no public key, or one of the few that anybody can sign for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("this is not a usable identity key")]
pub struct WeakKey;

/// A signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the signature does not hold")]
pub struct BadSignature;

impl Identity {
    /// A new identity.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        Self::from_secret(&Secret::random(rng))
    }

    /// The identity of a stored secret.
    pub fn from_secret(secret: &Secret) -> Self {
        Self {
            key: SigningKey::from_bytes(secret.expose()),
        }
    }

    /// What others know of it.
    pub fn public(&self) -> PublicIdentity {
        PublicIdentity {
            key: self.key.verifying_key(),
        }
    }

    /// Signs a statement.
    pub(crate) fn sign(&self, statement: &Hash) -> Signature {
        Signature(self.key.sign(statement.as_bytes()).to_bytes())
    }

    #[cfg(test)]
    fn sign_bytes(&self, message: &[u8]) -> Signature {
        Signature(self.key.sign(message).to_bytes())
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Identity({:?})", self.public())
    }
}

/// A public identity: a point on the curve that is not of small order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicIdentity {
    key: VerifyingKey,
}

impl PublicIdentity {
    /// Checks the bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, WeakKey> {
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| WeakKey)?;
        if key.is_weak() {
            return Err(WeakKey);
        }
        Ok(Self { key })
    }

    /// The bytes.
    pub fn key_bytes(self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// Checks a signature by the strict rules, under which nobody but the holder of the key can make another valid one.
    pub(crate) fn verify(
        &self,
        statement: &Hash,
        signature: &Signature,
    ) -> Result<(), BadSignature> {
        self.verify_bytes(statement.as_bytes(), signature)
    }

    fn verify_bytes(&self, message: &[u8], signature: &Signature) -> Result<(), BadSignature> {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.key
            .verify_strict(message, &signature)
            .map_err(|_| BadSignature)
    }
}

impl fmt::Debug for PublicIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.key_bytes()))
    }
}

impl Wire for PublicIdentity {
    fn write(&self, writer: &mut Writer) {
        writer.fixed(&self.key_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::from_bytes(reader.fixed()?).map_err(|_| DecodeError::NotCanonical("an identity key"))
    }
}

/// 64 bytes that only the holder of an identity can make.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

impl fmt::Debug for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.0))
    }
}

impl Wire for Signature {
    fn write(&self, writer: &mut Writer) {
        writer.fixed(&self.0);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self(reader.fixed()?))
    }
}

impl Serialize for Signature {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut bytes = [0; 64];
        hex::decode_to_slice(String::deserialize(deserializer)?, &mut bytes)
            .map_err(serde::de::Error::custom)?;
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_vectors::bytes;

    #[test]
    fn signatures_are_those_of_rfc_8032() {
        // Section 7.1, tests 1 and 3.
        let check = |secret: &str, public: &str, message: &str, signature: &str| {
            let identity = Identity::from_secret(&Secret::from_bytes(bytes(secret)));
            assert_eq!(identity.public().key_bytes(), bytes::<32>(public));
            let message = hex::decode(message).expect("hexadecimal");
            let signed = identity.sign_bytes(&message);
            assert_eq!(signed.0, bytes::<64>(signature));
            assert_eq!(identity.public().verify_bytes(&message, &signed), Ok(()));
            let mut other = signed;
            other.0[40] ^= 1;
            assert_eq!(
                identity.public().verify_bytes(&message, &other),
                Err(BadSignature)
            );
        };
        check(
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155\
             5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        );
        check(
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac\
             18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        );
    }

    #[test]
    fn keys_that_anybody_can_sign_for_are_refused() {
        let neutral = {
            let mut bytes = [0; 32];
            bytes[0] = 1;
            bytes
        };
        assert_eq!(PublicIdentity::from_bytes(neutral), Err(WeakKey));
        assert_eq!(PublicIdentity::from_bytes([0; 32]), Err(WeakKey));
    }
}
