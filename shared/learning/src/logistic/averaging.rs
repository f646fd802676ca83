//! Logistic regression by averaging what holders learn by themselves: FedAvg (McMahan et al., 2017) and FedProx (Li et
//! al., 2020), as exact sums.
//!
//! In each round every holder takes some steps of gradient descent on its own rows from the common weights, and answers
//! with how far it got, weighted with its number of rows. The average moves the common weights. It is the method for
//! models that no sum determines; here, where [`LogisticLearner`](super::LogisticLearner) exists, it is the worse one:
//! unlike everything else in this crate its model depends on how rows are spread over holders. What it shares with the
//! rest is that the sum is one of integers, so a secure sum gives what a plain one gives, whoever adds first.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::learner::{prior_logit, to_model};
use super::model::LogisticModel;
use super::newton::{dot, fill_columns};
use super::plan::{LogisticPlan, PlanError};
use super::standardisation::{self, Scaling};
use crate::content_hash::content_hash;
use crate::deterministic::{quantise, sigmoid};
use crate::learner::{AbsorbError, AnswerError, Learner, Query, check_dimension};
use crate::rows::TrainingRows;

/// The hyper-parameters. [`AveragingLearner::new`] checks them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AveragingPlan {
    /// Features, class weights and ridge; its rounds are not used.
    pub logistic: LogisticPlan,
    /// Rounds of averaging.
    pub rounds: u32,
    /// Steps of gradient descent that a holder takes in a round.
    pub local_steps: u32,
    /// Length of a step, in units of the mean gradient.
    pub step_length: f64,
    /// µ of FedProx: how strongly a holder is held back at the common weights; 0 is FedAvg.
    pub proximal: f64,
}

/// Why a plan cannot be trained.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AveragingPlanError {
    /// The regression's own plan.
    #[error(transparent)]
    Logistic(#[from] PlanError),
    /// Too few rounds or steps, or numbers that are none.
    #[error(
        "averaging needs rounds and steps, a positive step length and a proximal weight of 0 or more"
    )]
    Steps,
}

/// A holder's way in a round, in units of 2^−20 of a weight.
const DELTA_BITS: u32 = 20;
/// The farthest that a holder may get in a round; beyond, it is taken to have got so far.
const DELTA_MAX: i64 = 8 << DELTA_BITS;

impl AveragingPlan {
    /// FedAvg: 30 rounds of 5 steps.
    pub fn new(logistic: LogisticPlan) -> Self {
        Self {
            logistic,
            rounds: 30,
            local_steps: 5,
            step_length: 1.0,
            proximal: 0.0,
        }
    }

    fn check(&self) -> Result<(), AveragingPlanError> {
        self.logistic.check()?;
        let steps = self.rounds > 0
            && self.local_steps > 0
            && self.step_length > 0.0
            && self.step_length.is_finite()
            && self.proximal >= 0.0
            && self.proximal.is_finite();
        if steps {
            Ok(())
        } else {
            Err(AveragingPlanError::Steps)
        }
    }
}

/// Learns a [`LogisticModel`] by averaging.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AveragingLearner {
    plan: AveragingPlan,
    unit: u32,
    phase: Phase,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Phase {
    Scaling,
    Averaging {
        scaling: Scaling,
        round: u32,
        /// The common weights, one for each column.
        point: Vec<f64>,
    },
    Finished(LogisticModel),
}

impl AveragingLearner {
    /// A learner at its beginning.
    pub fn new(plan: AveragingPlan) -> Result<Self, AveragingPlanError> {
        plan.check()?;
        Ok(Self {
            plan,
            unit: 0,
            phase: Phase::Scaling,
        })
    }

    /// Where a holder's own steps lead from the common weights.
    fn local_point(&self, scaling: &Scaling, common: &[f64], rows: &TrainingRows) -> Vec<f64> {
        let logistic = &self.plan.logistic;
        let intercept = common.len() - 1;
        let ridge = logistic.ridge / scaling.rows.max(1) as f64;
        let mut point = common.to_vec();
        let mut inputs = vec![0.0; common.len()];
        for _ in 0..self.plan.local_steps {
            let mut gradient = vec![0.0; common.len()];
            let mut weights = 0.0;
            for (features, label) in rows.iter() {
                fill_columns(logistic, scaling, features, &mut inputs);
                let class_weight = logistic.class_weight(label) as f64;
                let residual = sigmoid(dot(&point, &inputs)) - f64::from(u8::from(label));
                for (slope, input) in gradient.iter_mut().zip(&inputs) {
                    *slope += class_weight * residual * input;
                }
                weights += class_weight;
            }
            for (column, slope) in gradient.iter().enumerate() {
                let penalty = if column == intercept {
                    0.0
                } else {
                    ridge * point[column]
                };
                let pull = self.plan.proximal * (point[column] - common[column]);
                point[column] -= self.plan.step_length * (slope / weights + penalty + pull);
            }
        }
        point
    }
}

