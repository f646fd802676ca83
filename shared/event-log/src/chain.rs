//! The hash chain of a partition, over the exact stored bytes.
//!
//! `head = BLAKE3(previous head ‖ recorded-at µs (8 bytes, big endian) ‖ stored event bytes)`, starting from 32 zero
//! bytes. BLAKE3, because it is fast on every machine: SHA-256 costs several times as much where the processor has no
//! instructions for it. Personal fields are ciphertext in the stored bytes, so destroying a subject's key leaves the chain valid.

/// Head of a partition's chain after some event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ChainHead(pub [u8; 32]);

impl ChainHead {
    #[must_use]
    pub fn extend(self, recorded_at_us: i64, stored_event: &[u8]) -> Self {
        let mut hash = blake3::Hasher::new();
        hash.update(&self.0);
        hash.update(&recorded_at_us.to_be_bytes());
        hash.update(stored_event);
        Self(hash.finalize().into())
    }

    pub fn to_hex(self) -> String {
        hex::encode(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_change_of_bytes_time_or_order_changes_the_head() {
        let head = |events: &[(i64, &str)]| {
            events
                .iter()
                .fold(ChainHead::default(), |head, (at, event)| {
                    head.extend(*at, event.as_bytes())
                })
        };
        let reference = head(&[(1, "[1]"), (2, "[2]")]);
        assert_eq!(reference, head(&[(1, "[1]"), (2, "[2]")]));
        assert_ne!(reference, head(&[(1, "[1]"), (2, "[3]")]));
        assert_ne!(reference, head(&[(1, "[1]"), (3, "[2]")]));
        assert_ne!(reference, head(&[(2, "[2]"), (1, "[1]")]));
    }
}
