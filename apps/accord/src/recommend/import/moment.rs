//! Moments as shops write them.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};

/// Epoch microseconds of a text: RFC 3339, a date with or without a time (taken as UTC), or a number since 1970 of which
/// the size tells whether it counts seconds, milliseconds or microseconds.
pub fn parse_moment(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        return since_1970(number);
    }
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.timestamp_micros());
    }
    let formats = [
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M",
    ];
    let moment = formats
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let moment = moment.or_else(|| {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        Some(date.and_time(NaiveTime::MIN))
    })?;
    Some(moment.and_utc().timestamp_micros())
}

/// Until the year 5138 seconds have at most eleven digits, and milliseconds from 1973 on have twelve or more.
fn since_1970(number: i64) -> Option<i64> {
    match number {
        0..100_000_000_000 => Some(number * 1_000_000),
        100_000_000_000..100_000_000_000_000 => Some(number * 1_000),
        100_000_000_000_000.. => Some(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_shops_write_them() {
        let expected = 1_291_190_760_000_000;
        for text in [
            "2010-12-01T08:06:00Z",
            "2010-12-01T09:06:00+01:00",
            "2010-12-01 08:06:00",
            "2010-12-01 08:06",
            "1291190760",
            "1291190760000",
            "1291190760000000",
        ] {
            assert_eq!(parse_moment(text), Some(expected), "{text}");
        }
        assert_eq!(parse_moment("1970-01-02"), Some(86_400_000_000));
        for text in ["", "yesterday", "2010-13-01", "-5", "12/1/2010 8:26"] {
            assert_eq!(parse_moment(text), None, "{text}");
        }
    }
}
