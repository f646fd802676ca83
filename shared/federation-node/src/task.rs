//! What a job is to find out: a learner, from which rows of each institution, and what it may cost.
//!
//! A task is written into the plan as JSON text that everybody signs, so all sides set up the same learner from it.

mod machines;
mod order;
mod statistics;

use accord_federation::Plan;
use accord_learning::gbdt::GbdtPlan;
use accord_learning::logistic::LogisticPlan;
use accord_learning::quantiles::QuantilePlan;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub(crate) use machines::{CannotStart, ParticipantParts};
pub use machines::{JobCoordinator, JobParticipant, JobResult, JobRows};
pub use order::{
    EvaluationOrder, Feature, FeatureSets, GbdtOrder, JobOrder, LogisticOrder, OrderError,
    QuantilesOrder, TaskOrder,
};

/// What is learnt. The tag is the plan's `learner.kind`.
#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    /// Boosted trees.
    Gbdt(Training<GbdtPlan>),
    /// Logistic regression.
    Logistic(Training<LogisticPlan>),
    /// The cuts of each feature's bins.
    Quantiles(Training<QuantilePlan>),
    /// How good a model is on everybody's held-out rows together.
    Evaluation(EvaluationTask),
}

/// A learner over rows of features, with which rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Training<P> {
    /// The learner's hyper-parameters.
    #[serde(flatten)]
    pub learner: P,
    /// Which rows, and of which features.
    pub selection: RowSelection,
}

/// Which of its rows an institution answers from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowSelection {
    /// The feature set that rows are made of.
    pub feature_set: String,
    /// Its features, in the order of a row's values.
    pub features: Vec<String>,
    /// Days before the newest labelled day that are left out, so that a model can be measured on them.
    pub held_out_days: u16,
}

/// Measures what an earlier job has trained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvaluationTask {
    /// The job whose model is measured, on rows that it did not learn from.
    pub model_of: String,
    /// The hash of that model: whoever has another one refuses.
    pub model: String,
}

/// The plan names a task that this binary cannot do.
#[derive(Debug, Error)]
pub enum UnknownTask {
    /// A kind of learner that is not known here.
    #[error("learners of kind `{0}` are not known here")]
    Kind(String),
    /// Hyper-parameters that cannot be read.
    #[error("the hyper-parameters are not readable: {0}")]
    Parameters(#[from] serde_json::Error),
    /// Hyper-parameters that no learner takes.
    #[error("the hyper-parameters are refused: {0}")]
    Refused(String),
}

impl Task {
    /// All kinds, as plans name them.
    pub const KINDS: [&str; 4] = ["gbdt", "logistic", "quantiles", "evaluation"];

    /// Its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Gbdt(_) => Self::KINDS[0],
            Self::Logistic(_) => Self::KINDS[1],
            Self::Quantiles(_) => Self::KINDS[2],
            Self::Evaluation(_) => Self::KINDS[3],
        }
    }

    /// Reads the task of a plan.
    pub fn of(plan: &Plan) -> Result<Self, UnknownTask> {
        let text = &plan.learner.parameters;
        Ok(match plan.learner.kind.as_str() {
            "gbdt" => Self::Gbdt(serde_json::from_str(text)?),
            "logistic" => Self::Logistic(serde_json::from_str(text)?),
            "quantiles" => Self::Quantiles(serde_json::from_str(text)?),
            "evaluation" => Self::Evaluation(serde_json::from_str(text)?),
            other => return Err(UnknownTask::Kind(other.to_owned())),
        })
    }

    /// As plans hold it.
    pub fn parameters(&self) -> String {
        let written = match self {
            Self::Gbdt(training) => serde_json::to_string(training),
            Self::Logistic(training) => serde_json::to_string(training),
            Self::Quantiles(training) => serde_json::to_string(training),
            Self::Evaluation(task) => serde_json::to_string(task),
        };
        written.expect("hyper-parameters are plain data, which always serialises")
    }

    /// Which rows it learns from; an evaluation takes those that the job it measures has left out.
    pub fn selection(&self) -> Option<&RowSelection> {
        match self {
            Self::Gbdt(training) => Some(&training.selection),
            Self::Logistic(training) => Some(&training.selection),
            Self::Quantiles(training) => Some(&training.selection),
            Self::Evaluation(_) => None,
        }
    }
}
