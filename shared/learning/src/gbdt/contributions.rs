//! What every feature adds to a score, read off the path of the row.

use super::tree::{Node, Tree};
use crate::quantiles::round_to_f32;
use crate::rows::is_missing;

/// Per tree and node, the mean of the leaves below, weighted by cover.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ExpectedValues {
    trees: Vec<Vec<f64>>,
}

impl ExpectedValues {
    pub(super) fn of(trees: &[Tree]) -> Self {
        Self {
            trees: trees.iter().map(expected_values).collect(),
        }
    }

    /// Sum over all trees of what is expected before anything is known of a row.
    pub(super) fn of_roots(&self) -> f64 {
        self.trees.iter().filter_map(|values| values.first()).sum()
    }

    pub(super) fn contributions(
        &self,
        trees: &[Tree],
        features: &[f64],
        contributions: &mut [f64],
    ) {
        contributions.fill(0.0);
        for (tree, expected) in trees.iter().zip(&self.trees) {
            let mut node = 0;
            while let Node::Split { feature, .. } = tree.nodes[node] {
                let child = child_of(&tree.nodes[node], features);
                contributions[usize::from(feature)] += expected[child] - expected[node];
                node = child;
            }
        }
    }
}

/// Where a row goes from a split; a leaf leads to itself nowhere and gives 0.
pub(super) fn child_of(node: &Node, features: &[f64]) -> usize {
    match node {
        Node::Leaf { .. } => 0,
        Node::Split {
            feature,
            threshold,
            missing_left,
            left,
            ..
        } => {
            let value = features[usize::from(*feature)];
            let goes_right = if is_missing(value) {
                !missing_left
            } else {
                round_to_f32(value) >= *threshold
            };
            *left as usize + usize::from(goes_right)
        }
    }
}

/// The share of a split's rows that went left, by cover.
pub(super) fn left_share(tree: &Tree, left: u32) -> f64 {
    let covers = [left, left + 1].map(|child| tree.nodes[child as usize].cover());
    covers[0] / (covers[0] + covers[1])
}

fn expected_values(tree: &Tree) -> Vec<f64> {
    let mut values = vec![0.0; tree.nodes.len()];
    // Children come behind their parent.
    for (index, node) in tree.nodes.iter().enumerate().rev() {
        values[index] = match node {
            Node::Leaf { value, .. } => *value,
            Node::Split { left, .. } => {
                let share = left_share(tree, *left);
                share * values[*left as usize] + (1.0 - share) * values[*left as usize + 1]
            }
        };
    }
    values
}
