//! A trained forest.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::contributions::ExpectedValues;
use super::forest::FlatForest;
use super::plan::{DEPTH_MAX, FEATURES_MAX};
use super::shapley;
use super::tree::{Node, Tree};
use crate::calibration::Calibration;
use crate::content_hash::content_hash;

/// Boosted trees: the sum of what every tree says is the log-odds of the positive class.
///
/// Beside the trees, which are what is stored and hashed, it holds them flattened for scoring.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "GbdtDocument", into = "GbdtDocument")]
pub struct GbdtModel {
    document: GbdtDocument,
    forest: FlatForest,
    expected: ExpectedValues,
}

/// The stored form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct GbdtDocument {
    feature_names: Vec<String>,
    base_log_odds: f64,
    trees: Vec<Tree>,
    calibration: Calibration,
}

impl GbdtModel {
    /// A model of the given trees, which are checked.
    pub fn new(
        feature_names: Vec<String>,
        base_log_odds: f64,
        trees: Vec<Tree>,
        calibration: Calibration,
    ) -> Result<Self, ModelError> {
        let features = feature_names.len();
        if !(1..=FEATURES_MAX).contains(&features) {
            return Err(ModelError::FeatureCount { features });
        }
        let mut depth = 0;
        for (index, tree) in trees.iter().enumerate() {
            let tree_depth =
                depth_of(tree, features).ok_or(ModelError::NotATree { tree: index })?;
            depth = depth.max(tree_depth);
        }
        let forest = FlatForest::new(base_log_odds, &trees, depth);
        let expected = ExpectedValues::of(&trees);
        Ok(Self {
            document: GbdtDocument {
                feature_names,
                base_log_odds,
                trees,
                calibration,
            },
            forest,
            expected,
        })
    }

    /// The calibrated probability of the positive class for one row of raw feature values
    /// ([`MISSING`](crate::MISSING) where there is none). Allocates nothing.
    ///
    /// # Panics
    /// If the row has another number of features than the model.
    #[inline]
    pub fn score(&self, features: &[f64]) -> f64 {
        self.document
            .calibration
            .probability(self.log_odds(features))
    }

    /// The log-odds before calibration: the base and what every tree adds, in the order of the trees.
    ///
    /// # Panics
    /// If the row has another number of features than the model.
    pub fn log_odds(&self, features: &[f64]) -> f64 {
        assert_eq!(
            features.len(),
            self.document.feature_names.len(),
            "a row has the model's features"
        );
        self.forest.log_odds(features)
    }

    /// The mean log-odds before calibration, which [`contributions`](Self::contributions) and
    /// [`shapley_values`](Self::shapley_values) start from. The mean weighs rows by p(1 − p), as the covers do.
    pub fn baseline(&self) -> f64 {
        self.document.base_log_odds + self.expected.of_roots()
    }

    /// Writes what every feature adds to the log-odds before calibration: along the path of the row, each split's
    /// change of the expected value is ascribed to the feature it asks about (Saabas, 2014).
    ///
    /// Fast enough for every decision. Together with [`baseline`](Self::baseline) the contributions add up to
    /// [`log_odds`](Self::log_odds), to rounding. Splits near the root get less than their due; where that matters use
    /// [`shapley_values`](Self::shapley_values).
    ///
    /// # Panics
    /// If the row or `contributions` has another length than the model's features.
    pub fn contributions(&self, features: &[f64], contributions: &mut [f64]) {
        self.check_lengths(features, contributions);
        self.expected
            .contributions(&self.document.trees, features, contributions);
    }

    /// Writes the exact Shapley values of the features (TreeSHAP, Lundberg et al., 2018, path-dependent): the only
    /// division of the log-odds that treats all features alike. Some hundred times slower than
    /// [`contributions`](Self::contributions).
    ///
    /// # Panics
    /// If the row or `values` has another length than the model's features.
    pub fn shapley_values(&self, features: &[f64], values: &mut [f64]) {
        self.check_lengths(features, values);
        values.fill(0.0);
        for tree in &self.document.trees {
            shapley::add_values(tree, features, values);
        }
    }

    fn check_lengths(&self, features: &[f64], out: &[f64]) {
        assert_eq!(
            features.len(),
            self.document.feature_names.len(),
            "a row has the model's features"
        );
        assert_eq!(out.len(), features.len(), "one value per feature");
    }

    /// The names of the features, in the order of a row's values.
    pub fn feature_names(&self) -> &[String] {
        &self.document.feature_names
    }

    /// The trees, in the order in which they were grown.
    pub fn trees(&self) -> &[Tree] {
        &self.document.trees
    }

