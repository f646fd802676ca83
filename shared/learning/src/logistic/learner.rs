//! The logistic regression as a state machine over sums.

use serde::{Deserialize, Serialize};

use super::model::{LogisticFeature, LogisticModel};
use super::newton::{self, Statistics};
use super::plan::{LogisticPlan, PlanError};
use super::standardisation::{self, Scaling};
use crate::content_hash::content_hash;
use crate::deterministic::ln;
use crate::learner::{AbsorbError, AnswerError, Learner, Query, check_dimension};
use crate::rows::TrainingRows;

/// Learns a [`LogisticModel`] from sums.
///
/// The model is a point whose loss was summed, except for a last step so small that Newton's quadratic convergence
/// vouches for it. A step that raises the objective is halved. Without rows of both classes there is nothing to
/// regress: the model then consists of the smoothed prior log-odds alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogisticLearner {
    plan: LogisticPlan,
    unit: u32,
    phase: Phase,
    losses: Vec<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Phase {
    Scaling,
    Newton { scaling: Scaling, search: Search },
    Finished(LogisticModel),
}

/// Where the search for the best weights stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Search {
    round: u32,
    /// The weights whose loss is asked for: one per column.
    point: Vec<f64>,
    /// The best weights so far and the step that led from them to `point`.
    origin: Option<Origin>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Origin {
    point: Vec<f64>,
    objective_per_row: f64,
    step: Vec<f64>,
}

/// A step that promises less than this per row is the last one and need not be verified.
const NEGLIGIBLE_FALL_PER_ROW: f64 = 1e-8;

impl LogisticLearner {
    /// A learner at its beginning.
    pub fn new(plan: LogisticPlan) -> Result<Self, PlanError> {
        plan.check()?;
        Ok(Self {
            plan,
            unit: 0,
            phase: Phase::Scaling,
            losses: Vec::new(),
        })
    }

    /// The plan it follows.
    pub fn plan(&self) -> &LogisticPlan {
        &self.plan
    }

    /// Mean log-loss (by class weight, without the penalty) at every point that was evaluated so far.
    pub fn losses(&self) -> &[f64] {
        &self.losses
    }

    fn absorb_scaling(&mut self, total: &[i64]) -> Result<(), AbsorbError> {
        let scaling = standardisation::absorb(&self.plan, total)?;
        let mut point = vec![0.0; self.plan.column_count()];
        let intercept = point.len() - 1;
        let negatives = scaling.rows - scaling.positives;
        point[intercept] = prior_logit(&self.plan, &scaling);
        self.phase = if scaling.positives == 0 || negatives == 0 {
            Phase::Finished(to_model(&self.plan, &scaling, &point))
        } else {
            Phase::Newton {
                scaling,
                search: Search {
                    round: 0,
                    point,
                    origin: None,
                },
            }
        };
        Ok(())
    }
}

/// The log-odds of a positive row, smoothed, each row counted with its class weight: where every search begins.
pub(super) fn prior_logit(plan: &LogisticPlan, scaling: &Scaling) -> f64 {
    let negatives = scaling.rows - scaling.positives;
    let weighted = |count: i64, label: bool| count as f64 * plan.class_weight(label) as f64 + 0.5;
    ln(weighted(scaling.positives, true) / weighted(negatives, false))
}

/// The model of these weights: features, missing indicators, intercept.
pub(super) fn to_model(plan: &LogisticPlan, scaling: &Scaling, point: &[f64]) -> LogisticModel {
    let mut indicators = point[plan.features.len()..].iter();
    let features = plan.features.iter().zip(&scaling.features).zip(point);
    let features = features
        .map(|((feature, standardisation), weight)| LogisticFeature {
            name: feature.name.clone(),
            standardisation: *standardisation,
            weight: *weight,
            missing_weight: if feature.missing_indicator {
                indicators.next().copied().unwrap_or(0.0)
            } else {
                0.0
            },
        })
        .collect();
    // Counting positives w times multiplies the odds by w; the logarithm of that is taken back out
    // (King and Zeng, 2001, "Logistic regression in rare events data", prior correction).
    let prior_shift = ln(f64::from(plan.positive_weight) / f64::from(plan.negative_weight));
    LogisticModel {
        features,
        intercept: point[point.len() - 1] - prior_shift,
    }
}

