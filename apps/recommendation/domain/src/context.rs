//! Where in a shop a list is shown.

use serde::{Deserialize, Serialize};

/// Where in a shop a list is shown.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Context {
    /// The shop's first page.
    #[default]
    Home,
    /// The page of one item.
    Product,
    /// The cart before it is paid.
    Cart,
    /// Thanks for the order.
    AfterPurchase,
}

impl Context {
    pub const ALL: [Self; 4] = [Self::Home, Self::Product, Self::Cart, Self::AfterPurchase];

    /// The name in requests and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Product => "product",
            Self::Cart => "cart",
            Self::AfterPurchase => "after_purchase",
        }
    }
}
