//! Co-occurrences of one holder's histories where a whole matrix would not fit.

use super::answer;
use super::plan::{GramPlan, PlanError};
use crate::histories::{Histories, latest_distinct};
use crate::parallel;
use crate::sparse::SparseRows;

/// A Gram matrix that holds only the pairs that occur. For one holder: a secure sum would need a place for every pair.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SparseGram {
    item_count: usize,
    items: Vec<u32>,
    supports: Vec<i64>,
    scale: i64,
    rows: SparseRows,
}

impl SparseGram {
    /// Sums the co-occurrences of one holder's histories; the values are those of a [`Gram`](super::Gram).
    pub fn of(plan: &GramPlan, histories: &Histories, threads: usize) -> Result<Self, PlanError> {
        plan.check()?;
        let all = answer::supports(plan, histories);
        let items = plan.choose_items(&all);
        let baskets = Baskets::new(plan, histories, &items);
        let rows: Vec<usize> = (0..items.len()).collect();
        let piece = rows.len().div_ceil(threads.max(1)).max(1);
        let pieces = parallel::run_all(rows.chunks(piece).map(|rows| {
            let baskets = &baskets;
            let size = items.len();
            move || {
                let mut sums = vec![0; size];
                rows.iter()
                    .map(|row| baskets.row(*row, &mut sums))
                    .collect::<Vec<_>>()
            }
        }));
        let mut rows = SparseRows::default();
        for row in pieces.into_iter().flatten() {
            rows.push(row);
        }
        Ok(Self {
            item_count: plan.item_count,
            supports: items.iter().map(|item| all[*item as usize]).collect(),
            items,
            scale: answer::scale(plan),
            rows,
        })
    }

    /// Items in the shared catalogue.
    pub fn item_count(&self) -> usize {
        self.item_count
    }

    /// The item numbers of the rows, ascending.
    pub fn items(&self) -> &[u32] {
        &self.items
    }

    /// In how many histories each row's item is.
    pub fn supports(&self) -> &[i64] {
        &self.supports
    }

    /// Pairs that occur, each twice, and the diagonal.
    pub fn cell_count(&self) -> usize {
        self.rows.cell_count()
    }

    /// Columns of a row and how often the two items go together.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (u32, f64)> {
        let (columns, values) = self.rows.row(row);
        let scale = self.scale as f64;
        columns
            .iter()
            .zip(values)
            .map(move |(column, sum)| (*column, *sum as f64 / scale))
    }

    /// How often the items of two rows go together.
    pub fn get(&self, row: usize, column: usize) -> f64 {
        self.rows.get(row, column as u32) as f64 / self.scale as f64
    }
}

/// Distinct items of every history, and the histories of every item.
struct Baskets {
    ends: Vec<usize>,
    places: Vec<u32>,
    weights: Vec<i64>,
    histories_of: Vec<Vec<u32>>,
}

impl Baskets {
    fn new(plan: &GramPlan, histories: &Histories, items: &[u32]) -> Self {
        let mut place_of = vec![u32::MAX; plan.item_count];
        for (place, item) in (0..).zip(items) {
            place_of[*item as usize] = place;
        }
        let mut baskets = Self {
            ends: Vec::with_capacity(histories.len()),
            places: Vec::with_capacity(histories.event_count()),
            weights: Vec::with_capacity(histories.len()),
            histories_of: vec![Vec::new(); items.len()],
        };
        let mut distinct = Vec::new();
        for (number, (_, items)) in (0..).zip(histories.iter()) {
            latest_distinct(items, plan.items_per_history_max, &mut distinct);
            baskets
                .weights
                .push(answer::history_weight(plan, distinct.len()));
            for item in &distinct {
                let place = place_of[*item as usize];
                if place != u32::MAX {
                    baskets.histories_of[place as usize].push(number);
                    baskets.places.push(place);
                }
            }
            baskets.ends.push(baskets.places.len());
        }
        baskets
    }

    fn row(&self, row: usize, sums: &mut [i64]) -> Vec<(u32, i64)> {
        let mut touched = Vec::new();
        for history in &self.histories_of[row] {
            let history = *history as usize;
            let start = if history == 0 {
                0
            } else {
                self.ends[history - 1]
            };
            for place in &self.places[start..self.ends[history]] {
                let sum = &mut sums[*place as usize];
                if *sum == 0 {
                    touched.push(*place);
                }
                *sum += self.weights[history];
            }
        }
        touched.sort_unstable();
        let cells = touched.into_iter();
        cells
            .map(|place| (place, std::mem::take(&mut sums[place as usize])))
            .collect()
    }
}
