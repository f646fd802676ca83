//! M3 to M5: one attempt at one sum.

use accord_learning::Query;

use super::MessageKind;
use super::keys::ascending;
use crate::codec::{DecodeError, Reader, Wire, Writer};
use crate::hash::Hash;
use crate::identity::Signature;
use crate::parties::{PARTIES_MAX, Parties, Party};
use crate::plan::{NAME_BYTES_MAX, SLOTS_MAX};
use crate::ring::DIMENSION_MAX;
use crate::secret::Secret;
use crate::signed::Body;

/// A learner's query as it travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryForm(pub Query);

/// Asks for M3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundOpening {
    /// How many sums were released or closed before.
    pub round: u32,
    /// How many attempts at this round were abandoned before.
    pub attempt: u32,
    /// Whose keys are used.
    pub batch: u32,
    /// Which of the batch's keys: each is used once.
    pub slot: u16,
    /// What is summed.
    pub query: QueryForm,
    /// U2: who masks with whom.
    pub members: Parties,
    /// The coordinator's own learner. Participants compare it with theirs, and use theirs.
    pub model: Hash,
}

/// M3: names a masked vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskedInput {
    /// The round.
    pub round: u32,
    /// The attempt.
    pub attempt: u32,
    /// H(y).
    pub vector: Hash,
}

/// Whose masked answers arrived (U3); asks for M4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SurvivorAnnouncement {
    /// The round.
    pub round: u32,
    /// The attempt.
    pub attempt: u32,
    /// U3.
    pub survivors: Parties,
}

/// M4: a participant has seen this survivor set and will open no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SurvivorSignature {
    /// The round.
    pub round: u32,
    /// The attempt.
    pub attempt: u32,
    /// U3.
    pub survivors: Parties,
}

/// All M4; asks for M5.
///
/// There is no list of what to open: every participant derives it from the survivor set that it signed itself, so a
/// request for both secrets of one participant cannot be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgreementProof {
    /// The round.
    pub round: u32,
    /// The attempt.
    pub attempt: u32,
    /// U3.
    pub survivors: Parties,
    /// Signatures of M4, by signer.
    pub signatures: Vec<(Party, Signature)>,
}

/// M5.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmaskingShares {
    /// The round.
    pub round: u32,
    /// The attempt.
    pub attempt: u32,
    /// For each member of U2: the share of its seed if it survived, else that of its masking secret.
    pub shares: Vec<(Party, OpenedShare)>,
}

/// A share and the nonce that shows it to be the one its owner committed to.
#[derive(Debug, Clone)]
pub struct OpenedShare {
    /// The share.
    pub share: Secret,
    /// Of the commitment.
    pub nonce: [u8; 16],
}

impl PartialEq for OpenedShare {
    fn eq(&self, other: &Self) -> bool {
        self.share.expose() == other.share.expose() && self.nonce == other.nonce
    }
}

impl Eq for OpenedShare {}

impl Body for RoundOpening {
    const KIND: MessageKind = MessageKind::RoundOpening;
}

impl Body for MaskedInput {
    const KIND: MessageKind = MessageKind::MaskedInput;
}

impl Body for SurvivorAnnouncement {
    const KIND: MessageKind = MessageKind::SurvivorAnnouncement;
}

impl Body for SurvivorSignature {
    const KIND: MessageKind = MessageKind::SurvivorSignature;
}

impl Body for AgreementProof {
    const KIND: MessageKind = MessageKind::AgreementProof;
}

impl Body for UnmaskingShares {
    const KIND: MessageKind = MessageKind::UnmaskingShares;
}

impl Wire for QueryForm {
    fn write(&self, writer: &mut Writer) {
        let Query {
            name,
            unit,
            dimension,
            row_bound,
        } = &self.0;
        writer.bytes(name.as_bytes());
        writer.u32(*unit);
        writer.u64(*dimension as u64);
        writer.u64(*row_bound);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let name = reader.text("a query's name", NAME_BYTES_MAX)?;
        let unit = reader.u32()?;
        let dimension = usize::try_from(reader.u64()?)
            .ok()
            .filter(|dimension| *dimension <= DIMENSION_MAX)
            .ok_or(DecodeError::NotCanonical("a dimension"))?;
        Ok(Self(Query {
            name,
            unit,
            dimension,
            row_bound: reader.u64()?,
        }))
    }
}

impl Wire for RoundOpening {
    fn write(&self, writer: &mut Writer) {
        writer.u32(self.round);
        writer.u32(self.attempt);
        writer.u32(self.batch);
        writer.u16(self.slot);
        self.query.write(writer);
        self.members.write(writer);
        self.model.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let opening = Self {
            round: reader.u32()?,
            attempt: reader.u32()?,
            batch: reader.u32()?,
            slot: reader.u16()?,
            query: QueryForm::read(reader)?,
            members: Parties::read(reader)?,
            model: Hash::read(reader)?,
        };
        if opening.slot >= SLOTS_MAX {
            return Err(DecodeError::NotCanonical("a key slot"));
        }
        Ok(opening)
    }
}

impl Wire for MaskedInput {
    fn write(&self, writer: &mut Writer) {
        writer.u32(self.round);
        writer.u32(self.attempt);
        self.vector.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            round: reader.u32()?,
            attempt: reader.u32()?,
            vector: Hash::read(reader)?,
        })
    }
}

impl Wire for SurvivorAnnouncement {
    fn write(&self, writer: &mut Writer) {
        writer.u32(self.round);
        writer.u32(self.attempt);
        self.survivors.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            round: reader.u32()?,
            attempt: reader.u32()?,
            survivors: Parties::read(reader)?,
        })
    }
}

impl Wire for SurvivorSignature {
    fn write(&self, writer: &mut Writer) {
        writer.u32(self.round);
        writer.u32(self.attempt);
        self.survivors.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            round: reader.u32()?,
            attempt: reader.u32()?,
            survivors: Parties::read(reader)?,
        })
    }
}

impl Wire for AgreementProof {
    fn write(&self, writer: &mut Writer) {
        writer.u32(self.round);
        writer.u32(self.attempt);
        self.survivors.write(writer);
        writer.list(&self.signatures);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let proof = Self {
            round: reader.u32()?,
            attempt: reader.u32()?,
            survivors: Parties::read(reader)?,
            signatures: reader.list("signatures", PARTIES_MAX)?,
        };
        ascending(&proof.signatures)?;
        Ok(proof)
    }
}

impl Wire for UnmaskingShares {
    fn write(&self, writer: &mut Writer) {
        writer.u32(self.round);
        writer.u32(self.attempt);
        writer.list(&self.shares);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let shares = Self {
            round: reader.u32()?,
            attempt: reader.u32()?,
            shares: reader.list("shares", PARTIES_MAX)?,
        };
        ascending(&shares.shares)?;
        Ok(shares)
    }
}

impl Wire for OpenedShare {
    fn write(&self, writer: &mut Writer) {
        self.share.write(writer);
        writer.fixed(&self.nonce);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            share: Secret::read(reader)?,
            nonce: reader.fixed()?,
        })
    }
}
