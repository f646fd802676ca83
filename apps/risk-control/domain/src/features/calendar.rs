//! Features of the clock and the calendar, in UTC.

use crate::history::{MICROSECONDS_PER_DAY, MICROSECONDS_PER_HOUR};

/// Saturday or Sunday. 1970-01-01 was a Thursday.
pub fn is_weekend(at_us: i64) -> bool {
    matches!(at_us.div_euclid(MICROSECONDS_PER_DAY).rem_euclid(7), 2 | 3)
}

/// Hour of day at most 6, as the handbook defines night.
pub fn is_night(at_us: i64) -> bool {
    at_us.rem_euclid(MICROSECONDS_PER_DAY) / MICROSECONDS_PER_HOUR <= 6
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = MICROSECONDS_PER_HOUR;
    const DAY: i64 = MICROSECONDS_PER_DAY;
    /// Sunday 2018-04-01 12:00 UTC.
    const NOON: i64 = 1_522_584_000_000_000;

    #[test]
    fn nights_and_weekends_are_told_by_the_calendar() {
        assert!(is_weekend(NOON) && is_weekend(NOON - DAY));
        assert!(!is_weekend(NOON + DAY) && !is_weekend(NOON - 2 * DAY));
        assert!(is_night(NOON - 12 * HOUR) && is_night(NOON - 6 * HOUR));
        assert!(!is_night(NOON - 5 * HOUR) && !is_night(NOON + 11 * HOUR));
        assert!(is_weekend(-5 * DAY), "before 1970: Saturday 1969-12-27");
    }
}
