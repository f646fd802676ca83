//! M6: what everybody learns.

use super::MessageKind;
use super::round::QueryForm;
use crate::codec::{DecodeError, Reader, Wire, Writer};
use crate::hash::Hash;
use crate::parties::Parties;
use crate::ring::PackedVector;
use crate::signed::{Body, Signed};

/// A released sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SumRelease {
    /// The round that ends with it.
    pub round: u32,
    /// The attempt that succeeded.
    pub attempt: u32,
    /// What was summed.
    pub query: QueryForm,
    /// Over whom (U3).
    pub survivors: Parties,
    /// The hash of the packed total.
    pub total: Hash,
}

/// The unit ends before its time; what was released within it stays in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitClosure {
    /// The round that is given up.
    pub round: u32,
    /// The learner's unit.
    pub unit: u32,
}

/// A signed release and the total itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Names the total by its hash.
    pub header: Signed<SumRelease>,
    /// Packed in the statistic's ring.
    pub total: PackedVector,
}

impl Body for SumRelease {
    const KIND: MessageKind = MessageKind::SumRelease;
}

impl Body for UnitClosure {
    const KIND: MessageKind = MessageKind::UnitClosure;
}

impl Wire for SumRelease {
    fn write(&self, writer: &mut Writer) {
        writer.u32(self.round);
        writer.u32(self.attempt);
        self.query.write(writer);
        self.survivors.write(writer);
        self.total.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            round: reader.u32()?,
            attempt: reader.u32()?,
            query: QueryForm::read(reader)?,
            survivors: Parties::read(reader)?,
            total: Hash::read(reader)?,
        })
    }
}

impl Wire for UnitClosure {
    fn write(&self, writer: &mut Writer) {
        writer.u32(self.round);
        writer.u32(self.unit);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            round: reader.u32()?,
            unit: reader.u32()?,
        })
    }
}

impl Wire for Release {
    fn write(&self, writer: &mut Writer) {
        self.header.write(writer);
        self.total.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            header: Signed::read(reader)?,
            total: PackedVector::read(reader)?,
        })
    }
}
