//! What an operator orders, and the plan that comes of it.

use std::collections::BTreeMap;

use accord_federation::plan::{Institution, LearnerPlan, PlanError, Thresholds};
use accord_federation::{Plan, PublicIdentity};
use accord_learning::gbdt::GbdtPlan;
use accord_learning::logistic::{FeaturePlan, LogisticPlan};
use accord_learning::quantiles::{CutCounts, QuantilePlan};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use super::{EvaluationTask, RowSelection, Task, Training, UnknownTask};

/// Feature sets that the consortium knows, by name.
pub type FeatureSets = BTreeMap<String, Vec<Feature>>;

/// A feature, and how a regression reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    /// Its name.
    pub name: String,
    /// Its transformation and range.
    pub logistic: FeaturePlan,
}

/// A job that an operator asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JobOrder {
    /// Its name: 1 to 64 of a-z, 0-9, `-`, `_` and `.`; never used twice.
    #[schema(example = "trees-2026-07")]
    pub job: String,
    /// Members of the roster that shall take part; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub institutions: Option<Vec<String>>,
    /// Institutions that may conspire with the coordinator without learning another's answer. Absent: one, where so
    /// many institutions can tolerate one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colluders: Option<u8>,
    /// The most rows that one institution answers from; it takes its newest.
    #[serde(default = "rows_max_default")]
    pub rows_max: u64,
    /// Sums for which keys are set up at a time.
    #[serde(default = "keys_per_batch_default")]
    pub keys_per_batch: u16,
    /// What is learnt.
    pub task: TaskOrder,
}

/// What an operator wants to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum TaskOrder {
    /// Boosted trees.
    Gbdt(GbdtOrder),
    /// Logistic regression.
    Logistic(LogisticOrder),
    /// The cuts of each feature's bins.
    Quantiles(QuantilesOrder),
    /// The quality of an earlier job's model on everybody's held-out rows.
    Evaluation(EvaluationOrder),
}

/// Boosted trees. What is absent has a default that suits fraud data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GbdtOrder {
    /// The feature set of the rows.
    pub feature_set: String,
    /// Days that are left out, to measure the model on.
    pub held_out_days: u16,
    /// Number of trees.
    pub trees: u32,
    /// Levels of splits, 1 to 8.
    pub depth: u32,
    /// Step size, above 0 and at most 1.
    pub learning_rate: f64,
    /// Bins of a feature: half of the cuts over all rows, half over frauds.
    pub bins: u8,
    /// Share of the rows of each tree.
    pub row_share: f64,
    /// Share of the features of each tree.
    pub column_share: f64,
    /// Rows and features are drawn by a hash of it.
    pub seed: u64,
}

/// Logistic regression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LogisticOrder {
    /// The feature set of the rows.
    pub feature_set: String,
    /// Days that are left out, to measure the model on.
    pub held_out_days: u16,
    /// At most so many Newton steps.
    pub rounds_max: u32,
    /// L2 penalty, above 0.
    pub ridge: f64,
}

/// Bins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct QuantilesOrder {
    /// The feature set of the rows.
    pub feature_set: String,
    /// Days that are left out.
    pub held_out_days: u16,
    /// Even cuts of all rows.
    pub cuts: u8,
}

/// An evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EvaluationOrder {
    /// The finished job whose model is measured.
    pub model_of: String,
}

fn rows_max_default() -> u64 {
    200_000
}

fn keys_per_batch_default() -> u16 {
    64
}

/// The feature set of an order that names none.
const FEATURE_SET_DEFAULT: &str = "risk-2";
const HELD_OUT_DAYS_DEFAULT: u16 = 7;

impl Default for GbdtOrder {
    fn default() -> Self {
        Self {
            feature_set: FEATURE_SET_DEFAULT.to_owned(),
            held_out_days: HELD_OUT_DAYS_DEFAULT,
            trees: 100,
            depth: 4,
            learning_rate: 0.1,
            bins: 64,
            row_share: 0.8,
            column_share: 0.5,
            seed: 1,
        }
    }
}

impl Default for LogisticOrder {
    fn default() -> Self {
        Self {
            feature_set: FEATURE_SET_DEFAULT.to_owned(),
            held_out_days: HELD_OUT_DAYS_DEFAULT,
            rounds_max: 8,
            ridge: 1.0,
        }
    }
}

impl Default for QuantilesOrder {
    fn default() -> Self {
        Self {
            feature_set: FEATURE_SET_DEFAULT.to_owned(),
            held_out_days: HELD_OUT_DAYS_DEFAULT,
            cuts: 63,
        }
    }
}

