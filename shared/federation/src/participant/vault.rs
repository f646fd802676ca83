//! Secrets that outlive a crash, and no longer.
//!
//! The shell stores every entry sealed, one by one, and deletes it when told to: the keys of a sum are gone once the sum
//! is released. None of this belongs into a log.

use std::collections::BTreeMap;
use std::fmt;

use crate::codec::{DecodeError, Reader, Wire, Writer};
use crate::message::{KeyDirectory, OpenedShare};
use crate::parties::{PARTIES_MAX, Party};
use crate::secret::Secret;
use crate::signed::Signed;

/// Names an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum VaultKey {
    /// Lives as long as the batch.
    Batch(u32),
    /// Until the batch's shares are out.
    Sharing(u32),
    /// The public keys of a batch. Not secret, but needed as long.
    Directory(u32),
    /// The own secrets of one sum.
    Slot(u32, u16),
    /// The shares of others' secrets of one sum.
    Held(u32, u16),
}

/// An entry.
#[derive(Clone)]
pub enum VaultEntry {
    /// See [`VaultKey::Batch`].
    Batch {
        /// Opens parcels.
        sealing: Secret,
        /// Determines the noise of each sum.
        noise: Secret,
    },
    /// Determines the polynomials and nonces of the batch's shares.
    Sharing(Secret),
    /// See [`VaultKey::Directory`].
    Directory(Signed<KeyDirectory>),
    /// See [`VaultKey::Slot`].
    Slot {
        /// Agrees on masks with each other participant.
        masking: Secret,
        /// b_i.
        seed: Secret,
    },
    /// By owner: the share of its seed, and of its masking secret.
    Held(Vec<(Party, (OpenedShare, OpenedShare))>),
}

/// A change of the vault.
#[derive(Debug, Clone)]
pub enum VaultChange {
    /// Store this entry.
    Store(VaultKey, VaultEntry),
    /// Delete this entry for good.
    Delete(VaultKey),
}

/// All entries.
#[derive(Clone, Default)]
pub struct Vault {
    entries: BTreeMap<VaultKey, VaultEntry>,
}

impl Vault {
    /// Moves on with a change that is durable.
    pub fn apply(&mut self, change: &VaultChange) {
        match change {
            VaultChange::Store(key, entry) => {
                self.entries.insert(*key, entry.clone());
            }
            VaultChange::Delete(key) => {
                self.entries.remove(key);
            }
        }
    }

    /// The entries that are there, for the shell that stores them.
    pub fn keys(&self) -> impl Iterator<Item = VaultKey> + '_ {
        self.entries.keys().copied()
    }

    pub(super) fn sealing(&self, batch: u32) -> Option<&Secret> {
        match self.entries.get(&VaultKey::Batch(batch))? {
            VaultEntry::Batch { sealing, .. } => Some(sealing),
            _ => None,
        }
    }

    pub(super) fn noise(&self, batch: u32) -> Option<&Secret> {
        match self.entries.get(&VaultKey::Batch(batch))? {
            VaultEntry::Batch { noise, .. } => Some(noise),
            _ => None,
        }
    }

    pub(super) fn sharing(&self, batch: u32) -> Option<&Secret> {
        match self.entries.get(&VaultKey::Sharing(batch))? {
            VaultEntry::Sharing(secret) => Some(secret),
            _ => None,
        }
    }

    pub(super) fn directory(&self, batch: u32) -> Option<&KeyDirectory> {
        match self.entries.get(&VaultKey::Directory(batch))? {
            VaultEntry::Directory(directory) => Some(&directory.body),
            _ => None,
        }
    }

    /// The masking secret and the seed of one sum.
    pub(super) fn slot(&self, batch: u32, slot: u16) -> Option<(&Secret, &Secret)> {
        match self.entries.get(&VaultKey::Slot(batch, slot))? {
            VaultEntry::Slot { masking, seed } => Some((masking, seed)),
            _ => None,
        }
    }

    pub(super) fn held(
        &self,
        batch: u32,
        slot: u16,
    ) -> Option<&[(Party, (OpenedShare, OpenedShare))]> {
        match self.entries.get(&VaultKey::Held(batch, slot))? {
            VaultEntry::Held(shares) => Some(shares),
            _ => None,
        }
    }

    /// Deletions of everything that belongs to sums up to and including `slot` of `batch`, or to earlier batches.
    pub(super) fn forget_until(&self, batch: u32, slot: u16) -> Vec<VaultChange> {
        let is_over = |key: &VaultKey| match *key {
            VaultKey::Batch(of) | VaultKey::Sharing(of) | VaultKey::Directory(of) => of < batch,
            VaultKey::Slot(of, number) | VaultKey::Held(of, number) => {
                (of, number) <= (batch, slot)
            }
        };
        self.keys()
            .filter(is_over)
            .map(VaultChange::Delete)
            .collect()
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Vault({} hidden entries)", self.entries.len())
    }
}

impl fmt::Debug for VaultEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("VaultEntry(hidden)")
    }
}

impl Wire for VaultEntry {
    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Batch { sealing, noise } => {
                writer.u8(0);
                sealing.write(writer);
                noise.write(writer);
            }
            Self::Sharing(secret) => {
                writer.u8(1);
                secret.write(writer);
            }
            Self::Directory(directory) => {
                writer.u8(2);
                directory.write(writer);
            }
            Self::Slot { masking, seed } => {
                writer.u8(3);
                masking.write(writer);
                seed.write(writer);
            }
            Self::Held(shares) => {
                writer.u8(4);
                writer.list(shares);
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.u8()? {
            0 => Self::Batch {
                sealing: Secret::read(reader)?,
                noise: Secret::read(reader)?,
            },
            1 => Self::Sharing(Secret::read(reader)?),
            2 => Self::Directory(Signed::read(reader)?),
            3 => Self::Slot {
                masking: Secret::read(reader)?,
                seed: Secret::read(reader)?,
            },
            4 => Self::Held(reader.list("held shares", PARTIES_MAX)?),
            _ => return Err(DecodeError::NotCanonical("a vault entry")),
        })
    }
}
