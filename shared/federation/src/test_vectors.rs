//! Hexadecimal text of published test vectors.

/// The bytes of a text of exactly that length.
pub fn bytes<const LENGTH: usize>(text: &str) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    hex::decode_to_slice(text, &mut bytes).expect("hexadecimal of that length");
    bytes
}
