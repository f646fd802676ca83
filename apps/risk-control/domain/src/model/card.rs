//! What is to be known of a model before anybody lets it decide (Mitchell et al., *Model Cards for Model Reporting*,
//! 2019).

use accord_learning::content_hash;
use serde::{Deserialize, Serialize};

use super::{LearnerSettings, Measures, ValueProfile};
use crate::{features::FeatureSet, policy::Thresholds};

/// Longest purpose, in bytes.
pub const PURPOSE_BYTES_MAX: usize = 500;

/// Everything that is said of a model beside its artefact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// What it is for.
    pub purpose: String,
    pub origin: ModelOrigin,
    pub learner: LearnerSettings,
    pub feature_set: FeatureSet,
    pub training: TrainingPeriod,
    /// Absent where there was too little to hold anything out.
    pub held_out: Option<HeldOutTest>,
    /// Scores that lead to the standard alert load on the held-out rows; what a promotion proposes.
    pub thresholds: Thresholds,
    pub profile: TrainingProfile,
    /// What it should not be relied upon for, in sentences.
    pub limits: Vec<String>,
}

/// Who or what made a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelOrigin {
    /// The node itself, on simulated transactions, because it had none of its own.
    Simulated,
    /// Somebody, or the node itself, on the node's own log.
    Local { by: String },
    /// A consortium, by secure sums.
    Federated {
        /// Id of the job, under which its transcript is found.
        job: String,
        institutions: u32,
    },
}

/// What a model was trained on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainingPeriod {
    /// Log sequence up to which the rows were folded; 0 where they are not of this log.
    pub through: u64,
    /// Event time of the first and the last row, epoch microseconds; `None` where nobody tells.
    pub first_us: Option<i64>,
    pub last_us: Option<i64>,
    pub rows: u64,
    pub frauds: u64,
    /// Days after which a transaction makes a row, because by then it would have been reported.
    pub label_delay_days: u32,
}

/// How a model did on the newest rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeldOutTest {
    /// Event time of the first and the last row, epoch microseconds.
    pub first_us: i64,
    pub last_us: i64,
    /// Of a model with the same settings that had not seen these rows; of a received model, which may have.
    pub model: Measures,
    /// The model that decided then, on the same rows.
    pub champion: Option<ChampionMeasures>,
}

/// The champion beside a challenger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChampionMeasures {
    /// Hash of its artefact.
    pub model: String,
    pub measures: Measures,
}

/// How the training rows were spread: what drift is measured against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingProfile {
    /// One for each feature, in the order of the set.
    pub features: Vec<ValueProfile>,
    /// Scores on the held-out rows, where there were any; otherwise on the training rows.
    pub scores: ValueProfile,
}

impl ModelCard {
    /// Event time of the last transaction of this log that the model was trained on, epoch microseconds. Simulated rows
    /// have a time of their own.
    pub fn trained_through_us(&self) -> Option<i64> {
        match self.origin {
            ModelOrigin::Simulated => None,
            ModelOrigin::Local { .. } | ModelOrigin::Federated { .. } => self.training.last_us,
        }
    }

    /// SHA-256 over everything that it says.
    pub fn hash(&self) -> String {
        content_hash(self)
    }
}
