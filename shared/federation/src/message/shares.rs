//! M2: shares of the batch's secrets, sealed for their holders.

use super::MessageKind;
use super::keys::ascending;
use crate::codec::{DecodeError, Reader, Wire, Writer};
use crate::hash::Hash;
use crate::parties::{PARTIES_MAX, Parties, Party};
use crate::plan::SLOTS_MAX;
use crate::sealing::SEAL_BYTES;
use crate::secret::Secret;
use crate::signed::{Body, Signed};

/// Sealed bytes of one sum: two shares with their nonces.
pub(crate) const SEALED_SLOT_BYTES: usize = 2 * (32 + 16);

/// Everything that one owner sends to the holders of its shares, through the coordinator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedSecrets {
    /// Signed; names every parcel by its hash.
    pub summary: Signed<ShareSummary>,
    /// One for each holder, in the order of the summary.
    pub parcels: Vec<Parcel>,
}

/// What an owner signs: the hash of each parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareSummary {
    /// The batch.
    pub batch: u32,
    /// The key directory that the shares were made for.
    pub directory: Hash,
    /// By holder.
    pub parcels: Vec<(Party, Hash)>,
}

/// Shares for one holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// The hash of the sealing key, so that a complaint that opens the key can be judged.
    pub key_hash: Hash,
    /// For each sum: commitments to the share of the seed and to that of the masking secret.
    pub commitments: Vec<(Hash, Hash)>,
    /// The shares and the nonces of their commitments, sealed.
    pub sealed: Vec<u8>,
}

/// The parcels for one holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParcelDelivery {
    /// The batch.
    pub batch: u32,
    /// By owner.
    pub parcels: Vec<(Party, (Signed<ShareSummary>, Parcel))>,
}

/// A holder's answer to a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareVerdict {
    /// The batch.
    pub batch: u32,
    /// Owners whose shares are sound and stored.
    pub sound: Parties,
    /// Owners whose shares are not.
    pub complaints: Vec<Complaint>,
}

/// A claim that an owner's shares are unsound.
#[derive(Debug, Clone)]
pub struct Complaint {
    /// The accused.
    pub owner: Party,
    /// The key of this one parcel. Everybody can now open it and see; it protects nothing else.
    pub key: Secret,
}

impl Parcel {
    /// What the owner signs of it.
    pub(crate) fn hash(&self) -> Hash {
        Hash::of("parcel", &[&self.to_bytes()])
    }
}

impl ShareSummary {
    /// The hash of the parcel for `holder`.
    pub(crate) fn parcel_of(&self, holder: Party) -> Option<Hash> {
        let place = self
            .parcels
            .binary_search_by_key(&holder, |(party, _)| *party)
            .ok()?;
        Some(self.parcels[place].1)
    }
}

impl PartialEq for Complaint {
    fn eq(&self, other: &Self) -> bool {
        self.owner == other.owner && self.key.expose() == other.key.expose()
    }
}

impl Eq for Complaint {}

impl Body for ShareSummary {
    const KIND: MessageKind = MessageKind::ShareSummary;
}

impl Body for ShareVerdict {
    const KIND: MessageKind = MessageKind::ShareVerdict;
}

impl Wire for SharedSecrets {
    fn write(&self, writer: &mut Writer) {
        self.summary.write(writer);
        writer.list(&self.parcels);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let summary: Signed<ShareSummary> = Wire::read(reader)?;
        let parcels: Vec<Parcel> = reader.list("parcels", PARTIES_MAX)?;
        if parcels.len() != summary.body.parcels.len() {
            return Err(DecodeError::NotCanonical("parcels"));
        }
        Ok(Self { summary, parcels })
    }
}

impl Wire for ShareSummary {
    fn write(&self, writer: &mut Writer) {
        writer.u32(self.batch);
        self.directory.write(writer);
        writer.list(&self.parcels);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let batch = reader.u32()?;
        let directory = Hash::read(reader)?;
        let parcels = reader.list("parcel hashes", PARTIES_MAX)?;
        ascending(&parcels)?;
        Ok(Self {
            batch,
            directory,
            parcels,
        })
    }
}

impl Wire for Parcel {
    fn write(&self, writer: &mut Writer) {
        self.key_hash.write(writer);
        writer.list(&self.commitments);
        writer.bytes(&self.sealed);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let slots = usize::from(SLOTS_MAX);
        Ok(Self {
            key_hash: Hash::read(reader)?,
            commitments: reader.list("commitments", slots)?,
            sealed: reader
                .bytes("sealed shares", slots * SEALED_SLOT_BYTES + SEAL_BYTES)?
                .to_vec(),
        })
    }
}

impl Wire for ParcelDelivery {
    fn write(&self, writer: &mut Writer) {
        writer.u32(self.batch);
        writer.list(&self.parcels);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let batch = reader.u32()?;
        let parcels = reader.list("parcels", PARTIES_MAX)?;
        ascending(&parcels)?;
        Ok(Self { batch, parcels })
    }
}

impl Wire for ShareVerdict {
    fn write(&self, writer: &mut Writer) {
        writer.u32(self.batch);
        self.sound.write(writer);
        writer.list(&self.complaints);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let verdict = Self {
            batch: reader.u32()?,
            sound: Parties::read(reader)?,
            complaints: reader.list("complaints", PARTIES_MAX)?,
        };
        let accused = verdict.complaints.iter().map(|one| one.owner);
        if !accused.clone().is_sorted_by(|left, right| left < right)
            || accused
                .into_iter()
                .any(|owner| verdict.sound.contains(owner))
        {
            return Err(DecodeError::NotCanonical("a verdict"));
        }
        Ok(verdict)
    }
}

impl Wire for Complaint {
    fn write(&self, writer: &mut Writer) {
        self.owner.write(writer);
        self.key.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            owner: Party::read(reader)?,
            key: Secret::read(reader)?,
        })
    }
}
