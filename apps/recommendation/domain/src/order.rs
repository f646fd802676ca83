//! Orders and their life.
//!
//! ```text
//! placed ──► paid ──► shipped ──► returned
//!    └──────────┴──► cancelled
//! ```

use serde::{Deserialize, Serialize};

/// Lines of one order at the most.
pub const ORDER_LINES_MAX: usize = 100;

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Its units are reserved.
    Placed,
    Paid,
    /// Its units have left the warehouse.
    Shipped,
    /// Its units are free again.
    Cancelled,
    /// It came back, and its units may be in the warehouse again.
    Returned,
}

impl OrderStatus {
    pub const ALL: [Self; 5] = [
        Self::Placed,
        Self::Paid,
        Self::Shipped,
        Self::Cancelled,
        Self::Returned,
    ];

    /// The name in requests and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::Paid => "paid",
            Self::Shipped => "shipped",
            Self::Cancelled => "cancelled",
            Self::Returned => "returned",
        }
    }
}

/// One item of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    pub item_id: String,
    /// Units, at least one.
    pub quantity: u32,
    /// Price of one unit in minor units, as it was when the order was placed.
    pub price_minor: i64,
}

/// What an order comes to, in minor units.
pub fn order_total_minor(lines: &[OrderLine]) -> i64 {
    lines.iter().fold(0, |total: i64, line| {
        total.saturating_add(line.price_minor.saturating_mul(i64::from(line.quantity)))
    })
}
