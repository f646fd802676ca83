//! Users with the items that are known of them and those to be found.

use std::{collections::BTreeMap, path::Path};

use accord_learning::metrics::top_n;
use anyhow::Result;

use super::candidates::Fitted;
use crate::recommend::{
    evaluate::{catalogue::Catalogue, in_parallel, report::StrongFigures},
    table::{ITEM, Table, USER},
};

/// Places of a ranking that any figure looks at.
const PLACES: usize = 100;

/// The distinct items of each user, in the order of the file.
pub struct Pairs(BTreeMap<String, Vec<String>>);

impl Pairs {
    /// Reads a file of `user,item`; a pair that comes twice counts once.
    pub fn read(path: &Path) -> Result<Self> {
        let mut table = Table::open(path)?;
        let (user, item) = (table.column(USER)?, table.column(ITEM)?);
        let mut users: BTreeMap<String, Vec<String>> = BTreeMap::new();
        while let Some(row) = table.next_row()? {
            let (user, item) = (row.filled(user, USER)?, row.filled(item, ITEM)?);
            match users.get_mut(user) {
                Some(items) => items.push(item.to_owned()),
                None => {
                    users.insert(user.to_owned(), vec![item.to_owned()]);
                }
            }
        }
        for items in users.values_mut() {
            let mut seen = std::collections::HashSet::new();
            items.retain(|item| seen.insert(item.clone()));
        }
        Ok(Self(users))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn catalogue(&self) -> Catalogue {
        Catalogue::of(self.0.values().flatten().map(String::as_str))
    }

    /// The known items of each user, users by id.
    pub fn histories(&self, catalogue: &Catalogue) -> Vec<Vec<u32>> {
        let numbers = |items: &Vec<String>| catalogue.numbers(items.iter().map(String::as_str));
        self.0.values().map(numbers).collect()
    }
}

/// Users to recommend to.
#[derive(Default)]
pub struct Cases(Vec<Case>);

struct Case {
    history: Vec<u32>,
    /// Those that training knows.
    targets: Vec<u32>,
    /// All, those that can never be found included.
    target_count: usize,
}

impl Cases {
    /// Users of the target file; one without a fold-in has an empty history.
    pub fn read(foldin: &Path, target: &Path, catalogue: &Catalogue) -> Result<Self> {
        let (foldin, target) = (Pairs::read(foldin)?, Pairs::read(target)?);
        let none = Vec::new();
        let cases = target.0.iter().map(|(user, targets)| {
            let history = foldin.0.get(user).unwrap_or(&none);
            Case {
                history: catalogue.numbers(history.iter().map(String::as_str)),
                targets: catalogue.numbers(targets.iter().map(String::as_str)),
                target_count: targets.len(),
            }
        });
        Ok(Self(cases.collect()))
    }

    /// Adds a user, all of whose items are known.
    pub fn push(&mut self, history: Vec<u32>, targets: Vec<u32>) {
        let target_count = targets.len();
        self.0.push(Case {
            history,
            targets,
            target_count,
        });
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Targets that are in no training row; they count as missed.
    pub fn unknown_targets(&self) -> u64 {
        self.0
            .iter()
            .map(|case| (case.target_count - case.targets.len()) as u64)
            .sum()
    }

    /// Ranks all items but the history's own for every user, and takes the mean of the figures.
    pub fn measure(&self, model: &Fitted) -> StrongFigures {
        let scores = || vec![0.0; model.item_count()];
        let figures = in_parallel::map(&self.0, scores, |case, scores| {
            scores.fill(0.0);
            model.add_scores(&case.history, scores);
            let mut known = case.history.clone();
            known.sort_unstable();
            let ranking =
                top_n::best_items(scores, PLACES, |item| known.binary_search(&item).is_ok());
            let recall =
                |k| top_n::recall(&ranking, &case.targets, case.target_count, k).unwrap_or(0.0);
            let ndcg =
                top_n::ndcg(&ranking, &case.targets, case.target_count, PLACES).unwrap_or(0.0);
            [recall(20), recall(50), ndcg]
        });
        let mean = |index: usize| {
            figures.iter().map(|figure| figure[index]).sum::<f64>() / self.len().max(1) as f64
        };
        StrongFigures {
            cases: self.len(),
            recall_at_20: mean(0),
            recall_at_50: mean(1),
            ndcg_at_100: mean(2),
        }
    }
}
