//! Specifications of the decider, one file for each subject.

mod campaigns;
mod items;
mod orders;
mod shoppers;

use accord_decider::{LoggedDecider, PartitionId, Specification};

use super::*;
use crate::item::Item;

const NOW_US: i64 = 1_800_000_000_000_000;
const CONTEXT: Context = Context { now_us: NOW_US };

/// A partition in which these events have happened.
fn given(partition: u16, events: Vec<Event>) -> Specification<Recommendation> {
    accord_decider::given(Recommendation::initial(PartitionId(partition)), events)
}

/// A sound item with so many units.
fn item(item_id: &str, stock: Option<u32>) -> Item {
    Item {
        item_id: item_id.into(),
        title: format!("Item {item_id}"),
        price_minor: 1_000,
        currency: "EUR".into(),
        stock,
        ..Item::default()
    }
}

fn upserted(number: u32, item: Item) -> Event {
    Event::ItemUpserted(crate::events::ItemUpserted { number, item })
}
