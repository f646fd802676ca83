//! Moments as text.

use chrono::{DateTime, SecondsFormat};

/// RFC 3339 to epoch microseconds.
pub fn parse_time(text: &str) -> Result<i64, String> {
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.timestamp_micros())
        .map_err(|_| "must be a time like 2026-01-31T13:45:00Z (RFC 3339)".to_owned())
}

/// Epoch microseconds to RFC 3339 in UTC.
pub fn time_text(at_us: i64) -> String {
    DateTime::from_timestamp_micros(at_us).map_or_else(
        || at_us.to_string(),
        |time| time.to_rfc3339_opts(SecondsFormat::Micros, true),
    )
}
