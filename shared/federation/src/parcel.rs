//! Opening a parcel of shares: by its holder, or by anybody once a complaint has opened its key.

use thiserror::Error;

use crate::codec::{Reader, Wire};
use crate::context::BatchContext;
use crate::derivation::{SharedSecret, sealing_context, sealing_key_hash, share_commitment};
use crate::hash::Hash;
use crate::message::{OpenedShare, Parcel};
use crate::parties::Party;
use crate::sealing::open;
use crate::secret::Secret;

/// For each sum: the share of the seed and that of the masking secret.
pub type OpenedParcel = Vec<(OpenedShare, OpenedShare)>;

/// Why a parcel is unsound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UnsoundParcel {
    /// The key is not the one that the owner used. Owner or holder: nobody else can tell.
    #[error("the key is not the one that the owner committed to")]
    OtherKey,
    /// The owner sealed something that is no shares.
    #[error("the sealed bytes are no shares")]
    NoShares,
    /// The owner sealed another share than it committed to.
    #[error("the share of sum {0} is not the one committed to")]
    OtherShare(u16),
}

/// Opens a parcel and checks every share against its commitment.
pub fn open_parcel(
    context: &BatchContext,
    directory: &Hash,
    owner: Party,
    holder: Party,
    key: &Secret,
    parcel: &Parcel,
    slots: usize,
) -> Result<OpenedParcel, UnsoundParcel> {
    if sealing_key_hash(context, key) != parcel.key_hash {
        return Err(UnsoundParcel::OtherKey);
    }
    let associated = sealing_context(context, directory, owner, holder);
    let plain = open(key, &associated, &parcel.sealed).map_err(|_| UnsoundParcel::NoShares)?;
    if parcel.commitments.len() != slots {
        return Err(UnsoundParcel::NoShares);
    }
    let mut reader = Reader::new(&plain);
    let mut shares = Vec::with_capacity(slots);
    for (slot, (of_seed, of_masking)) in (0u16..).zip(&parcel.commitments) {
        let pair: (OpenedShare, OpenedShare) =
            Wire::read(&mut reader).map_err(|_| UnsoundParcel::NoShares)?;
        let holds = |of, opened: &OpenedShare, commitment: &Hash| {
            share_commitment(context, of, owner, holder, slot, opened) == *commitment
        };
        if !holds(SharedSecret::Seed, &pair.0, of_seed)
            || !holds(SharedSecret::Masking, &pair.1, of_masking)
        {
            return Err(UnsoundParcel::OtherShare(slot));
        }
        shares.push(pair);
    }
    reader.finish().map_err(|_| UnsoundParcel::NoShares)?;
    Ok(shares)
}
