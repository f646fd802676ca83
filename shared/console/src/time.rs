//! Instants in words: microseconds since the Unix epoch, always in UTC.

use chrono::{DateTime, SecondsFormat, Utc};
use maud::{Markup, html};
use serde::Serializer;

/// How much of an instant is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeFormat {
    /// `12 Apr 14:02:31`, for lists whose year is plain.
    Short,
    /// `2018-04-12 14:02:31`, for lists that span years.
    Full,
    /// `Thu 12 Apr 2018 14:02`, for a clock that may run fast.
    Clock,
}

impl TimeFormat {
    /// Name of the format in `data-format`, for the script.
    pub fn name(self) -> &'static str {
        match self {
            Self::Short => "time-short",
            Self::Full => "time-full",
            Self::Clock => "time-clock",
        }
    }

    fn pattern(self) -> &'static str {
        match self {
            Self::Short => "%-d %b %H:%M:%S",
            Self::Full => "%Y-%m-%d %H:%M:%S",
            Self::Clock => "%a %-d %b %Y %H:%M",
        }
    }
}

/// Writes an instant; one beyond the calendar's reach is written as its number of microseconds.
pub fn text(instant_us: i64, format: TimeFormat) -> String {
    match DateTime::<Utc>::from_timestamp_micros(instant_us) {
        Some(instant) => instant.format(format.pattern()).to_string(),
        None => format!("{instant_us} µs"),
    }
}

/// An instant as a `time` element that machines can read as well.
pub fn time(instant_us: i64, format: TimeFormat) -> Markup {
    html! { time datetime=(machine_readable(instant_us)) { (text(instant_us, format)) } }
}

/// Writes an instant as RFC 3339 with milliseconds, for `datetime` attributes.
pub fn machine_readable(instant_us: i64) -> String {
    DateTime::<Utc>::from_timestamp_micros(instant_us)
        .map(|instant| instant.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
        .unwrap_or_default()
}

/// Writes epoch microseconds into the data of a live event: RFC 3339 in UTC, as everywhere in the API. An instant beyond
/// the calendar's reach is null.
pub fn serialize_instant<S: Serializer>(
    instant_us: &i64,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match DateTime::from_timestamp_micros(*instant_us) {
        Some(instant) => {
            serializer.serialize_str(&instant.to_rfc3339_opts(SecondsFormat::Micros, true))
        }
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APRIL_MORNING_US: i64 = 1_523_541_751_250_000;

    #[test]
    fn an_instant_is_written_in_utc() {
        for (format, expected) in [
            (TimeFormat::Short, "12 Apr 14:02:31"),
            (TimeFormat::Full, "2018-04-12 14:02:31"),
            (TimeFormat::Clock, "Thu 12 Apr 2018 14:02"),
        ] {
            assert_eq!(text(APRIL_MORNING_US, format), expected);
        }
        assert_eq!(
            machine_readable(APRIL_MORNING_US),
            "2018-04-12T14:02:31.250Z"
        );
        assert_eq!(text(-1, TimeFormat::Full), "1969-12-31 23:59:59");
    }

    #[test]
    fn an_instant_beyond_the_calendar_is_still_shown() {
        assert_eq!(text(i64::MAX, TimeFormat::Full), format!("{} µs", i64::MAX));
        assert_eq!(machine_readable(i64::MAX), "");
    }
}
