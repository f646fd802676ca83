//! Monitoring: drift, calibration and alerts of the model that decides.

use accord_console::Tone;
use accord_console::badge::badge;
use accord_console::charts::{Line, LineChart};
use accord_console::figure::{Figure, figures};
use accord_console::notice::notice;
use maud::{Markup, html};

use super::frame::{BankFrame, Section};
use super::model_comparison::day_axis;
use super::models::short;

/// All that the page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct MonitoringView {
    pub frame: BankFrame,
    /// `None` before there is anything to watch.
    pub watched: Option<Watched>,
}

/// The model that decides, watched.
#[derive(Debug, Clone, PartialEq)]
pub struct Watched {
    /// Hash of its artefact.
    pub model: String,
    /// Each in a sentence.
    pub warnings: Vec<String>,
    /// Name, value and note.
    pub figures: Vec<(&'static str, String, String)>,
    /// Most moved first.
    pub features: Vec<FeatureLine>,
    /// Why there are none, if so.
    pub no_drift: Option<String>,
    /// Index from which on a feature is watched, and counts as shifted.
    pub watched_from: f64,
    pub shifted_from: f64,
    /// Start of each day, oldest first.
    pub days_us: Vec<i64>,
    pub score_drift: Vec<Option<f64>>,
    /// Share of frauds among alerts; absent where the day is not mature.
    pub alert_precision: Vec<Option<f64>>,
    pub alerts: Vec<Option<f64>>,
}

/// A feature and how far it has moved.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureLine {
    pub title: String,
    pub index: Option<f64>,
}

/// The page.
pub fn monitoring(view: &MonitoringView) -> Markup {
    let main = html! {
        div class="page-heading" {
            div {
                h1 { "Monitoring" }
                p class="lede" {
                    "Whether the model that decides still sees the world that it was trained on, and is still right."
                }
            }
        }
        @match &view.watched {
            None => (notice(Tone::Neutral, "Nothing to watch yet", &html! {
                "No model decides yet, or its scores over the history are still being made."
            })),
            Some(watched) => (watched_part(view, watched)),
        }
    };
    view.frame
        .page("Monitoring", Some(Section::Monitoring), None, main)
}

fn watched_part(view: &MonitoringView, watched: &Watched) -> Markup {
    let headline: Vec<Figure<'_>> = watched
        .figures
        .iter()
        .map(|(label, value, note)| Figure {
            label,
            value: html! { (value) },
            note: Some(html! { (note) }),
        })
        .collect();
    html! {
        @if watched.warnings.is_empty() {
            (notice(Tone::Good, "Nothing needs looking at", &html! {
                "Model " a href=(view.frame.model_href(&watched.model)) { code { (short(&watched.model)) } } " is within its bounds."
            }))
        } @else {
            (notice(Tone::Attention, "Something needs looking at", &html! {
                ul { @for warning in &watched.warnings { li { (warning) } } }
            }))
        }
        (figures(&headline))
        div class="columns columns-even" {
            (day_chart("Drift of scores by day", "Population stability index against the held-out rows; shaded: stable.",
                watched, &watched.score_drift, Some((0.0, watched.watched_from)), (0.0, watched.shifted_from), |value| format!("{value:.2}")))
            (day_chart("Alert precision by day", "Share of frauds among the alerts, once all frauds would have been reported.",
                watched, &watched.alert_precision, None, (0.0, 1.0), |value| format!("{:.0} %", value * 100.0)))
        }
        section aria-labelledby="drift" {
            div class="section-heading" {
                h2 id="drift" { "Drift of features" }
                p { "The last seven days against the training set" }
            }
            @match &watched.no_drift {
                Some(why) => p class="muted" { (why) },
                None => div class="panel" { (feature_table(watched)) },
            }
        }
    }
}

fn day_chart(
    title: &str,
    explanation: &str,
    watched: &Watched,
    values: &[Option<f64>],
    band: Option<(f64, f64)>,
    range: (f64, f64),
    format: fn(f64) -> String,
) -> Markup {
    let (first, last) = day_axis(&watched.days_us);
    let chart = LineChart {
        label: title,
        lines: &[Line {
            name: title,
            values,
        }],
        band,
        range,
        axis: &[(0.0, &first), (1.0, &last)],
        format,
    };
    html! {
        div class="panel" {
            h3 { (title) }
            p class="muted small" { (explanation) }
            (chart.render())
        }
    }
}

fn feature_table(watched: &Watched) -> Markup {
    html! {
        table class="plain" {
            thead { tr {
                th scope="col" { "Feature" }
                th scope="col" class="align-end" { "Stability index" }
                th scope="col" { "" }
            } }
            tbody {
                @for feature in &watched.features {
                    tr {
                        th scope="row" { (feature.title) }
                        td class="align-end" {
                            @match feature.index { Some(index) => (format!("{index:.3}")), None => "–" }
                        }
                        td { (level(watched, feature.index)) }
                    }
                }
            }
        }
    }
}

fn level(watched: &Watched, index: Option<f64>) -> Markup {
    match index {
        None => badge(Tone::Neutral, "Too few"),
        Some(index) if index >= watched.shifted_from => badge(Tone::Attention, "Shifted"),
        Some(index) if index >= watched.watched_from => badge(Tone::Check, "Watched"),
        Some(_) => badge(Tone::Good, "Stable"),
    }
}

#[cfg(test)]
impl MonitoringView {
    pub(super) fn example() -> Self {
        Self {
            frame: BankFrame::example(),
            watched: Some(Watched {
                model: "ab".repeat(32),
                warnings: vec!["`amount` has <shifted>".to_owned()],
                figures: vec![("Calibration", "1.02".to_owned(), "slope".to_owned())],
                features: vec![
                    FeatureLine {
                        title: "Amount".to_owned(),
                        index: Some(0.4),
                    },
                    FeatureLine {
                        title: "At night".to_owned(),
                        index: Some(0.01),
                    },
                ],
                no_drift: None,
                watched_from: 0.1,
                shifted_from: 0.25,
                days_us: vec![0, 86_400_000_000],
                score_drift: vec![Some(0.02), None],
                alert_precision: vec![None, Some(0.4)],
                alerts: vec![None, None],
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shifted_feature_is_told_from_a_stable_one() {
        let page = monitoring(&MonitoringView::example()).into_string();
        assert!(
            page.contains("Shifted") && page.contains("Stable"),
            "{page}"
        );
        assert!(page.contains("&lt;shifted&gt;"), "{page}");
    }
}
