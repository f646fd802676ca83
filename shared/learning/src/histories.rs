//! What one holder knows of its shoppers: for each, items in order.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Histories (or sessions, or baskets) over one shared catalogue, item numbers in the order in which they happened.
///
/// An item number is a place in the catalogue that a plan fixes for all holders. The day is counted from a date that
/// the plan fixes as well; it says when the history was last added to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Histories {
    item_count: usize,
    ends: Vec<usize>,
    items: Vec<u32>,
    days: Vec<u32>,
}

/// Why a history was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HistoryError {
    /// The item is not in the catalogue.
    #[error("item number {item} in a catalogue of {item_count}")]
    UnknownItem {
        /// The item's number.
        item: u32,
        /// Items in the catalogue.
        item_count: usize,
    },
}

impl Histories {
    /// No history yet, over a catalogue of `item_count` items.
    pub fn new(item_count: usize) -> Self {
        Self {
            item_count,
            ..Self::default()
        }
    }

    /// Appends a history; it may repeat items, and it may be empty.
    pub fn push(&mut self, day: u32, items: &[u32]) -> Result<(), HistoryError> {
        let unknown = |item: &&u32| **item as usize >= self.item_count;
        if let Some(item) = items.iter().find(unknown) {
            return Err(HistoryError::UnknownItem {
                item: *item,
                item_count: self.item_count,
            });
        }
        self.append(day, items);
        Ok(())
    }

    /// Number of histories.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True if there is no history.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Items in the catalogue.
    pub fn item_count(&self) -> usize {
        self.item_count
    }

    /// Items in all histories together, repeats counted.
    pub fn event_count(&self) -> usize {
        self.items.len()
    }

    /// The items of one history, in order.
    pub fn items(&self, history: usize) -> &[u32] {
        let start = if history == 0 {
            0
        } else {
            self.ends[history - 1]
        };
        &self.items[start..self.ends[history]]
    }

    /// The day of one history.
    pub fn day(&self, history: usize) -> u32 {
        self.days[history]
    }

    /// Day and items of every history.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (u32, &[u32])> + ExactSizeIterator {
        (0..self.len()).map(|history| (self.day(history), self.items(history)))
    }

    /// Spreads the histories over `holders`; `holder_of` names the holder of each and must be below `holders`.
    pub fn split(&self, holders: usize, mut holder_of: impl FnMut(usize) -> usize) -> Vec<Self> {
        let mut parts = vec![Self::new(self.item_count); holders];
        for (history, (day, items)) in self.iter().enumerate() {
            parts[holder_of(history)].append(day, items);
        }
        parts
    }

    fn append(&mut self, day: u32, items: &[u32]) {
        self.items.extend_from_slice(items);
        self.ends.push(self.items.len());
        self.days.push(day);
    }
}

/// The last `limit` distinct items of a history, ascending.
pub(crate) fn latest_distinct(items: &[u32], limit: usize, distinct: &mut Vec<u32>) {
    distinct.clear();
    if items.len() <= limit {
        distinct.extend_from_slice(items);
    } else {
        let mut seen = std::collections::HashSet::with_capacity(limit);
        let latest = items.iter().rev().filter(|item| seen.insert(**item));
        distinct.extend(latest.take(limit));
    }
    distinct.sort_unstable();
    distinct.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_keeps_every_history_once_and_in_order() {
        let mut histories = Histories::new(5);
        for day in 0..4 {
            histories.push(day, &[day, 4, day]).expect("known items");
        }
        let parts = histories.split(3, |history| history % 2);
        assert_eq!(
            parts[0].iter().collect::<Vec<_>>(),
            [(0, &[0, 4, 0][..]), (2, &[2, 4, 2])]
        );
        assert_eq!(parts[1].len(), 2);
        assert!(parts[2].is_empty());
        assert_eq!(parts[2].item_count(), 5);
    }

    #[test]
    fn an_item_outside_the_catalogue_is_refused_and_nothing_is_kept() {
        let mut histories = Histories::new(2);
        let refused = HistoryError::UnknownItem {
            item: 2,
            item_count: 2,
        };
        assert_eq!(histories.push(0, &[1, 2]), Err(refused));
        assert!(histories.is_empty() && histories.event_count() == 0);
    }

    #[test]
    fn the_latest_distinct_items_are_kept() {
        let check = |items: &[u32], limit, expected: &[u32]| {
            let mut distinct = vec![99];
            latest_distinct(items, limit, &mut distinct);
            assert_eq!(distinct, expected, "{items:?}, at most {limit}");
        };
        check(&[3, 1, 3], 5, &[1, 3]);
        check(&[9, 1, 2, 1, 2], 2, &[1, 2]);
        check(&[9, 1, 2, 1, 2], 3, &[1, 2, 9]);
        check(&[5, 4], 0, &[]);
        check(&[], 3, &[]);
    }
}
