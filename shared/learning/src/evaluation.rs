//! Joint quality without sharing a score: counts by score bin and label, and the log-loss, as one sum.

mod learner;
mod score_bins;

pub use learner::{Evaluation, EvaluationLearner, ScoredRow};
pub use score_bins::ScoreBins;
