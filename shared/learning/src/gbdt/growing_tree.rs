//! The tree that is being grown, level by level, from sums.

use serde::{Deserialize, Serialize};

use super::fixed_point::to_real;
use super::histogram::{HistogramLayout, Sums, difference};
use super::plan::GbdtPlan;
use super::split::{Candidate, Split, best_split};
use crate::learner::AbsorbError;

/// A tree under construction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct GrowingTree {
    /// Number of the tree.
    pub index: u32,
    pub layout: HistogramLayout,
    pub nodes: Vec<GrowingNode>,
    /// Splits between the root and the nodes that are asked now.
    pub level: u32,
    pub asks: Vec<Ask>,
}

/// A node, the root first, siblings side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct GrowingNode {
    pub sums: Sums,
    pub split: Option<Split>,
    /// The left child, meaningful with a split; the right one follows it.
    pub left: u32,
}

/// A node whose vector is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ask {
    pub node: u32,
    /// The sibling whose vector is wanted as well and follows from the parent's.
    pub derived: Option<DerivedSibling>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DerivedSibling {
    pub node: u32,
    pub parent: u32,
    parent_histogram: Vec<i64>,
}

impl GrowingTree {
    pub(super) fn new(index: u32, layout: HistogramLayout) -> Self {
        let root = GrowingNode {
            sums: Sums::default(),
            split: None,
            left: 0,
        };
        Self {
            index,
            layout,
            nodes: vec![root],
            level: 0,
            asks: vec![Ask {
                node: 0,
                derived: None,
            }],
        }
    }

    pub(super) fn dimension(&self) -> usize {
        self.asks.len() * self.layout.length
    }

    /// Splits what the total allows and asks for the next level. On an error nothing has changed.
    pub(super) fn absorb(&mut self, plan: &GbdtPlan, total: &[i64]) -> Result<(), AbsorbError> {
        if self.level == 0 {
            let root = self.layout.columns[0].total(total);
            self.check(0, root, total)?;
            self.nodes[0].sums = root;
        } else {
            for (index, (ask, histogram)) in self
                .asks
                .iter()
                .zip(total.chunks_exact(self.layout.length))
                .enumerate()
            {
                self.check(
                    index * self.layout.length,
                    self.nodes[ask.node as usize].sums,
                    histogram,
                )?;
            }
        }
        let mut splits = Vec::new();
        for (ask, histogram) in core::mem::take(&mut self.asks)
            .into_iter()
            .zip(total.chunks_exact(self.layout.length))
        {
            if let Some(sibling) = ask.derived {
                let derived = difference(&sibling.parent_histogram, histogram);
                splits.extend(self.best_split(plan, sibling.node, derived));
            }
            splits.extend(self.best_split(plan, ask.node, histogram.to_vec()));
        }
        self.level += 1;
        for (node, candidate, histogram) in splits {
            self.divide(node, candidate);
            if self.level < plan.depth {
                self.asks
                    .extend(self.ask_for_children(plan, node, histogram));
            }
        }
        Ok(())
    }

    /// Every column divides the same rows, so every column has the same total: that of the node.
    fn check(&self, coordinate: usize, node: Sums, histogram: &[i64]) -> Result<(), AbsorbError> {
        for column in &self.layout.columns {
            let impossible = |reason| AbsorbError::Impossible {
                coordinate: coordinate + column.offset,
                reason,
            };
            if column.total(histogram) != node {
                return Err(impossible(
                    "the bins of a feature do not add up to the sums of the node",
                ));
            }
            if column
                .of(histogram)
                .iter()
                .skip(1)
                .step_by(2)
                .any(|second| *second < 0)
            {
                return Err(impossible("a sum of second derivatives is negative"));
            }
        }
        Ok(())
    }

    fn best_split(
        &self,
        plan: &GbdtPlan,
        node: u32,
        histogram: Vec<i64>,
    ) -> Option<(u32, Candidate, Vec<i64>)> {
        let candidate = best_split(
            plan,
            &self.layout,
            &histogram,
            self.nodes[node as usize].sums,
        )?;
        Some((node, candidate, histogram))
    }

    /// Gives a node its two children.
    fn divide(&mut self, node: u32, candidate: Candidate) {
        let left = self.nodes.len() as u32;
        let parent = &mut self.nodes[node as usize];
        parent.split = Some(candidate.split);
        parent.left = left;
        let sides = [candidate.left, parent.sums - candidate.left];
        self.nodes.extend(sides.map(|sums| GrowingNode {
            sums,
            split: None,
            left: 0,
        }));
    }

    /// The lighter child is asked and the heavier one derived; a child too light for two children is neither.
    fn ask_for_children(
        &self,
        plan: &GbdtPlan,
        parent: u32,
        parent_histogram: Vec<i64>,
    ) -> Option<Ask> {
        let weight = |node: u32| self.nodes[node as usize].sums.second;
        let left = self.nodes[parent as usize].left;
        let right = left + 1;
        let (lighter, heavier) = if weight(left) <= weight(right) {
            (left, right)
        } else {
            (right, left)
        };
        let worth_asking =
            |node: u32| weight(node) > 1 && to_real(weight(node)) >= 2.0 * plan.child_weight_min;
        if !worth_asking(heavier) {
            None
        } else if worth_asking(lighter) {
            Some(Ask {
                node: lighter,
                derived: Some(DerivedSibling {
                    node: heavier,
                    parent,
                    parent_histogram,
                }),
            })
        } else {
            Some(Ask {
                node: heavier,
                derived: None,
            })
        }
    }
}

impl GrowingNode {
    /// What the node would add to the log-odds as a leaf: one Newton step, shortened.
    pub(super) fn value(&self, plan: &GbdtPlan) -> f64 {
        -plan.learning_rate * to_real(self.sums.first) / (to_real(self.sums.second) + plan.ridge)
    }
}
