//! Item ids and their numbers.

use std::collections::HashMap;

/// The items that training knows. Numbers follow the order of the ids, so that a tie between numbers is one between ids.
pub struct Catalogue {
    ids: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Catalogue {
    /// The catalogue of these ids, repeats allowed.
    pub fn of<'a>(ids: impl IntoIterator<Item = &'a str>) -> Self {
        let mut ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
        ids.sort_unstable();
        ids.dedup();
        let numbers = ids.iter().cloned().zip(0..).collect();
        Self { ids, numbers }
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// The number of an item; `None` if training does not know it.
    pub fn number(&self, id: &str) -> Option<u32> {
        self.numbers.get(id).copied()
    }

    /// The numbers of those of the items that training knows, in their order.
    pub fn numbers<'a>(&self, ids: impl IntoIterator<Item = &'a str>) -> Vec<u32> {
        ids.into_iter().filter_map(|id| self.number(id)).collect()
    }
}
