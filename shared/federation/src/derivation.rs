//! Which key comes from which secret, in one place for both sides of the protocol.

use crate::agreement::{AgreementKey, AgreementSecret, NotContributory, derive_key};
use crate::context::{BatchContext, RoundContext};
use crate::hash::Hash;
use crate::mask::Mask;
use crate::message::OpenedShare;
use crate::parties::Party;
use crate::ring::Sign;
use crate::secret::Secret;

/// Which of a participant's two secrets of a sum a share belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SharedSecret {
    /// The seed of the self-mask, b_i: opened if the owner survived.
    Seed,
    /// The masking secret: opened if it dropped out.
    Masking,
}

/// The key that seals the owner's shares for one holder. The other direction has another key.
pub fn sealing_key(
    own: &AgreementSecret,
    other: &AgreementKey,
    context: &BatchContext,
    owner: Party,
    holder: Party,
) -> Result<Secret, NotContributory> {
    let purpose = [b"shares".as_slice(), &[owner.point(), holder.point()]].concat();
    Ok(derive_key(
        &own.agree(other)?,
        context.0.as_bytes(),
        &purpose,
    ))
}

/// What sealed shares are bound to.
pub fn sealing_context(
    context: &BatchContext,
    directory: &Hash,
    owner: Party,
    holder: Party,
) -> Vec<u8> {
    [
        context.0.as_bytes().as_slice(),
        directory.as_bytes(),
        &[owner.point(), holder.point()],
    ]
    .concat()
}

/// The hash by which an owner shows that a complaint opened the right key.
pub fn sealing_key_hash(context: &BatchContext, key: &Secret) -> Hash {
    Hash::of("sealing key", &[context.0.as_bytes(), key.expose()])
}

/// An owner's commitment to one share.
pub fn share_commitment(
    context: &BatchContext,
    of: SharedSecret,
    owner: Party,
    holder: Party,
    slot: u16,
    opened: &OpenedShare,
) -> Hash {
    let kind = match of {
        SharedSecret::Seed => 0,
        SharedSecret::Masking => 1,
    };
    let [low, high] = slot.to_le_bytes();
    Hash::of(
        "share",
        &[
            context.0.as_bytes(),
            &[kind, owner.point(), holder.point(), low, high],
            opened.share.expose(),
            &opened.nonce,
        ],
    )
}

/// A participant's own mask, which is taken off again once its seed is opened.
pub fn self_mask(seed: &Secret, context: &RoundContext) -> Mask {
    Mask {
        key: derive_key(seed, context.0.as_bytes(), b"self mask"),
        sign: Sign::Plus,
    }
}

/// The mask that `own` applies for its pair with `other`; the other side applies the same with the opposite sign.
pub fn pair_mask(
    own_secret: &AgreementSecret,
    own: Party,
    other_key: &AgreementKey,
    other: Party,
    context: &RoundContext,
) -> Result<Mask, NotContributory> {
    let (first, second) = (own.min(other), own.max(other));
    let purpose = [b"pair mask".as_slice(), &[first.point(), second.point()]].concat();
    Ok(Mask {
        key: derive_key(
            &own_secret.agree(other_key)?,
            context.0.as_bytes(),
            &purpose,
        ),
        sign: if own < other { Sign::Plus } else { Sign::Minus },
    })
}
