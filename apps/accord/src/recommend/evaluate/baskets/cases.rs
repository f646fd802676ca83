//! Baskets with one item hidden.

use std::path::Path;

use accord_learning::metrics::top_n;
use anyhow::Result;

use super::{models::Fitted, training::TrainingTable};
use crate::recommend::{
    evaluate::{catalogue::Catalogue, in_parallel, report::HitFigures},
    table::{BASKET, INVOICE, TARGET, Table, USER},
};

/// Places of a ranking that count.
const PLACES: usize = 20;

/// A file of baskets, in its order.
#[derive(Clone, Default)]
pub struct BasketFile(Vec<Basket>);

/// A basket and what is missing in it.
#[derive(Clone)]
pub struct Basket {
    pub invoice: String,
    /// Empty where the file has no users.
    pub user: String,
    pub items: Vec<String>,
    pub target: String,
}

impl BasketFile {
    /// Reads a file of `invoice,user,basket,target`, the basket's items separated by spaces.
    pub fn read(path: &Path) -> Result<Self> {
        let mut table = Table::open(path)?;
        let (invoice, basket, target) = (
            table.column(INVOICE)?,
            table.column(BASKET)?,
            table.column(TARGET)?,
        );
        let user = table.find(USER);
        let mut baskets = Vec::new();
        while let Some(row) = table.next_row()? {
            baskets.push(Basket {
                invoice: row.filled(invoice, INVOICE)?.to_owned(),
                user: user.map_or(Ok(""), |user| row.text(user))?.to_owned(),
                items: row
                    .text(basket)?
                    .split_ascii_whitespace()
                    .map(str::to_owned)
                    .collect(),
                target: row.filled(target, TARGET)?.to_owned(),
            });
        }
        Ok(Self(baskets))
    }

    pub fn of(baskets: Vec<Basket>) -> Self {
        Self(baskets)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Basket> {
        self.0.iter()
    }

    /// The baskets from number `at` on; the others stay.
    pub fn split_off(&mut self, at: usize) -> Self {
        Self(self.0.split_off(at))
    }
}

/// Baskets as a model sees them.
pub struct BasketCases(Vec<BasketCase>);

/// One basket, with what its shopper bought before.
pub struct BasketCase {
    pub basket: Vec<u32>,
    /// Items with the number of purchases, by item.
    pub earlier: Vec<(u32, u32)>,
    /// `None`: training does not know it, so it is missed.
    pub target: Option<u32>,
}

impl BasketCases {
    /// The baskets of a file, with the purchases of their users in the training.
    pub fn new(file: &BasketFile, training: &TrainingTable, catalogue: &Catalogue) -> Self {
        let purchases = training.purchases_by_user(catalogue);
        let cases = file.iter().map(|basket| {
            let earlier = purchases.get(basket.user.as_str());
            let mut earlier: Vec<(u32, u32)> = earlier
                .into_iter()
                .flatten()
                .map(|(item, count)| (*item, *count))
                .collect();
            earlier.sort_unstable();
            BasketCase {
                basket: catalogue.numbers(basket.items.iter().map(String::as_str)),
                earlier,
                target: catalogue.number(&basket.target),
            }
        });
        Self(cases.collect())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn unknown_targets(&self) -> u64 {
        self.0.iter().filter(|case| case.target.is_none()).count() as u64
    }

    /// True if the training knows a shopper of a basket.
    pub fn know_shoppers(&self) -> bool {
        self.0.iter().any(|case| !case.earlier.is_empty())
    }

    /// Ranks all items but the basket's own, for every basket.
    pub fn measure(&self, model: &Fitted) -> HitFigures {
        let scores = || vec![0.0; model.item_count()];
        let places = in_parallel::map(&self.0, scores, |case, scores| {
            scores.fill(0.0);
            model.add_scores(case, scores);
            let ranking = top_n::best_items(scores, PLACES, |item| case.basket.contains(&item));
            case.target
                .and_then(|target| top_n::place(&ranking, target, PLACES))
        });
        HitFigures::of(&places)
    }
}
