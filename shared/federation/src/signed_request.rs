//! A request of an institution to its coordinator, signed by the institution's identity.
//!
//! Messages of the protocol carry signatures of their own. This one says who asks: it keeps strangers from reading what
//! is meant for an institution, and from answering in its name.

use crate::codec::{DecodeError, Reader, Wire, Writer};
use crate::hash::Hash;
use crate::identity::{BadSignature, Identity, PublicIdentity, Signature};

/// Longest name of an operation, in bytes.
const OPERATION_BYTES_MAX: usize = 32;
/// Longest body, in bytes: a vector of 2^24 coordinates of 64 bits with its header.
const BODY_BYTES_MAX: usize = (1 << 27) + (1 << 16);

/// What is asked, by whom, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedRequest {
    /// Who asks.
    pub institution: PublicIdentity,
    /// Epoch microseconds on the institution's clock; a coordinator refuses what is old.
    pub sent_at_us: u64,
    /// What is asked for.
    pub operation: String,
    /// The particulars.
    pub body: Vec<u8>,
    signature: Signature,
}

impl SignedRequest {
    /// Signs a request that only this coordinator will take.
    pub fn sign(
        identity: &Identity,
        coordinator: &PublicIdentity,
        operation: &str,
        sent_at_us: u64,
        body: Vec<u8>,
    ) -> Self {
        let institution = identity.public();
        let statement = statement(&institution, coordinator, operation, sent_at_us, &body);
        Self {
            signature: identity.sign(&statement),
            institution,
            sent_at_us,
            operation: operation.to_owned(),
            body,
        }
    }

    /// Checks that the institution that it names signed it for this coordinator.
    pub fn verify(&self, coordinator: &PublicIdentity) -> Result<(), BadSignature> {
        let statement = statement(
            &self.institution,
            coordinator,
            &self.operation,
            self.sent_at_us,
            &self.body,
        );
        self.institution.verify(&statement, &self.signature)
    }
}

fn statement(
    institution: &PublicIdentity,
    coordinator: &PublicIdentity,
    operation: &str,
    sent_at_us: u64,
    body: &[u8],
) -> Hash {
    Hash::of(
        "request",
        &[
            &institution.key_bytes(),
            &coordinator.key_bytes(),
            operation.as_bytes(),
            &sent_at_us.to_le_bytes(),
            Hash::of_vector(body).as_bytes(),
        ],
    )
}

impl Wire for SignedRequest {
    fn write(&self, writer: &mut Writer) {
        self.institution.write(writer);
        writer.u64(self.sent_at_us);
        writer.bytes(self.operation.as_bytes());
        writer.bytes(&self.body);
        self.signature.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            institution: PublicIdentity::read(reader)?,
            sent_at_us: reader.u64()?,
            operation: reader.text("an operation", OPERATION_BYTES_MAX)?,
            body: reader.bytes("a request", BODY_BYTES_MAX)?.to_vec(),
            signature: Signature::read(reader)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn identity(byte: u8) -> Identity {
        Identity::from_secret(&Secret::from_bytes([byte; 32]))
    }

    #[test]
    fn a_request_holds_for_its_coordinator_and_as_it_was_sent() {
        let (bank, coordinator) = (identity(1), identity(2).public());
        let request = SignedRequest::sign(&bank, &coordinator, "work", 7, vec![1, 2, 3]);
        let read = SignedRequest::from_bytes(&request.to_bytes()).expect("written");
        assert_eq!(read, request);
        assert_eq!(read.verify(&coordinator), Ok(()));
        assert_eq!(read.verify(&identity(3).public()), Err(BadSignature));
        for changed in [
            SignedRequest {
                body: vec![1, 2],
                ..request.clone()
            },
            SignedRequest {
                operation: "message".to_owned(),
                ..request.clone()
            },
            SignedRequest {
                sent_at_us: 8,
                ..request.clone()
            },
            SignedRequest {
                institution: identity(3).public(),
                ..request.clone()
            },
        ] {
            assert_eq!(
                changed.verify(&coordinator),
                Err(BadSignature),
                "{changed:?}"
            );
        }
    }
}
