//! A model that scores transactions: an artefact, named by the hash of its bytes.

use accord_learning::logistic::LogisticModel;
use serde::{Deserialize, Serialize};

use crate::features::{FEATURE_COUNT, FEATURE_SET, FEATURES, Features};

/// Why an artefact is not a model that this binary can score with.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("the model is not readable: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("the model reads feature set {found}, and this binary computes {FEATURE_SET}")]
    OtherFeatureSet { found: String },
    #[error("the model does not read the features of {FEATURE_SET} in their order")]
    OtherFeatures,
}

/// A scoring model with the feature set that it reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoringModel {
    feature_set: String,
    logistic: LogisticModel,
}

impl ScoringModel {
    /// Wraps a regression that was trained on this binary's features.
    pub fn new(logistic: LogisticModel) -> Result<Self, ModelError> {
        let model = Self {
            feature_set: FEATURE_SET.to_owned(),
            logistic,
        };
        model.check()?;
        Ok(model)
    }

    /// Reads an artefact.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        let model: Self = serde_json::from_slice(bytes)?;
        model.check()?;
        Ok(model)
    }

    /// The artefact's bytes, whose SHA-256 names the model.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a model is plain data, which always serialises")
    }

    /// Probability of fraud in 0..=1, rounded to a millionth: finer differences mean nothing and cost bytes.
    pub fn score(&self, features: &Features) -> f64 {
        (self.logistic.score(&features.0) * 1e6).round() / 1e6
    }

    /// What each feature adds to the log-odds; with [`ScoringModel::base`] they add up to the score's log-odds.
    pub fn contributions(&self, features: &Features) -> [f64; FEATURE_COUNT] {
        let mut contributions = [0.0; FEATURE_COUNT];
        self.logistic.contributions(&features.0, &mut contributions);
        contributions
    }

    /// Log-odds of a transaction whose features are all average.
    pub fn base(&self) -> f64 {
        self.logistic.intercept
    }

    fn check(&self) -> Result<(), ModelError> {
        if self.feature_set != FEATURE_SET {
            return Err(ModelError::OtherFeatureSet {
                found: self.feature_set.clone(),
            });
        }
        let names = FEATURES.iter().map(|feature| feature.name);
        if !self.logistic.feature_names().eq(names) {
            return Err(ModelError::OtherFeatures);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
