//! What is remembered of one customer's purchases: exact event-time windows.
//!
//! Entries are kept in event-time order for 30 days plus the accepted lateness, so a late transaction sees exactly what
//! had happened by its own time. A customer with more than [`ENTRIES_MAX`] entries in that time is no person; their
//! older entries are merged into hourly cells (the last day's into cells of a minute), after which a window's edge may
//! be off by at most one cell. Memory is thus bounded per customer.

mod acquaintances;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

pub use acquaintances::Acquaintances;

use crate::{
    aftermath::Happenings,
    entities::ConfirmedFrauds,
    transaction::{FUTURE_TOLERANCE_US, LATENESS_MAX_US},
};

pub const MICROSECONDS_PER_DAY: i64 = 86_400_000_000;
pub(crate) const MICROSECONDS_PER_HOUR: i64 = 3_600_000_000;
pub(crate) const MICROSECONDS_PER_MINUTE: i64 = 60_000_000;

/// The longest window.
const WINDOW_MAX_US: i64 = 30 * MICROSECONDS_PER_DAY;
const RETENTION_US: i64 = WINDOW_MAX_US + LATENESS_MAX_US + FUTURE_TOLERANCE_US;
/// Entries kept exactly.
pub const ENTRIES_MAX: usize = 4_096;

/// A purchase, or several that were merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// Event time of the newest purchase in it.
    at_us: i64,
    amount_sum: i64,
    amount_max: i64,
    count: u32,
}

/// What a purchase adds to the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purchase {
    pub at_us: i64,
    pub amount_minor: i64,
}

/// Count, sum and maximum over a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WindowTotals {
    pub count: u64,
    pub amount_sum: i64,
    pub amount_max: i64,
}

impl WindowTotals {
    /// Mean amount in minor units; `None` over nothing.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.amount_sum as f64 / self.count as f64)
    }

    fn add(&mut self, entry: &Entry) {
        self.count += u64::from(entry.count);
        self.amount_sum += entry.amount_sum;
        self.amount_max = self.amount_max.max(entry.amount_max);
    }
}

/// The amounts of a window in ascending order, with how many purchases each stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    amounts: Vec<(i64, u64)>,
}

impl Amounts {
    /// The smallest amount that at least `permille` thousandths of the purchases do not exceed; `None` over nothing.
    pub fn quantile(&self, permille: u64) -> Option<i64> {
        let count: u64 = self.amounts.iter().map(|(_, count)| count).sum();
        let rank = (count * permille).div_ceil(1_000).max(1);
        let mut below = 0;
        for (amount, count) in &self.amounts {
            below += count;
            if below >= rank {
                return Some(*amount);
            }
        }
        None
    }
}

/// One customer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerHistory {
    /// Events of this customer so far.
    pub version: u64,
    entries: VecDeque<Entry>,
    /// Terminals where the customer purchased.
    pub terminals: Acquaintances,
    /// Devices that the customer used.
    pub devices: Acquaintances,
    /// Frauds that were confirmed on this customer.
    pub frauds: ConfirmedFrauds,
    /// What happened to the customer's transactions after they were decided.
    pub happenings: Happenings,
}

impl CustomerHistory {
    /// Adds a purchase at its place in event time and forgets what no window can reach any more.
    pub fn add(&mut self, purchase: Purchase) {
        let entry = Entry {
            at_us: purchase.at_us,
            amount_sum: purchase.amount_minor,
            amount_max: purchase.amount_minor,
            count: 1,
        };
        let place = self
            .entries
            .partition_point(|earlier| earlier.at_us <= purchase.at_us);
        self.entries.insert(place, entry);
        let latest = self.latest_us().unwrap_or(purchase.at_us);
        let horizon = latest.saturating_sub(RETENTION_US);
        while self
            .entries
            .front()
            .is_some_and(|oldest| oldest.at_us <= horizon)
        {
            self.entries.pop_front();
        }
        if self.entries.len() > ENTRIES_MAX {
            self.merge_older_entries();
        }
    }

    /// Totals over the windows `(at − width, at]` for each width; widths must be ascending and at most 30 days.
    pub fn totals<const N: usize>(&self, at_us: i64, widths_us: [i64; N]) -> [WindowTotals; N] {
        let mut totals = [WindowTotals::default(); N];
        let Some(widest) = widths_us.last() else {
            return totals;
        };
        let end = self.entries.partition_point(|entry| entry.at_us <= at_us);
        for entry in self.entries.range(..end).rev() {
            let age = at_us.saturating_sub(entry.at_us);
            if age >= *widest {
                break;
            }
            // Ascending widths: an entry inside one window is inside all wider ones.
            for (total, width) in totals.iter_mut().zip(widths_us) {
                if age < width {
                    total.add(entry);
                }
            }
        }
        totals
    }

    /// Amounts in the window `(at − width, at]`, smallest first.
    pub fn amounts(&self, at_us: i64, width_us: i64) -> Amounts {
        let end = self.entries.partition_point(|entry| entry.at_us <= at_us);
        let start = self
            .entries
            .partition_point(|entry| entry.at_us <= at_us.saturating_sub(width_us))
            .min(end);
        let mut amounts: Vec<(i64, u64)> = self
            .entries
            .range(start..end)
            .map(|entry| {
                (
                    entry.amount_sum / i64::from(entry.count),
                    u64::from(entry.count),
                )
            })
            .collect();
        amounts.sort_unstable();
        Amounts { amounts }
    }

