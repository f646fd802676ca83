//! Identities of the domain.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// Longest id that a merchant gives to an item, an order or a product, in bytes.
pub const TEXT_ID_BYTES_MAX: usize = 64;

macro_rules! hexadecimal_number {
    ($(#[$documentation:meta])* $name:ident) => {
        $(#[$documentation])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl $name {
            /// Reads the 16 hexadecimal digits.
            pub fn parse(text: &str) -> Option<Self> {
                let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
                digits
                    .then(|| u64::from_str_radix(text, 16).ok())
                    .flatten()
                    .map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{:016x}", self.0)
            }
        }

        /// As text where a person reads it (the log), as a number where none does (snapshots).
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    self.0.serialize(serializer)
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if !deserializer.is_human_readable() {
                    return u64::deserialize(deserializer).map(Self);
                }
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| D::Error::custom("expected 16 hex digits"))
            }
        }
    };
}

hexadecimal_number! {
    /// What stands for a shopper (or the guest of one session) in the log: a random number, never the merchant's own id.
    /// Written as 16 hexadecimal digits.
    ShopperReference
}

hexadecimal_number! {
    /// What stands for a session in the log: a keyed hash of the merchant's session id. Written as 16 hexadecimal digits.
    SessionKey
}

/// Whether an id of a merchant is 1 to 64 bytes without control characters. Anything else may be in it: slashes, spaces,
/// emoji.
pub fn is_text_id(text: &str) -> bool {
    (1..=TEXT_ID_BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// A stable hash (FNV-1a, 64 bits, with a final mix), for fingerprints and for draws that must come out the same again.
pub(crate) fn stable_hash(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    mix(hash)
}

/// Spreads every bit of a number over all others.
pub(crate) fn mix(mut hash: u64) -> u64 {
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0xd6e8_feb8_6659_fd93);
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0xd6e8_feb8_6659_fd93);
    hash ^ (hash >> 32)
}
