//! What is asked for in a list.

use serde::{Deserialize, Serialize};

use crate::context::Context;

/// Places of a list at the most.
pub const LIST_LENGTH_MAX: u16 = 200;
/// Items that a request may name as its subject, and items that it may exclude.
pub const REQUEST_ITEMS_MAX: usize = 100;

/// What is asked for in a list. Whatever is absent is as the settings say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ListRequest {
    pub context: Context,
    /// The item of the product page, or what lies in the cart or was just bought, where that is not what the log says.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub items: Vec<String>,
    /// Places, 1 to 200.
    pub count: u16,
    /// A condition over item fields, in the Common Expression Language; only items that fulfil it are shown.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub filter: Option<String>,
    /// Items that are not shown.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub exclude: Vec<String>,
    /// Weight of novelty, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub diversity: Option<f64>,
    /// Share of places that are drawn at random, 0 to 0.5.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exploration: Option<f64>,
    /// Whether items that the shopper has bought may be shown.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shows_purchased: Option<bool>,
    /// Whether items that the shopper has looked at may be shown; absent: yes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shows_seen: Option<bool>,
}
