//! Instants in the data of live events: RFC 3339 in UTC, as everywhere in the API.

use chrono::{DateTime, SecondsFormat};
use serde::Serializer;

/// Writes epoch microseconds; an instant beyond the calendar's reach is null.
pub fn serialize<S: Serializer>(instant_us: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    match DateTime::from_timestamp_micros(*instant_us) {
        Some(instant) => {
            serializer.serialize_str(&instant.to_rfc3339_opts(SecondsFormat::Micros, true))
        }
        None => serializer.serialize_none(),
    }
}
