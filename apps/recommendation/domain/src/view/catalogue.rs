//! The catalogue as lists need it: descriptions by number, and what describes an item word by word.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use crate::item::Item;

/// Words of an item's text that describe it; the title counts whole.
const TEXT_WORDS_MAX: usize = 40;
/// Words shorter than this say nothing.
const WORD_CHARACTERS_MIN: usize = 3;
/// A term that more than a quarter of the items share tells nobody apart, unless there are few items.
const COMMON_SHARE: usize = 4;
const COMMON_ITEMS_MIN: usize = 50;

/// An item as lists need it.
#[derive(Clone, Debug)]
pub struct CatalogueItem {
    pub item: Arc<Item>,
    /// Categories in one text, `shoes > running`, for conditions.
    pub categories: String,
    /// Terms that describe the item, ascending.
    terms: Vec<u32>,
}

/// All items that were ever described.
#[derive(Clone, Debug, Default)]
pub struct CatalogueView {
    items: Vec<Option<CatalogueItem>>,
    /// Numbers by id, in the order of ids.
    by_id: BTreeMap<String, u32>,
    terms: HashMap<String, u32>,
    /// The items of each term.
    postings: Vec<Vec<u32>>,
}

impl CatalogueView {
    /// Takes in a description, for the first time or anew.
    pub fn describe(&mut self, number: u32, item: &Item) {
        let index = number as usize;
        if self.items.len() <= index {
            self.items.resize(index + 1, None);
        }
        if let Some(known) = self.items[index].take() {
            for term in known.terms {
                let posting = &mut self.postings[term as usize];
                if let Ok(place) = posting.binary_search(&number) {
                    posting.remove(place);
                }
            }
        }
        let terms = self.terms_of(item);
        for term in &terms {
            let posting = &mut self.postings[*term as usize];
            if let Err(place) = posting.binary_search(&number) {
                posting.insert(place, number);
            }
        }
        self.by_id.insert(item.item_id.clone(), number);
        self.items[index] = Some(CatalogueItem {
            categories: item.categories.join(" > "),
            item: Arc::new(item.clone()),
            terms,
        });
    }

    /// Items that were ever described.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// An item by its number, deleted or not.
    pub fn item(&self, number: u32) -> Option<&CatalogueItem> {
        self.items.get(number as usize)?.as_ref()
    }

    /// Items in the order of their ids, after an id.
    pub fn after(&self, item_id: Option<&str>) -> impl Iterator<Item = (u32, &CatalogueItem)> {
        use std::ops::Bound;
        let start = item_id.map_or(Bound::Unbounded, Bound::Excluded);
        self.by_id
            .range::<str, _>((start, Bound::Unbounded))
            .filter_map(|(_, number)| Some((*number, self.item(*number)?)))
    }

    /// Gives every item that shares a term with this one the share of what describes this one that it has too, 0 to 1:
    /// terms count by their rarity. Common terms are passed over.
    ///
    /// `likeness` has one place for each item and comes back as zeros; `touched` is used again.
    pub fn each_alike(
        &self,
        number: u32,
        likeness: &mut [f64],
        touched: &mut Vec<u32>,
        mut each: impl FnMut(u32, f64),
    ) {
        let Some(item) = self.item(number) else {
            return;
        };
        touched.clear();
        let mut whole = 0.0;
        for term in &item.terms {
            let posting = &self.postings[*term as usize];
            let Some(rarity) = self.rarity(posting.len()) else {
                continue;
            };
            whole += rarity;
            for other in posting {
                let shared = &mut likeness[*other as usize];
                if *shared == 0.0 {
                    touched.push(*other);
                }
                *shared += rarity;
            }
        }
        for other in touched.drain(..) {
            let shared = std::mem::take(&mut likeness[other as usize]);
            if other != number {
                each(other, shared / whole);
            }
        }
    }

    /// The share of what describes `from` that `to` has too, 0 to 1: what [`each_alike`](Self::each_alike) gives.
    pub fn likeness(&self, from: u32, to: u32) -> f64 {
        let (Some(from), Some(to)) = (self.item(from), self.item(to)) else {
            return 0.0;
        };
        let (mut whole, mut shared) = (0.0, 0.0);
        for term in &from.terms {
            let Some(rarity) = self.rarity(self.postings[*term as usize].len()) else {
                continue;
            };
            whole += rarity;
            if to.terms.binary_search(term).is_ok() {
                shared += rarity;
            }
        }
        if whole > 0.0 { shared / whole } else { 0.0 }
    }

    /// The share of categories that two items have in common, 0 to 1 (Jaccard).
    pub fn category_overlap(&self, left: u32, right: u32) -> f64 {
        let (Some(left), Some(right)) = (self.item(left), self.item(right)) else {
            return 0.0;
        };
        let (left, right) = (&left.item.categories, &right.item.categories);
        let shared = left
            .iter()
            .filter(|category| right.contains(category))
            .count();
        let all = left.len() + right.len() - shared;
        if all == 0 {
            return 0.0;
        }
        shared as f64 / all as f64
    }

    /// What a term counts that so many items have; `None` for a common one.
    fn rarity(&self, items: usize) -> Option<f64> {
        let common = items > COMMON_ITEMS_MIN && items * COMMON_SHARE > self.items.len();
        (items > 0 && !common).then(|| (1.0 + self.items.len() as f64 / items as f64).ln())
    }

    fn terms_of(&mut self, item: &Item) -> Vec<u32> {
        let categories = item
            .categories
            .iter()
            .map(|category| format!("# {category}"));
        let title = words(&item.title);
        let text = words(&item.text).take(TEXT_WORDS_MAX);
        let names: Vec<String> = categories.chain(title).chain(text).collect();
        let mut terms: Vec<u32> = names.into_iter().map(|name| self.term(name)).collect();
        terms.sort_unstable();
        terms.dedup();
        terms
    }

    fn term(&mut self, name: String) -> u32 {
        let next = self.postings.len() as u32;
        let term = *self.terms.entry(name).or_insert(next);
        if term == next {
            self.postings.push(Vec::new());
        }
        term
    }
}

/// The words of a text, in lower case.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|character: char| !character.is_alphanumeric())
        .filter(|word| word.chars().count() >= WORD_CHARACTERS_MIN)
        .map(str::to_lowercase)
}
