//! EASE: the linear item-item model with a closed form (Steck, 2019, "Embarrassingly Shallow Autoencoders for Sparse
//! Data"), from co-occurrence sums.

use serde::{Deserialize, Serialize};

use crate::deterministic::{exp, ln};
use crate::gram::{Gram, GramLearner, GramPlan, PlanError, SparseGram};
use crate::histories::Histories;
use crate::item_weights::ItemWeights;
use crate::learner::{AbsorbError, AnswerError, Learner, Query};
use crate::parallel;
use crate::sparse::{LocalInverse, SymmetricRows};
use crate::spd_inverse::{NotPositiveDefinite, SymmetricMatrix};

/// The hyper-parameters that act on the sums once they are there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EaseSettings {
    /// L2 penalty λ on all weights, above 0.
    pub ridge: f64,
    /// Share p of a history that is imagined to be dropped, in 0..1: adds p / (1 − p) of an item's own frequency to its
    /// penalty (Steck, 2020, "Autoencoders that don't overfit towards the identity").
    pub dropout: f64,
    /// Scores of an item in s histories are divided by s^e; 0 leaves them alone.
    pub popularity_exponent: f64,
}

impl EaseSettings {
    /// λ and nothing else: EASE as published.
    pub fn plain(ridge: f64) -> Self {
        Self {
            ridge,
            dropout: 0.0,
            popularity_exponent: 0.0,
        }
    }

    /// Λ of an item with this diagonal.
    fn penalty(&self, own: f64) -> f64 {
        self.ridge + self.dropout / (1.0 - self.dropout) * own
    }

    fn check(&self) -> Result<(), PlanError> {
        let checks = [
            (
                self.ridge > 0.0 && self.ridge.is_finite(),
                "a positive ridge",
            ),
            ((0.0..1.0).contains(&self.dropout), "a dropout in 0..1"),
            (
                (0.0..=1.0).contains(&self.popularity_exponent),
                "a popularity exponent in 0..=1",
            ),
        ];
        match checks.into_iter().find(|(holds, _)| !holds) {
            Some((_, wanted)) => Err(PlanError { wanted }),
            None => Ok(()),
        }
    }
}

/// Solves for the weights: with P = (G + Λ)⁻¹, B_ij = −P_ij / P_jj and B_jj = 0.
///
/// Takes n³ operations and about 8·n² bytes for n items; the number of threads does not show in the result.
pub fn solve(
    gram: &Gram,
    settings: &EaseSettings,
    threads: usize,
) -> Result<ItemWeights, NotPositiveDefinite> {
    let size = gram.items().len();
    let matrix = SymmetricMatrix::from_lower_triangle(size, |row, column| {
        let together = gram.get(row, column);
        if row == column {
            together + settings.penalty(together)
        } else {
            together
        }
    });
    let inverse = matrix.inverse(threads)?;
    let columns: Vec<f64> = (0..size)
        .map(|column| {
            column_factor(settings, gram.supports()[column]) / inverse.get(column, column)
        })
        .collect();
    let mut weights = Vec::with_capacity(size * size);
    for row in 0..size {
        for (column, factor) in columns.iter().enumerate() {
            let weight = if row == column {
                0.0
            } else {
                inverse.get(row, column) * factor
            };
            weights.push(weight as f32);
        }
    }
    Ok(ItemWeights::dense(
        gram.item_count(),
        gram.items().to_vec(),
        weights,
    ))
}

