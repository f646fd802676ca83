//! One thing that happened.

use crate::codec::{DecodeError, Reader, Wire, Writer};
use crate::coordinator::CoordinatorEvent;
use crate::identity::Signature;
use crate::message::{
    KeyDirectory, MaskedInput, Release, RoundOpening, ShareSummary, ShareVerdict, UnitClosure,
    UnmaskingShares,
};
use crate::parties::{PARTIES_MAX, Parties, Party};
use crate::ring::PackedVector;
use crate::signed::{Signed, SignedHash};

/// An entry of a transcript.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// All M1 of a batch.
    Directory(Signed<KeyDirectory>),
    /// M2, without the sealed shares.
    Shares(Party, Signed<ShareSummary>),
    /// A holder's verdict.
    Verdict(Party, Signed<ShareVerdict>),
    /// Keys are set up among these.
    BatchReady(Parties),
    /// A sum, or another attempt at it.
    Opening(Signed<RoundOpening>),
    /// M3; the vector only if it was kept.
    Input(Party, Signed<MaskedInput>, Option<PackedVector>),
    /// U3.
    Survivors(Parties),
    /// M4.
    Agreement(Vec<(Party, Signature)>),
    /// M5; the shares only if they were kept.
    Unmasking(Party, SignedHash, Option<Signed<UnmaskingShares>>),
    /// The attempt ended before anything was opened.
    Abandoned,
    /// M6.
    Release(Release),
    /// The unit ended early.
    Closure(Signed<UnitClosure>),
}

impl Entry {
    /// What a transcript keeps of an event; `None` where it keeps nothing.
    pub(super) fn of(event: &CoordinatorEvent, keeps_masked: bool) -> Option<Self> {
        Some(match event {
            CoordinatorEvent::DirectoryPublished { directory } => {
                Self::Directory(directory.clone())
            }
            CoordinatorEvent::SharesReceived { party, shares } => {
                Self::Shares(*party, shares.summary.clone())
            }
            CoordinatorEvent::VerdictReceived { party, verdict } => {
                Self::Verdict(*party, verdict.clone())
            }
            CoordinatorEvent::BatchReady { members } => Self::BatchReady(*members),
            CoordinatorEvent::RoundOpened { opening } => Self::Opening(opening.clone()),
            CoordinatorEvent::InputReceived {
                party,
                header,
                vector,
            } => Self::Input(*party, header.clone(), keeps_masked.then(|| vector.clone())),
            CoordinatorEvent::SurvivorsFixed { survivors } => Self::Survivors(*survivors),
            CoordinatorEvent::AgreementReached { signatures } => {
                Self::Agreement(signatures.clone())
            }
            CoordinatorEvent::SharesOpened { party, signed } => {
                Self::Unmasking(*party, signed.stub(), keeps_masked.then(|| signed.clone()))
            }
            CoordinatorEvent::AttemptAbandoned { .. } => Self::Abandoned,
            CoordinatorEvent::SumReleased { release } => Self::Release(release.clone()),
            CoordinatorEvent::UnitClosed { closure, .. } => Self::Closure(closure.clone()),
            CoordinatorEvent::BatchOpened { .. }
            | CoordinatorEvent::KeysReceived { .. }
            | CoordinatorEvent::SharesFixed
            | CoordinatorEvent::Blamed { .. }
            | CoordinatorEvent::BatchFailed
            | CoordinatorEvent::SurvivorsSigned { .. } => return None,
        })
    }
}

impl Wire for Entry {
    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Directory(signed) => {
                writer.u8(1);
                signed.write(writer);
            }
            Self::Shares(party, signed) => {
                writer.u8(2);
                party.write(writer);
                signed.write(writer);
            }
            Self::Verdict(party, signed) => {
                writer.u8(3);
                party.write(writer);
                signed.write(writer);
            }
            Self::BatchReady(members) => {
                writer.u8(4);
                members.write(writer);
            }
            Self::Opening(signed) => {
                writer.u8(5);
                signed.write(writer);
            }
            Self::Input(party, header, vector) => {
                writer.u8(6);
                party.write(writer);
                header.write(writer);
                optional(writer, vector.as_ref());
            }
            Self::Survivors(survivors) => {
                writer.u8(7);
                survivors.write(writer);
            }
            Self::Agreement(signatures) => {
                writer.u8(8);
                writer.list(signatures);
            }
            Self::Unmasking(party, stub, signed) => {
                writer.u8(9);
                party.write(writer);
                stub.write(writer);
                optional(writer, signed.as_ref());
            }
            Self::Abandoned => writer.u8(10),
            Self::Release(release) => {
                writer.u8(11);
                release.write(writer);
            }
            Self::Closure(signed) => {
                writer.u8(12);
                signed.write(writer);
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.u8()? {
            1 => Self::Directory(Wire::read(reader)?),
            2 => Self::Shares(Wire::read(reader)?, Wire::read(reader)?),
            3 => Self::Verdict(Wire::read(reader)?, Wire::read(reader)?),
            4 => Self::BatchReady(Wire::read(reader)?),
            5 => Self::Opening(Wire::read(reader)?),
            6 => Self::Input(
                Wire::read(reader)?,
                Wire::read(reader)?,
                read_optional(reader)?,
            ),
            7 => Self::Survivors(Wire::read(reader)?),
            8 => Self::Agreement(reader.list("signatures", PARTIES_MAX)?),
            9 => Self::Unmasking(
                Wire::read(reader)?,
                Wire::read(reader)?,
                read_optional(reader)?,
            ),
            10 => Self::Abandoned,
            11 => Self::Release(Wire::read(reader)?),
            12 => Self::Closure(Wire::read(reader)?),
            _ => return Err(DecodeError::NotCanonical("a transcript entry")),
        })
    }
}

fn optional(writer: &mut Writer, value: Option<&impl Wire>) {
    match value {
        None => writer.u8(0),
        Some(value) => {
            writer.u8(1);
            value.write(writer);
        }
    }
}

fn read_optional<T: Wire>(reader: &mut Reader<'_>) -> Result<Option<T>, DecodeError> {
    match reader.u8()? {
        0 => Ok(None),
        1 => Ok(Some(T::read(reader)?)),
        _ => Err(DecodeError::NotCanonical("an optional value")),
    }
}
