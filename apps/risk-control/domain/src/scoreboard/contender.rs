//! A model on the board, and what it says of a transaction.

use std::sync::Arc;

use crate::{
    model::ScoringModel,
    policy::{Decision, Policy, Thresholds},
};

/// A model with the thresholds by which it decides or would decide.
#[derive(Clone, Debug)]
pub struct Contender {
    /// Hash of its artefact.
    pub hash: String,
    pub model: Arc<ScoringModel>,
    /// Event time of the last transaction of this log that it was trained on, epoch microseconds; `None` where it was
    /// trained on others. What a model is worth is told by what it has not seen.
    pub trained_through_us: Option<i64>,
    policy: Option<Policy>,
}

/// No model says anything that small.
pub const NO_SCORE: u32 = u32::MAX;

/// A score in millionths, as it is stored, and what would be decided by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opinion {
    pub score_millionths: u32,
    pub decision: Decision,
}

impl Contender {
    /// The model that decides by the active policy.
    pub fn champion(
        hash: String,
        model: Arc<ScoringModel>,
        trained_through_us: Option<i64>,
    ) -> Self {
        Self {
            hash,
            model,
            trained_through_us,
            policy: None,
        }
    }

    /// A model that would decide by the rules of `active` and thresholds of its own.
    pub fn challenger(
        hash: String,
        model: Arc<ScoringModel>,
        trained_through_us: Option<i64>,
        thresholds: Thresholds,
        active: &Policy,
    ) -> Self {
        let policy = Policy {
            model: hash.clone(),
            thresholds,
            ..active.clone()
        };
        Self {
            hash,
            model,
            trained_through_us,
            policy: Some(policy),
        }
    }

    /// By what it decides.
    pub(super) fn policy_over<'a>(&'a self, active: &'a Policy) -> &'a Policy {
        self.policy.as_ref().unwrap_or(active)
    }
}

impl Opinion {
    pub const NONE: Self = Self {
        score_millionths: NO_SCORE,
        decision: Decision::Approve,
    };

    pub fn new(score: f64, decision: Decision) -> Self {
        Self {
            // Scores are rounded to millionths and lie in 0..=1.
            score_millionths: (score * 1e6).round() as u32,
            decision,
        }
    }

    pub fn score(self) -> f64 {
        f64::from(self.score_millionths) / 1e6
    }

    pub fn is_there(self) -> bool {
        self.score_millionths != NO_SCORE
    }
}
