//! Shamir's secret sharing, t of n, byte by byte over GF(2^8).
//!
//! Published crates index tables by secret bytes or are unmaintained, so this is our own: no branch and no memory access
//! depends on a secret. Where a share is evaluated, and which shares are there, is public.
//!
//! Source: Shamir, *How to share a secret*, 1979.

mod field;

use rand_core::CryptoRng;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::parties::Party;
use crate::secret::Secret;

/// Why shares do not give a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RecoveryError {
    /// Fewer shares than the threshold.
    #[error("{actual} shares, {threshold} are needed")]
    TooFew {
        /// Shares that were given.
        actual: usize,
        /// Shares that are needed.
        threshold: usize,
    },
    /// One holder gave two shares.
    #[error("{0} gave two shares")]
    Twice(Party),
    /// The shares beyond the threshold do not lie on the polynomial of the others.
    #[error("the shares do not belong together")]
    Inconsistent,
}

/// One share for each holder, in their order. Any `threshold` of them give the secret, fewer give nothing.
///
/// # Panics
/// With a threshold of 0.
pub fn share(
    secret: &Secret,
    threshold: usize,
    holders: impl Iterator<Item = Party>,
    rng: &mut impl CryptoRng,
) -> Vec<Secret> {
    assert!(threshold > 0, "a plan has a threshold of at least 2");
    let mut coefficients = Zeroizing::new(vec![[0u8; 32]; threshold]);
    coefficients[0] = *secret.expose();
    for coefficient in &mut coefficients[1..] {
        rng.fill_bytes(coefficient);
    }
    holders
        .map(|holder| Secret::from_bytes(evaluate(&coefficients, holder.point())))
        .collect()
}

/// Horner's rule for all 32 bytes at once.
fn evaluate(coefficients: &[[u8; 32]], point: u8) -> [u8; 32] {
    let mut value = [0; 32];
    for coefficient in coefficients.iter().rev() {
        for (byte, addend) in value.iter_mut().zip(coefficient) {
            *byte = field::multiply(*byte, point) ^ addend;
        }
    }
    value
}

/// Recovers a secret from at least `threshold` shares of different holders, and checks that all shares given belong to
/// one secret.
pub fn recover(shares: &[(Party, &Secret)], threshold: usize) -> Result<Secret, RecoveryError> {
    if shares.len() < threshold {
        return Err(RecoveryError::TooFew {
            actual: shares.len(),
            threshold,
        });
    }
    for (place, (holder, _)) in shares.iter().enumerate() {
        if shares[..place].iter().any(|(other, _)| other == holder) {
            return Err(RecoveryError::Twice(*holder));
        }
    }
    let (base, others) = shares.split_at(threshold);
    for (holder, share) in others {
        let expected = interpolate(base, holder.point());
        if !bool::from(subtle::ConstantTimeEq::ct_eq(
            &expected[..],
            &share.expose()[..],
        )) {
            return Err(RecoveryError::Inconsistent);
        }
    }
    Ok(Secret::from_bytes(*interpolate(base, 0)))
}

