//! Counts and sums over sliding windows of event time, for entities of any traffic.
//!
//! Entries hold running totals, so that any window is the difference of two of them, found by bisection. Within the
//! retention everything is exact; an entity with more than [`ENTRIES_MAX`] entries in that time keeps only the last
//! entry of every hour (of every minute during the last day), after which a window's edge may be off by at most one
//! such cell. Totals wrap around instead of overflowing, which leaves differences right.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::history::{MICROSECONDS_PER_DAY, MICROSECONDS_PER_HOUR, MICROSECONDS_PER_MINUTE};

/// Entries kept exactly.
pub const ENTRIES_MAX: usize = 4_096;

/// Purchases and their amounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub count: u64,
    pub amount_sum: i64,
}

impl Totals {
    fn plus(self, other: Self) -> Self {
        Self {
            count: self.count.wrapping_add(other.count),
            amount_sum: self.amount_sum.wrapping_add(other.amount_sum),
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            count: self.count.wrapping_sub(other.count),
            amount_sum: self.amount_sum.wrapping_sub(other.amount_sum),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    at_us: i64,
    /// Of everything up to this entry, itself included.
    through: Totals,
}

/// The purchases of one entity, in event-time order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    entries: VecDeque<Entry>,
    /// Of everything that was forgotten.
    forgotten: Totals,
}

impl Activity {
    /// Adds a purchase at its place in event time, and forgets what is older than `retention_us` before the newest.
    pub fn add(&mut self, at_us: i64, amount_minor: i64, retention_us: i64) {
        let one = Totals {
            count: 1,
            amount_sum: amount_minor,
        };
        self.add_many(at_us, one, retention_us);
    }

    /// As [`Activity::add`], of several purchases that are taken to have happened at the same moment.
    pub fn add_many(&mut self, at_us: i64, many: Totals, retention_us: i64) {
        let place = self.entries.partition_point(|entry| entry.at_us <= at_us);
        let through = self.before(place).plus(many);
        self.entries.insert(place, Entry { at_us, through });
        for later in self.entries.range_mut(place + 1..) {
            later.through = later.through.plus(many);
        }
        let horizon = self
            .latest_us()
            .unwrap_or(at_us)
            .saturating_sub(retention_us);
        while let Some(oldest) = self.entries.front()
            && oldest.at_us <= horizon
        {
            self.forgotten = oldest.through;
            self.entries.pop_front();
        }
        if self.entries.len() > ENTRIES_MAX {
            self.merge_into_cells();
        }
    }

    /// Totals of the purchases in `(after_us, through_us]`.
    pub fn between(&self, after_us: i64, through_us: i64) -> Totals {
        self.through(through_us).minus(self.through(after_us))
    }

    /// Event time of the newest purchase.
    fn latest_us(&self) -> Option<i64> {
        self.entries.back().map(|entry| entry.at_us)
    }

    fn through(&self, at_us: i64) -> Totals {
        self.before(self.entries.partition_point(|entry| entry.at_us <= at_us))
    }

    /// Of everything before the entry at `index`.
    fn before(&self, index: usize) -> Totals {
        index
            .checked_sub(1)
            .map_or(self.forgotten, |last| self.entries[last].through)
    }

    fn merge_into_cells(&mut self) {
        let Some(latest) = self.latest_us() else {
            return;
        };
        let cell = |entry: &Entry| {
            let width = if latest - entry.at_us >= MICROSECONDS_PER_DAY {
                MICROSECONDS_PER_HOUR
            } else {
                MICROSECONDS_PER_MINUTE
            };
            (width, entry.at_us.div_euclid(width))
        };
        let mut merged: VecDeque<Entry> = VecDeque::with_capacity(ENTRIES_MAX);
        for entry in &self.entries {
            match merged.back_mut() {
                // The last entry of a cell holds the totals of the whole cell.
                Some(open) if cell(open) == cell(entry) => *open = *entry,
                _ => merged.push_back(*entry),
            }
        }
        self.entries = merged;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: i64 = MICROSECONDS_PER_DAY;
    const RETENTION: i64 = 45 * DAY;

    proptest! {
        #[test]
        fn windows_equal_a_brute_force_reference(
            steps in proptest::collection::vec((-7_i64..8, 0_i64..86_400, 0_i64..100_000), 1..300),
            ages in proptest::collection::vec((0_i64..38, 0_i64..38), 1..5),
        ) {
            let mut activity = Activity::default();
            let mut added: Vec<(i64, i64)> = Vec::new();
            let mut now = 0;
            for (days, seconds, amount_minor) in steps {
                let at_us = (now + days * DAY + seconds * 1_000_000).max(now - 7 * DAY);
                now = now.max(at_us);
                activity.add(at_us, amount_minor, RETENTION);
                added.push((at_us, amount_minor));
                for (one, other) in &ages {
                    let (after, through) = (at_us - one.max(other) * DAY, at_us - one.min(other) * DAY);
                    let inside = added.iter().filter(|(at, _)| after < *at && *at <= through);
                    let expected = inside.fold(Totals::default(), |sum, (_, amount_sum)| {
                        sum.plus(Totals { count: 1, amount_sum: *amount_sum })
                    });
                    prop_assert_eq!(activity.between(after, through), expected);
                }
            }
        }

        #[test]
        fn the_order_of_arrival_changes_nothing(
            mut purchases in proptest::collection::vec((0_i64..6 * 86_400, 0_i64..1_000), 1..60),
        ) {
            let fold = |purchases: &[(i64, i64)]| {
                let mut activity = Activity::default();
                for (seconds, amount_minor) in purchases {
                    activity.add(seconds * 1_000_000, *amount_minor, RETENTION);
                }
                [2, 6].map(|days| activity.between((days - 2) * DAY, days * DAY))
            };
            let before = fold(&purchases);
            purchases.reverse();
            prop_assert_eq!(before, fold(&purchases));
        }
    }

    #[test]
    fn a_busy_entity_stays_bounded_and_loses_no_purchase() {
        let mut activity = Activity::default();
        let count = 200_000;
        for step in 0..count {
            // A purchase every ten seconds for 23 days.
            activity.add(step * 10_000_000, 100, RETENTION);
            assert!(activity.entries.len() <= ENTRIES_MAX);
        }
        let end = (count - 1) * 10_000_000;
        assert_eq!(activity.between(end - 30 * DAY, end).count, 200_000);
        // The documented error of a merged window: at most one cell, here an hour of purchases.
        let day = activity.between(end - DAY, end);
        assert!(day.count.abs_diff(8_640) <= 360, "{}", day.count);
        assert_eq!(day.amount_sum, day.count.cast_signed() * 100);
    }

    #[test]
    fn totals_wrap_around_without_harm() {
        let mut activity = Activity::default();
        for day in 0..4 {
            activity.add(day * DAY, i64::MAX / 2, RETENTION);
        }
        assert_eq!(activity.between(2 * DAY, 3 * DAY).amount_sum, i64::MAX / 2);
    }
}
