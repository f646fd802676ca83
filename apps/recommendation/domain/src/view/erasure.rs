//! Forgetting a shopper.

use super::{LiveView, attention_weight};
use crate::{events::ShopperErased, ids::ShopperReference};

/// Where the log says that a shopper was erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// Sequence of the event.
    pub sequence: u64,
    /// Epoch microseconds.
    pub at_us: i64,
}

impl LiveView {
    /// When a shopper was erased, if the shopper was.
    pub fn erasure(&self, shopper: ShopperReference) -> Option<Erasure> {
        self.erased.get(&shopper.0).copied()
    }

    /// Everybody who was erased.
    pub fn erased_shoppers(&self) -> impl Iterator<Item = ShopperReference> {
        self.erased.keys().copied().map(ShopperReference)
    }

    /// Takes back what the kept history counted for popularity, and forgets the history. Events older than the newest
    /// 1,000 stay in the counts, where nobody can tell whose they were, and fade.
    pub(super) fn erase(&mut self, event: &ShopperErased) {
        let erasure = Erasure {
            sequence: self.through,
            at_us: event.at_us,
        };
        self.erased.insert(event.shopper.0, erasure);
        self.activity.forget(event.shopper);
        let Some(history) = self.shoppers.remove(&event.shopper.0) else {
            return;
        };
        for entry in history.newest_first() {
            let weight = attention_weight(entry.kind);
            if weight > 0.0 {
                self.count(entry.item, -weight, entry.at_us);
            }
        }
    }
}