/// The value at `point` of the polynomial through the shares (Lagrange).
fn interpolate(shares: &[(Party, &Secret)], point: u8) -> Zeroizing<[u8; 32]> {
    let mut value = Zeroizing::new([0; 32]);
    for (holder, share) in shares {
        let mut weight = 1;
        for (other, _) in shares.iter().filter(|(other, _)| other != holder) {
            let numerator = point ^ other.point();
            let denominator = holder.point() ^ other.point();
            weight = field::multiply(
                weight,
                field::multiply(numerator, field::invert(denominator)),
            );
        }
        for (byte, of_share) in value.iter_mut().zip(share.expose()) {
            *byte ^= field::multiply(*of_share, weight);
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::{Rng, SeedableRng};

    use super::*;
    use crate::parties::Parties;

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::seed_from_u64(11)
    }

    #[test]
    fn any_threshold_of_the_shares_gives_the_secret() {
        let mut rng = rng();
        let holders: Vec<Party> = Parties::first(5).iter().collect();
        let secret = Secret::random(&mut rng);
        let shares = share(&secret, 3, holders.iter().copied(), &mut rng);
        for subset in 0u32..1 << 5 {
            let given: Vec<(Party, &Secret)> = (0..5)
                .filter(|holder| subset >> holder & 1 == 1)
                .map(|holder| (holders[holder], &shares[holder]))
                .collect();
            let recovered = recover(&given, 3);
            if given.len() < 3 {
                assert!(matches!(recovered, Err(RecoveryError::TooFew { .. })));
            } else {
                assert_eq!(recovered.expect("enough").expose(), secret.expose());
            }
        }
    }

    #[test]
    fn fewer_shares_than_the_threshold_are_the_same_for_every_secret() {
        // Exhaustive over GF(2^8) for t = 2: for every secret byte, as the one random coefficient takes all values, the
        // share of each holder takes every value exactly once. It is distributed alike, whatever the secret.
        for holder in Parties::first(5).iter() {
            for secret in 0..=255u8 {
                let mut seen = [false; 256];
                for coefficient in 0..=255u8 {
                    let share = evaluate(&[[secret; 32], [coefficient; 32]], holder.point())[0];
                    assert!(!seen[usize::from(share)], "{holder}, secret {secret}");
                    seen[usize::from(share)] = true;
                }
            }
        }
    }

    #[test]
    fn two_shares_of_three_are_the_same_for_every_secret() {
        // Exhaustive over the two coefficients for t = 3 and a few secrets: all pairs of shares occur exactly once.
        let [first, second] = [Party::new(0).expect("fits"), Party::new(3).expect("fits")];
        for secret in [0u8, 1, 0x80, 0xff] {
            let mut seen = vec![false; 1 << 16];
            for one in 0..=255u8 {
                for two in 0..=255u8 {
                    let at = |party: Party| {
                        let point = party.point();
                        field::multiply(field::multiply(two, point) ^ one, point) ^ secret
                    };
                    let pair = usize::from(at(first)) << 8 | usize::from(at(second));
                    assert!(!seen[pair], "secret {secret}");
                    seen[pair] = true;
                }
            }
        }
    }

    #[test]
    fn a_share_that_does_not_belong_is_noticed_where_there_are_more_than_needed() {
        let mut rng = rng();
        let holders: Vec<Party> = Parties::first(4).iter().collect();
        let secret = Secret::random(&mut rng);
        let mut shares = share(&secret, 3, holders.iter().copied(), &mut rng);
        shares[1] = Secret::random(&mut rng);
        let given: Vec<_> = holders.iter().copied().zip(&shares).collect();
        assert_eq!(recover(&given, 3).err(), Some(RecoveryError::Inconsistent));
        let twice = [given[0], given[0], given[2]];
        assert_eq!(
            recover(&twice, 3).err(),
            Some(RecoveryError::Twice(holders[0]))
        );
    }

    #[test]
    fn shares_are_those_of_another_implementation() {
        let mut rng = rng();
        let holders: Vec<Party> = Parties::first(7).iter().collect();
        for threshold in 1..=7usize {
            let secret = Secret::random(&mut rng);
            let ours = share(&secret, threshold, holders.iter().copied(), &mut rng);
            let theirs: Vec<blahaj::Share> = holders
                .iter()
                .zip(&ours)
                .map(|(holder, share)| {
                    let mut bytes = vec![holder.point()];
                    bytes.extend_from_slice(share.expose());
                    blahaj::Share::try_from(bytes.as_slice()).expect("a share")
                })
                .collect();
            let sharks = blahaj::Sharks(u8::try_from(threshold).expect("small"));
            assert_eq!(
                sharks.recover(&theirs[7 - threshold..]).expect("enough"),
                secret.expose()
            );

            let mut bytes = [0; 32];
            rng.fill_bytes(&mut bytes);
            let dealt: Vec<Secret> = sharks
                .dealer(&bytes)
                .take(7)
                .map(|share| {
                    let share = Vec::from(&share);
                    Secret::from_bytes(share[1..].try_into().expect("32 bytes"))
                })
                .collect();
            let given: Vec<_> = holders.iter().copied().zip(&dealt).collect();
            assert_eq!(
                recover(&given, threshold).expect("consistent").expose(),
                &bytes
            );
        }
    }
}
