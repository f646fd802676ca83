//! Signatures over type ‖ context ‖ H(body).
//!
//! Because only the hash of the body is signed, a transcript can keep signature and hash of a message whose body must not
//! be kept, and still be checked.

use crate::codec::{DecodeError, Reader, Wire, Writer};
use crate::hash::Hash;
use crate::identity::{BadSignature, Identity, PublicIdentity, Signature};
use crate::message::MessageKind;

/// What can be signed.
pub trait Body: Wire {
    /// Its type; no two bodies share one.
    const KIND: MessageKind;
}

/// A body and the signature over it. The context is not sent: both sides know it, or they do not understand each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed<B> {
    /// What is said.
    pub body: B,
    /// By whom, in which context.
    pub signature: Signature,
}

impl<B: Body> Signed<B> {
    /// Signs.
    pub(crate) fn sign(body: B, context: &Hash, identity: &Identity) -> Self {
        let signature = identity.sign(&statement(B::KIND, context, &body_hash(&body)));
        Self { body, signature }
    }

    /// The body, if the signature holds in `context`.
    pub(crate) fn verify(
        &self,
        context: &Hash,
        signer: &PublicIdentity,
    ) -> Result<&B, BadSignature> {
        let statement = statement(B::KIND, context, &body_hash(&self.body));
        signer.verify(&statement, &self.signature)?;
        Ok(&self.body)
    }

    /// What is left of the message where its body must not be kept.
    pub fn stub(&self) -> SignedHash {
        SignedHash {
            hash: body_hash(&self.body),
            signature: self.signature,
        }
    }
}

/// The hash of a body and the signature over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedHash {
    /// H(body).
    pub hash: Hash,
    /// As in the message.
    pub signature: Signature,
}

impl SignedHash {
    /// Checks the signature as that of a message of type `kind`.
    pub(crate) fn verify(
        &self,
        kind: MessageKind,
        context: &Hash,
        signer: &PublicIdentity,
    ) -> Result<(), BadSignature> {
        signer.verify(&statement(kind, context, &self.hash), &self.signature)
    }
}

pub(crate) fn body_hash(body: &impl Wire) -> Hash {
    Hash::of("body", &[&body.to_bytes()])
}

/// What is signed.
pub(crate) fn statement(kind: MessageKind, context: &Hash, body: &Hash) -> Hash {
    Hash::of(
        "statement",
        &[&[kind as u8], context.as_bytes(), body.as_bytes()],
    )
}

impl<B: Wire> Wire for Signed<B> {
    fn write(&self, writer: &mut Writer) {
        self.body.write(writer);
        self.signature.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            body: B::read(reader)?,
            signature: Signature::read(reader)?,
        })
    }
}

impl Wire for SignedHash {
    fn write(&self, writer: &mut Writer) {
        self.hash.write(writer);
        self.signature.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            hash: Hash::read(reader)?,
            signature: Signature::read(reader)?,
        })
    }
}
