//! The evaluation of a model as a state machine over sums.

use serde::{Deserialize, Serialize};

use super::score_bins::ScoreBins;
use crate::calibration::{CalibrationLine, fit_line};
use crate::content_hash::content_hash;
use crate::deterministic::{log_loss_of_logit, quantise};
use crate::learner::{AbsorbError, AnswerError, Learner, Query, check_dimension};

/// A held-out row, scored by the model under evaluation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoredRow {
    /// The model's log-odds, calibrated.
    pub log_odds: f64,
    /// What happened.
    pub label: bool,
}

/// Sums the quality of a model over all holders' held-out rows, in one query.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct EvaluationLearner {
    unit: u32,
    finished: Option<Evaluation>,
}

/// How good a model is on all holders' rows together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Rows by log-odds and label. Ranking metrics from it treat rows of one bin as ties.
    pub bins: ScoreBins,
    /// Mean log-loss, exact to 2^-21; `None` without rows.
    pub log_loss: Option<f64>,
}

impl Evaluation {
    /// The line from predicted to observed log-odds, from bin middles.
    pub fn calibration_line(&self) -> Option<CalibrationLine> {
        fit_line(&self.bins.observations())
    }
}

const LOSS_BITS: u32 = 20;
/// A row's loss is clipped at 2^10.
const LOSS_BOUND: i64 = 1 << (10 + LOSS_BITS);

impl Learner for EvaluationLearner {
    type Rows = Vec<ScoredRow>;
    type Workspace = ();
    type Model = Evaluation;

    fn next_query(&self) -> Option<Query> {
        self.finished.is_none().then(|| Query {
            name: "evaluation".to_owned(),
            unit: self.unit,
            dimension: ScoreBins::DIMENSION + 1,
            row_bound: LOSS_BOUND.unsigned_abs(),
        })
    }

    fn answer(&self, rows: &Vec<ScoredRow>, _: &mut ()) -> Result<Vec<i64>, AnswerError> {
        let query = self.next_query().ok_or(AnswerError::Finished)?;
        query.ring_bits(rows.len() as u64)?;
        let mut bins = ScoreBins::empty();
        let mut loss = 0;
        for row in rows {
            bins.add(row.log_odds, row.label);
            loss += quantise(
                log_loss_of_logit(row.log_odds, row.label),
                LOSS_BITS,
                LOSS_BOUND,
            );
        }
        let mut answer = bins.counts().to_vec();
        answer.push(loss);
        Ok(answer)
    }

    fn absorb(&mut self, total: &[i64]) -> Result<(), AbsorbError> {
        check_dimension(self.next_query().as_ref(), total)?;
        let bins = ScoreBins::from_total(&total[..ScoreBins::DIMENSION])?;
        let (negatives, positives) = bins.class_counts();
        let rows = negatives + positives;
        let loss = total[ScoreBins::DIMENSION] as f64 / (1u64 << LOSS_BITS) as f64;
        self.finished = Some(Evaluation {
            bins,
            log_loss: (rows > 0).then(|| loss / rows as f64),
        });
        Ok(())
    }

    fn close_unit(&mut self) {
        if self.finished.is_none() {
            self.unit += 1;
        }
    }

    fn model(&self) -> Option<&Evaluation> {
        self.finished.as_ref()
    }

    fn progress_hash(&self) -> String {
        content_hash(self)
    }
}
