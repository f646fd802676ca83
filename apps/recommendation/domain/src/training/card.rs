//! What a model was made from, how, and how good it is.

use serde::{Deserialize, Serialize};

/// The card of a model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// Last event of the log that it was trained on; 0: it comes from elsewhere.
    pub trained_through: u64,
    /// Items of the catalogue at that moment.
    pub items: u64,
    /// Histories, sessions and baskets that it was trained on.
    pub shoppers: u64,
    pub sessions: u64,
    pub baskets: u64,
    /// The settings that validation chose, in words.
    pub settings: String,
    /// What the model makes of shoppers that it was not trained on; absent where there were too few.
    #[serde(default)]
    pub validation: Option<ModelFigures>,
    /// What popularity alone makes of the same shoppers.
    #[serde(default)]
    pub popularity: Option<ModelFigures>,
    /// Cases that the figures are means of.
    pub validation_cases: u64,
}

/// Means over held-out shoppers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelFigures {
    /// Of what was held out, the share among the first 20.
    pub recall_at_20: f64,
    /// Normalised discounted cumulative gain of the first 100.
    pub ndcg_at_100: f64,
}
