//! What a consortium agrees on before trees are grown.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::quantiles::{CUTS_MAX, CutCounts};

/// The hyper-parameters of boosted trees. [`GbdtLearner::new`](super::GbdtLearner::new) checks them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GbdtPlan {
    /// The names of the features, unique, in the order of a row's values; at most 256.
    pub feature_names: Vec<String>,
    /// How fine the bins are.
    pub cuts: CutCounts,
    /// Number of trees.
    pub trees: u32,
    /// Levels of splits in a tree, 1..=8.
    pub depth: u32,
    /// Every leaf is multiplied by it, in (0, 1].
    pub learning_rate: f64,
    /// L2 penalty λ on leaf values, above 0.
    pub ridge: f64,
    /// The least sum of second derivatives p(1 − p) on either side of a split.
    pub child_weight_min: f64,
    /// The least fall of the objective for which a split is made.
    pub gain_min: f64,
    /// Share of the rows that a tree is grown on, drawn anew for every tree, in (0, 1].
    pub row_share: f64,
    /// Share of the features that a tree may use, drawn anew for every tree, in (0, 1]; at least one.
    pub column_share: f64,
    /// Rows kept out of all trees to calibrate on; `None` leaves the log-odds as boosting made them.
    pub calibration: Option<CalibrationPlan>,
    /// Everything that is drawn is a hash of it.
    pub seed: u64,
}

/// How the log-odds are calibrated after the last tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibrationPlan {
    /// Share of the rows that no tree sees, in (0, 1).
    pub held_out_share: f64,
    /// What is fitted to them.
    pub kind: CalibrationKind,
}

/// Ways to calibrate; see [`Calibration`](crate::calibration::Calibration).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalibrationKind {
    /// Slope and intercept.
    Line,
    /// A non-decreasing curve.
    Isotonic,
}

impl GbdtPlan {
    /// A plan that suits fraud data of some ten thousand to a few million rows: 200 trees of depth 4, a learning rate
    /// of 0.1, rows and columns sampled at 80 %, the finest bins, no calibration.
    pub fn new(feature_names: Vec<String>) -> Self {
        Self {
            feature_names,
            cuts: CutCounts::FINEST,
            trees: 200,
            depth: 4,
            learning_rate: 0.1,
            ridge: 1.0,
            child_weight_min: 1.0,
            gain_min: 0.0,
            row_share: 0.8,
            column_share: 0.8,
            calibration: None,
            seed: 0,
        }
    }

    pub(super) fn check(&self) -> Result<(), PlanError> {
        let names = &self.feature_names;
        if !(1..=FEATURES_MAX).contains(&names.len()) {
            return Err(PlanError::FeatureCount {
                features: names.len(),
            });
        }
        if let Some(name) = names
            .iter()
            .enumerate()
            .find_map(|(index, name)| names[..index].contains(name).then_some(name))
        {
            return Err(PlanError::DuplicateFeature { name: name.clone() });
        }
        let share = |value: f64| value > 0.0 && value <= 1.0;
        let held_out = self
            .calibration
            .as_ref()
            .is_none_or(|plan| plan.held_out_share > 0.0 && plan.held_out_share < 1.0);
        let checks = [
            (self.cuts.total() <= CUTS_MAX, "at most 254 cuts"),
            ((1..=DEPTH_MAX).contains(&self.depth), "a depth in 1..=8"),
            (share(self.learning_rate), "a learning rate in (0, 1]"),
            (
                self.ridge > 0.0 && self.ridge.is_finite(),
                "a positive ridge",
            ),
            (
                self.child_weight_min >= 0.0 && self.child_weight_min.is_finite(),
                "a least child weight of 0 or more",
            ),
            (
                self.gain_min >= 0.0 && self.gain_min.is_finite(),
                "a least gain of 0 or more",
            ),
            (share(self.row_share), "a share of rows in (0, 1]"),
            (share(self.column_share), "a share of columns in (0, 1]"),
            (held_out, "a held-out share in (0, 1)"),
        ];
        match checks.into_iter().find(|(holds, _)| !holds) {
            Some((_, wanted)) => Err(PlanError::OutOfRange { wanted }),
            None => Ok(()),
        }
    }
}

/// A scored row fits a fixed array.
pub(super) const FEATURES_MAX: usize = 256;

/// Trees are scored as complete trees, whose size doubles with every level.
pub(super) const DEPTH_MAX: u32 = 8;

/// Why a plan cannot be trained.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlanError {
    /// No features, or too many.
    #[error("{features} features; between 1 and {FEATURES_MAX} are possible")]
    FeatureCount {
        /// Features in the plan.
        features: usize,
    },
    /// Two features have one name.
    #[error("feature {name} appears twice")]
    DuplicateFeature {
        /// The feature.
        name: String,
    },
    /// A number makes no sense.
    #[error("the plan needs {wanted}")]
    OutOfRange {
        /// What would be sensible.
        wanted: &'static str,
    },
}
