//! What happened, as the coordinator's log has it.

use super::fault::Fault;
use crate::identity::Signature;
use crate::message::{
    KeyAdvertisement, KeyDirectory, MaskedInput, Release, RoundOpening, ShareVerdict,
    SharedSecrets, SurvivorSignature, UnitClosure, UnmaskingShares,
};
use crate::parties::{Parties, Party};
use crate::ring::PackedVector;
use crate::signed::Signed;

/// A fact.
#[derive(Debug, Clone, PartialEq)]
pub enum CoordinatorEvent {
    /// Keys are asked for.
    BatchOpened {
        /// The batch.
        batch: u32,
        /// Who is awaited; others of the roster may answer as well.
        invited: Parties,
    },
    /// M1.
    KeysReceived {
        /// From whom.
        party: Party,
        /// The message.
        keys: Signed<KeyAdvertisement>,
    },
    /// The keys of the batch are fixed.
    DirectoryPublished {
        /// As signed.
        directory: Signed<KeyDirectory>,
    },
    /// M2.
    SharesReceived {
        /// From whom.
        party: Party,
        /// The message.
        shares: SharedSecrets,
    },
    /// Whoever has not sent shares by now leaves the batch.
    SharesFixed,
    /// Whether a holder's shares are sound.
    VerdictReceived {
        /// From whom.
        party: Party,
        /// The message.
        verdict: Signed<ShareVerdict>,
    },
    /// Something went wrong, and this is whose fault it is.
    Blamed {
        /// What happened.
        fault: Fault,
    },
    /// Keys are set up among these.
    BatchReady {
        /// U2 of the batch.
        members: Parties,
    },
    /// Too few took part in the set-up.
    BatchFailed,
    /// A sum, or another attempt at it, begins.
    RoundOpened {
        /// As signed.
        opening: Signed<RoundOpening>,
    },
    /// M3.
    InputReceived {
        /// From whom.
        party: Party,
        /// Signed.
        header: Signed<MaskedInput>,
        /// Masked.
        vector: PackedVector,
    },
    /// U3 is fixed.
    SurvivorsFixed {
        /// U3.
        survivors: Parties,
    },
    /// M4.
    SurvivorsSigned {
        /// From whom.
        party: Party,
        /// The message.
        signed: Signed<SurvivorSignature>,
    },
    /// Enough signatures: from here on the sum may be opened.
    AgreementReached {
        /// By signer.
        signatures: Vec<(Party, Signature)>,
    },
    /// M5.
    SharesOpened {
        /// From whom.
        party: Party,
        /// The message.
        signed: Signed<UnmaskingShares>,
    },
    /// M6. The round is over.
    SumReleased {
        /// Signed header and total.
        release: Release,
    },
    /// Nothing was opened; the same round is tried again with fresh keys.
    AttemptAbandoned {
        /// Why.
        reason: AbandonReason,
    },
    /// The round is over without a sum, and so is its unit.
    UnitClosed {
        /// As signed.
        closure: Signed<UnitClosure>,
        /// Why.
        reason: ClosureReason,
    },
}

/// Why an attempt ended before anything was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AbandonReason {
    /// Too few masked answers, or within a unit not exactly those of its first sum.
    TooFewInputs,
    /// Fewer than t signatures.
    TooFewSignatures,
}

/// Why a unit was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClosureReason {
    /// An institution of the unit dropped out.
    DropOut,
    /// Opened shares were lost for good.
    AnswersLost,
    /// The sum could not be unmasked: somebody cheated.
    Cheating,
}

/// How long something must be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// For ever: it belongs into the log.
    Log,
    /// Until the round is over: masked vectors and opened shares. Together they would be an answer, so they are
    /// deleted with the round (unless everybody agreed to keep them for an auditor).
    Round,
}

impl CoordinatorEvent {
    /// How long it must be kept.
    pub fn retention(&self) -> Retention {
        match self {
            Self::InputReceived { .. } | Self::SharesOpened { .. } => Retention::Round,
            _ => Retention::Log,
        }
    }

    /// True if it ends a round.
    pub fn ends_round(&self) -> bool {
        matches!(self, Self::SumReleased { .. } | Self::UnitClosed { .. })
    }
}