    /// Purchases of more than `amount_minor` in the window `(at − width, at]`; merged ones count by their mean.
    pub fn count_above(&self, at_us: i64, width_us: i64, amount_minor: f64) -> u64 {
        let end = self.entries.partition_point(|entry| entry.at_us <= at_us);
        let mut count = 0;
        for entry in self.entries.range(..end).rev() {
            if at_us.saturating_sub(entry.at_us) >= width_us {
                break;
            }
            if entry.amount_sum as f64 > amount_minor * f64::from(entry.count) {
                count += u64::from(entry.count);
            }
        }
        count
    }

    /// Event time of the last purchase at or before `at_us`.
    pub fn previous_us(&self, at_us: i64) -> Option<i64> {
        let end = self.entries.partition_point(|entry| entry.at_us <= at_us);
        end.checked_sub(1).map(|index| self.entries[index].at_us)
    }

    /// Event time of the newest purchase.
    pub fn latest_us(&self) -> Option<i64> {
        self.entries.back().map(|entry| entry.at_us)
    }

    /// Entries in memory.
    pub fn entry_count(&self) -> usize {
        self.entries.len()
    }

    fn merge_older_entries(&mut self) {
        let Some(latest) = self.latest_us() else {
            return;
        };
        let mut merged: VecDeque<Entry> = VecDeque::with_capacity(ENTRIES_MAX);
        let mut last_cell = None;
        for entry in &self.entries {
            let width = if latest - entry.at_us >= MICROSECONDS_PER_DAY {
                MICROSECONDS_PER_HOUR
            } else {
                MICROSECONDS_PER_MINUTE
            };
            let cell = Some((width, entry.at_us.div_euclid(width)));
            match merged.back_mut() {
                Some(open) if cell == last_cell => {
                    open.at_us = entry.at_us;
                    open.amount_sum += entry.amount_sum;
                    open.amount_max = open.amount_max.max(entry.amount_max);
                    open.count = open.count.saturating_add(entry.count);
                }
                _ => merged.push_back(*entry),
            }
            last_cell = cell;
        }
        self.entries = merged;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: i64 = MICROSECONDS_PER_DAY;

    fn brute_force(purchases: &[Purchase], at_us: i64, width_us: i64) -> WindowTotals {
        let mut totals = WindowTotals::default();
        for purchase in purchases {
            if at_us - width_us < purchase.at_us && purchase.at_us <= at_us {
                totals.count += 1;
                totals.amount_sum += purchase.amount_minor;
                totals.amount_max = totals.amount_max.max(purchase.amount_minor);
            }
        }
        totals
    }

    proptest! {
        #[test]
        fn windows_equal_a_brute_force_reference(
            steps in proptest::collection::vec((-7_i64..8, 0_i64..86_400, 0_i64..100_000), 1..300),
        ) {
            let mut history = CustomerHistory::default();
            let mut accepted = Vec::new();
            let mut now = 0;
            for (days, seconds, amount_minor) in steps {
                let at_us = (now + days * DAY + seconds * 1_000_000).max(now - LATENESS_MAX_US);
                now = now.max(at_us);
                let widths = [DAY / 24, DAY, 7 * DAY, 30 * DAY];
                prop_assert_eq!(
                    history.totals(at_us, widths),
                    widths.map(|width| brute_force(&accepted, at_us, width))
                );
                let mut amounts: Vec<i64> = accepted
                    .iter()
                    .filter(|purchase: &&Purchase| at_us - 30 * DAY < purchase.at_us && purchase.at_us <= at_us)
                    .map(|purchase| purchase.amount_minor)
                    .collect();
                amounts.sort_unstable();
                for permille in [1_u64, 500, 900, 1_000] {
                    let rank = (amounts.len() as u64 * permille).div_ceil(1_000).max(1) as usize;
                    prop_assert_eq!(
                        history.amounts(at_us, 30 * DAY).quantile(permille),
                        amounts.get(rank - 1).copied()
                    );
                }
                prop_assert_eq!(
                    history.count_above(at_us, 30 * DAY, 50_000.0),
                    amounts.iter().filter(|amount| **amount > 50_000).count() as u64
                );
                prop_assert_eq!(
                    history.previous_us(at_us),
                    accepted.iter().map(|purchase: &Purchase| purchase.at_us).filter(|at| *at <= at_us).max()
                        .filter(|at| *at > now - RETENTION_US)
                );
                let purchase = Purchase { at_us, amount_minor };
                history.add(purchase);
                accepted.push(purchase);
            }
        }

        #[test]
        fn the_order_of_arrival_changes_nothing(
            mut purchases in proptest::collection::vec((0_i64..6 * 86_400, 0_i64..1_000), 1..60),
        ) {
            let fold = |purchases: &[(i64, i64)]| {
                let mut history = CustomerHistory::default();
                for (seconds, amount_minor) in purchases {
                    history.add(Purchase { at_us: seconds * 1_000_000, amount_minor: *amount_minor });
                }
                history.totals(6 * DAY, [DAY, 30 * DAY])
            };
            let before = fold(&purchases);
            purchases.reverse();
            prop_assert_eq!(before, fold(&purchases));
        }
    }

    #[test]
    fn a_machine_like_customer_stays_bounded_and_loses_no_purchase() {
        let mut history = CustomerHistory::default();
        let count = 200_000;
        for step in 0..count {
            // One purchase every ten seconds for 23 days.
            history.add(Purchase {
                at_us: step * 10_000_000,
                amount_minor: 100,
            });
            assert!(history.entry_count() <= ENTRIES_MAX);
        }
        let end = (count - 1) * 10_000_000;
        let [day, month] = history.totals(end, [DAY, 30 * DAY]);
        assert_eq!(month.count, count.unsigned_abs());
        // The documented error of a merged window: at most one cell, here an hour of purchases.
        assert!(day.count.abs_diff(8_640) <= 360, "{}", day.count);
    }
}
