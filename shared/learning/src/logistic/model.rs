//! A trained logistic regression.

use serde::{Deserialize, Serialize};

use super::standardisation::Standardisation;
use crate::content_hash::content_hash;
use crate::deterministic::sigmoid;

/// A logistic regression over standardised features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogisticModel {
    /// The features, in the order of a row's values.
    pub features: Vec<LogisticFeature>,
    /// The log-odds of a row whose every feature is at its mean.
    pub intercept: f64,
}

/// One feature of a [`LogisticModel`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogisticFeature {
    /// The plan's name of the feature.
    pub name: String,
    /// How the raw value is brought to scale.
    pub standardisation: Standardisation,
    /// Log-odds per standard deviation.
    pub weight: f64,
    /// Log-odds of being missing, compared with being at the mean.
    pub missing_weight: f64,
}

impl LogisticFeature {
    #[inline]
    fn contribution(&self, raw: f64) -> f64 {
        match self.standardisation.apply(raw) {
            Some(value) => self.weight * value,
            None => self.missing_weight,
        }
    }
}

impl LogisticModel {
    /// The probability of the positive class, calibrated on the training rows, for one row of raw feature values in
    /// the order of [`features`](Self::features) ([`MISSING`](crate::MISSING) where there is none). Allocates nothing.
    ///
    /// # Panics
    /// If the row has another number of features than the model.
    #[inline]
    pub fn score(&self, features: &[f64]) -> f64 {
        sigmoid(self.logit(features))
    }

    /// The log-odds behind [`score`](Self::score): the intercept, then every contribution added in feature order.
    ///
    /// # Panics
    /// If the row has another number of features than the model.
    #[inline]
    pub fn logit(&self, features: &[f64]) -> f64 {
        assert_eq!(
            features.len(),
            self.features.len(),
            "a row has the model's features"
        );
        let mut logit = self.intercept;
        for (feature, raw) in self.features.iter().zip(features) {
            logit += feature.contribution(*raw);
        }
        logit
    }

    /// Writes what every feature adds to the log-odds, compared with the feature's mean. Adding them to the intercept
    /// in feature order gives [`logit`](Self::logit), to the bit.
    ///
    /// # Panics
    /// If the row or `contributions` has another length than the model's features.
    pub fn contributions(&self, features: &[f64], contributions: &mut [f64]) {
        assert_eq!(
            features.len(),
            self.features.len(),
            "a row has the model's features"
        );
        assert_eq!(
            contributions.len(),
            self.features.len(),
            "one contribution per feature"
        );
        for ((feature, raw), contribution) in self.features.iter().zip(features).zip(contributions)
        {
            *contribution = feature.contribution(*raw);
        }
    }

    /// The names of the features, in order.
    pub fn feature_names(&self) -> impl Iterator<Item = &str> {
        self.features.iter().map(|feature| feature.name.as_str())
    }

    /// The model's name: SHA-256 over its canonical JSON.
    pub fn content_hash(&self) -> String {
        content_hash(self)
    }
}
