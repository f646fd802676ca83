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