impl Learner for AveragingLearner {
    type Rows = TrainingRows;
    type Workspace = ();
    type Model = LogisticModel;

    fn next_query(&self) -> Option<Query> {
        let logistic = &self.plan.logistic;
        let (name, dimension, row_bound) = match &self.phase {
            Phase::Scaling => (
                "averaging/scaling".to_owned(),
                standardisation::dimension(logistic),
                standardisation::ROW_BOUND,
            ),
            // Rows, then how far each weight moved, times rows.
            Phase::Averaging { round, .. } => (
                format!("averaging/round/{round}"),
                1 + logistic.column_count(),
                DELTA_MAX.unsigned_abs(),
            ),
            Phase::Finished(_) => return None,
        };
        Some(Query {
            name,
            unit: self.unit,
            dimension,
            row_bound,
        })
    }

    fn answer(&self, rows: &TrainingRows, _: &mut ()) -> Result<Vec<i64>, AnswerError> {
        let query = self.next_query().ok_or(AnswerError::Finished)?;
        query.ring_bits(rows.len() as u64)?;
        let expected = self.plan.logistic.features.len();
        if !rows.is_empty() && rows.feature_count() != expected {
            return Err(AnswerError::FeatureCount {
                expected,
                actual: rows.feature_count(),
            });
        }
        match &self.phase {
            Phase::Scaling => Ok(standardisation::answer(&self.plan.logistic, rows)),
            // Who has nothing to learn from stays where it is, with no weight.
            Phase::Averaging { .. } if rows.is_empty() => Ok(vec![0; query.dimension]),
            Phase::Averaging { scaling, point, .. } => {
                let count = rows.len() as i64;
                let local = self.local_point(scaling, point, rows);
                let moved = local
                    .iter()
                    .zip(point)
                    .map(|(to, from)| count * quantise(to - from, DELTA_BITS, DELTA_MAX));
                Ok([count].into_iter().chain(moved).collect())
            }
            Phase::Finished(_) => Err(AnswerError::Finished),
        }
    }

    fn absorb(&mut self, total: &[i64]) -> Result<(), AbsorbError> {
        check_dimension(self.next_query().as_ref(), total)?;
        match &mut self.phase {
            Phase::Scaling => {
                let scaling = standardisation::absorb(&self.plan.logistic, total)?;
                let mut point = vec![0.0; self.plan.logistic.column_count()];
                let intercept = point.len() - 1;
                point[intercept] = prior_logit(&self.plan.logistic, &scaling);
                let one_class = scaling.positives == 0 || scaling.positives == scaling.rows;
                self.phase = if one_class {
                    Phase::Finished(to_model(&self.plan.logistic, &scaling, &point))
                } else {
                    Phase::Averaging {
                        scaling,
                        round: 0,
                        point,
                    }
                };
            }
            Phase::Averaging {
                scaling,
                round,
                point,
            } => {
                let rows = total[0];
                if rows <= 0 {
                    return Err(AbsorbError::Impossible {
                        coordinate: 0,
                        reason: "an average needs rows",
                    });
                }
                let unit = rows as f64 * (1u64 << DELTA_BITS) as f64;
                for (weight, moved) in point.iter_mut().zip(&total[1..]) {
                    *weight += *moved as f64 / unit;
                }
                *round += 1;
                if *round == self.plan.rounds {
                    let model = to_model(&self.plan.logistic, scaling, point);
                    self.phase = Phase::Finished(model);
                }
            }
            Phase::Finished(_) => return Err(AbsorbError::Finished),
        }
        self.unit += 1;
        Ok(())
    }

    /// Every query is a unit of its own, so nothing was released in the open one: it is asked again in a new unit.
    fn close_unit(&mut self) {
        self.unit += 1;
    }

    fn model(&self) -> Option<&LogisticModel> {
        match &self.phase {
            Phase::Finished(model) => Some(model),
            _ => None,
        }
    }

    fn progress_hash(&self) -> String {
        content_hash(self)
    }
}
