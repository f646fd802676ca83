//! What a shop's systems record of a visit.

/// A kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EventKind {
    /// An item was shown.
    Impression,
    /// An item's page was looked at.
    View,
    /// An item was put into the cart.
    Cart,
    /// An item was taken out of the cart.
    Remove,
    /// An item was bought.
    Purchase,
    /// An item that was bought was rated.
    Rating,
}

impl EventKind {
    /// The name that shops use.
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

/// One event of a visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopEvent {
    /// Unique within the market, the same for the same settings: `anchor-event-00042-00017-003`.
    pub event_id: String,
    pub kind: EventKind,
    /// The item's number in the merchant's catalogue.
    pub item: u32,
    /// Absent for guests.
    pub shopper_id: Option<String>,
    pub session_id: String,
    /// Epoch microseconds.
    pub occurred_at_us: i64,
    /// Units put into the cart or bought; 1 otherwise.
    pub quantity: u32,
    /// From 1 to 5, of ratings.
    pub rating: Option<u8>,
}
