//! Describe an item, for the first time or anew.

use crate::{
    commands::Rejection,
    events::{Event, ItemUpserted},
    item::Item,
    state::CataloguePartition,
};

/// Items of one catalogue at the most, deleted ones included.
pub const CATALOGUE_ITEMS_MAX: usize = 1_000_000;

/// Describe an item. Its description was checked: [`Item::faults`] is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpsertItem {
    pub item: Item,
}

impl UpsertItem {
    pub(crate) fn decide(&self, state: &CataloguePartition) -> Result<Vec<Event>, Rejection> {
        let number = match state.items.get(&self.item.item_id) {
            Some(known) if known.is_as_described(&self.item) => return Ok(Vec::new()),
            Some(known) => known.number,
            None if state.items.len() >= CATALOGUE_ITEMS_MAX => {
                return Err(Rejection::CatalogueFull);
            }
            None => state.items.len() as u32,
        };
        Ok(vec![Event::ItemUpserted(ItemUpserted {
            number,
            item: self.item.clone(),
        })])
    }
}
