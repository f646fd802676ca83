//! Masks: ChaCha20 key streams (RFC 8439) read as ring elements.
//!
//! Every mask has its own key, derived for one round, so the nonce is zero. A stream of 256 GiB is far beyond the longest
//! vector.

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher};
use zeroize::Zeroize;

use crate::ring::{RingBits, RingVector, Sign, add_packed};
use crate::secret::Secret;

/// Coordinates that are masked at a time: the words and one stretch of stream stay in the fastest cache.
const STRETCH: usize = 1_024;

/// The key of a mask and whether it is added.
pub struct Mask {
    /// Used for this mask and for nothing else.
    pub key: Secret,
    /// Added by one side of a pair, taken away by the other.
    pub sign: Sign,
}

/// Applies all masks to a vector over the ring.
pub fn apply(masks: &[Mask], vector: &mut RingVector, bits: RingBits) {
    let mut streams: Vec<(ChaCha20, Sign)> = masks
        .iter()
        .map(|mask| (key_stream(&mask.key), mask.sign))
        .collect();
    let mut stretch = vec![0u8; STRETCH * bits.bytes()];
    for words in vector.words_mut().chunks_mut(STRETCH) {
        let bytes = &mut stretch[..words.len() * bits.bytes()];
        for (stream, sign) in &mut streams {
            stream.write_keystream(bytes);
            add_packed(words, bytes, bits, *sign);
        }
    }
    stretch.zeroize();
}

/// The stream of a key that is used once.
pub(crate) fn key_stream(key: &Secret) -> ChaCha20 {
    ChaCha20::new(&(*key.expose()).into(), &[0; 12].into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_vectors::bytes;

    #[test]
    fn the_key_stream_is_that_of_rfc_8439() {
        // Appendix A.1, test vectors 1 and 2: zero key, zero nonce, blocks 0 and 1.
        let mut stream = [0; 128];
        key_stream(&Secret::from_bytes([0; 32])).write_keystream(&mut stream);
        assert_eq!(
            stream,
            bytes::<128>(
                "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7\
                 da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586\
                 9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed\
                 29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f"
            )
        );
    }

    #[test]
    fn a_mask_is_the_key_stream_read_as_little_endian_elements() {
        for bits in RingBits::ALL {
            let dimension = STRETCH + 3;
            let key = Secret::from_bytes([3; 32]);
            let mut stream = vec![0; dimension * bits.bytes()];
            key_stream(&key).write_keystream(&mut stream);
            let mut vector = RingVector::zero(dimension);
            let mask = Mask {
                key,
                sign: Sign::Plus,
            };
            apply(&[mask], &mut vector, bits);
            assert_eq!(vector.pack(bits).bytes(), stream);
        }
    }

    #[test]
    fn opposite_masks_cancel() {
        let values: Vec<i64> = (-1_500..1_500).collect();
        for bits in RingBits::ALL {
            let mut vector = RingVector::from_signed(&values, bits).expect("fits");
            let mask = |byte, sign| Mask {
                key: Secret::from_bytes([byte; 32]),
                sign,
            };
            apply(
                &[mask(1, Sign::Plus), mask(2, Sign::Minus)],
                &mut vector,
                bits,
            );
            assert_ne!(vector.to_signed(bits), values);
            apply(
                &[mask(1, Sign::Minus), mask(2, Sign::Plus)],
                &mut vector,
                bits,
            );
            assert_eq!(vector.to_signed(bits), values);
        }
    }
}
