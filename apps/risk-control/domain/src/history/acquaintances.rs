//! Terminals or devices that a customer has used, to tell a new one.

use serde::{Deserialize, Serialize};

/// Remembered of one customer; beyond, the one that was not used for longest is forgotten and would be new again.
pub const ACQUAINTANCES_MAX: usize = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Acquaintance {
    key: u64,
    first_us: i64,
    last_us: i64,
}

/// What one customer has used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acquaintances {
    known: Vec<Acquaintance>,
}

impl Acquaintances {
    pub fn add(&mut self, key: u64, at_us: i64) {
        if let Some(known) = self.known.iter_mut().find(|known| known.key == key) {
            known.first_us = known.first_us.min(at_us);
            known.last_us = known.last_us.max(at_us);
            return;
        }
        let new = Acquaintance {
            key,
            first_us: at_us,
            last_us: at_us,
        };
        if self.known.len() < ACQUAINTANCES_MAX {
            self.known.push(new);
        } else if let Some(oldest) = self.known.iter_mut().min_by_key(|known| known.last_us)
            && oldest.last_us < at_us
        {
            *oldest = new;
        }
    }

    /// When the customer used it for the first time; `None` if that was not before `at_us`.
    pub fn first_us(&self, key: u64, at_us: i64) -> Option<i64> {
        let known = self.known.iter().find(|known| known.key == key)?;
        (known.first_us <= at_us).then_some(known.first_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_before_is_known_from_its_first_use_on() {
        let mut known = Acquaintances::default();
        known.add(1, 20);
        known.add(1, 10);
        known.add(1, 30);
        assert_eq!(known.first_us(1, 9), None);
        assert_eq!(known.first_us(1, 10), Some(10));
        assert_eq!(known.first_us(2, 100), None);
    }

    #[test]
    fn the_number_is_bounded_and_the_newest_stay() {
        let mut known = Acquaintances::default();
        for key in 0..1_000_u64 {
            known.add(key, key.cast_signed());
        }
        assert_eq!(known.first_us(0, 2_000), None);
        assert_eq!(known.first_us(999, 2_000), Some(999));
        assert_eq!(known.known.len(), ACQUAINTANCES_MAX);
    }
}
