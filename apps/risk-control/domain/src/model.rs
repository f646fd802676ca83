//! A model that scores transactions: an artefact, named by the hash of its bytes.

mod card;
mod explanation;
mod measures;
mod profile;
mod registry;
mod settings;
mod trained;
mod training;

use accord_learning::{gbdt::GbdtModel, logistic::LogisticModel};
use serde::{Deserialize, Serialize};

pub use card::{
    ChampionMeasures, HeldOutTest, ModelCard, ModelOrigin, PURPOSE_BYTES_MAX, TrainingPeriod,
    TrainingProfile,
};
pub use explanation::Explanation;
pub use measures::{CARDS_INSPECTED, MeasuredRow, Measures};
pub use profile::ValueProfile;
pub use registry::{ModelRegistry, RegisteredModel, SHADOWS_MAX};
pub use settings::{LearnerSettings, LogisticSettings, SettingFault, TreesSettings};
pub use trained::{Champion, TrainedModel, TrainingData, TrainingOrder};
pub use training::{TrainingError, TreesPlan, Watch, gbdt_plan, train_model, train_trees};

use crate::features::{FeatureSet, Features};

/// Why an artefact is not a model that this binary can score with.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("the model is not readable: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("the model reads feature set {found}, which this binary does not compute")]
    OtherFeatureSet { found: String },
    #[error("the model does not read the features of {set} in their order")]
    OtherFeatures { set: &'static str },
}

/// What turns features into a probability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scorer {
    Logistic(LogisticModel),
    Trees(GbdtModel),
}

/// A scoring model with the feature set that it reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoringModel {
    feature_set: FeatureSet,
    #[serde(flatten)]
    scorer: Scorer,
}

impl ScoringModel {
    /// Wraps a model that was trained on the given features.
    pub fn new(feature_set: FeatureSet, scorer: Scorer) -> Result<Self, ModelError> {
        let model = Self {
            feature_set,
            scorer,
        };
        model.check()?;
        Ok(model)
    }

    /// Reads an artefact.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        #[derive(Deserialize)]
        struct Header {
            feature_set: String,
        }
        // Said apart, because a model of a later binary is no damage.
        let Header { feature_set: found } = serde_json::from_slice(bytes)?;
        if !FeatureSet::ALL.iter().any(|set| set.name() == found) {
            return Err(ModelError::OtherFeatureSet { found });
        }
        let model: Self = serde_json::from_slice(bytes)?;
        model.check()?;
        Ok(model)
    }

    /// The artefact's bytes, whose SHA-256 names the model.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a model is plain data, which always serialises")
    }

    /// The features that a transaction must be given for this model.
    pub fn feature_set(&self) -> FeatureSet {
        self.feature_set
    }

    pub fn scorer(&self) -> &Scorer {
        &self.scorer
    }

    /// Probability of fraud in 0..=1, rounded to a millionth: finer differences mean nothing and cost bytes.
    ///
    /// # Panics
    /// If the features are of another set than [`ScoringModel::feature_set`].
    pub fn score(&self, features: &Features) -> f64 {
        assert_eq!(features.set(), self.feature_set, "the model's own features");
        self.score_values(features.values())
    }

    /// As [`ScoringModel::score`], of a row of the model's own feature set.
    ///
    /// # Panics
    /// If the row has another number of features.
    pub fn score_values(&self, values: &[f64]) -> f64 {
        let probability = match &self.scorer {
            Scorer::Logistic(model) => model.score(values),
            Scorer::Trees(model) => model.score(values),
        };
        (probability * 1e6).round() / 1e6
    }

    fn check(&self) -> Result<(), ModelError> {
        let names = self
            .feature_set
            .features()
            .iter()
            .map(|feature| feature.name);
        let fits = match &self.scorer {
            Scorer::Logistic(model) => model.feature_names().eq(names),
            Scorer::Trees(model) => model.feature_names().iter().map(String::as_str).eq(names),
        };
        if fits {
            Ok(())
        } else {
            Err(ModelError::OtherFeatures {
                set: self.feature_set.name(),
            })
        }
    }
}

#[cfg(test)]
mod tests;
