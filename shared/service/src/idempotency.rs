//! Idempotency keys: how a caller can safely send a command again.
//!
//! A key is only unique within its scope: two callers, or two operations, may use the same key.
//! The log keeps the hash of the scope, and a hash of the payload to notice when a key is used for
//! something else.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::problem::Problem;
use crate::problem_kind::ProblemKind;

/// Header with the key.
pub const IDEMPOTENCY_KEY_HEADER: &str = "idempotency-key";

/// The longest key.
pub const IDEMPOTENCY_KEY_CHARACTERS_MAX: usize = 255;

/// A checked key: 1 to 255 visible ASCII characters.
///
/// As an extractor it requires the header; `Option<IdempotencyKey>` accepts its absence, but not
/// an invalid key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(Box<str>);

impl IdempotencyKey {
    /// Checks a key; `None` if it is not 1 to 255 visible ASCII characters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let valid = (1..=IDEMPOTENCY_KEY_CHARACTERS_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        valid.then(|| Self(text.into()))
    }

    /// The key as the caller wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads the key from the header.
///
/// # Errors
/// `invalid-idempotency-key` if it occurs more than once or is not a valid key.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Problem> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY_HEADER).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let key = value.to_str().ok().and_then(IdempotencyKey::parse);
    match (key, values.next()) {
        (Some(key), None) => Ok(Some(key)),
        (Some(_), Some(_)) => Err(invalid(
            "the Idempotency-Key header is given more than once",
        )),
        (None, _) => Err(invalid(
            "the Idempotency-Key must be 1 to 255 visible ASCII characters",
        )),
    }
}

fn invalid(detail: &'static str) -> Problem {
    Problem::new(ProblemKind::InvalidIdempotencyKey).detail(detail)
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        idempotency_key(&parts.headers)?
            .ok_or_else(|| invalid("this operation needs an Idempotency-Key header"))
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, Problem> {
        idempotency_key(&parts.headers)
    }
}

/// Within what a key is unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdempotencyScope<'scope> {
    /// The institution whose node is asked.
    pub institution: &'scope str,
    /// The id of the principal.
    pub caller: &'scope str,
    /// The name of the command.
    pub operation: &'scope str,
    /// The key, or the business id where that is the identity.
    pub key: &'scope str,
}

impl IdempotencyScope<'_> {
    /// The first 16 bytes of BLAKE3 over the four fields, each preceded by its length in bytes as
    /// a big-endian u64, so that no two scopes run together.
    #[must_use]
    pub fn hash(&self) -> [u8; 16] {
        let mut hasher = blake3::Hasher::new();
        for field in [self.institution, self.caller, self.operation, self.key] {
            hasher.update(&(field.len() as u64).to_be_bytes());
            hasher.update(field.as_bytes());
        }
        first_bytes(hasher.finalize().as_bytes())
    }
}

/// The first 8 bytes of BLAKE3 over a payload in canonical form (the checked command serialised
/// again, not the bytes as received), as a big-endian number.
///
/// 64 bits are enough, because a payload is only ever compared with the one under the same key,
/// and a caller who seeks a collision deceives nobody but itself.
#[must_use]
pub fn payload_hash(canonical: &[u8]) -> u64 {
    u64::from_be_bytes(first_bytes(blake3::hash(canonical).as_bytes()))
}

fn first_bytes<const LENGTH: usize>(digest: &[u8]) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    bytes.copy_from_slice(&digest[..LENGTH]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(values: &[&[u8]]) -> Result<Option<String>, ProblemKind> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(IDEMPOTENCY_KEY_HEADER, (*value).try_into().unwrap());
        }
        let key = idempotency_key(&headers).map_err(|problem| problem.kind())?;
        Ok(key.map(|key| key.as_str().to_owned()))
    }

    #[test]
    fn keys_are_1_to_255_visible_ascii_characters() {
        let invalid = Err(ProblemKind::InvalidIdempotencyKey);
        let longest = "k".repeat(255);
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(
            read(&[b"8e03978e-40d5"]),
            Ok(Some("8e03978e-40d5".to_owned()))
        );
        assert_eq!(read(&[longest.as_bytes()]), Ok(Some(longest.clone())));
        assert_eq!(read(&[format!("{longest}k").as_bytes()]), invalid);
        assert_eq!(read(&[b""]), invalid);
        assert_eq!(read(&[b"a b"]), invalid);
        assert_eq!(read(&[b"a\tb"]), invalid);
        assert_eq!(read(&["é".as_bytes()]), invalid);
        assert_eq!(read(&[b"a", b"a"]), invalid);
    }

    #[test]
    fn hashes_are_what_the_log_already_holds() {
        // Golden values: changing them would make every key in an existing log unknown.
        let scope = IdempotencyScope {
            institution: "north",
            caller: "gateway",
            operation: "assess-transaction",
            key: "t-1",
        };
        assert_eq!(
            hex::encode(scope.hash()),
            "475e9bb28af55eaab36e37541e241154"
        );
        // BLAKE3("abc") begins with 6437b3ac38465133.
        assert_eq!(payload_hash(b"abc"), 0x6437_b3ac_3846_5133);
    }

    fn any_fields() -> impl Strategy<Value = [String; 4]> {
        prop::array::uniform4("[ab]{0,3}")
    }

    fn hash_of(fields: &[String; 4]) -> [u8; 16] {
        let [institution, caller, operation, key] = fields;
        IdempotencyScope {
            institution,
            caller,
            operation,
            key,
        }
        .hash()
    }

    proptest! {
        #[test]
        fn scopes_share_a_hash_only_if_they_are_equal(left in any_fields(), right in any_fields()) {
            prop_assert_eq!(hash_of(&left) == hash_of(&right), left == right);
        }
    }
}
