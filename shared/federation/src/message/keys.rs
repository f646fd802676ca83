//! M1: keys for a batch of sums.

use super::MessageKind;
use crate::agreement::AgreementKey;
use crate::codec::{DecodeError, Reader, Wire, Writer};
use crate::hash::Hash;
use crate::parties::{PARTIES_MAX, Party};
use crate::plan::SLOTS_MAX;
use crate::signed::{Body, Signed};

/// Asks everybody for keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchOpening {
    /// Numbered from 0.
    pub batch: u32,
}

/// M1. One key for sealing shares, which lives as long as the batch's set-up, and two things for each sum of the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyAdvertisement {
    /// The batch.
    pub batch: u32,
    /// For sealing shares.
    pub sealing_key: AgreementKey,
    /// For each of the batch's B sums.
    pub slots: Vec<SlotKeys>,
}

/// The public side of one sum's secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotKeys {
    /// For masks with each other participant.
    pub masking_key: AgreementKey,
    /// H(b_i): checks the seed of the self-mask once it is opened.
    pub seed_hash: Hash,
}

/// All M1 of a batch. Whoever sends shares does so for exactly these keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDirectory {
    /// The batch.
    pub batch: u32,
    /// In the order of the roster.
    pub entries: Vec<(Party, Signed<KeyAdvertisement>)>,
}

impl KeyDirectory {
    /// The keys of one participant.
    pub fn keys_of(&self, party: Party) -> Option<&KeyAdvertisement> {
        let place = self
            .entries
            .binary_search_by_key(&party, |(party, _)| *party)
            .ok()?;
        Some(&self.entries[place].1.body)
    }
}

impl Body for BatchOpening {
    const KIND: MessageKind = MessageKind::BatchOpening;
}

impl Body for KeyAdvertisement {
    const KIND: MessageKind = MessageKind::KeyAdvertisement;
}

impl Body for KeyDirectory {
    const KIND: MessageKind = MessageKind::KeyDirectory;
}

impl Wire for BatchOpening {
    fn write(&self, writer: &mut Writer) {
        writer.u32(self.batch);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            batch: reader.u32()?,
        })
    }
}

impl Wire for KeyAdvertisement {
    fn write(&self, writer: &mut Writer) {
        writer.u32(self.batch);
        self.sealing_key.write(writer);
        writer.list(&self.slots);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            batch: reader.u32()?,
            sealing_key: AgreementKey::read(reader)?,
            slots: reader.list("keys", usize::from(SLOTS_MAX))?,
        })
    }
}

impl Wire for SlotKeys {
    fn write(&self, writer: &mut Writer) {
        self.masking_key.write(writer);
        self.seed_hash.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            masking_key: AgreementKey::read(reader)?,
            seed_hash: Hash::read(reader)?,
        })
    }
}

impl Wire for KeyDirectory {
    fn write(&self, writer: &mut Writer) {
        writer.u32(self.batch);
        writer.list(&self.entries);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let batch = reader.u32()?;
        let entries = reader.list("a key directory", PARTIES_MAX)?;
        ascending(&entries)?;
        Ok(Self { batch, entries })
    }
}

/// Refuses a list by party that is not in strictly ascending order: there is one way to write it.
pub(super) fn ascending<T>(entries: &[(Party, T)]) -> Result<(), DecodeError> {
    if entries.is_sorted_by(|(left, _), (right, _)| left < right) {
        Ok(())
    } else {
        Err(DecodeError::NotCanonical("a list by party"))
    }
}
