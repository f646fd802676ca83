//! Institutions by their place in the roster, and sets of them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::codec::{DecodeError, Reader, Wire, Writer};

/// The largest consortium.
pub const PARTIES_MAX: usize = 50;

/// An institution: its place in the plan's roster, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Party(u8);

impl Party {
    /// The party at `place`; `None` from [`PARTIES_MAX`] on.
    pub fn new(place: usize) -> Option<Self> {
        u8::try_from(place)
            .ok()
            .filter(|place| usize::from(*place) < PARTIES_MAX)
            .map(Self)
    }

    /// Its place in the roster.
    pub fn place(self) -> usize {
        usize::from(self.0)
    }

    /// Where its Shamir shares are evaluated: never zero, where the secret is.
    pub fn point(self) -> u8 {
        self.0 + 1
    }
}

impl fmt::Display for Party {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "party {}", self.0)
    }
}

impl Wire for Party {
    fn write(&self, writer: &mut Writer) {
        writer.u8(self.0);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::new(usize::from(reader.u8()?)).ok_or(DecodeError::NotCanonical("a party"))
    }
}

/// A set of institutions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Parties(u64);

impl Parties {
    /// Nobody.
    pub const NONE: Self = Self(0);

    /// The first `count` of a roster, which has at most [`PARTIES_MAX`].
    pub fn first(count: usize) -> Self {
        (0..count).filter_map(Party::new).collect()
    }

    /// Their number.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// True without members.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// True if `party` is a member.
    pub fn contains(self, party: Party) -> bool {
        self.0 >> party.0 & 1 == 1
    }

    /// True if every member of `self` is in `other`.
    pub fn is_subset(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Members of both.
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Members of one or both.
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Members of `self` that `other` lacks.
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Adds a member.
    pub fn insert(&mut self, party: Party) {
        self.0 |= 1 << party.0;
    }

    /// Removes a member.
    pub fn remove(&mut self, party: Party) {
        self.0 &= !(1 << party.0);
    }

    /// The members in the order of the roster.
    pub fn iter(self) -> impl Iterator<Item = Party> {
        (0..PARTIES_MAX)
            .filter_map(Party::new)
            .filter(move |party| self.contains(*party))
    }
}

impl FromIterator<Party> for Parties {
    fn from_iter<I: IntoIterator<Item = Party>>(parties: I) -> Self {
        let mut set = Self::NONE;
        for party in parties {
            set.insert(party);
        }
        set
    }
}

impl fmt::Debug for Parties {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_set()
            .entries(self.iter().map(|party| party.0))
            .finish()
    }
}

impl Wire for Parties {
    fn write(&self, writer: &mut Writer) {
        writer.u64(self.0);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let set = Self(reader.u64()?);
        if set.is_subset(Self::first(PARTIES_MAX)) {
            Ok(set)
        } else {
            Err(DecodeError::NotCanonical("a set of parties"))
        }
    }
}
