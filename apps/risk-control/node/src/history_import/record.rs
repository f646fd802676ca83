//! One line of a history, checked, and what is told of a line that cannot be taken over.

use std::{fmt, net::IpAddr};

use chrono::{DateTime, NaiveDateTime};
use risk_control::{AMOUNT_MINOR_MAX, Decision, Label, TEXT_ID_BYTES_MAX};

use crate::personal::PersonalFields;

/// Formats of a date and time in UTC, beside RFC 3339.
const TIME_FORMATS: [&str; 2] = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"];

/// A transaction of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoricalRecord {
    /// Line of the file, from 1.
    pub line: u64,
    pub transaction_id: String,
    pub personal: PersonalFields,
    pub terminal_id: String,
    pub amount_minor: i64,
    /// Epoch microseconds.
    pub occurred_at_us: i64,
    /// What the bank did with it, where the file says so.
    pub decision: Option<Decision>,
    /// What it turned out to be, and when that became known, where the file says so.
    pub label: Option<(Label, Option<i64>)>,
}

/// A line that cannot be taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// From 1.
    pub line: u64,
    pub detail: String,
}

impl fmt::Display for BadLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: {}", self.line, self.detail)
    }
}

/// What is wrong with the field of this name.
pub(super) fn wrong(field: &str, wanted: impl fmt::Display) -> String {
    format!("{field} {wanted}")
}

/// An id is 1 to 64 bytes of anything but control characters.
pub(super) fn id(field: &str, value: &str) -> Result<String, String> {
    if value.is_empty() || value.len() > TEXT_ID_BYTES_MAX {
        return Err(wrong(
            field,
            format!("must have 1 to {TEXT_ID_BYTES_MAX} bytes"),
        ));
    }
    if value.chars().any(char::is_control) {
        return Err(wrong(field, "must not hold control characters"));
    }
    Ok(value.to_owned())
}

/// A time in RFC 3339, or one without an offset, which is UTC.
pub(super) fn time(field: &str, value: &str) -> Result<i64, String> {
    if let Ok(time) = DateTime::parse_from_rfc3339(value) {
        return Ok(time.timestamp_micros());
    }
    TIME_FORMATS
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(value, format).ok())
        .map(|time| time.and_utc().timestamp_micros())
        .ok_or_else(|| wrong(field, "must be a time like 2018-04-01T00:00:31Z"))
}

pub(super) fn amount_minor(field: &str, minor: i64) -> Result<i64, String> {
    if (0..=AMOUNT_MINOR_MAX).contains(&minor) {
        Ok(minor)
    } else {
        Err(wrong(
            field,
            format!("must be between 0 and {AMOUNT_MINOR_MAX} minor units"),
        ))
    }
}

/// Two ways of writing one address must not look like two addresses.
pub(super) fn ip_address(field: &str, value: &str) -> Result<String, String> {
    value
        .parse::<IpAddr>()
        .map(|address| address.to_canonical().to_string())
        .map_err(|_| wrong(field, "must be an IPv4 or IPv6 address"))
}

pub(super) fn decision(field: &str, value: &str) -> Result<Decision, String> {
    Decision::parse(value)
        .ok_or_else(|| wrong(field, "must be approve, challenge, review or decline"))
}

/// A node accounts in one currency.
pub(super) fn currency(field: &str, value: &str, expected: &str) -> Result<(), String> {
    if value == expected {
        Ok(())
    } else {
        Err(wrong(
            field,
            format!("must be {expected}, in which this node accounts"),
        ))
    }
}
