//! Confirmed frauds of one customer or entity, as they became known.
//!
//! A fraud enters when a label event says so and counts from the time at which it became known, never from the time at
//! which it happened: so no feature knows more than the bank did. A correction takes it out again.

use serde::{Deserialize, Serialize};

use crate::{history::MICROSECONDS_PER_DAY, transaction::LATENESS_MAX_US};

/// The longest window.
pub const FRAUD_WINDOW_MAX_US: i64 = 30 * MICROSECONDS_PER_DAY;
/// Frauds kept of one entity; beyond, the oldest are forgotten and counts stay at this number.
pub const FRAUDS_MAX: usize = 1_024;

/// A fraud that was confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmedFraud {
    /// Hash of the transaction's id, to tell a repetition or a correction.
    pub transaction: u64,
    pub known_at_us: i64,
    pub occurred_at_us: i64,
}

/// Frauds in the order in which they became known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmedFrauds {
    frauds: Vec<ConfirmedFraud>,
}

impl ConfirmedFrauds {
    /// A transaction was confirmed as fraud. What was known earlier of the same transaction stays.
    pub fn confirm(&mut self, fraud: ConfirmedFraud) {
        if let Some(index) = self.position(fraud.transaction) {
            if self.frauds[index].known_at_us <= fraud.known_at_us {
                return;
            }
            self.frauds.remove(index);
        }
        let place = self
            .frauds
            .partition_point(|earlier| earlier.known_at_us <= fraud.known_at_us);
        self.frauds.insert(place, fraud);
        let latest = self.frauds.last().map_or(0, |last| last.known_at_us);
        let horizon = latest.saturating_sub(FRAUD_WINDOW_MAX_US + LATENESS_MAX_US);
        let outdated = self
            .frauds
            .partition_point(|earlier| earlier.known_at_us <= horizon);
        let surplus = self.frauds.len().saturating_sub(FRAUDS_MAX);
        self.frauds.drain(..outdated.max(surplus));
    }

    /// A transaction turned out to be genuine after all.
    pub fn retract(&mut self, transaction: u64) {
        if let Some(index) = self.position(transaction) {
            self.frauds.remove(index);
        }
    }

    /// A fraud of another institution, of which nothing but times is known, was confirmed.
    pub fn confirm_shared(&mut self, known_at_us: i64, occurred_at_us: i64) {
        let before = self.occurred_at(occurred_at_us).count() as u64;
        self.confirm(ConfirmedFraud {
            // Told from those of the same moment by their number; own ones are named by a hash.
            transaction: occurred_at_us.cast_unsigned().rotate_left(20) ^ before,
            known_at_us,
            occurred_at_us,
        });
    }

    /// One of another institution's frauds turned out to be genuine after all.
    pub fn retract_shared(&mut self, occurred_at_us: i64) {
        let newest = self.occurred_at(occurred_at_us).last();
        if let Some(transaction) = newest.map(|fraud| fraud.transaction) {
            self.retract(transaction);
        }
    }

    fn occurred_at(&self, occurred_at_us: i64) -> impl Iterator<Item = &ConfirmedFraud> {
        let frauds = self.frauds.iter();
        frauds.filter(move |fraud| fraud.occurred_at_us == occurred_at_us)
    }

    /// Frauds that became known in the window `(at − width, at]`; at most 30 days.
    pub fn known_within(&self, at_us: i64, width_us: i64) -> u64 {
        self.window(at_us, width_us).len() as u64
    }

    /// When the frauds happened that became known within 30 days before `at_us`.
    pub fn occurrences(&self, at_us: i64) -> impl Iterator<Item = i64> {
        self.window(at_us, FRAUD_WINDOW_MAX_US)
            .iter()
            .map(|fraud| fraud.occurred_at_us)
    }

