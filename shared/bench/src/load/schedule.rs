//! The arrival schedule of an open loop: when each request is intended to be sent.

use std::time::Duration;

const NANOSECONDS_PER_SECOND: u64 = 1_000_000_000;

/// Request `i` is intended at `i / rate` seconds from the start, for as long as the schedule lasts.
///
/// Integer arithmetic throughout, so that an hour's schedule has no drift and counting what is due
/// agrees exactly with asking for each intended time. With the limits of [`RATE_MAX`] and
/// [`RUN_MAX`] no product exceeds 64 bits.
///
/// [`RATE_MAX`]: super::RATE_MAX
/// [`RUN_MAX`]: super::RUN_MAX
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Schedule {
    rate_per_second: u64,
    total: u64,
}

impl Schedule {
    /// All requests intended before `length` has passed. `rate_per_second` is at least one.
    pub(super) fn new(rate_per_second: u32, length: Duration) -> Self {
        let rate_per_second = u64::from(rate_per_second);
        let total = (nanoseconds(length) * rate_per_second).div_ceil(NANOSECONDS_PER_SECOND);
        Self {
            rate_per_second,
            total,
        }
    }

    /// How many requests there are.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// When request `index` should be sent, from the start.
    pub(super) fn intended(&self, index: u64) -> Duration {
        Duration::from_nanos(index * NANOSECONDS_PER_SECOND / self.rate_per_second)
    }

    /// How many requests are intended at or before `elapsed` from the start.
    pub(super) fn due(&self, elapsed: Duration) -> u64 {
        // floor(i · 10⁹ / rate) ≤ e  ⇔  i · 10⁹ < (e + 1) · rate
        let elapsed = nanoseconds(elapsed) + 1;
        let due = elapsed.saturating_mul(self.rate_per_second);
        due.div_ceil(NANOSECONDS_PER_SECOND).min(self.total)
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{RATE_MAX, RUN_MAX};
    use super::*;

    #[test]
    fn ten_per_second_for_half_a_second_are_five_at_equal_distances() {
        let schedule = Schedule::new(10, Duration::from_millis(500));
        let intended: Vec<u128> = (0..schedule.total())
            .map(|index| schedule.intended(index).as_millis())
            .collect();
        assert_eq!(intended, [0, 100, 200, 300, 400]);
    }

    #[test]
    fn the_first_is_due_at_once_and_the_last_stays_due() {
        let schedule = Schedule::new(10, Duration::from_millis(500));
        for (elapsed_ms, due) in [(0, 1), (99, 1), (100, 2), (400, 5), (10_000, 5)] {
            let elapsed = Duration::from_millis(elapsed_ms);
            assert_eq!(schedule.due(elapsed), due, "{elapsed_ms} ms");
        }
    }

    #[test]
    fn the_largest_schedule_is_exact() {
        let schedule = Schedule::new(RATE_MAX, RUN_MAX);
        assert_eq!(schedule.total(), 3_600_000_000);
        assert_eq!(schedule.due(RUN_MAX), schedule.total());
        let last = schedule.intended(schedule.total() - 1);
        assert_eq!(last, RUN_MAX - Duration::from_micros(1));
    }

    proptest! {
        /// Counting what is due agrees with every intended time, at its very nanosecond.
        #[test]
        fn due_counts_exactly_the_intended_times(
            rate in 1_u32..=RATE_MAX,
            index in 0_u64..1_000_000,
        ) {
            let schedule = Schedule::new(rate, RUN_MAX);
            prop_assume!(index < schedule.total());
            let intended = schedule.intended(index);
            prop_assert_eq!(schedule.due(intended), index + 1);
            if let Some(before) = intended.checked_sub(Duration::from_nanos(1)) {
                prop_assert_eq!(schedule.due(before), index);
            }
        }
    }
}
