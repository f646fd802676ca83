//! Purchases to learn from.

use std::{
    cmp::Ordering,
    collections::{HashMap, HashSet},
    path::Path,
};

use accord_learning::Histories;
use anyhow::Result;

use super::cases::{Basket, BasketFile};
use crate::recommend::{
    evaluate::catalogue::Catalogue,
    random::hash,
    table::{DATE, INVOICE, ITEM, Table, USER},
};

/// Rows of a training file, in its order.
#[derive(Clone, Default)]
pub struct TrainingTable(Vec<Purchase>);

#[derive(Clone)]
struct Purchase {
    user: String,
    item: String,
    /// What was bought together; where the file names no invoice, everything that the user bought.
    invoice: String,
    date: Option<Date>,
}

/// A moment as the file writes it: a number, or a text that sorts by time (2011-12-09 12:50:00).
#[derive(Clone, PartialEq)]
struct Date {
    text: String,
    number: Option<f64>,
}

impl TrainingTable {
    /// Reads a file with `user` and `item`, and with `invoice` and `date` where it has them; other columns do not matter.
    pub fn read(path: &Path) -> Result<Self> {
        let mut table = Table::open(path)?;
        let item = table.column(ITEM)?;
        let (invoice, date) = (table.find(INVOICE), table.find(DATE));
        // A file of baskets needs no users.
        let user = if invoice.is_some() {
            table.find(USER)
        } else {
            Some(table.column(USER)?)
        };
        let mut rows = Vec::new();
        while let Some(row) = table.next_row()? {
            let of = |column: Option<usize>| {
                column
                    .map(|column| row.text(column).map(str::to_owned))
                    .transpose()
            };
            let user = of(user)?.unwrap_or_default();
            rows.push(Purchase {
                item: row.filled(item, ITEM)?.to_owned(),
                invoice: of(invoice)?.unwrap_or_else(|| user.clone()),
                date: of(date)?.map(Date::new),
                user,
            });
        }
        Ok(Self(rows))
    }

    /// The baskets of a file with their targets in them, in its order.
    pub fn of_baskets(file: &BasketFile) -> Self {
        let rows = file.iter().flat_map(|basket| {
            let items = basket.items.iter().chain([&basket.target]);
            items.map(|item| Purchase {
                user: basket.user.clone(),
                item: item.clone(),
                invoice: basket.invoice.clone(),
                date: None,
            })
        });
        Self(rows.collect())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The rows that may be learnt from when `baskets` are the test: none of their invoices and, where rows are dated,
    /// none at or after the first of them.
    pub fn before(&self, baskets: &BasketFile) -> Self {
        let invoices: HashSet<&str> = baskets
            .iter()
            .map(|basket| basket.invoice.as_str())
            .collect();
        let tested = self
            .0
            .iter()
            .filter(|row| invoices.contains(row.invoice.as_str()));
        let first = tested
            .filter_map(|row| row.date.as_ref())
            .min_by(|left, right| left.order(right));
        let is_before = |row: &&Purchase| {
            let early = match (first, &row.date) {
                (Some(first), Some(date)) => date.order(first) == Ordering::Less,
                _ => true,
            };
            early && !invoices.contains(row.invoice.as_str())
        };
        Self(self.0.iter().filter(is_before).cloned().collect())
    }

    /// The earlier rows, and the latest `1 / part` of the baskets with one item of each, chosen by hash, as target.
    pub fn hold_out(&self, part: usize, seed: u64) -> (Self, BasketFile) {
        let mut baskets: Vec<Basket> = Vec::new();
        let mut dates: Vec<Option<&Date>> = Vec::new();
        let mut number_of: HashMap<&str, usize> = HashMap::new();
        for row in &self.0 {
            let number = *number_of.entry(&row.invoice).or_insert_with(|| {
                dates.push(row.date.as_ref());
                baskets.push(Basket {
                    invoice: row.invoice.clone(),
                    user: row.user.clone(),
                    items: Vec::new(),
                    target: String::new(),
                });
                baskets.len() - 1
            });
            let items = &mut baskets[number].items;
            if !items.contains(&row.item) {
                items.push(row.item.clone());
            }
        }
        let mut order: Vec<usize> = (0..baskets.len()).collect();
        // A stable sort: undated baskets stay in the order of the file.
        order.sort_by(|left, right| match (dates[*left], dates[*right]) {
            (Some(left), Some(right)) => left.order(right),
            _ => Ordering::Equal,
        });
        let late = order.split_off(order.len() - order.len() / part);
        let mut held_out = Vec::new();
        for number in late {
            let mut basket = baskets[number].clone();
            if basket.items.len() < 2 {
                continue;
            }
            let hidden = hash(seed, number as u64) % basket.items.len() as u64;
            basket.target = basket.items.remove(hidden as usize);
            held_out.push(basket);
        }
        let file = BasketFile::of(held_out);
        (self.before(&file), file)
    }

    /// All items, repeats included.
    pub fn items(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|row| row.item.as_str())
    }

    /// The items of each invoice.
    pub fn baskets(&self, catalogue: &Catalogue) -> Result<Histories> {
        self.grouped(catalogue, |row| &row.invoice)
    }

    /// The items of each user; rows without a user are left out.
    pub fn users(&self, catalogue: &Catalogue) -> Result<Histories> {
        let mut named = self.clone();
        named.0.retain(|row| !row.user.is_empty());
        named.grouped(catalogue, |row| &row.user)
    }

    /// How often each user bought each item.
    pub fn purchases_by_user(&self, catalogue: &Catalogue) -> HashMap<&str, HashMap<u32, u32>> {
        let mut purchases: HashMap<&str, HashMap<u32, u32>> = HashMap::new();
        for row in self.0.iter().filter(|row| !row.user.is_empty()) {
            if let Some(item) = catalogue.number(&row.item) {
                *purchases
                    .entry(&row.user)
                    .or_default()
                    .entry(item)
                    .or_default() += 1;
            }
        }
        purchases
    }

    fn grouped(
        &self,
        catalogue: &Catalogue,
        key: impl Fn(&Purchase) -> &String,
    ) -> Result<Histories> {
        let mut groups: HashMap<&str, usize> = HashMap::new();
        let mut items: Vec<Vec<u32>> = Vec::new();
        for row in &self.0 {
            let group = *groups.entry(key(row)).or_insert_with(|| {
                items.push(Vec::new());
                items.len() - 1
            });
            items[group].extend(catalogue.number(&row.item));
        }
        let mut histories = Histories::new(catalogue.len());
        for items in &items {
            histories.push(0, items)?;
        }
        Ok(histories)
    }
}

impl Date {
    fn new(text: String) -> Self {
        Self {
            number: text.parse().ok(),
            text,
        }
    }

    fn order(&self, other: &Self) -> Ordering {
        match (self.number, other.number) {
            (Some(left), Some(right)) => left.total_cmp(&right),
            _ => self.text.cmp(&other.text),
        }
    }
}
