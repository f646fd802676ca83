//! Monitoring of the model that decides.

use accord_console::number;
use accord_service::{Principal, Problem};
use axum::{
    extract::{OriginalUri, State},
    http::StatusCode,
    response::Response,
};
use risk_control::{
    ALERT_PRECISION_MIN, CALIBRATION_SLOPES, FeatureSet, Monitoring, STABILITY_SHIFTED,
    STABILITY_WATCHED,
};

use super::super::models::in_words;
use crate::{
    console::monitoring::{FeatureLine, MonitoringView, Watched},
    http::{Service, pages::page},
};

/// The page.
pub(in crate::http::governance) async fn show(
    State(service): Service,
    principal: Principal,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Problem> {
    let monitoring = service.node.monitoring().await?;
    let view = MonitoringView {
        frame: service.frame(&principal, &uri),
        watched: monitoring.as_ref().map(watched),
    };
    Ok(page(
        StatusCode::OK,
        crate::console::monitoring::monitoring(&view),
    ))
}

fn watched(monitoring: &Monitoring) -> Watched {
    let outcome = &monitoring.outcome;
    let measure =
        |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.2}"));
    let seen = if monitoring.unseen {
        ""
    } else {
        ", which it was trained on"
    };
    let frauds = format!(
        "{} frauds among {} transactions{seen}",
        number::integer(outcome.frauds),
        number::integer(outcome.rows)
    );
    let mut features: Vec<FeatureLine> = monitoring
        .features
        .iter()
        .map(|drift| FeatureLine {
            title: title_of(&drift.feature),
            index: drift.index,
        })
        .collect();
    features.sort_by(|left, right| {
        let key = |line: &FeatureLine| line.index.unwrap_or(f64::NEG_INFINITY);
        key(right).total_cmp(&key(left))
    });
    let share = |day: &risk_control::DayMonitoring| {
        (day.mature && day.alerts > 0).then(|| day.alert_frauds as f64 / day.alerts as f64)
    };
    Watched {
        model: monitoring.model.clone(),
        warnings: monitoring.warnings.iter().map(in_words).collect(),
        figures: vec![
            (
                "Calibration slope",
                measure(outcome.calibration_slope),
                format!("{} to {} is well", CALIBRATION_SLOPES.0, CALIBRATION_SLOPES.1),
            ),
            (
                "Calibration intercept",
                measure(outcome.calibration_intercept),
                "0 where probabilities are right on the whole".to_owned(),
            ),
            (
                "Average precision",
                measure(outcome.average_precision),
                frauds,
            ),
            (
                "Alerts that were frauds",
                monitoring
                    .alert_precision()
                    .map_or("–".to_owned(), |share| format!("{:.0} %", share * 100.0)),
                format!(
                    "of {} alerts; at least {:.0} % is expected",
                    number::integer(monitoring.alerts),
                    ALERT_PRECISION_MIN * 100.0
                ),
            ),
            (
                "Drift of scores",
                measure(monitoring.scores),
                format!("below {STABILITY_WATCHED} is stable"),
            ),
        ],
        features,
        no_drift: (!monitoring.has_profile).then(|| {
            "The card of this model does not say how its training set was spread, so drift cannot be told."
                .to_owned()
        }),
        watched_from: STABILITY_WATCHED,
        shifted_from: STABILITY_SHIFTED,
        days_us: monitoring.days.iter().map(|day| day.day_us).collect(),
        score_drift: monitoring.days.iter().map(|day| day.scores).collect(),
        alert_precision: monitoring.days.iter().map(share).collect(),
        alerts: monitoring
            .days
            .iter()
            .map(|day| Some(day.alerts as f64))
            .collect(),
    }
}

/// A feature in words.
fn title_of(name: &str) -> String {
    FeatureSet::ALL
        .iter()
        .flat_map(|set| set.features())
        .find(|feature| feature.name == name)
        .map_or(name, |feature| feature.title)
        .to_owned()
}
