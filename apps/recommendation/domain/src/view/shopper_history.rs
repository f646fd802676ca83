//! What a shopper did, as far as lists use it.

use std::collections::{HashMap, VecDeque};

use crate::{ids::SessionKey, interaction::InteractionKind};

/// The newest so many events of a shopper are kept; older ones are in the log.
pub const HISTORY_ENTRIES_MAX: usize = 1_000;
/// So many different purchased items of a shopper are kept, beyond the history's end. Once there are more, the one
/// with the lowest number is let go.
pub const PURCHASED_ITEMS_MAX: usize = 10_000;
/// Items of a cart at the most; the oldest is let go.
pub const CART_ITEMS_MAX: usize = 100;

/// One event of a shopper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Number of the item.
    pub item: u32,
    pub kind: InteractionKind,
    /// Epoch microseconds.
    pub at_us: i64,
    pub quantity: u32,
    pub rating: Option<u8>,
    pub session: Option<SessionKey>,
}

/// What a shopper did, the newest events in the order in which they were told, and what the shopper has bought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShopperHistory {
    /// Known by a session only.
    pub guest: bool,
    entries: VecDeque<HistoryEntry>,
    /// How often each item was bought, less what was cancelled or returned.
    purchased: HashMap<u32, u32>,
    cart: Vec<u32>,
    events: u64,
}

impl ShopperHistory {
    /// Adds an event.
    pub fn add(&mut self, entry: HistoryEntry) {
        self.events += 1;
        match entry.kind {
            InteractionKind::Cart => {
                self.cart.retain(|item| *item != entry.item);
                if self.cart.len() == CART_ITEMS_MAX {
                    self.cart.remove(0);
                }
                self.cart.push(entry.item);
            }
            InteractionKind::Remove => self.cart.retain(|item| *item != entry.item),
            InteractionKind::Purchase => {
                self.cart.retain(|item| *item != entry.item);
                *self.purchased.entry(entry.item).or_default() += 1;
                if self.purchased.len() > PURCHASED_ITEMS_MAX
                    && let Some(lowest) = self.purchased.keys().min().copied()
                {
                    self.purchased.remove(&lowest);
                }
            }
            InteractionKind::Impression | InteractionKind::View | InteractionKind::Rating => {}
        }
        if self.entries.len() == HISTORY_ENTRIES_MAX {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    /// Takes one purchase of an item back.
    pub fn forget_purchase(&mut self, item: u32) {
        if let Some(count) = self.purchased.get_mut(&item) {
            *count -= 1;
            if *count == 0 {
                self.purchased.remove(&item);
            }
        }
    }

    /// The events that are kept, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &HistoryEntry> {
        self.entries.iter().rev()
    }

    /// All events that were ever told.
    pub fn event_count(&self) -> u64 {
        self.events
    }

    /// Numbers of the items in the cart, in the order in which they were put there.
    pub fn cart(&self) -> &[u32] {
        &self.cart
    }

    pub fn has_purchased(&self, item: u32) -> bool {
        self.purchased.contains_key(&item)
    }

    /// Numbers of the items that were bought last, in one go.
    pub fn last_purchase(&self) -> Vec<u32> {
        let purchases = || {
            self.newest_first()
                .filter(|entry| entry.kind == InteractionKind::Purchase)
        };
        let Some(last) = purchases().next() else {
            return Vec::new();
        };
        let mut items: Vec<u32> = purchases()
            .take_while(|entry| entry.at_us == last.at_us)
            .map(|entry| entry.item)
            .collect();
        items.sort_unstable();
        items.dedup();
        items
    }
}
