//! Items of a catalogue, as files hold them.

use super::{
    events::{id, moment, price_minor},
    records::Record,
};
use crate::recommend::table::{Column, ITEM};

const PRODUCT: Column = &["product_code", "ean", "gtin"];
const TITLE: Column = &["title", "name", "description"];
const CURRENCY: Column = &["currency"];
const STOCK: Column = &["stock"];
const CATEGORIES: Column = &["categories", "category", "genres"];
const TEXT: Column = &["text", "details"];
const IMAGE: Column = &["image", "image_url"];
const AVAILABLE_FROM: Column = &["available_from"];
const AVAILABLE_UNTIL: Column = &["available_until"];

/// One item of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemLine {
    pub line: u64,
    pub item_id: String,
    pub product_code: Option<String>,
    pub title: String,
    pub price_minor: i64,
    /// ISO 4217; absent: the merchant's own.
    pub currency: Option<String>,
    /// Absent: there are always enough.
    pub stock: Option<u32>,
    pub categories: Vec<String>,
    pub text: String,
    pub image: Option<String>,
    /// Epoch microseconds.
    pub available_from_us: Option<i64>,
    /// Epoch microseconds.
    pub available_until_us: Option<i64>,
}

impl ItemLine {
    /// Reads a line. A title may be missing, then the id stands for it; so may a price, then it is 0.
    pub fn read(record: &Record<'_>) -> anyhow::Result<Self> {
        let item_id = id(record, ITEM, &record.filled(ITEM)?)?;
        let product = record.find(PRODUCT)?.map(|code| id(record, PRODUCT, &code));
        let owned = |column| -> anyhow::Result<Option<String>> {
            Ok(record.find(column)?.map(|text| text.trim().to_owned()))
        };
        Ok(Self {
            line: record.line,
            product_code: product.transpose()?,
            title: owned(TITLE)?.unwrap_or_else(|| item_id.clone()),
            price_minor: price_minor(record)?.unwrap_or(0),
            currency: owned(CURRENCY)?,
            stock: record.number(STOCK)?,
            categories: record.list(CATEGORIES)?,
            text: owned(TEXT)?.unwrap_or_default(),
            image: owned(IMAGE)?,
            available_from_us: moment(record, AVAILABLE_FROM)?,
            available_until_us: moment(record, AVAILABLE_UNTIL)?,
            item_id,
        })
    }
}