    /// How log-odds become probabilities.
    pub fn calibration(&self) -> &Calibration {
        &self.document.calibration
    }

    /// The same trees under another calibration, for instance one fitted to later, riper labels.
    pub fn with_calibration(mut self, calibration: Calibration) -> Self {
        self.document.calibration = calibration;
        self
    }

    /// The model's name: SHA-256 over its canonical JSON.
    pub fn content_hash(&self) -> String {
        content_hash(&self.document)
    }
}

/// Why trees are not a model.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ModelError {
    /// No features, or too many.
    #[error("{features} features; between 1 and {FEATURES_MAX} are possible")]
    FeatureCount {
        /// Features named.
        features: usize,
    },
    /// The nodes of a tree do not form one of at most eight levels over the model's features, or hold a number that is
    /// not finite.
    #[error("the nodes of tree {tree} do not form a tree over the model's features")]
    NotATree {
        /// Index of the tree.
        tree: usize,
    },
}

/// Levels of splits, if the nodes form a tree within the limits.
fn depth_of(tree: &Tree, features: usize) -> Option<u32> {
    let mut depths: Vec<Option<u32>> = vec![None; tree.nodes.len()];
    *depths.first_mut()? = Some(0);
    let mut deepest = 0;
    for (index, node) in tree.nodes.iter().enumerate() {
        // A parent comes before its children: without a depth by now, no node leads here.
        let depth = depths[index]?;
        deepest = deepest.max(depth);
        let finite = match node {
            Node::Leaf { value, .. } => value.is_finite(),
            Node::Split {
                feature,
                threshold,
                left,
                ..
            } => {
                let children = (*left as usize)..=(*left as usize).checked_add(1)?;
                for child in depths.get_mut(children)? {
                    if child.replace(depth + 1).is_some() {
                        return None;
                    }
                }
                threshold.is_finite()
                    && usize::from(*feature) < features
                    && (*left as usize) > index
            }
        };
        if !finite || !(node.cover() > 0.0 || index == 0) || !node.cover().is_finite() {
            return None;
        }
    }
    (deepest <= DEPTH_MAX).then_some(deepest)
}

impl TryFrom<GbdtDocument> for GbdtModel {
    type Error = ModelError;

    fn try_from(document: GbdtDocument) -> Result<Self, ModelError> {
        Self::new(
            document.feature_names,
            document.base_log_odds,
            document.trees,
            document.calibration,
        )
    }
}

impl From<GbdtModel> for GbdtDocument {
    fn from(model: GbdtModel) -> Self {
        model.document
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf() -> Node {
        Node::Leaf {
            value: 1.0,
            cover: 1.0,
        }
    }

    fn split(left: u32) -> Node {
        Node::Split {
            feature: 0,
            threshold: 0.5,
            missing_left: true,
            left,
            cover: 2.0,
        }
    }

    fn model(nodes: Vec<Node>) -> Result<GbdtModel, ModelError> {
        GbdtModel::new(
            vec!["x".into()],
            0.0,
            vec![Tree { nodes }],
            Calibration::None,
        )
    }

    #[test]
    fn only_trees_are_accepted() {
        assert!(model(vec![leaf()]).is_ok());
        assert!(model(vec![split(1), leaf(), leaf()]).is_ok());
        let refused = [
            vec![],
            vec![split(1), leaf()],
            vec![split(0), leaf(), leaf()],
            vec![split(1), leaf(), leaf(), leaf()],
            vec![split(1), split(1), leaf()],
            vec![split(u32::MAX), leaf(), leaf()],
            vec![Node::Leaf {
                value: f64::INFINITY,
                cover: 1.0,
            }],
            vec![
                Node::Split {
                    feature: 1,
                    threshold: 0.5,
                    missing_left: true,
                    left: 1,
                    cover: 2.0,
                },
                leaf(),
                leaf(),
            ],
            vec![
                split(1),
                leaf(),
                Node::Leaf {
                    value: 0.0,
                    cover: 0.0,
                },
            ],
        ];
        for nodes in refused {
            assert_eq!(
                model(nodes.clone()),
                Err(ModelError::NotATree { tree: 0 }),
                "{nodes:?}"
            );
        }
    }

    #[test]
    fn trees_that_are_too_deep_are_refused() {
        let chain = |depth: u32| {
            let mut nodes = vec![];
            for level in 0..depth {
                nodes.push(split(1 + 2 * level));
                if level > 0 {
                    nodes.push(leaf());
                }
            }
            // Siblings side by side: the split of the next level, then a leaf.
            nodes.extend([leaf(), leaf()]);
            model(nodes)
        };
        assert!(chain(8).is_ok());
        assert!(chain(9).is_err());
    }
}
