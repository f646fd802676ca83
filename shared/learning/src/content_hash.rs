//! The name of a model: a hash of what it says.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// SHA-256, hexadecimal, over the canonical JSON of `content`: the fields in their declared order, no white space,
/// every float as its shortest text that reads back to the same bits.
///
/// `content` must hold finite floats and no map with keys that are not strings; the models of this crate do.
///
/// # Panics
/// If `content` cannot be written as JSON.
pub fn content_hash(content: &impl Serialize) -> String {
    let bytes =
        serde_json::to_vec(content).expect("models are plain structures of numbers and strings");
    hex::encode(Sha256::digest(bytes))
}

/// A hash over a plan and everything that was absorbed since, in order.
///
/// Sums of many millions of integers are hashed as bytes: as JSON they would take longer than the training.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HashChain([u8; 32]);

impl HashChain {
    /// The chain's beginning: what the plan says.
    pub(crate) fn of(plan: &impl Serialize) -> Self {
        let bytes = serde_json::to_vec(plan).expect("plans are plain structures");
        Self(Sha256::digest(bytes).into())
    }

    /// Adds a total.
    pub(crate) fn absorb(&mut self, total: &[i64]) {
        let mut hash = Sha256::new();
        hash.update(self.0);
        for sum in total {
            hash.update(sum.to_le_bytes());
        }
        self.0 = hash.finalize().into();
    }

    /// The hash so far, hexadecimal.
    pub(crate) fn hex(&self) -> String {
        hex::encode(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_the_json_text() {
        // printf '[1.0,"a"]' | sha256sum
        let expected = hex::encode(Sha256::digest(br#"[1.0,"a"]"#));
        assert_eq!(content_hash(&(1.0, "a")), expected);
    }

    #[test]
    fn floats_that_differ_in_the_last_bit_have_different_hashes() {
        let value = 0.1f64;
        assert_ne!(
            content_hash(&value),
            content_hash(&f64::from_bits(value.to_bits() + 1))
        );
    }
}
