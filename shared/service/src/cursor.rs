//! Opaque cursors for listings that are read page by page.
//!
//! A cursor holds the sort key of the last row shown, as whole numbers, so that the next page is
//! found by the index however many rows came before. It is checked against damage and against use
//! with another listing, but it is neither secret nor signed: what it holds must not grant access.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::problem::{FieldError, Problem};
use crate::problem_kind::ProblemKind;

const VALUE_BYTES: usize = size_of::<i64>();
const CHECKSUM_BYTES: usize = 6;

/// Writes the values as a cursor of the listing called `tag`, such as `cases-by-age`.
///
/// Change the tag when the order of a listing changes its meaning; older cursors are then refused.
#[must_use]
pub fn encode_cursor<const COUNT: usize>(tag: &str, values: [i64; COUNT]) -> String {
    let mut bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_be_bytes())
        .collect();
    let checksum = checksum(tag, &bytes);
    bytes.extend_from_slice(&checksum);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a cursor of the listing called `tag`.
///
/// # Errors
/// `invalid-cursor` if it was not written by [`encode_cursor`] with the same tag and count.
pub fn decode_cursor<const COUNT: usize>(tag: &str, text: &str) -> Result<[i64; COUNT], Problem> {
    decoded(tag, text).ok_or_else(|| {
        Problem::new(ProblemKind::InvalidCursor).field(FieldError::at_parameter(
            "cursor",
            "was not issued by this listing",
        ))
    })
}

fn decoded<const COUNT: usize>(tag: &str, text: &str) -> Option<[i64; COUNT]> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    if bytes.len() != COUNT * VALUE_BYTES + CHECKSUM_BYTES {
        return None;
    }
    let (values, found) = bytes.split_at(COUNT * VALUE_BYTES);
    if checksum(tag, values) != found {
        return None;
    }
    let (values, _) = values.as_chunks::<VALUE_BYTES>();
    let values: Vec<i64> = values
        .iter()
        .map(|chunk| i64::from_be_bytes(*chunk))
        .collect();
    values.try_into().ok()
}

fn checksum(tag: &str, values: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut hasher = Sha256::new();
    hasher.update((tag.len() as u64).to_be_bytes());
    hasher.update(tag.as_bytes());
    hasher.update(values);
    let mut checksum = [0; CHECKSUM_BYTES];
    checksum.copy_from_slice(&hasher.finalize()[..CHECKSUM_BYTES]);
    checksum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_cursor_is_safe_in_an_address() {
        let cursor = encode_cursor("cases-by-age", [i64::MIN, -1, 0, i64::MAX]);
        assert!(
            cursor
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        );
    }

    #[test]
    fn what_was_not_issued_is_refused() {
        let cursor = encode_cursor("cases-by-age", [1, 2]);
        for text in [
            "",
            "!",
            "AAAA",
            &cursor[1..],
            &format!("{cursor}AA"),
            &format!("{cursor}="),
        ] {
            let problem = decode_cursor::<2>("cases-by-age", text).unwrap_err();
            assert_eq!(problem.kind(), ProblemKind::InvalidCursor, "{text}");
        }
        assert!(decode_cursor::<2>("cases-by-loss", &cursor).is_err());
        assert!(decode_cursor::<1>("cases-by-age", &cursor).is_err());
    }

    proptest! {
        #[test]
        fn a_cursor_leads_back_to_its_values(values in any::<[i64; 3]>()) {
            let cursor = encode_cursor("t", values);
            prop_assert_eq!(decode_cursor::<3>("t", &cursor).unwrap(), values);
        }

        #[test]
        fn a_damaged_cursor_is_refused(values in any::<[i64; 2]>(), at in 0usize..29, with in "[A-Za-z0-9_-]") {
            let cursor = encode_cursor("t", values);
            let mut damaged = cursor.clone();
            damaged.replace_range(at..=at, &with);
            prop_assume!(damaged != cursor);
            prop_assert!(decode_cursor::<2>("t", &damaged).is_err());
        }
    }
}