impl Learner for LogisticLearner {
    type Rows = TrainingRows;
    type Workspace = ();
    type Model = LogisticModel;

    fn next_query(&self) -> Option<Query> {
        let (name, dimension, row_bound) = match &self.phase {
            Phase::Scaling => (
                "logistic/scaling".to_owned(),
                standardisation::dimension(&self.plan),
                standardisation::ROW_BOUND,
            ),
            Phase::Newton { search, .. } => (
                format!("logistic/newton/{}", search.round),
                newton::dimension(&self.plan),
                newton::ROW_BOUND * self.plan.largest_class_weight(),
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
        // Within this bound plain additions cannot overflow.
        query.ring_bits(rows.len() as u64)?;
        if !rows.is_empty() && rows.feature_count() != self.plan.features.len() {
            return Err(AnswerError::FeatureCount {
                expected: self.plan.features.len(),
                actual: rows.feature_count(),
            });
        }
        match &self.phase {
            Phase::Scaling => Ok(standardisation::answer(&self.plan, rows)),
            Phase::Newton { scaling, search } => {
                Ok(newton::answer(&self.plan, scaling, &search.point, rows))
            }
            Phase::Finished(_) => Err(AnswerError::Finished),
        }
    }

    fn absorb(&mut self, total: &[i64]) -> Result<(), AbsorbError> {
        check_dimension(self.next_query().as_ref(), total)?;
        match &self.phase {
            Phase::Scaling => self.absorb_scaling(total)?,
            Phase::Newton { scaling, search } => {
                let statistics = Statistics::from_total(self.plan.column_count(), total);
                if statistics.weighted_rows <= 0.0 {
                    return Err(AbsorbError::Impossible {
                        coordinate: 0,
                        reason: "a step needs rows",
                    });
                }
                self.losses.push(statistics.loss / statistics.weighted_rows);
                let next = search.clone().absorb(&self.plan, &statistics);
                self.phase = match next {
                    Progress::Continue(search) => Phase::Newton {
                        scaling: scaling.clone(),
                        search,
                    },
                    Progress::Done(point) => Phase::Finished(to_model(&self.plan, scaling, &point)),
                };
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

enum Progress {
    Continue(Search),
    Done(Vec<f64>),
}

impl Search {
    fn absorb(self, plan: &LogisticPlan, statistics: &Statistics) -> Progress {
        let rows = statistics.weighted_rows;
        let objective_per_row = (statistics.loss + newton::penalty(&self.point, plan.ridge)) / rows;
        let last_round = self.round + 1 >= plan.rounds_max;
        let tolerance = statistics.loss_tolerance() / rows;
        match self.origin {
            Some(origin) if objective_per_row > origin.objective_per_row + tolerance => {
                if last_round {
                    return Progress::Done(origin.point);
                }
                let step: Vec<f64> = origin.step.iter().map(|length| length / 2.0).collect();
                Progress::Continue(Self {
                    round: self.round + 1,
                    point: moved(&origin.point, &step),
                    origin: Some(Origin { step, ..origin }),
                })
            }
            _ => match statistics.newton_step(&self.point, plan.ridge) {
                None => Progress::Done(self.point),
                Some((step, fall)) if fall <= NEGLIGIBLE_FALL_PER_ROW * rows => {
                    Progress::Done(moved(&self.point, &step))
                }
                Some(_) if last_round => Progress::Done(self.point),
                Some((step, _)) => Progress::Continue(Self {
                    round: self.round + 1,
                    point: moved(&self.point, &step),
                    origin: Some(Origin {
                        point: self.point,
                        objective_per_row,
                        step,
                    }),
                }),
            },
        }
    }
}

fn moved(point: &[f64], step: &[f64]) -> Vec<f64> {
    point
        .iter()
        .zip(step)
        .map(|(start, length)| start + length)
        .collect()
}
