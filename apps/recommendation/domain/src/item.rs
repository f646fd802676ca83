//! What a merchant sells.

use serde::{Deserialize, Serialize};

use crate::ids::{is_text_id, stable_hash};

/// Highest price of one unit, in minor units of the merchant's currency.
pub const PRICE_MINOR_MAX: i64 = 1_000_000_000_000;
/// Longest title, in bytes.
pub const TITLE_BYTES_MAX: usize = 200;
/// Longest text, in bytes.
pub const TEXT_BYTES_MAX: usize = 4_000;
/// Longest address of an image, in bytes.
pub const IMAGE_BYTES_MAX: usize = 500;
/// Categories of one item at the most.
pub const CATEGORIES_MAX: usize = 16;
/// Units in stock at the most.
pub const STOCK_MAX: u32 = 1_000_000_000;

/// An item of a catalogue, as the merchant describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The merchant's own id.
    pub item_id: String,
    /// What other merchants call the same product; shared training joins on it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub product_code: Option<String>,
    pub title: String,
    /// Price of one unit in minor units.
    pub price_minor: i64,
    /// ISO 4217 code.
    pub currency: String,
    /// Units in the warehouse, those that open orders have reserved included; `None`: there are always enough.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stock: Option<u32>,
    /// From the widest to the narrowest.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub categories: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub text: String,
    /// Address of a picture.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub image: Option<String>,
    /// Epoch microseconds from which on it is sold; `None`: from ever.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub available_from_us: Option<i64>,
    /// Epoch microseconds from which on it is not sold any more; `None`: for ever.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub available_until_us: Option<i64>,
}

/// What is wrong with an item: a JSON pointer into its description, and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemFault {
    pub pointer: &'static str,
    pub message: String,
}

impl Item {
    /// Everything that is wrong with the description; empty where it is sound.
    pub fn faults(&self) -> Vec<ItemFault> {
        let id = "must have 1 to 64 bytes and no control characters";
        let is_short = |text: &str, bytes_max| text.len() <= bytes_max;
        let checks = [
            (is_text_id(&self.item_id), "#/item_id", id.to_owned()),
            (
                self.product_code.as_deref().is_none_or(is_text_id),
                "#/product_code",
                id.to_owned(),
            ),
            (
                !self.title.trim().is_empty() && is_short(&self.title, TITLE_BYTES_MAX),
                "#/title",
                format!("must have 1 to {TITLE_BYTES_MAX} bytes"),
            ),
            (
                (0..=PRICE_MINOR_MAX).contains(&self.price_minor),
                "#/price_minor",
                format!("must be between 0 and {PRICE_MINOR_MAX} minor units"),
            ),
            (
                self.stock.is_none_or(|stock| stock <= STOCK_MAX),
                "#/stock",
                format!("must be at most {STOCK_MAX} units"),
            ),
            (
                self.categories.len() <= CATEGORIES_MAX
                    && self.categories.iter().all(|category| is_text_id(category)),
                "#/categories",
                format!("must be at most {CATEGORIES_MAX} names of 1 to 64 bytes"),
            ),
            (
                is_short(&self.text, TEXT_BYTES_MAX),
                "#/text",
                format!("must have at most {TEXT_BYTES_MAX} bytes"),
            ),
            (
                self.image
                    .as_deref()
                    .is_none_or(|image| is_short(image, IMAGE_BYTES_MAX)),
                "#/image",
                format!("must have at most {IMAGE_BYTES_MAX} bytes"),
            ),
            (
                self.available_from_us
                    .zip(self.available_until_us)
                    .is_none_or(|(from, until)| from < until),
                "#/available_until",
                "must lie after available_from".to_owned(),
            ),
        ];
        checks
            .into_iter()
            .filter(|(holds, _, _)| !holds)
            .map(|(_, pointer, message)| ItemFault { pointer, message })
            .collect()
    }

    /// Whether its window of availability holds at a moment.
    pub fn is_available_at(&self, now_us: i64) -> bool {
        self.available_from_us.is_none_or(|from| from <= now_us)
            && self.available_until_us.is_none_or(|until| now_us < until)
    }

    /// A number that stands for the whole description, to notice that nothing has changed.
    pub(crate) fn fingerprint(&self) -> u64 {
        let text = serde_json::to_vec(self).expect("plain fields always serialise");
        stable_hash(&text)
    }
}
