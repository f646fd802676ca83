//! `GET /v1/monitoring`: whether the model that decides still sees the world that it was trained on, and is still right.

use accord_service::{Problem, ProblemKind, problem::ProblemDocument};
use axum::{Json, extract::State};
use risk_control::{
    ALERT_PRECISION_MIN, CALIBRATION_SLOPES, Monitoring, MonitoringWarning, STABILITY_SHIFTED,
    STABILITY_WATCHED,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::wire::MeasuresView;
use crate::http::{Service, transactions::time_text};

/// How the model that decides is doing.
#[derive(Debug, Serialize, ToSchema)]
pub struct MonitoringView {
    pub model: String,
    /// Log sequence up to which it was made.
    pub through_sequence: u64,
    pub thresholds: MonitoringThresholds,
    pub drift: DriftView,
    pub outcome: OutcomeView,
    /// Oldest first.
    pub days: Vec<MonitoredDay>,
    /// In words; empty where nothing needs looking at.
    pub warnings: Vec<WarningView>,
}

/// Where warnings begin.
#[derive(Debug, Serialize, ToSchema)]
pub struct MonitoringThresholds {
    pub stability_watched: f64,
    pub stability_shifted: f64,
    pub calibration_slope_lowest: f64,
    pub calibration_slope_highest: f64,
    pub alert_precision_lowest: f64,
}

/// Population stability indexes of the last seven days against the training set.
#[derive(Debug, Serialize, ToSchema)]
pub struct DriftView {
    /// Whether the model's card says how its training set was spread.
    pub measurable: bool,
    #[schema(format = DateTime)]
    pub from: String,
    pub transactions: u64,
    pub scores: Option<f64>,
    pub features: Vec<FeatureDriftView>,
}

/// One feature; null with too few values.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeatureDriftView {
    pub feature: String,
    pub stability_index: Option<f64>,
}

/// What four weeks of transactions turned out to be that are old enough to have been reported.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutcomeView {
    #[schema(format = DateTime)]
    pub from: String,
    #[schema(format = DateTime)]
    pub until: String,
    /// Whether measures are of transactions that the model was not trained on; otherwise they flatter it.
    pub unseen: bool,
    pub measures: MeasuresView,
    pub alerts: u64,
    pub alert_frauds: u64,
    pub alert_precision: Option<f64>,
}

/// One day of event time, UTC.
#[derive(Debug, Serialize, ToSchema)]
pub struct MonitoredDay {
    #[schema(format = DateTime)]
    pub day: String,
    pub transactions: u64,
    pub scores_stability_index: Option<f64>,
    pub alerts: u64,
    pub alert_frauds: u64,
    pub mature: bool,
}

/// Something to look at.
#[derive(Debug, Serialize, ToSchema)]
pub struct WarningView {
    /// feature_shifted, scores_shifted, miscalibrated or few_alerts_are_frauds.
    pub kind: &'static str,
    pub feature: Option<String>,
    pub value: f64,
    pub message: String,
}

#[utoipa::path(
    get, path = "/v1/monitoring", tag = "models",
    responses(
        (status = 200, description = "How the model that decides is doing", body = MonitoringView),
        (status = 404, description = "No model decides yet, or its scores over the history are still being made", body = ProblemDocument),
    )
)]
pub(crate) async fn monitoring(State(service): Service) -> Result<Json<MonitoringView>, Problem> {
    let monitoring = service.node.monitoring().await?.ok_or_else(|| {
        Problem::new(ProblemKind::NotFound)
            .detail("No model decides yet, or its scores over the history are still being made.")
    })?;
    Ok(Json(MonitoringView::from(&monitoring)))
}

/// What a warning says.
pub(in crate::http::governance) fn in_words(warning: &MonitoringWarning) -> String {
    match warning {
        MonitoringWarning::FeatureShifted { feature, index } => {
            format!("`{feature}` has shifted against the training set (index {index:.2})")
        }
        MonitoringWarning::ScoresShifted { index } => {
            format!("Scores have shifted against the held-out rows (index {index:.2})")
        }
        MonitoringWarning::Miscalibrated { slope } => {
            format!("Probabilities do not mean what they say (calibration slope {slope:.2})")
        }
        MonitoringWarning::FewAlertsAreFrauds { precision } => {
            format!("Only {:.1} % of the alerts were frauds", precision * 100.0)
        }
    }
}

impl From<&Monitoring> for MonitoringView {
    fn from(monitoring: &Monitoring) -> Self {
        Self {
            model: monitoring.model.clone(),
            through_sequence: monitoring.through,
            thresholds: MonitoringThresholds {
                stability_watched: STABILITY_WATCHED,
                stability_shifted: STABILITY_SHIFTED,
                calibration_slope_lowest: CALIBRATION_SLOPES.0,
                calibration_slope_highest: CALIBRATION_SLOPES.1,
                alert_precision_lowest: ALERT_PRECISION_MIN,
            },
            drift: DriftView {
                measurable: monitoring.has_profile,
                from: time_text(monitoring.drift_from_us),
                transactions: monitoring.drift_transactions,
                scores: monitoring.scores,
                features: monitoring
                    .features
                    .iter()
                    .map(|drift| FeatureDriftView {
                        feature: drift.feature.clone(),
                        stability_index: drift.index,
                    })
                    .collect(),
            },
            outcome: OutcomeView {
                from: time_text(monitoring.outcome_from_us),
                until: time_text(monitoring.mature_until_us),
                unseen: monitoring.unseen,
                measures: MeasuresView::from(&monitoring.outcome),
                alerts: monitoring.alerts,
                alert_frauds: monitoring.alert_frauds,
                alert_precision: monitoring.alert_precision(),
            },
            days: monitoring
                .days
                .iter()
                .map(|day| MonitoredDay {
                    day: time_text(day.day_us),
                    transactions: day.transactions,
                    scores_stability_index: day.scores,
                    alerts: day.alerts,
                    alert_frauds: day.alert_frauds,
                    mature: day.mature,
                })
                .collect(),
            warnings: monitoring.warnings.iter().map(WarningView::from).collect(),
        }
    }
}

impl From<&MonitoringWarning> for WarningView {
    fn from(warning: &MonitoringWarning) -> Self {
        let (kind, feature, value) = match warning {
            MonitoringWarning::FeatureShifted { feature, index } => {
                ("feature_shifted", Some(feature.clone()), *index)
            }
            MonitoringWarning::ScoresShifted { index } => ("scores_shifted", None, *index),
            MonitoringWarning::Miscalibrated { slope } => ("miscalibrated", None, *slope),
            MonitoringWarning::FewAlertsAreFrauds { precision } => {
                ("few_alerts_are_frauds", None, *precision)
            }
        };
        Self {
            kind,
            feature,
            value,
            message: in_words(warning),
        }
    }
}
