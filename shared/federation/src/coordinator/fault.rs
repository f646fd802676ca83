//! Messages that cannot be taken, and whose fault that is.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::parties::Party;

/// Why a message of a participant changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum Fault {
    /// The sender is not in the plan's roster.
    #[error("the sender is not in the roster")]
    NotInRoster,
    /// Nothing of this kind is awaited from the sender now. Normal for a late message.
    #[error("no such message is awaited from {0}")]
    NotAwaited(Party),
    /// For another batch, round or attempt.
    #[error("{0} answers another batch, round or attempt")]
    Stale(Party),
    /// The signature does not hold in the coordinator's context: forged, replayed, or the sender's model differs.
    #[error("the signature of {0} does not hold in this context")]
    BadSignature(Party),
    /// The sender said something else before.
    #[error("{0} says something else than before")]
    Equivocation(Party),
    /// Keys of the wrong number, or that occur twice.
    #[error("the keys of {0} are not sound")]
    UnsoundKeys(Party),
    /// Shares for other holders than the directory has, or not as signed.
    #[error("the parcels of {0} are not sound")]
    UnsoundParcels(Party),
    /// A complaint showed that an owner's shares are unsound.
    #[error("{owner} gave {holder} unsound shares")]
    UnsoundShares {
        /// Who is to blame.
        owner: Party,
        /// Who complained.
        holder: Party,
    },
    /// A complaint opened a key that fits nothing, or shares that are sound.
    #[error("the complaint of {holder} about {owner} is not borne out")]
    UnfoundedComplaint {
        /// Who was accused.
        owner: Party,
        /// Who complained, and leaves the batch.
        holder: Party,
    },
    /// A holder does not vouch for shares and does not complain about them either.
    #[error("{0} lacks shares and does not say why")]
    NoVerdict(Party),
    /// A masked vector of another length or ring than the query.
    #[error("the vector of {0} has another form than the query")]
    WrongForm(Party),
    /// A masked vector that is not the one whose hash was signed.
    #[error("the vector of {0} is not the one it signed")]
    OtherVector(Party),
    /// A signature over another survivor set.
    #[error("{0} signed another survivor set")]
    OtherSurvivors(Party),
    /// An opened share that is not the one its owner committed to.
    #[error("{holder} opened a wrong share of {owner}")]
    WrongShare {
        /// Who is to blame.
        holder: Party,
        /// Whose secret it was a share of.
        owner: Party,
    },
    /// Shares of other owners than the round's members.
    #[error("{0} opened shares of the wrong institutions")]
    WrongOwners(Party),
    /// The shares were sound, but what they give is not the secret that the owner published a key or hash of.
    #[error("the secret that {0} shared is not the one it advertised")]
    OtherSecret(Party),
    /// The total is larger than answers allowed by the plan can make it. Nobody can tell whose answer it was.
    #[error("coordinate {0} of the total is impossible")]
    ImpossibleTotal(usize),
}

impl Fault {
    /// Who is to blame, where that can be told. (Late messages are nobody's fault.)
    pub fn culprit(&self) -> Option<Party> {
        match *self {
            Self::NotInRoster | Self::NotAwaited(_) | Self::Stale(_) | Self::ImpossibleTotal(_) => {
                None
            }
            Self::BadSignature(party)
            | Self::Equivocation(party)
            | Self::UnsoundKeys(party)
            | Self::UnsoundParcels(party)
            | Self::NoVerdict(party)
            | Self::WrongForm(party)
            | Self::OtherVector(party)
            | Self::OtherSurvivors(party)
            | Self::WrongOwners(party)
            | Self::OtherSecret(party) => Some(party),
            Self::UnsoundShares { owner, .. } => Some(owner),
            Self::UnfoundedComplaint { holder, .. } | Self::WrongShare { holder, .. } => {
                Some(holder)
            }
        }
    }
}