/// Solves for the weights of each item from the `support_max` items most strongly coupled to it, without a dense matrix:
/// for catalogues of any size.
///
/// This is EASE restricted to those pairs, not an approximation in the sums: each item's column solves its own ridge
/// regression on its support, by conjugate gradients on the sparse Gram matrix.
pub fn solve_sparse(
    gram: &SparseGram,
    settings: &EaseSettings,
    support_max: usize,
    threads: usize,
) -> Result<ItemWeights, PlanError> {
    settings.check()?;
    let size = gram.items().len();
    let matrix = PenalisedGram { gram, settings };
    let columns: Vec<usize> = (0..size).collect();
    let piece = size.div_ceil(threads.max(1)).max(1);
    let pieces = parallel::run_all(columns.chunks(piece).map(|columns| {
        let matrix = &matrix;
        move || {
            let mut inverse = LocalInverse::new(matrix, size, support_max);
            columns
                .iter()
                .map(|column| matrix.weights_to(*column, &mut inverse))
                .collect::<Vec<_>>()
        }
    }));
    let mut rows: Vec<Vec<(u32, f32)>> = vec![Vec::new(); size];
    for (column, weights) in (0..).zip(pieces.into_iter().flatten()) {
        for (row, weight) in weights {
            rows[row as usize].push((column, weight));
        }
    }
    Ok(ItemWeights::sparse(
        gram.item_count(),
        gram.items().to_vec(),
        rows,
    ))
}

/// G + Λ.
struct PenalisedGram<'a> {
    gram: &'a SparseGram,
    settings: &'a EaseSettings,
}

impl PenalisedGram<'_> {
    /// The weights from other items to this one.
    fn weights_to(&self, column: usize, inverse: &mut LocalInverse<'_, Self>) -> Vec<(u32, f32)> {
        let solved = inverse.row(column);
        let own = solved
            .iter()
            .find(|(row, _)| *row as usize == column)
            .map_or(1.0, |(_, value)| *value);
        let factor = column_factor(self.settings, self.gram.supports()[column]) / own;
        let others = solved
            .into_iter()
            .filter(|(row, _)| *row as usize != column);
        others
            .map(|(row, value)| (row, (value * factor) as f32))
            .filter(|(_, weight)| *weight != 0.0)
            .collect()
    }
}

impl SymmetricRows for PenalisedGram<'_> {
    fn visit(&self, row: usize, mut cell: impl FnMut(u32, f64)) {
        for (column, together) in self.gram.row(row) {
            let penalty = if column as usize == row {
                self.settings.penalty(together)
            } else {
                0.0
            };
            cell(column, together + penalty);
        }
    }

    fn diagonal(&self, row: usize) -> f64 {
        let own = self.gram.get(row, row);
        own + self.settings.penalty(own)
    }
}

/// What a column of the inverse is multiplied by, but for its own diagonal.
fn column_factor(settings: &EaseSettings, support: i64) -> f64 {
    -exp(-settings.popularity_exponent * ln(support.max(1) as f64))
}

/// Learns the weights from sums: a [`GramLearner`] that solves when the last row has come.
#[derive(Debug, Clone, PartialEq)]
pub struct EaseLearner {
    gram: GramLearner,
    settings: EaseSettings,
    threads: usize,
    model: Option<ItemWeights>,
}

impl EaseLearner {
    /// A learner at its beginning; the last total is solved by `threads` threads, which does not show in the model.
    pub fn new(plan: GramPlan, settings: EaseSettings, threads: usize) -> Result<Self, PlanError> {
        settings.check()?;
        Ok(Self {
            gram: GramLearner::new(plan)?,
            settings,
            threads,
            model: None,
        })
    }
}

impl Learner for EaseLearner {
    type Rows = Histories;
    type Workspace = ();
    type Model = ItemWeights;

    fn next_query(&self) -> Option<Query> {
        self.gram.next_query()
    }

    fn answer(&self, histories: &Histories, workspace: &mut ()) -> Result<Vec<i64>, AnswerError> {
        self.gram.answer(histories, workspace)
    }

    fn absorb(&mut self, total: &[i64]) -> Result<(), AbsorbError> {
        let mut gram = self.gram.clone();
        gram.absorb(total)?;
        if let Some(sums) = gram.model() {
            let solved = solve(sums, &self.settings, self.threads);
            self.model = Some(solved.map_err(|_| AbsorbError::Impossible {
                coordinate: 0,
                reason: "co-occurrences of no histories: the matrix is not positive definite",
            })?);
        }
        self.gram = gram;
        Ok(())
    }

    fn close_unit(&mut self) {
        self.gram.close_unit();
    }

    fn model(&self) -> Option<&ItemWeights> {
        self.model.as_ref()
    }

    fn progress_hash(&self) -> String {
        self.gram.progress_hash()
    }
}
