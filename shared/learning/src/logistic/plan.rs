//! What a consortium agrees on before a logistic regression is trained.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::deterministic::signed_ln_1p;

/// How the raw value of a feature enters the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transform {
    /// As it is: shares, flags, hours.
    Identity,
    /// sign(x) · ln(1 + |x|): amounts, counts, times since, and whatever else has a heavy tail. Means and standard
    /// deviations of raw heavy-tailed values describe a few extreme rows; those of logarithms describe most rows.
    SignedLog1p,
}

impl Transform {
    /// The transformed value.
    #[inline]
    pub fn apply(self, value: f64) -> f64 {
        match self {
            Self::Identity => value,
            Self::SignedLog1p => signed_ln_1p(value),
        }
    }
}

/// One feature of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeaturePlan {
    /// Its name, unique within the plan.
    pub name: String,
    /// Applied before anything else.
    pub transform: Transform,
    /// Raw values below are clipped to it. Fixed by the plan, never found in the data: it bounds what a single row
    /// can add to a sum.
    pub lowest: f64,
    /// Raw values above are clipped to it.
    pub highest: f64,
    /// Whether a missing value has a weight of its own. Without one it counts as the feature's mean.
    pub missing_indicator: bool,
}

impl FeaturePlan {
    /// A yes/no feature (0 or 1) or a share.
    pub fn share(name: impl Into<String>) -> Self {
        Self::within(name, 0.0, 1.0)
    }

    /// A feature that is used as it is within `lowest..=highest`.
    pub fn within(name: impl Into<String>, lowest: f64, highest: f64) -> Self {
        Self {
            name: name.into(),
            transform: Transform::Identity,
            lowest,
            highest,
            missing_indicator: false,
        }
    }

    /// A feature with a heavy tail on either side of zero, used through its signed logarithm. The range of ±10^12
    /// clips no amount, count or duration that makes sense, and costs nothing on a logarithmic scale.
    pub fn heavy_tailed(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            transform: Transform::SignedLog1p,
            lowest: -1e12,
            highest: 1e12,
            missing_indicator: false,
        }
    }

    /// The same feature, with a weight for being missing.
    pub fn with_missing_indicator(self) -> Self {
        Self {
            missing_indicator: true,
            ..self
        }
    }
}

/// The hyper-parameters of a logistic regression. [`LogisticLearner::new`](super::LogisticLearner::new) checks them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogisticPlan {
    /// The features, in the order of a row's values.
    pub features: Vec<FeaturePlan>,
    /// At most so many sums of gradient and Hessian; 8 are nearly always enough.
    pub rounds_max: u32,
    /// L2 penalty λ on the standardised weights: the objective is the sum of log-losses plus λ/2 · |w|². The intercept
    /// is free. (scikit-learn's C is 1/λ.)
    pub ridge: f64,
    /// How many times a positive row counts, 1..=1024. The probabilities are corrected for it afterwards.
    pub positive_weight: u32,
    /// How many times a negative row counts, 1..=1024.
    pub negative_weight: u32,
}

impl LogisticPlan {
    /// A plan with 8 rounds, a ridge of 1 and unweighted classes.
    pub fn new(features: Vec<FeaturePlan>) -> Self {
        Self {
            features,
            rounds_max: 8,
            ridge: 1.0,
            positive_weight: 1,
            negative_weight: 1,
        }
    }

    /// Columns of the regression: features, then missing indicators, then the intercept.
    pub(super) fn column_count(&self) -> usize {
        self.features.len()
            + self
                .features
                .iter()
                .filter(|feature| feature.missing_indicator)
                .count()
            + 1
    }

    pub(super) fn class_weight(&self, label: bool) -> i64 {
        i64::from(if label {
            self.positive_weight
        } else {
            self.negative_weight
        })
    }

    pub(super) fn largest_class_weight(&self) -> u64 {
        u64::from(self.positive_weight.max(self.negative_weight))
    }

    pub(super) fn check(&self) -> Result<(), PlanError> {
        if self.column_count() > COLUMNS_MAX {
            return Err(PlanError::TooManyColumns {
                columns: self.column_count(),
            });
        }
        for (index, feature) in self.features.iter().enumerate() {
            let range =
                [feature.lowest, feature.highest].map(|bound| feature.transform.apply(bound));
            let width = range[1] - range[0];
            if !(width > 0.0 && width.is_finite()) {
                return Err(PlanError::Range {
                    name: feature.name.clone(),
                });
            }
            if self.features[..index]
                .iter()
                .any(|earlier| earlier.name == feature.name)
            {
                return Err(PlanError::DuplicateFeature {
                    name: feature.name.clone(),
                });
            }
        }
        let weights = [self.positive_weight, self.negative_weight];
        if weights
            .iter()
            .any(|weight| !(1..=CLASS_WEIGHT_MAX).contains(weight))
        {
            return Err(PlanError::ClassWeight);
        }
        if !(self.ridge > 0.0 && self.ridge.is_finite()) {
            return Err(PlanError::Ridge);
        }
        if self.rounds_max == 0 {
            return Err(PlanError::NoRounds);
        }
        Ok(())
    }
}

/// The packed Hessian of a thousand columns has half a million entries: beyond that Newton's method is the wrong tool.
const COLUMNS_MAX: usize = 1_024;

/// Keeps the bound of a single row at 2^49, so that a 64-bit sum holds 16,000 rows even then.
const CLASS_WEIGHT_MAX: u32 = 1_024;

/// Why a plan cannot be trained.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlanError {
    /// Too many columns for a dense Hessian.
    #[error("{columns} columns are more than the {COLUMNS_MAX} that a dense Hessian is meant for")]
    TooManyColumns {
        /// Features, missing indicators and intercept.
        columns: usize,
    },
    /// A feature's range is empty, reversed or not finite.
    #[error("the range of feature {name} is empty or not finite")]
    Range {
        /// The feature.
        name: String,
    },
    /// Two features have one name.
    #[error("feature {name} appears twice")]
    DuplicateFeature {
        /// The feature.
        name: String,
    },
    /// A class weight is out of range.
    #[error("class weights must lie in 1..={CLASS_WEIGHT_MAX}")]
    ClassWeight,
    /// The ridge is not a positive number.
    #[error("the ridge must be a positive number")]
    Ridge,
    /// No Newton round is allowed.
    #[error("at least one round is needed")]
    NoRounds,
}
