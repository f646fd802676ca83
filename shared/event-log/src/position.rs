//! Opaque position tokens: what a client holds to read its own writes.
//!
//! Base64url of the log's short id (4 bytes), the sequence (8 bytes, big endian) and a check (2 bytes). On a log with
//! many writers the same token becomes a vector; clients never look inside, so nothing changes for them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::ids::Sequence;

/// A place in one particular log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub log: [u8; 4],
    pub sequence: Sequence,
}

/// Why a token names no place in this log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PositionError {
    #[error("the position token is not one that this service gave out")]
    Malformed,
    #[error("the position token belongs to another log")]
    OtherLog,
}

impl Position {
    pub fn to_token(self) -> String {
        URL_SAFE_NO_PAD.encode(self.checked_bytes())
    }

    pub fn from_token(token: &str, log: [u8; 4]) -> Result<Self, PositionError> {
        let bytes: [u8; 14] = URL_SAFE_NO_PAD
            .decode(token)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(PositionError::Malformed)?;
        let mut found_log = [0; 4];
        found_log.copy_from_slice(&bytes[..4]);
        let mut sequence = [0; 8];
        sequence.copy_from_slice(&bytes[4..12]);
        let position = Self {
            log: found_log,
            sequence: Sequence(u64::from_be_bytes(sequence)),
        };
        if position.checked_bytes() != bytes {
            return Err(PositionError::Malformed);
        }
        if found_log != log {
            return Err(PositionError::OtherLog);
        }
        Ok(position)
    }

    fn checked_bytes(self) -> [u8; 14] {
        let mut bytes = [0; 14];
        bytes[..4].copy_from_slice(&self.log);
        bytes[4..12].copy_from_slice(&self.sequence.0.to_be_bytes());
        let check = blake3::hash(&bytes[..12]);
        bytes[12..].copy_from_slice(&check.as_bytes()[..2]);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_as_it_went_out() {
        let position = Position {
            log: [1, 2, 3, 4],
            sequence: Sequence(987_654_321),
        };
        assert_eq!(
            Position::from_token(&position.to_token(), position.log),
            Ok(position)
        );
    }

    #[test]
    fn a_token_that_was_made_up_or_belongs_elsewhere_is_refused() {
        let token = Position {
            log: [1, 2, 3, 4],
            sequence: Sequence(7),
        }
        .to_token();
        assert_eq!(
            Position::from_token(&token, [0; 4]),
            Err(PositionError::OtherLog)
        );
        let flipped = token.replacen('A', "B", 1);
        for made_up in ["", "7", "!!!", flipped.as_str(), &token[1..]] {
            assert_eq!(
                Position::from_token(made_up, [1, 2, 3, 4]),
                Err(PositionError::Malformed),
                "{made_up}"
            );
        }
    }
}
