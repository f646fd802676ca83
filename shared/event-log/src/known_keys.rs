//! Which command identities a partition has decided: exact for the newest, a filter for all older ones.
//!
//! A repeated key must find its first decision, however old. Keeping every key in memory would not be bounded, and
//! asking the read store for every new key would be slow. So the newest keys are kept exactly; an older key goes into
//! a Bloom filter of 16 bits a key (about 0.06 % false positives), and only a hit there costs a look-up in the
//! read store. Memory: about 60 bytes for each key in the window, 2 bytes for each older key.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasherDefault, Hasher},
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::Sequence;

/// Keys in the first block of the filter (at 16 bits a key: 128 KiB). Each further block holds twice as many, up to
/// the largest, so that a small log stays small and a long one is asked through few blocks.
const SMALLEST_BLOCK_KEYS: u32 = 1 << 16;
const LARGEST_BLOCK_KEYS: u32 = 1 << 22;
const BITS_A_KEY: u32 = 16;
const PROBES: u64 = 6;

/// What is known of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyHistory {
    New,
    /// Decided, with its first event at this sequence and this payload hash.
    Decided {
        sequence: Sequence,
        payload_hash: u64,
    },
    /// Perhaps decided long ago, at or before this sequence.
    PerhapsArchived {
        through: Sequence,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct KeyEntry {
    sequence: Sequence,
    payload_hash: u64,
}

/// All command identities that a partition has decided.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KnownKeys {
    capacity: usize,
    window: HashMap<Uuid, KeyEntry, BuildHasherDefault<UniformHasher>>,
    order: VecDeque<Uuid>,
    archive: Vec<FilterBlock>,
    archived_through: Sequence,
}

impl KnownKeys {
    /// `capacity` is the number of keys that are kept exactly.
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.max(1),
            window: HashMap::default(),
            order: VecDeque::new(),
            archive: Vec::new(),
            archived_through: Sequence::ZERO,
        }
    }

    pub fn look_up(&self, key: &Uuid) -> KeyHistory {
        if let Some(entry) = self.window.get(key) {
            return KeyHistory::Decided {
                sequence: entry.sequence,
                payload_hash: entry.payload_hash,
            };
        }
        if self.archive.iter().any(|block| block.may_contain(key)) {
            return KeyHistory::PerhapsArchived {
                through: self.archived_through,
            };
        }
        KeyHistory::New
    }

    /// Remembers the first event of a command; later events of the same command change nothing.
    pub fn remember(&mut self, key: Uuid, sequence: Sequence, payload_hash: u64) {
        if self.window.contains_key(&key) {
            return;
        }
        self.window.insert(
            key,
            KeyEntry {
                sequence,
                payload_hash,
            },
        );
        self.order.push_back(key);
        self.archive_surplus();
    }

    /// Keeps another number of keys exactly from now on. Keys that have left the window do not come back.
    pub fn set_capacity(&mut self, capacity: usize) {
        self.capacity = capacity.max(1);
        self.archive_surplus();
    }

    fn archive_surplus(&mut self) {
        while self.order.len() > self.capacity {
            if let Some(oldest) = self.order.pop_front() {
                self.archive_key(oldest);
            }
        }
    }

    fn archive_key(&mut self, key: Uuid) {
        if let Some(entry) = self.window.remove(&key) {
            self.archived_through = self.archived_through.max(entry.sequence);
        }
        if self.archive.last().is_none_or(FilterBlock::is_full) {
            let keys = self.archive.last().map_or(SMALLEST_BLOCK_KEYS, |block| {
                (block.capacity * 2).min(LARGEST_BLOCK_KEYS)
            });
            self.archive.push(FilterBlock::new(keys));
        }
        if let Some(block) = self.archive.last_mut() {
            block.insert(&key);
        }
    }
}

/// Takes a key's own bytes as its hash: command identities are hashes or random already, and a window is asked for
/// every command in every partition.
#[derive(Clone, Copy, Debug, Default)]
struct UniformHasher(u64);

impl Hasher for UniformHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 = self.0.rotate_left(29) ^ u64::from_le_bytes(word);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct FilterBlock {
    capacity: u32,
    keys: u32,
    words: Vec<u64>,
}

impl FilterBlock {
    fn new(capacity: u32) -> Self {
        Self {
            capacity,
            keys: 0,
            words: vec![0; (capacity * BITS_A_KEY / 64) as usize],
        }
    }

    fn is_full(&self) -> bool {
        self.keys >= self.capacity
    }

    fn insert(&mut self, key: &Uuid) {
        for bit in probes(key, self.words.len() as u64 * 64) {
            self.words[bit / 64] |= 1 << (bit % 64);
        }
        self.keys += 1;
    }

    fn may_contain(&self, key: &Uuid) -> bool {
        probes(key, self.words.len() as u64 * 64)
            .all(|bit| self.words[bit / 64] & (1 << (bit % 64)) != 0)
    }
}

/// Bit positions of a key. Command identities are hashes or random already, so two 64-bit halves give all probes
/// (Kirsch and Mitzenmacher, 2008).
fn probes(key: &Uuid, bits: u64) -> impl Iterator<Item = usize> {
    let (first, second) = key.as_u64_pair();
    (0..PROBES).map(move |probe| {
        let mixed = first
            .wrapping_add(probe.wrapping_mul(second | 1))
            .wrapping_mul(0x9E37_79B9_7F4A_7C15);
        // The high half, because multiplication mixes upwards; a block has fewer than 2^32 bits.
        ((mixed >> 32) % bits) as usize
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u128) -> Uuid {
        Uuid::new_v5(&Uuid::NAMESPACE_OID, &number.to_be_bytes())
    }

    #[test]
    fn a_key_in_the_window_is_known_exactly() {
        let mut keys = KnownKeys::new(3);
        keys.remember(key(1), Sequence(10), 99);
        keys.remember(key(1), Sequence(11), 98);
        assert_eq!(
            keys.look_up(&key(1)),
            KeyHistory::Decided {
                sequence: Sequence(10),
                payload_hash: 99
            }
        );
        assert_eq!(keys.look_up(&key(2)), KeyHistory::New);
    }

    #[test]
    fn a_key_that_left_the_window_is_never_called_new() {
        let mut keys = KnownKeys::new(100);
        for number in 0..5_000 {
            keys.remember(key(number), Sequence(number as u64 + 1), 0);
        }
        for number in 0..4_900 {
            assert_eq!(
                keys.look_up(&key(number)),
                KeyHistory::PerhapsArchived {
                    through: Sequence(4_900)
                }
            );
        }
    }

    #[test]
    fn a_full_block_answers_wrongly_for_less_than_one_key_in_five_hundred() {
        let mut keys = KnownKeys::new(1);
        for number in 0..u128::from(SMALLEST_BLOCK_KEYS) {
            keys.remember(key(number), Sequence(1), 0);
        }
        let wrong = (0..20_000)
            .filter(|number| keys.look_up(&key(u128::MAX - number)) != KeyHistory::New)
            .count();
        assert!(wrong < 40, "{wrong} of 20,000");
    }
}
