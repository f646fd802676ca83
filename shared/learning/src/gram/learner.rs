//! The Gram matrix as a state machine over sums.
//!
//! ```text
//! supports of all items ─► items that take part, fixed ─► rows of the triangle, block by block ─► Gram
//! ```

use serde::{Deserialize, Serialize};

use super::answer;
use super::plan::{GramPlan, PlanError};
use crate::cholesky::{packed_index, packed_length};
use crate::content_hash::HashChain;
use crate::histories::Histories;
use crate::learner::{AbsorbError, AnswerError, Learner, Query, check_dimension};

/// Cells asked for at a time: 8 MiB of integers.
const CELLS_PER_QUERY: usize = 1 << 20;

/// Sums the co-occurrences of items over all holders' histories.
#[derive(Debug, Clone, PartialEq)]
pub struct GramLearner {
    plan: GramPlan,
    unit: u32,
    progress: HashChain,
    phase: Phase,
}

#[derive(Debug, Clone, PartialEq)]
enum Phase {
    Supports,
    Rows { place: Vec<u32>, gram: Gram },
    Finished(Gram),
}

/// Co-occurrences of the items that take part.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Gram {
    item_count: usize,
    items: Vec<u32>,
    supports: Vec<i64>,
    scale: i64,
    /// Lower triangle packed by rows.
    triangle: Vec<i64>,
}

impl Gram {
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

    /// How often the items of two rows go together, weighted by the plan's length exponent.
    pub fn get(&self, row: usize, column: usize) -> f64 {
        let cell = packed_index(row.max(column), row.min(column));
        self.triangle[cell] as f64 / self.scale as f64
    }
}

impl GramLearner {
    /// A learner at its beginning.
    pub fn new(plan: GramPlan) -> Result<Self, PlanError> {
        plan.check()?;
        Ok(Self {
            progress: HashChain::of(&plan),
            plan,
            unit: 0,
            phase: Phase::Supports,
        })
    }

    /// The plan it follows.
    pub fn plan(&self) -> &GramPlan {
        &self.plan
    }

    fn choose_items(&self, supports: &[i64]) -> Phase {
        let items = self.plan.choose_items(supports);
        let mut place = vec![u32::MAX; supports.len()];
        for (row, item) in (0..).zip(&items) {
            place[*item as usize] = row;
        }
        let gram = Gram {
            item_count: self.plan.item_count,
            supports: items.iter().map(|item| supports[*item as usize]).collect(),
            items,
            scale: answer::scale(&self.plan),
            triangle: Vec::new(),
        };
        rows_or_finished(place, gram)
    }
}

fn rows_or_finished(place: Vec<u32>, gram: Gram) -> Phase {
    if gram.triangle.len() == packed_length(gram.items.len()) {
        Phase::Finished(gram)
    } else {
        Phase::Rows { place, gram }
    }
}

/// The rows that are asked for next: as many as fit one query, at least one.
fn next_rows(gram: &Gram) -> std::ops::Range<usize> {
    let size = gram.items.len();
    let done = (0..=size)
        .rev()
        .find(|rows| packed_length(*rows) <= gram.triangle.len())
        .unwrap_or(0);
    let fits = |end: &usize| packed_length(*end) - packed_length(done) <= CELLS_PER_QUERY;
    let end = (done + 1..=size).take_while(fits).last();
    done..end.unwrap_or((done + 1).min(size))
}

impl Learner for GramLearner {
    type Rows = Histories;
    type Workspace = ();
    type Model = Gram;

    fn next_query(&self) -> Option<Query> {
        let (name, dimension, row_bound) = match &self.phase {
            Phase::Supports => ("gram/supports".to_owned(), self.plan.item_count, 1),
            Phase::Rows { gram, .. } => {
                let rows = next_rows(gram);
                let dimension = packed_length(rows.end) - packed_length(rows.start);
                let name = format!("gram/rows/{}", rows.start);
                (name, dimension, gram.scale.unsigned_abs())
            }
            Phase::Finished(_) => return None,
        };
        Some(Query {
            name,
            unit: self.unit,
            dimension,
            row_bound,
        })
    }

    fn answer(&self, histories: &Histories, _: &mut ()) -> Result<Vec<i64>, AnswerError> {
        let query = self.next_query().ok_or(AnswerError::Finished)?;
        query.ring_bits(histories.len() as u64)?;
        if histories.item_count() != self.plan.item_count {
            return Err(AnswerError::FeatureCount {
                expected: self.plan.item_count,
                actual: histories.item_count(),
            });
        }
        match &self.phase {
            Phase::Supports => Ok(answer::supports(&self.plan, histories)),
            Phase::Rows { place, gram } => {
                let rows = next_rows(gram);
                Ok(answer::triangle_rows(&self.plan, histories, place, rows))
            }
            Phase::Finished(_) => Err(AnswerError::Finished),
        }
    }

    fn absorb(&mut self, total: &[i64]) -> Result<(), AbsorbError> {
        check_dimension(self.next_query().as_ref(), total)?;
        if let Some(coordinate) = total.iter().position(|count| *count < 0) {
            return Err(AbsorbError::Impossible {
                coordinate,
                reason: "a count below zero",
            });
        }
        self.phase = match &mut self.phase {
            Phase::Supports => self.choose_items(total),
            Phase::Rows { place, gram } => {
                gram.triangle.extend_from_slice(total);
                rows_or_finished(std::mem::take(place), std::mem::take(gram))
            }
            Phase::Finished(_) => return Err(AbsorbError::Finished),
        };
        self.progress.absorb(total);
        Ok(())
    }

    /// All rows must be summed over the same holders, so an unfinished matrix is asked for again.
    fn close_unit(&mut self) {
        if !matches!(self.phase, Phase::Finished(_)) {
            self.unit += 1;
            self.phase = Phase::Supports;
            self.progress = HashChain::of(&self.plan);
        }
    }

    fn model(&self) -> Option<&Gram> {
        match &self.phase {
            Phase::Finished(gram) => Some(gram),
            _ => None,
        }
    }

    fn progress_hash(&self) -> String {
        self.progress.hex()
    }
}
