//! Sessions, and cases of what comes next in one.

use std::path::Path;

use accord_learning::{Histories, metrics::top_n};
use anyhow::Result;

use crate::recommend::{
    evaluate::{catalogue::Catalogue, in_parallel, report::HitFigures},
    table::{ITEMS, PREFIX, TARGET, Table},
};

/// Places of a ranking that count.
const PLACES: usize = 20;
/// Sessions are dated by their place in the file: the whole training lasts so many days, whatever a day is.
pub const DAYS: u32 = 1_000;

/// Sessions in time order, each its items in order, repeats allowed.
#[derive(Clone, Default)]
pub struct Sessions(Vec<Vec<String>>);

impl Sessions {
    /// Reads a file of `session,items`, items separated by spaces, rows in time order.
    pub fn read(path: &Path) -> Result<Self> {
        let mut table = Table::open(path)?;
        let items = table.column(ITEMS)?;
        let mut sessions = Vec::new();
        while let Some(row) = table.next_row()? {
            sessions.push(
                row.text(items)?
                    .split_ascii_whitespace()
                    .map(str::to_owned)
                    .collect(),
            );
        }
        Ok(Self(sessions))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The first `count` sessions and the others.
    pub fn split(&self, count: usize) -> (Self, Self) {
        let (early, late) = self.0.split_at(count);
        (Self(early.to_vec()), Self(late.to_vec()))
    }

    /// All items, repeats included.
    pub fn items(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flatten().map(String::as_str)
    }

    /// The known items of each session, dated by place.
    pub fn histories(&self, catalogue: &Catalogue) -> Result<Histories> {
        let mut histories = Histories::new(catalogue.len());
        let last = self.len().saturating_sub(1).max(1) as u64;
        for (place, items) in (0u64..).zip(&self.0) {
            let day = u32::try_from(place * u64::from(DAYS) / last)?;
            histories.push(day, &catalogue.numbers(items.iter().map(String::as_str)))?;
        }
        Ok(histories)
    }
}

/// What came so far, and what came next.
pub struct NextItemCases(Vec<NextItemCase>);

struct NextItemCase {
    prefix: Vec<u32>,
    /// `None`: training does not know it, so it is missed.
    target: Option<u32>,
}

impl NextItemCases {
    /// Reads a file of `case,prefix,target`.
    pub fn read(path: &Path, catalogue: &Catalogue) -> Result<Self> {
        let mut table = Table::open(path)?;
        let (prefix, target) = (table.column(PREFIX)?, table.column(TARGET)?);
        let mut cases = Vec::new();
        while let Some(row) = table.next_row()? {
            cases.push(NextItemCase {
                prefix: catalogue.numbers(row.text(prefix)?.split_ascii_whitespace()),
                target: catalogue.number(row.filled(target, TARGET)?),
            });
        }
        Ok(Self(cases))
    }

    /// Every event but the first of each session as target, or evenly spread ones where there are more than `most`.
    pub fn of_sessions(sessions: &Sessions, catalogue: &Catalogue, most: usize) -> Self {
        let all = sessions
            .0
            .iter()
            .flat_map(|items| (1..items.len()).map(move |place| (items, place)));
        let step = all.clone().count().div_ceil(most).max(1);
        let cases = all.step_by(step).map(|(items, place)| NextItemCase {
            prefix: catalogue.numbers(items[..place].iter().map(String::as_str)),
            target: catalogue.number(&items[place]),
        });
        Self(cases.collect())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The items of all prefixes, repeats included.
    pub fn known_items(&self) -> impl Iterator<Item = u32> {
        self.0.iter().flat_map(|case| case.prefix.iter().copied())
    }

    pub fn unknown_targets(&self) -> u64 {
        self.0.iter().filter(|case| case.target.is_none()).count() as u64
    }

    /// Ranks all items, those of the prefix included, for every case. `add_scores` fills a row of zeros.
    pub fn measure(
        &self,
        add_scores: impl Fn(&[u32], &mut [f64]) + Sync,
        item_count: usize,
    ) -> HitFigures {
        let scores = || vec![0.0; item_count];
        let places = in_parallel::map(&self.0, scores, |case, scores| {
            scores.fill(0.0);
            add_scores(&case.prefix, scores);
            let ranking = top_n::best_items(scores, PLACES, |_| false);
            case.target
                .and_then(|target| top_n::place(&ranking, target, PLACES))
        });
        HitFigures::of(&places)
    }
}
