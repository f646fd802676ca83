//! What participants and the coordinator say to each other.
//!
//! | | participant | coordinator |
//! |---|---|---|
//! | M0 | [`Enrolment`](crate::Enrolment) | |
//! | M1 | [`KeyAdvertisement`] | [`BatchOpening`], [`KeyDirectory`] |
//! | M2 | [`SharedSecrets`], [`ShareVerdict`] | [`ParcelDelivery`] |
//! | M3 | [`MaskedInput`] with its vector | [`RoundOpening`] |
//! | M4 | [`SurvivorSignature`] | [`SurvivorAnnouncement`] |
//! | M5 | [`UnmaskingShares`] | [`AgreementProof`] |
//! | M6 | | [`SumRelease`] with its total, or [`UnitClosure`] |
//!
//! Every message is idempotent: whoever gets one twice gives the same answer twice.

mod keys;
mod release;
mod round;
mod shares;

use crate::codec::{DecodeError, Reader, Wire, Writer};
use crate::ring::PackedVector;
use crate::signed::Signed;

pub use keys::{BatchOpening, KeyAdvertisement, KeyDirectory, SlotKeys};
pub use release::{Release, SumRelease, UnitClosure};
pub use round::{
    AgreementProof, MaskedInput, OpenedShare, QueryForm, RoundOpening, SurvivorAnnouncement,
    SurvivorSignature, UnmaskingShares,
};
pub use shares::{Complaint, Parcel, ParcelDelivery, ShareSummary, ShareVerdict, SharedSecrets};

/// Message types, as they are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum MessageKind {
    /// M0.
    Enrolment = 0,
    /// Asks for M1.
    BatchOpening = 1,
    /// M1.
    KeyAdvertisement = 2,
    /// All M1; asks for M2.
    KeyDirectory = 3,
    /// M2.
    ShareSummary = 4,
    /// Answers the delivery of shares.
    ShareVerdict = 5,
    /// Asks for M3.
    RoundOpening = 6,
    /// M3.
    MaskedInput = 7,
    /// Asks for M4.
    SurvivorAnnouncement = 8,
    /// M4.
    SurvivorSignature = 9,
    /// All M4; asks for M5.
    AgreementProof = 10,
    /// M5.
    UnmaskingShares = 11,
    /// M6.
    SumRelease = 12,
    /// Instead of M6.
    UnitClosure = 13,
}

/// From a participant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParticipantMessage {
    /// M1.
    Keys(Signed<KeyAdvertisement>),
    /// M2.
    Shares(SharedSecrets),
    /// Whether the shares received are sound.
    Verdict(Signed<ShareVerdict>),
    /// M3.
    Input {
        /// Names the vector by its hash.
        header: Signed<MaskedInput>,
        /// The masked answer.
        vector: PackedVector,
    },
    /// M4.
    Survivors(Signed<SurvivorSignature>),
    /// M5.
    Unmasking(Signed<UnmaskingShares>),
}

/// From the coordinator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CoordinatorMessage {
    /// Asks for M1.
    OpenBatch(Signed<BatchOpening>),
    /// Asks for M2.
    PublishKeys(Signed<KeyDirectory>),
    /// Brings the shares of others; asks for a verdict.
    DeliverShares(ParcelDelivery),
    /// Asks for M3.
    OpenRound(Signed<RoundOpening>),
    /// Asks for M4.
    FixSurvivors(Signed<SurvivorAnnouncement>),
    /// Asks for M5.
    ProveAgreement(Signed<AgreementProof>),
    /// M6.
    Release(Release),
    /// The unit ends here.
    CloseUnit(Signed<UnitClosure>),
}

impl Wire for ParticipantMessage {
    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Keys(signed) => tagged(writer, 1, signed),
            Self::Shares(shares) => tagged(writer, 2, shares),
            Self::Verdict(signed) => tagged(writer, 3, signed),
            Self::Input { header, vector } => {
                tagged(writer, 4, header);
                vector.write(writer);
            }
            Self::Survivors(signed) => tagged(writer, 5, signed),
            Self::Unmasking(signed) => tagged(writer, 6, signed),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.u8()? {
            1 => Self::Keys(Wire::read(reader)?),
            2 => Self::Shares(Wire::read(reader)?),
            3 => Self::Verdict(Wire::read(reader)?),
            4 => Self::Input {
                header: Wire::read(reader)?,
                vector: Wire::read(reader)?,
            },
            5 => Self::Survivors(Wire::read(reader)?),
            6 => Self::Unmasking(Wire::read(reader)?),
            _ => return Err(DecodeError::NotCanonical("a participant's message")),
        })
    }
}

impl Wire for CoordinatorMessage {
    fn write(&self, writer: &mut Writer) {
        match self {
            Self::OpenBatch(signed) => tagged(writer, 1, signed),
            Self::PublishKeys(signed) => tagged(writer, 2, signed),
            Self::DeliverShares(delivery) => tagged(writer, 3, delivery),
            Self::OpenRound(signed) => tagged(writer, 4, signed),
            Self::FixSurvivors(signed) => tagged(writer, 5, signed),
            Self::ProveAgreement(signed) => tagged(writer, 6, signed),
            Self::Release(release) => tagged(writer, 7, release),
            Self::CloseUnit(signed) => tagged(writer, 8, signed),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.u8()? {
            1 => Self::OpenBatch(Wire::read(reader)?),
            2 => Self::PublishKeys(Wire::read(reader)?),
            3 => Self::DeliverShares(Wire::read(reader)?),
            4 => Self::OpenRound(Wire::read(reader)?),
            5 => Self::FixSurvivors(Wire::read(reader)?),
            6 => Self::ProveAgreement(Wire::read(reader)?),
            7 => Self::Release(Wire::read(reader)?),
            8 => Self::CloseUnit(Wire::read(reader)?),
            _ => return Err(DecodeError::NotCanonical("a coordinator's message")),
        })
    }
}

fn tagged(writer: &mut Writer, tag: u8, value: &impl Wire) {
    writer.u8(tag);
    value.write(writer);
}
