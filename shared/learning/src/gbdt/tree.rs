//! A grown tree: as the model tells it, and as a holder applies it to binned rows.

use serde::{Deserialize, Serialize};

use super::fixed_point::to_real;
use super::growing_tree::GrowingNode;
use super::plan::GbdtPlan;
use super::split::Split;
use crate::quantiles::QuantileBins;

/// One tree of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    /// The root first, siblings side by side, children behind their parent.
    pub nodes: Vec<Node>,
}

/// A node of a [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    /// Divides rows by one feature.
    Split {
        /// Index of the feature.
        feature: u16,
        /// A value goes right if, rounded to `f32`, it is at or above.
        threshold: f32,
        /// Whether a missing value goes left.
        missing_left: bool,
        /// Index of the left child; the right one follows it.
        left: u32,
        /// Sum of p(1 − p) over the training rows that came by.
        cover: f64,
    },
    /// Ends a path.
    Leaf {
        /// What the tree adds to the log-odds.
        value: f64,
        /// Sum of p(1 − p) over the training rows that came by.
        cover: f64,
    },
}

impl Node {
    /// Sum of p(1 − p) over the training rows that came by.
    pub fn cover(&self) -> f64 {
        match self {
            Self::Split { cover, .. } | Self::Leaf { cover, .. } => *cover,
        }
    }
}

impl Tree {
    pub(super) fn from_grown(plan: &GbdtPlan, bins: &QuantileBins, nodes: &[GrowingNode]) -> Self {
        let node = |node: &GrowingNode| {
            let cover = to_real(node.sums.second);
            match node.split {
                None => Node::Leaf {
                    value: node.value(plan),
                    cover,
                },
                Some(split) => Node::Split {
                    feature: split.feature,
                    threshold: threshold(bins, split),
                    missing_left: split.missing_left,
                    left: node.left,
                    cover,
                },
            }
        };
        Self {
            nodes: nodes.iter().map(node).collect(),
        }
    }
}

fn threshold(bins: &QuantileBins, split: Split) -> f32 {
    match split.last_left_bin {
        // Only missing values go left: every number is at or above the lowest one.
        0 => f32::MIN,
        bin => bins.features[usize::from(split.feature)].upper_end(bin),
    }
}

/// A grown tree, filled up to a complete one, so that every row takes the same number of steps without a branch.
#[derive(Debug)]
pub(super) struct CompleteTree {
    depth: u32,
    /// In the order of a heap: the children of node i are 2i + 1 and 2i + 2.
    splits: Vec<Split>,
    /// Left to right.
    leaves: Vec<f64>,
}

/// Sends every row left.
const FILLER: Split = Split {
    feature: 0,
    last_left_bin: u8::MAX,
    missing_left: true,
};

impl CompleteTree {
    pub(super) fn new(plan: &GbdtPlan, nodes: &[GrowingNode]) -> Self {
        let inner = (1 << plan.depth) - 1;
        let mut tree = Self {
            depth: plan.depth,
            splits: vec![FILLER; inner],
            leaves: vec![0.0; inner + 1],
        };
        tree.fill(plan, nodes, 0, 0);
        tree
    }

    fn fill(&mut self, plan: &GbdtPlan, nodes: &[GrowingNode], node: u32, place: usize) {
        let grown = &nodes[node as usize];
        match grown.split {
            Some(split) => {
                self.splits[place] = split;
                self.fill(plan, nodes, grown.left, 2 * place + 1);
                self.fill(plan, nodes, grown.left + 1, 2 * place + 2);
            }
            None => {
                let mut place = place;
                while place < self.splits.len() {
                    place = 2 * place + 1;
                }
                self.leaves[place - self.splits.len()] = grown.value(plan);
            }
        }
    }

    /// What the tree adds to the log-odds of a row with these bins.
    #[inline]
    pub(super) fn value(&self, bins: &[u8]) -> f64 {
        let mut place = 0;
        for _ in 0..self.depth {
            let split = self.splits[place];
            place = 2 * place + 1 + usize::from(split.goes_right(bins[usize::from(split.feature)]));
        }
        self.leaves[place - self.splits.len()]
    }
}
