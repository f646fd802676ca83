//! Wire types of models and of watching them.

use std::collections::BTreeMap;

use risk_control::{Comparison, DaySide, LearnerSettings, Measures, ModelCard, ModelOrigin, Side};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::{
    content::thresholds_body,
    wire::{StepView, ThresholdsBody},
};
use crate::{http::transactions::time_text, queries::policy_drafts::GovernanceStep};

/// What a model does at this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelRole {
    /// Decides.
    Champion,
    /// Scores beside the champion.
    Shadow,
    /// Decided once.
    Former,
    /// Published, and nothing else.
    Candidate,
}

/// A model in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelSummary {
    /// SHA-256 of the artefact.
    pub model: String,
    pub role: ModelRole,
    pub learner: Option<&'static str>,
    pub training_rows: u64,
    pub training_frauds: u64,
    /// On rows that the measured model had not seen.
    pub auc: Option<f64>,
    pub average_precision: Option<f64>,
    #[schema(format = DateTime)]
    pub published_at: String,
    pub published_by: String,
}

/// One model.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelDetail {
    #[serde(flatten)]
    pub summary: ModelSummary,
    /// Absent of models that were published before there were cards.
    pub card: Option<CardView>,
    pub card_hash: Option<String>,
    pub history: Vec<StepView>,
}

/// A model card.
#[derive(Debug, Serialize, ToSchema)]
pub struct CardView {
    pub purpose: String,
    pub origin: OriginView,
    pub learner: LearnerView,
    pub feature_set: &'static str,
    pub training: TrainingView,
    pub held_out: Option<HeldOutView>,
    /// What a promotion proposes.
    pub thresholds: ThresholdsBody,
    pub limits: Vec<String>,
}

/// Who or what made it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OriginView {
    /// simulated, local or federated.
    pub kind: &'static str,
    /// The person or the system that had it trained here.
    pub by: Option<String>,
    /// Id of the consortium's job.
    pub job: Option<String>,
    pub institutions: Option<u32>,
}

/// A learner with its settings.
#[derive(Debug, Serialize, ToSchema)]
pub struct LearnerView {
    pub name: &'static str,
    pub settings: BTreeMap<&'static str, f64>,
}

/// What it was trained on.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrainingView {
    /// Log sequence; 0 where the rows are not of this log.
    pub through_sequence: u64,
    #[schema(format = DateTime)]
    pub first_at: Option<String>,
    #[schema(format = DateTime)]
    pub last_at: Option<String>,
    pub rows: u64,
    pub frauds: u64,
    pub label_delay_days: u32,
}

/// How it did on the newest rows, beside the model that decided then.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeldOutView {
    #[schema(format = DateTime)]
    pub first_at: String,
    #[schema(format = DateTime)]
    pub last_at: String,
    pub model: MeasuresView,
    pub champion_model: Option<String>,
    pub champion: Option<MeasuresView>,
}

/// How well scores tell frauds from the rest; null where a figure is not defined.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeasuresView {
    pub rows: u64,
    pub frauds: u64,
    pub auc: Option<f64>,
    pub average_precision: Option<f64>,
    pub card_precision_at_100: Option<f64>,
    pub calibration_slope: Option<f64>,
    pub calibration_intercept: Option<f64>,
}

/// A shadow was started or ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShadowAnswer {
    pub model: String,
    pub position: String,
}

/// A model that one person took off, until a second one has looked at it.
#[derive(Debug, Serialize, ToSchema)]
pub struct RolledBackView {
    pub model: String,
    pub restored: String,
    pub reason: String,
    pub person: String,
    #[schema(format = DateTime)]
    pub rolled_back_at: String,
}

/// A challenger beside the champion.
#[derive(Debug, Serialize, ToSchema)]
pub struct ComparisonView {
    pub champion: String,
    pub challenger: String,
    pub policy_version: u32,
    /// Log sequence up to which it was made.
    pub through_sequence: u64,
    #[schema(format = DateTime)]
    pub first_at: Option<String>,
    #[schema(format = DateTime)]
    pub last_at: Option<String>,
    /// Up to here frauds would have been reported; measures are over these transactions.
    #[schema(format = DateTime)]
    pub mature_until: String,
    /// Whether measures are of transactions that neither model was trained on; otherwise they flatter whoever has seen them.
    pub unseen: bool,
    pub transactions: u64,
    pub not_comparable: u64,
    pub decided_alike: u64,
    /// Rows: what the champion decides (approve, challenge, review, decline); columns: the challenger.
    pub decisions: Vec<Vec<u64>>,
    pub champion_side: SideView,
    pub challenger_side: SideView,
    pub days: Vec<DayView>,
}

/// One of the two.
#[derive(Debug, Serialize, ToSchema)]
pub struct SideView {
    pub thresholds: ThresholdsBody,
    pub measures: MeasuresView,
    /// Counts in 36 bins of half a unit of log-odds each, from −10 to 8.
    pub scores: Vec<u64>,
    pub mean_score: Option<f64>,
    pub fraud_stopped_minor: i64,
    pub fraud_missed_minor: i64,
    pub genuine_stopped: u64,
    pub genuine_stopped_minor: i64,
}

/// One day of event time, UTC.
#[derive(Debug, Serialize, ToSchema)]
pub struct DayView {
    #[schema(format = DateTime)]
    pub day: String,
    pub transactions: u64,
    pub decided_otherwise: u64,
    pub frauds: u64,
    pub mature: bool,
    pub champion: DaySideView,
    pub challenger: DaySideView,
}

