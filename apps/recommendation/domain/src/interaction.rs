//! What a shopper does with an item.

use serde::{Deserialize, Serialize};

use crate::{context::Context, ids::SessionKey};

/// Units of one item in one interaction at the most.
pub const QUANTITY_MAX: u32 = 1_000_000;
/// Best rating.
pub const RATING_MAX: u8 = 5;

/// A kind of interaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InteractionKind {
    /// The item was shown.
    Impression,
    /// Its page was looked at.
    View,
    /// It was put into the cart.
    Cart,
    /// It was taken out of the cart again.
    Remove,
    /// It was bought elsewhere than by an order of this node.
    Purchase,
    /// It was rated, from 1 to 5.
    Rating,
}

impl InteractionKind {
    pub const ALL: [Self; 6] = [
        Self::Impression,
        Self::View,
        Self::Cart,
        Self::Remove,
        Self::Purchase,
        Self::Rating,
    ];

    /// The name in requests and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Impression => "impression",
            Self::View => "view",
            Self::Cart => "cart",
            Self::Remove => "remove",
            Self::Purchase => "purchase",
            Self::Rating => "rating",
        }
    }
}

/// Something that a shopper did with an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interaction {
    pub kind: InteractionKind,
    pub item_id: String,
    /// Epoch microseconds, as the merchant's systems say.
    pub occurred_at_us: i64,
    /// Units; absent: one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub quantity: Option<u32>,
    /// Price of one unit in minor units.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub price_minor: Option<i64>,
    /// From 1 to 5; with ratings only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rating: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub session: Option<SessionKey>,
    /// Where in the shop it happened.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub surface: Option<Context>,
    /// The list from which the item was chosen.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub list_id: Option<String>,
}

impl Interaction {
    /// An interaction of which nothing else is known. Time in epoch microseconds.
    pub fn new(kind: InteractionKind, item_id: &str, occurred_at_us: i64) -> Self {
        Self {
            kind,
            item_id: item_id.to_owned(),
            occurred_at_us,
            quantity: None,
            price_minor: None,
            rating: None,
            session: None,
            surface: None,
            list_id: None,
        }
    }
}
