//! Factors of items, and the folding in of a history.

use serde::{Deserialize, Serialize};

use super::plan::IalsPlan;
use crate::cholesky;
use crate::content_hash::content_hash;

/// Learnt factors of all items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IalsModel {
    plan: IalsPlan,
    /// Item by item.
    vectors: Vec<f64>,
    /// Σ v·vᵀ over all items, lower triangle packed by rows.
    gram: Vec<f64>,
}

impl IalsModel {
    pub(super) fn new(plan: IalsPlan, vectors: Vec<f64>) -> Self {
        let gram = gram_of(&vectors, plan.factors);
        Self {
            plan,
            vectors,
            gram,
        }
    }

    /// Items in the shared catalogue.
    pub fn item_count(&self) -> usize {
        self.plan.item_count
    }

    /// The factors of one item.
    pub fn vector(&self, item: u32) -> &[f64] {
        let factors = self.plan.factors;
        &self.vectors[item as usize * factors..][..factors]
    }

    /// The factors of a shopper with this history of distinct items; zeros for an empty one.
    pub fn fold_in(&self, history: &[u32]) -> Vec<f64> {
        let mut factors = vec![0.0; self.plan.factors];
        for item in history {
            add(&mut factors, self.vector(*item));
        }
        match self.factor_of(history) {
            Some(factor) => cholesky::substitute(&factor, &mut factors),
            None => factors.fill(0.0),
        }
        factors
    }

    /// Adds the scores of all items to `scores`, of one place for each item of the catalogue.
    pub fn add_scores(&self, history: &[u32], scores: &mut [f64]) {
        let shopper = self.fold_in(history);
        for (score, vector) in scores
            .iter_mut()
            .zip(self.vectors.chunks_exact(self.plan.factors))
        {
            *score += dot(&shopper, vector);
        }
    }

    /// What each item of the history adds to the score of `item`: v_jᵀ·W·v_i with the W that folding in solves with, so
    /// the shares add up to the score, to rounding (Hu, Koren and Volinsky, 2008, section 5).
    pub fn shares(&self, history: &[u32], item: u32) -> Vec<f64> {
        let mut target = self.vector(item).to_vec();
        match self.factor_of(history) {
            Some(factor) => cholesky::substitute(&factor, &mut target),
            None => target.fill(0.0),
        }
        history
            .iter()
            .map(|from| dot(&target, self.vector(*from)))
            .collect()
    }

    /// The model's name.
    pub fn content_hash(&self) -> String {
        content_hash(self)
    }

    /// The Cholesky factor of what a history is solved with.
    fn factor_of(&self, history: &[u32]) -> Option<Vec<f64>> {
        let mut matrix: Vec<f64> = self
            .gram
            .iter()
            .map(|cell| cell * self.plan.unobserved_weight)
            .collect();
        for item in history {
            add_outer(&mut matrix, self.vector(*item));
        }
        let ridge = self
            .plan
            .ridge_of(history.len() as f64, self.plan.item_count as f64);
        for factor in 0..self.plan.factors {
            matrix[cholesky::packed_index(factor, factor)] += ridge;
        }
        cholesky::factorise(&mut matrix, self.plan.factors)?;
        Some(matrix)
    }
}

pub(super) fn gram_of(vectors: &[f64], factors: usize) -> Vec<f64> {
    let mut gram = vec![0.0; cholesky::packed_length(factors)];
    for vector in vectors.chunks_exact(factors) {
        add_outer(&mut gram, vector);
    }
    gram
}

fn add_outer(triangle: &mut [f64], vector: &[f64]) {
    let mut cells = triangle.iter_mut();
    for (row, left) in vector.iter().enumerate() {
        for (right, cell) in vector[..=row].iter().zip(cells.by_ref()) {
            *cell += left * right;
        }
    }
}

fn add(sum: &mut [f64], vector: &[f64]) {
    for (sum, value) in sum.iter_mut().zip(vector) {
        *sum += value;
    }
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter()
        .zip(right)
        .map(|(left, right)| left * right)
        .sum()
}
