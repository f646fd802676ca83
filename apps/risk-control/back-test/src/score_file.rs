//! What a model says of a sealed part of the history, as one file's bytes, so that the next changed rule need not wait
//! for the trees again.

use crate::packed::{Packing, pack_fractions, unpack_fractions};

const MAGIC: [u8; 16] = *b"accord-scores-1\0";
const HASH_BYTES: usize = 32;

/// The bytes of a file: what it is of, the packing, the scores, and a hash over all of that.
pub fn write_scores(scores: &[f64], log: &str, model: &str) -> Vec<u8> {
    let mut packed = Vec::new();
    let packing = pack_fractions(scores, &mut packed);
    let header = serde_json::to_vec(&(log, model, scores.len(), packing))
        .expect("plain data always serialises");
    let mut bytes = MAGIC.to_vec();
    let length = u32::try_from(header.len()).expect("a header of two names is short");
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&header);
    bytes.extend_from_slice(&packed);
    let hash = blake3::hash(&bytes);
    bytes.extend_from_slice(hash.as_bytes());
    bytes
}

/// The scores of `rows` transactions; `None` where the file is damaged or of something else.
pub fn read_scores(bytes: &[u8], log: &str, model: &str, rows: usize) -> Option<Vec<f64>> {
    let (content, hash) = bytes.split_at_checked(bytes.len().checked_sub(HASH_BYTES)?)?;
    if blake3::hash(content).as_bytes() != hash {
        return None;
    }
    let rest = content.strip_prefix(&MAGIC)?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (header, packed) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let header: (String, String, usize, Packing) = serde_json::from_slice(header).ok()?;
    let (found_log, found_model, found_rows, packing) = header;
    (found_log == log && found_model == model && found_rows == rows)
        .then(|| unpack_fractions(packing, packed, rows))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_come_back_and_those_of_another_model_do_not() {
        let scores = [0.000_001, 0.5, 1.0, 0.123_456];
        let bytes = write_scores(&scores, "log", "model");
        assert_eq!(
            read_scores(&bytes, "log", "model", 4).as_deref(),
            Some(&scores[..])
        );
        for (log, model, rows) in [
            ("other", "model", 4),
            ("log", "other", 4),
            ("log", "model", 5),
        ] {
            assert_eq!(read_scores(&bytes, log, model, rows), None);
        }
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1;
            assert_eq!(
                read_scores(&damaged, "log", "model", 4),
                None,
                "byte {place}"
            );
            assert_eq!(read_scores(&bytes[..place], "log", "model", 4), None);
        }
    }
}
