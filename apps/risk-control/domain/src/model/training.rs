//! Train a model on rows of the current feature set.

use accord_learning::{
    Learner, TrainingRows,
    gbdt::{GbdtLearner, GbdtPlan, GbdtWorkspace},
    logistic::{LogisticLearner, LogisticPlan},
};

use super::{
    LearnerSettings, LogisticSettings, ModelError, Scorer, ScoringModel, settings::TreesSettings,
};
use crate::features::FeatureSet;

/// Why no model came out.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
    #[error("there are no transactions of both kinds to learn from")]
    OneClass,
    #[error("the training was cancelled")]
    Cancelled,
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

/// Told the share of the work that is done, in 0..=1; says whether to go on.
pub type Watch<'a> = &'a mut dyn FnMut(f64) -> bool;

/// Trains trees on rows of the current feature set. The same rows give the same model, whatever the number of threads.
///
/// The log-odds stand as boosting made them: with small steps and sampling they come out calibrated (slopes of 0.9 to
/// 1.1 on transactions of later weeks), and rows that are held out to calibrate on would be missed by the trees.
pub fn train_trees(rows: &TrainingRows, plan: TreesPlan) -> Result<ScoringModel, TrainingError> {
    let settings = LearnerSettings::Trees(TreesSettings {
        seed: plan.seed,
        ..TreesSettings::STANDARD
    });
    train_model(rows, &settings, plan.threads, &mut |_| true)
}

/// As [`train_trees`], with any learner and under watch.
pub fn train_model(
    rows: &TrainingRows,
    settings: &LearnerSettings,
    threads: usize,
    watch: Watch<'_>,
) -> Result<ScoringModel, TrainingError> {
    let frauds = rows.labels().iter().filter(|fraud| **fraud).count();
    if frauds == 0 || frauds == rows.len() {
        return Err(TrainingError::OneClass);
    }
    let scorer = match settings {
        LearnerSettings::Trees(trees) => grow(rows, *trees, threads, watch)?,
        LearnerSettings::Logistic(logistic) => regress(rows, *logistic, watch)?,
    };
    Ok(ScoringModel::new(FeatureSet::CURRENT, scorer)?)
}

fn grow(
    rows: &TrainingRows,
    settings: TreesSettings,
    threads: usize,
    watch: Watch<'_>,
) -> Result<Scorer, TrainingError> {
    let learner = GbdtLearner::new(plan_of(settings)).map_err(|error| failed(&error))?;
    let trees = f64::from(settings.trees);
    let share = |learner: &GbdtLearner| learner.trees_grown() as f64 / trees;
    let workspace = GbdtWorkspace::with_threads(threads);
    learn(learner, rows, workspace, share, watch).map(Scorer::Trees)
}

/// The trees of [`train_trees`], for whoever lets several institutions grow them together.
pub fn gbdt_plan(seed: u64) -> GbdtPlan {
    plan_of(TreesSettings {
        seed,
        ..TreesSettings::STANDARD
    })
}

fn plan_of(settings: TreesSettings) -> GbdtPlan {
    let features = FeatureSet::CURRENT.features().iter();
    GbdtPlan {
        trees: settings.trees,
        depth: settings.depth,
        learning_rate: settings.learning_rate,
        row_share: settings.row_share,
        column_share: settings.column_share,
        seed: settings.seed,
        ..GbdtPlan::new(features.map(|feature| feature.name.to_owned()).collect())
    }
}

fn regress(
    rows: &TrainingRows,
    settings: LogisticSettings,
    watch: Watch<'_>,
) -> Result<Scorer, TrainingError> {
    let plan = LogisticPlan {
        rounds_max: settings.rounds_max,
        ridge: settings.ridge,
        ..LogisticPlan::new(FeatureSet::CURRENT.logistic_plans())
    };
    let learner = LogisticLearner::new(plan).map_err(|error| failed(&error))?;
    let rounds = f64::from(settings.rounds_max);
    let share = |learner: &LogisticLearner| learner.losses().len() as f64 / rounds;
    learn(learner, rows, (), share, watch).map(Scorer::Logistic)
}

/// Runs a learner to its end over one holder's rows, whose answer is the whole sum.
fn learn<L: Learner<Rows = TrainingRows, Model: Clone>>(
    mut learner: L,
    rows: &TrainingRows,
    mut workspace: L::Workspace,
    share: impl Fn(&L) -> f64,
    watch: Watch<'_>,
) -> Result<L::Model, TrainingError> {
    while learner.next_query().is_some() {
        if !watch(share(&learner)) {
            return Err(TrainingError::Cancelled);
        }
        let total = learner
            .answer(rows, &mut workspace)
            .map_err(|error| failed(&error))?;
        learner.absorb(&total).map_err(|error| failed(&error))?;
    }
    learner
        .model()
        .cloned()
        .ok_or_else(|| failed(&"the learner ended without a model"))
}

fn failed(error: &dyn std::fmt::Display) -> TrainingError {
    TrainingError::Learner(error.to_string())
}