/// One of the two on a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct DaySideView {
    pub alerts: u64,
    pub mean_score: Option<f64>,
    pub average_precision: Option<f64>,
    pub card_precision_at_100: Option<f64>,
    pub fraud_stopped_minor: i64,
}

impl From<GovernanceStep> for StepView {
    fn from(step: GovernanceStep) -> Self {
        Self {
            step: step.step,
            person: step.person,
            detail: step.detail,
            at: time_text(step.recorded_at_us),
        }
    }
}

impl From<&Measures> for MeasuresView {
    fn from(measures: &Measures) -> Self {
        Self {
            rows: measures.rows,
            frauds: measures.frauds,
            auc: measures.auc,
            average_precision: measures.average_precision,
            card_precision_at_100: measures.card_precision,
            calibration_slope: measures.calibration_slope,
            calibration_intercept: measures.calibration_intercept,
        }
    }
}

impl From<&ModelCard> for CardView {
    fn from(card: &ModelCard) -> Self {
        let training = &card.training;
        Self {
            purpose: card.purpose.clone(),
            origin: OriginView::from(&card.origin),
            learner: LearnerView::from(&card.learner),
            feature_set: card.feature_set.name(),
            training: TrainingView {
                through_sequence: training.through,
                first_at: training.first_us.map(time_text),
                last_at: training.last_us.map(time_text),
                rows: training.rows,
                frauds: training.frauds,
                label_delay_days: training.label_delay_days,
            },
            held_out: card.held_out.as_ref().map(|test| HeldOutView {
                first_at: time_text(test.first_us),
                last_at: time_text(test.last_us),
                model: MeasuresView::from(&test.model),
                champion_model: test
                    .champion
                    .as_ref()
                    .map(|champion| champion.model.clone()),
                champion: test
                    .champion
                    .as_ref()
                    .map(|champion| MeasuresView::from(&champion.measures)),
            }),
            thresholds: thresholds_body(&card.thresholds),
            limits: card.limits.clone(),
        }
    }
}

impl From<&ModelOrigin> for OriginView {
    fn from(origin: &ModelOrigin) -> Self {
        let of = |kind| Self {
            kind,
            by: None,
            job: None,
            institutions: None,
        };
        match origin {
            ModelOrigin::Simulated => of("simulated"),
            ModelOrigin::Local { by } => Self {
                by: Some(by.clone()),
                ..of("local")
            },
            ModelOrigin::Federated { job, institutions } => Self {
                job: Some(job.clone()),
                institutions: Some(*institutions),
                ..of("federated")
            },
        }
    }
}

impl From<&LearnerSettings> for LearnerView {
    fn from(learner: &LearnerSettings) -> Self {
        let settings = match learner {
            LearnerSettings::Trees(trees) => BTreeMap::from([
                ("trees", f64::from(trees.trees)),
                ("depth", f64::from(trees.depth)),
                ("learning_rate", trees.learning_rate),
                ("row_share", trees.row_share),
                ("column_share", trees.column_share),
                ("bins", f64::from(trees.bins)),
                ("seed", trees.seed as f64),
            ]),
            LearnerSettings::Logistic(logistic) => BTreeMap::from([
                ("rounds_max", f64::from(logistic.rounds_max)),
                ("ridge", logistic.ridge),
            ]),
        };
        Self {
            name: learner.name(),
            settings,
        }
    }
}

impl From<&Comparison> for ComparisonView {
    fn from(comparison: &Comparison) -> Self {
        let days = comparison.days.iter().map(|day| DayView {
            day: time_text(day.day_us),
            transactions: day.transactions,
            decided_otherwise: day.decided_otherwise,
            frauds: day.frauds,
            mature: day.mature,
            champion: DaySideView::from(&day.champion),
            challenger: DaySideView::from(&day.challenger),
        });
        Self {
            champion: comparison.champion.clone(),
            challenger: comparison.challenger.clone(),
            policy_version: comparison.policy_version,
            through_sequence: comparison.through,
            first_at: comparison.first_us.map(time_text),
            last_at: comparison.last_us.map(time_text),
            mature_until: time_text(comparison.mature_until_us),
            unseen: comparison.unseen,
            transactions: comparison.transactions,
            not_comparable: comparison.not_comparable,
            decided_alike: comparison.decided_alike(),
            decisions: comparison
                .decisions
                .iter()
                .map(|row| row.to_vec())
                .collect(),
            champion_side: SideView::from(&comparison.champion_side),
            challenger_side: SideView::from(&comparison.challenger_side),
            days: days.collect(),
        }
    }
}

impl From<&Side> for SideView {
    fn from(side: &Side) -> Self {
        Self {
            thresholds: thresholds_body(&side.thresholds),
            measures: MeasuresView::from(&side.measures),
            scores: side.scores.clone(),
            mean_score: side.mean_score,
            fraud_stopped_minor: side.fraud_stopped_minor,
            fraud_missed_minor: side.fraud_missed_minor,
            genuine_stopped: side.genuine_stopped,
            genuine_stopped_minor: side.genuine_stopped_minor,
        }
    }
}

impl From<&DaySide> for DaySideView {
    fn from(side: &DaySide) -> Self {
        Self {
            alerts: side.alerts,
            mean_score: side.mean_score,
            average_precision: side.average_precision,
            card_precision_at_100: side.card_precision,
            fraud_stopped_minor: side.fraud_stopped_minor,
        }
    }
}
