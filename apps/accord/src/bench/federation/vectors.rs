//! A learner that only wants vectors summed.

use accord_learning::{AbsorbError, AnswerError, Learner, Query, content_hash};

/// Asks for so many sums of one length; each is a unit.
#[derive(Debug, Clone)]
pub struct VectorSums {
    dimension: usize,
    sums: u32,
    summed: u32,
    /// The first coordinate of each total.
    first: Vec<i64>,
}

impl VectorSums {
    pub fn new(dimension: usize, sums: u32) -> Self {
        Self {
            dimension,
            sums,
            summed: 0,
            first: Vec::new(),
        }
    }
}

impl Learner for VectorSums {
    type Rows = Vec<i64>;
    type Workspace = ();
    type Model = Vec<i64>;

    fn next_query(&self) -> Option<Query> {
        (self.summed < self.sums).then(|| Query {
            name: format!("vector/{}", self.summed),
            unit: self.summed,
            dimension: self.dimension,
            row_bound: 1,
        })
    }

    fn answer(&self, rows: &Vec<i64>, _workspace: &mut ()) -> Result<Vec<i64>, AnswerError> {
        Ok(rows.clone())
    }

    fn absorb(&mut self, total: &[i64]) -> Result<(), AbsorbError> {
        self.first.push(total.first().copied().unwrap_or_default());
        self.summed += 1;
        Ok(())
    }

    fn close_unit(&mut self) {}

    fn model(&self) -> Option<&Vec<i64>> {
        (self.summed == self.sums).then_some(&self.first)
    }

    fn progress_hash(&self) -> String {
        content_hash(&(self.dimension, self.sums, &self.first))
    }
}