/// Why an order is refused.
#[derive(Debug, Error)]
pub enum OrderError {
    /// A feature set that the consortium does not know.
    #[error("the consortium knows no feature set `{0}`")]
    FeatureSet(String),
    /// A name that is not in the roster.
    #[error("`{0}` is not in the roster")]
    NotInRoster(String),
    /// Numbers that no consortium of this size can tolerate.
    #[error("{parties} institutions cannot tolerate {colluders} that conspire")]
    Thresholds {
        /// Institutions.
        parties: usize,
        /// Colluders.
        colluders: usize,
    },
    /// A sum would not fit 64 bits.
    #[error("sums over so many rows do not fit 64 bits")]
    TooLarge,
    /// The job whose model is to be measured has none.
    #[error("job `{0}` has no model that could be measured")]
    NoModel(String),
    /// The learner refuses its hyper-parameters.
    #[error(transparent)]
    Task(#[from] UnknownTask),
    /// The plan is not safe, would saturate or would overspend.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

impl JobOrder {
    /// Makes the plan that everybody will be asked to sign. `model_of` gives the hash of a finished job's model.
    pub fn plan(
        &self,
        coordinator: PublicIdentity,
        roster: &[Institution],
        features: &FeatureSets,
        model_of: impl Fn(&str) -> Option<String>,
    ) -> Result<Plan, OrderError> {
        let roster = self.members(roster)?;
        let parties = roster.len();
        let thresholds = self.thresholds(parties)?;
        let task = self.task.task(features, model_of)?;
        let statistics = task
            .statistics(parties, self.rows_max)
            .ok_or(OrderError::TooLarge)?;
        let plan = Plan {
            job: self.job.clone(),
            coordinator,
            roster,
            thresholds,
            slots_per_batch: self.keys_per_batch,
            rows_max: self.rows_max,
            statistics,
            privacy: None,
            learner: LearnerPlan {
                kind: task.kind().to_owned(),
                parameters: task.parameters(),
                start: task.start()?,
            },
        };
        plan.check()?;
        Ok(plan)
    }

    fn members(&self, roster: &[Institution]) -> Result<Vec<Institution>, OrderError> {
        let Some(names) = &self.institutions else {
            return Ok(roster.to_vec());
        };
        let known = |name: &&String| roster.iter().any(|one| one.name == **name);
        if let Some(stranger) = names.iter().find(|name| !known(name)) {
            return Err(OrderError::NotInRoster(stranger.clone()));
        }
        let members = roster.iter().filter(|one| names.contains(&one.name));
        Ok(members.cloned().collect())
    }

    fn thresholds(&self, parties: usize) -> Result<Thresholds, OrderError> {
        if !(3..=accord_federation::PARTIES_MAX).contains(&parties) {
            return Err(PlanError::RosterSize(parties).into());
        }
        let found = match self.colluders {
            Some(colluders) => Thresholds::smallest(parties, usize::from(colluders)),
            None => Thresholds::smallest(parties, 1).or_else(|| Thresholds::smallest(parties, 0)),
        };
        found.ok_or(OrderError::Thresholds {
            parties,
            colluders: usize::from(self.colluders.unwrap_or(0)),
        })
    }
}

impl TaskOrder {
    fn task(
        &self,
        sets: &FeatureSets,
        model_of: impl Fn(&str) -> Option<String>,
    ) -> Result<Task, OrderError> {
        let selection = |set: &str, held_out_days| match sets.get(set) {
            None => Err(OrderError::FeatureSet(set.to_owned())),
            Some(features) => Ok(RowSelection {
                feature_set: set.to_owned(),
                features: features.iter().map(|one| one.name.clone()).collect(),
                held_out_days,
            }),
        };
        Ok(match self {
            Self::Gbdt(order) => {
                let selection = selection(&order.feature_set, order.held_out_days)?;
                Task::Gbdt(Training {
                    learner: order.plan(selection.features.clone()),
                    selection,
                })
            }
            Self::Logistic(order) => {
                let selection = selection(&order.feature_set, order.held_out_days)?;
                let features = sets[&order.feature_set].iter();
                Task::Logistic(Training {
                    learner: LogisticPlan {
                        rounds_max: order.rounds_max,
                        ridge: order.ridge,
                        ..LogisticPlan::new(features.map(|one| one.logistic.clone()).collect())
                    },
                    selection,
                })
            }
            Self::Quantiles(order) => {
                let selection = selection(&order.feature_set, order.held_out_days)?;
                Task::Quantiles(Training {
                    learner: QuantilePlan {
                        feature_count: selection.features.len(),
                        cuts: CutCounts::only_even(order.cuts),
                    },
                    selection,
                })
            }
            Self::Evaluation(order) => Task::Evaluation(EvaluationTask {
                model: model_of(&order.model_of)
                    .ok_or_else(|| OrderError::NoModel(order.model_of.clone()))?,
                model_of: order.model_of.clone(),
            }),
        })
    }
}

impl GbdtOrder {
    fn plan(&self, features: Vec<String>) -> GbdtPlan {
        let cuts = self.bins.saturating_sub(2);
        GbdtPlan {
            trees: self.trees,
            depth: self.depth,
            learning_rate: self.learning_rate,
            row_share: self.row_share,
            column_share: self.column_share,
            seed: self.seed,
            cuts: CutCounts {
                even: cuts - cuts / 2,
                positive: cuts / 2,
                tail: 0,
            },
            ..GbdtPlan::new(features)
        }
    }
}