    fn window(&self, at_us: i64, width_us: i64) -> &[ConfirmedFraud] {
        let after_us = at_us.saturating_sub(width_us);
        let start = self
            .frauds
            .partition_point(|fraud| fraud.known_at_us <= after_us);
        let end = self
            .frauds
            .partition_point(|fraud| fraud.known_at_us <= at_us);
        &self.frauds[start..end.max(start)]
    }

    fn position(&self, transaction: u64) -> Option<usize> {
        self.frauds
            .iter()
            .position(|fraud| fraud.transaction == transaction)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: i64 = MICROSECONDS_PER_DAY;

    fn fraud(transaction: u64, known_at_us: i64) -> ConfirmedFraud {
        ConfirmedFraud {
            transaction,
            known_at_us,
            occurred_at_us: known_at_us - 7 * DAY,
        }
    }

    /// Frauds known within 1, 7 and 30 days.
    fn counts(frauds: &ConfirmedFrauds, at_us: i64) -> [u64; 3] {
        [1, 7, 30].map(|days| frauds.known_within(at_us, days * DAY))
    }

    #[test]
    fn a_fraud_counts_from_the_time_at_which_it_became_known() {
        let mut frauds = ConfirmedFrauds::default();
        frauds.confirm(fraud(1, 10 * DAY));
        assert_eq!(counts(&frauds, 10 * DAY - 1), [0, 0, 0]);
        assert_eq!(counts(&frauds, 10 * DAY), [1, 1, 1]);
        assert_eq!(counts(&frauds, 11 * DAY), [0, 1, 1]);
        assert_eq!(counts(&frauds, 17 * DAY), [0, 0, 1]);
        assert_eq!(counts(&frauds, 40 * DAY), [0, 0, 0]);
        assert!(frauds.occurrences(12 * DAY).eq([3 * DAY]));
    }

    #[test]
    fn a_repetition_counts_once_from_its_earlier_time_and_a_correction_takes_it_out() {
        let mut frauds = ConfirmedFrauds::default();
        frauds.confirm(fraud(1, 10 * DAY));
        frauds.confirm(fraud(1, 12 * DAY));
        assert_eq!(counts(&frauds, 12 * DAY), [0, 1, 1]);
        frauds.confirm(fraud(1, 9 * DAY));
        assert_eq!(counts(&frauds, 9 * DAY), [1, 1, 1]);
        frauds.retract(2);
        assert_eq!(counts(&frauds, 9 * DAY), [1, 1, 1]);
        frauds.retract(1);
        assert_eq!(counts(&frauds, 9 * DAY), [0, 0, 0]);
    }

    #[test]
    fn the_number_is_bounded() {
        let mut frauds = ConfirmedFrauds::default();
        for transaction in 0..5_000 {
            frauds.confirm(fraud(transaction, transaction.cast_signed()));
        }
        assert_eq!(counts(&frauds, 5_000), [FRAUDS_MAX as u64; 3]);
    }

    proptest! {
        #[test]
        fn counts_equal_a_brute_force_reference(
            labels in proptest::collection::vec((0_u64..20, 0_i64..30, any::<bool>()), 1..80),
            age in 0_i64..7,
        ) {
            let mut frauds = ConfirmedFrauds::default();
            let mut reference: std::collections::BTreeMap<u64, i64> = Default::default();
            let mut newest = 0;
            for (transaction, days, confirmed) in labels {
                let known_at_us = days * DAY;
                if confirmed {
                    frauds.confirm(fraud(transaction, known_at_us));
                    let known = reference.entry(transaction).or_insert(known_at_us);
                    *known = known_at_us.min(*known);
                    newest = newest.max(known_at_us);
                } else {
                    frauds.retract(transaction);
                    reference.remove(&transaction);
                }
                let at_us = newest - age * DAY;
                let expected = [1, 7, 30].map(|width| {
                    let inside = |known: &&i64| at_us - width * DAY < **known && **known <= at_us;
                    reference.values().filter(inside).count() as u64
                });
                prop_assert_eq!(counts(&frauds, at_us), expected);
            }
        }
    }
}
