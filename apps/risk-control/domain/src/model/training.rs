//! Train boosted trees on rows of the current feature set.

use accord_learning::{
    TrainingRows,
    gbdt::{GbdtLearner, GbdtPlan, GbdtWorkspace},
    train_centrally_with,
};

use super::{ModelError, Scorer, ScoringModel};
use crate::features::FeatureSet;

/// Small steps, since fraud is rare and its signs are few.
const LEARNING_RATE: f64 = 0.05;
/// Share of the features that a tree may use: terminals and amounts then take turns.
const COLUMN_SHARE: f64 = 0.5;

/// Why no model came out.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
    #[error("there are no transactions of both kinds to learn from")]
    OneClass,
    #[error("{0}")]
    Learner(String),
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// How trees are grown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreesPlan {
    pub threads: usize,
    /// Rows and features are sampled by a hash of it.
    pub seed: u64,
}

/// Trains trees on rows of the current feature set. The same rows give the same model, whatever the number of threads.
///
/// The log-odds stand as boosting made them: with small steps and sampling they come out calibrated (slopes of 0.9 to
/// 1.1 on transactions of later weeks), and rows that are held out to calibrate on would be missed by the trees.
pub fn train_trees(rows: &TrainingRows, plan: TreesPlan) -> Result<ScoringModel, TrainingError> {
    let frauds = rows.labels().iter().filter(|fraud| **fraud).count();
    if frauds == 0 || frauds == rows.len() {
        return Err(TrainingError::OneClass);
    }
    let set = FeatureSet::CURRENT;
    let names = set.features().iter().map(|feature| feature.name.to_owned());
    let gbdt = GbdtPlan {
        learning_rate: LEARNING_RATE,
        column_share: COLUMN_SHARE,
        seed: plan.seed,
        ..GbdtPlan::new(names.collect())
    };
    let failed = |error: &dyn std::fmt::Display| TrainingError::Learner(error.to_string());
    let learner = GbdtLearner::new(gbdt).map_err(|error| failed(&error))?;
    let workspace = GbdtWorkspace::with_threads(plan.threads);
    let trees = train_centrally_with(learner, rows, workspace).map_err(|error| failed(&error))?;
    Ok(ScoringModel::new(set, Scorer::Trees(trees))?)
}
