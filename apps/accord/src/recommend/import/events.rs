//! Events of shoppers, as files hold them.

use super::{
    moment::parse_moment,
    records::{Record, shortened},
};
use crate::recommend::table::{Column, ITEM, USER};

const EVENT: Column = &["event_id", "id"];
const KIND: Column = &["type", "kind", "event", "event_type"];
const SESSION: Column = &["session_id", "session", "sessionid"];
const SHOPPER: Column = &["shopper_id", "shopper"];
const MOMENT: Column = &["occurred_at", "time", "timestamp", "date", "invoicedate"];
const QUANTITY: Column = &["quantity", "units"];
const PRICE_MINOR: Column = &["price_minor"];
const PRICE: Column = &["price", "unitprice"];
const RATING: Column = &["rating", "stars"];

/// Kinds of events by the names that files may use.
const KINDS: &[(&str, &[&str])] = &[
    ("impression", &["impression", "shown"]),
    ("view", &["view", "click", "detail"]),
    ("cart", &["cart", "addtocart", "add_to_cart"]),
    ("remove", &["remove", "remove_from_cart"]),
    ("purchase", &["purchase", "transaction", "buy", "order"]),
    ("rating", &["rating", "rate", "review"]),
];
/// Longest id, in bytes.
const ID_BYTES_MAX: usize = 64;
const QUANTITY_MAX: f64 = 1_000_000.0;

/// One event of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventLine {
    pub line: u64,
    pub event_id: Option<String>,
    /// One of the six names that the node knows.
    pub kind: &'static str,
    pub item_id: String,
    /// One of the two is there.
    pub shopper_id: Option<String>,
    pub session_id: Option<String>,
    /// Epoch microseconds.
    pub occurred_at_us: i64,
    pub quantity: Option<u32>,
    pub price_minor: Option<i64>,
    pub rating: Option<u8>,
}

impl EventLine {
    /// Reads a line; `default_kind` is the kind of events of files that say none.
    pub fn read(record: &Record<'_>, default_kind: Option<&'static str>) -> anyhow::Result<Self> {
        let shopper = match record.find(SHOPPER)? {
            Some(shopper) => Some(shopper),
            None => record.find(USER)?,
        };
        let shopper_id = shopper.map(|shopper| id(record, SHOPPER, &shopper));
        let session_id = record
            .find(SESSION)?
            .map(|session| id(record, SESSION, &session));
        if shopper_id.is_none() && session_id.is_none() {
            return Err(record.fault(SHOPPER, "is missing, and so is `session_id`"));
        }
        let event_id = record.find(EVENT)?.map(|event| id(record, EVENT, &event));
        Ok(Self {
            line: record.line,
            event_id: event_id.transpose()?,
            kind: kind(record, default_kind)?,
            item_id: id(record, ITEM, &record.filled(ITEM)?)?,
            shopper_id: shopper_id.transpose()?,
            session_id: session_id.transpose()?,
            occurred_at_us: moment(record, MOMENT)?
                .ok_or_else(|| record.fault(MOMENT, "is missing"))?,
            quantity: quantity(record)?,
            price_minor: price_minor(record)?,
            rating: rating(record)?,
        })
    }
}

/// A kind by its name in a file or on the command line.
pub fn kind_named(name: &str) -> Option<&'static str> {
    let name = name.trim().to_ascii_lowercase();
    KINDS
        .iter()
        .find(|(_, names)| names.contains(&name.as_str()))
        .map(|(kind, _)| *kind)
}

fn kind(record: &Record<'_>, default: Option<&'static str>) -> anyhow::Result<&'static str> {
    let Some(name) = record.find(KIND)? else {
        return default
            .ok_or_else(|| record.fault(KIND, "is missing; --kind says what the events are"));
    };
    kind_named(&name).ok_or_else(|| {
        let known = kind_names().join(", ");
        let message = format!("is `{}`, not one of {known}", shortened(&name));
        record.fault(KIND, &message)
    })
}

/// An id without the white space around it.
pub fn id(record: &Record<'_>, column: Column, text: &str) -> anyhow::Result<String> {
    let text = text.trim();
    if text.len() > ID_BYTES_MAX || text.chars().any(char::is_control) {
        return Err(record.fault(column, "must have 1 to 64 bytes and no control characters"));
    }
    Ok(text.to_owned())
}

/// A moment that may be missing.
pub fn moment(record: &Record<'_>, column: Column) -> anyhow::Result<Option<i64>> {
    let Some(text) = record.find(column)? else {
        return Ok(None);
    };
    match parse_moment(&text) {
        Some(moment) => Ok(Some(moment)),
        None => Err(record.fault(
            column,
            &format!(
                "is `{}`; write 2026-01-31T08:15:00Z, or seconds or milliseconds since 1970",
                shortened(&text)
            ),
        )),
    }
}

/// A price in minor units, or in major units with a point; `None` where there is none.
pub fn price_minor(record: &Record<'_>) -> anyhow::Result<Option<i64>> {
    if let Some(minor) = record.number::<i64>(PRICE_MINOR)? {
        return match minor {
            0.. => Ok(Some(minor)),
            _ => Err(record.fault(PRICE_MINOR, "must not be negative")),
        };
    }
    let Some(major) = record.number::<f64>(PRICE)? else {
        return Ok(None);
    };
    let minor = (major * 100.0).round();
    if !(0.0..=1e15).contains(&minor) {
        return Err(record.fault(PRICE, "must be between 0 and 10,000,000,000,000"));
    }
    Ok(Some(minor as i64))
}

fn quantity(record: &Record<'_>) -> anyhow::Result<Option<u32>> {
    let Some(units) = record.number::<f64>(QUANTITY)? else {
        return Ok(None);
    };
    if !(1.0..=QUANTITY_MAX).contains(&units) || units.fract() != 0.0 {
        return Err(record.fault(QUANTITY, "must be a whole number from 1 to 1,000,000"));
    }
    Ok(Some(units as u32))
}

/// Half stars count as the next whole one.
fn rating(record: &Record<'_>) -> anyhow::Result<Option<u8>> {
    let Some(stars) = record.number::<f64>(RATING)? else {
        return Ok(None);
    };
    if !(0.5..=5.0).contains(&stars) {
        return Err(record.fault(RATING, "must be between 1 and 5"));
    }
    Ok(Some(stars.ceil() as u8))
}

/// The names of all kinds.
pub fn kind_names() -> Vec<&'static str> {
    KINDS.iter().map(|(kind, _)| *kind).collect()
}
