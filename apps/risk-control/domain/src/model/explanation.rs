//! How a score came about, as a sum.

use super::{Scorer, ScoringModel};
use crate::features::{FeatureSet, Features};

/// Base, contributions and calibration add up to the log-odds of the score.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    pub feature_set: FeatureSet,
    /// Log-odds before anything is known of the transaction.
    pub base: f64,
    /// What each feature adds, in the order of the set.
    pub contributions: Vec<f64>,
    /// What calibration adds to the sum of the others: the difference between what boosting believes and how often it
    /// turned out to be so. 0 for a model that is calibrated by construction.
    pub calibration: f64,
}

impl ScoringModel {
    /// What each feature adds, fast enough for every decision: for trees along the path of the transaction
    /// (Saabas, 2014).
    ///
    /// # Panics
    /// If the features are of another set than the model's.
    pub fn explain(&self, features: &Features) -> Explanation {
        self.explanation(features, false)
    }

    /// As [`ScoringModel::explain`], with exact Shapley values for trees (Lundberg et al., 2018): the division that
    /// treats all features alike. Takes milliseconds; for when somebody opens a decision.
    ///
    /// # Panics
    /// If the features are of another set than the model's.
    pub fn explain_exactly(&self, features: &Features) -> Explanation {
        self.explanation(features, true)
    }

    fn explanation(&self, features: &Features, exact: bool) -> Explanation {
        assert_eq!(features.set(), self.feature_set, "the model's own features");
        let values = features.values();
        let mut contributions = vec![0.0; values.len()];
        let (base, calibration) = match &self.scorer {
            Scorer::Logistic(model) => {
                model.contributions(values, &mut contributions);
                (model.intercept, 0.0)
            }
            Scorer::Trees(model) => {
                if exact {
                    model.shapley_values(values, &mut contributions);
                } else {
                    model.contributions(values, &mut contributions);
                }
                let raw = model.log_odds(values);
                (model.baseline(), model.calibration().log_odds(raw) - raw)
            }
        };
        Explanation {
            feature_set: self.feature_set,
            base,
            contributions,
            calibration,
        }
    }
}
