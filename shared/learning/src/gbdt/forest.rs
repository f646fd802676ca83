//! Trees laid out for scoring.

use super::tree::{Node, Tree};
use crate::quantiles::round_to_f32;
use crate::rows::is_missing;

/// All trees as complete trees of one depth, in the order of a heap: no child pointers to follow, no branch to
/// mispredict, and several trees under way at once.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FlatForest {
    base_log_odds: f64,
    depth: u32,
    /// 2^depth − 1 per tree.
    splits: Vec<FlatSplit>,
    /// 2^depth per tree.
    leaves: Vec<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct FlatSplit {
    threshold: f32,
    /// Index into the values of a row: 2 · feature + 1 if missing values go right, without the 1 if left.
    slot: u16,
}

/// Every value of a row twice: once with missing values below everything, once above everything.
type RowValues = [f32; SLOTS];
const SLOTS: usize = 2 * super::plan::FEATURES_MAX;

/// Sends every row left: no value in an even slot is infinitely large.
const FILLER: FlatSplit = FlatSplit {
    threshold: f32::INFINITY,
    slot: 0,
};

impl FlatForest {
    /// `depth` must be that of the deepest tree.
    pub(super) fn new(base_log_odds: f64, trees: &[Tree], depth: u32) -> Self {
        let inner = (1usize << depth) - 1;
        let mut splits = vec![FILLER; trees.len() * inner];
        let mut leaves = vec![0.0; trees.len() * (inner + 1)];
        for (index, tree) in trees.iter().enumerate() {
            let splits = &mut splits[index * inner..(index + 1) * inner];
            let leaves = &mut leaves[index * (inner + 1)..(index + 1) * (inner + 1)];
            fill(tree, 0, 0, splits, leaves);
        }
        Self {
            base_log_odds,
            depth,
            splits,
            leaves,
        }
    }

    pub(super) fn log_odds(&self, features: &[f64]) -> f64 {
        let mut values: RowValues = [0.0; SLOTS];
        for (pair, value) in values.chunks_exact_mut(2).zip(features) {
            if is_missing(*value) {
                pair.copy_from_slice(&[f32::NEG_INFINITY, f32::INFINITY]);
            } else {
                pair.fill(round_to_f32(*value));
            }
        }
        let inner = (1usize << self.depth) - 1;
        if inner == 0 {
            return self
                .leaves
                .iter()
                .fold(self.base_log_odds, |sum, leaf| sum + leaf);
        }
        let splits = self.splits.chunks_exact(LANES * inner);
        let leaves = self.leaves.chunks_exact(LANES * (inner + 1));
        let rest = splits
            .remainder()
            .chunks_exact(inner)
            .zip(leaves.remainder().chunks_exact(inner + 1));
        let mut sum = self.base_log_odds;
        for (splits, leaves) in splits.zip(leaves) {
            for value in self.leaf_values::<LANES>(splits, leaves, &values) {
                sum += value;
            }
        }
        for (splits, leaves) in rest {
            sum += self.leaf_values::<1>(splits, leaves, &values)[0];
        }
        sum
    }

    /// Walks `TREES` trees in step.
    #[inline]
    fn leaf_values<const TREES: usize>(
        &self,
        splits: &[FlatSplit],
        leaves: &[f64],
        values: &RowValues,
    ) -> [f64; TREES] {
        let inner = splits.len() / TREES;
        let mut places = [0usize; TREES];
        for _ in 0..self.depth {
            for (tree, place) in places.iter_mut().enumerate() {
                let split = splits[tree * inner + *place];
                let goes_right = values[usize::from(split.slot) % SLOTS] >= split.threshold;
                *place = 2 * *place + 1 + usize::from(goes_right);
            }
        }
        let mut found = [0.0; TREES];
        for (tree, (value, place)) in found.iter_mut().zip(places).enumerate() {
            *value = leaves[tree * (inner + 1) + place - inner];
        }
        found
    }
}

/// Trees walked at once: each step waits for a load, and the waits overlap.
const LANES: usize = 8;

fn fill(tree: &Tree, node: u32, place: usize, splits: &mut [FlatSplit], leaves: &mut [f64]) {
    match tree.nodes[node as usize] {
        Node::Split {
            feature,
            threshold,
            missing_left,
            left,
            ..
        } => {
            splits[place] = FlatSplit {
                threshold,
                slot: 2 * feature + u16::from(!missing_left),
            };
            fill(tree, left, 2 * place + 1, splits, leaves);
            fill(tree, left + 1, 2 * place + 2, splits, leaves);
        }
        Node::Leaf { value, .. } => {
            let mut place = place;
            while place < splits.len() {
                place = 2 * place + 1;
            }
            leaves[place - splits.len()] = value;
        }
    }
}
