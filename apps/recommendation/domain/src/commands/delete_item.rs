//! Take an item out of the catalogue.

use crate::{
    commands::Rejection,
    events::{Event, ItemDeleted},
    state::CataloguePartition,
};

/// Take an item out of the catalogue. Open orders keep their units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteItem {
    pub item_id: String,
}

impl DeleteItem {
    pub(crate) fn decide(&self, state: &CataloguePartition) -> Result<Vec<Event>, Rejection> {
        let known = state
            .items
            .get(&self.item_id)
            .ok_or_else(|| Rejection::UnknownItem {
                item_id: self.item_id.clone(),
            })?;
        if known.deleted {
            return Ok(Vec::new());
        }
        Ok(vec![Event::ItemDeleted(ItemDeleted {
            item_id: self.item_id.clone(),
            number: known.number,
        })])
    }
}
