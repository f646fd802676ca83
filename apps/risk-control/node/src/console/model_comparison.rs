//! A challenger beside the champion: figures, score distributions, days.

use accord_console::charts::{Histogram, Line, LineChart, Threshold};
use accord_console::figure::{Figure, figures};
use accord_console::time::{self, TimeFormat};
use maud::{Markup, html};

use super::decision::ScoreThreshold;

/// A comparison in words and numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparisonPart {
    /// "Frozen when the draft was made", or how it is kept up to date.
    pub lede: String,
    pub transactions: String,
    pub decided_alike: String,
    /// Rows of a table: what, champion, challenger.
    pub measures: Vec<(String, String, String)>,
    /// By what the champion decides, what the challenger does, mildest first.
    pub decisions: [[u64; 4]; 4],
    pub champion: SidePart,
    pub challenger: SidePart,
    /// Start of each day, oldest first.
    pub days_us: Vec<i64>,
}

/// One of the two.
#[derive(Debug, Clone, PartialEq)]
pub struct SidePart {
    /// Counts of scores by bins of the score axis.
    pub scores: Vec<u64>,
    pub thresholds: Vec<ScoreThreshold>,
    /// By day; absent where the day is not mature.
    pub average_precision: Vec<Option<f64>>,
    /// Transactions a day that would not be approved.
    pub alerts: Vec<Option<f64>>,
}

const DECISIONS: [&str; 4] = ["Approve", "Challenge", "Review", "Decline"];

/// The part of a page.
pub fn comparison(part: &ComparisonPart) -> Markup {
    html! {
        section class="stack" aria-labelledby="comparison" {
            div class="section-heading" { h2 id="comparison" { "Beside the champion" } p { (part.lede) } }
            (figures(&[
                Figure { label: "Transactions scored by both", value: html! { (part.transactions) }, note: None },
                Figure { label: "Decided alike", value: html! { (part.decided_alike) }, note: None },
            ]))
            (pairs_table(("", "Champion", "This model"), &part.measures))
            div class="columns columns-even" {
                (scores("Scores of the champion", &part.champion))
                (scores("Scores of this model", &part.challenger))
            }
            div class="columns columns-even" {
                (days("Average precision by day", part, |side| &side.average_precision, |value| format!("{value:.2}"), (0.0, 1.0)))
                (days("Alerts by day", part, |side| &side.alerts, |value| format!("{value:.0}"), (0.0, 1.0)))
            }
            (decisions(part))
        }
    }
}

/// Rows of what, one value and another.
pub fn pairs_table(heads: (&str, &str, &str), rows: &[(String, String, String)]) -> Markup {
    html! {
        table class="plain" {
            thead { tr {
                th scope="col" { (heads.0) }
                th scope="col" class="align-end" { (heads.1) }
                th scope="col" class="align-end" { (heads.2) }
            } }
            tbody {
                @for (what, one, other) in rows {
                    tr {
                        th scope="row" { (what) }
                        td class="align-end" { (one) }
                        td class="align-end" { (other) }
                    }
                }
            }
        }
    }
}

fn scores(label: &str, side: &SidePart) -> Markup {
    let thresholds: Vec<Threshold<'_>> = side
        .thresholds
        .iter()
        .map(|threshold| Threshold {
            label: threshold.decision.key(),
            at: threshold.at,
            tone: threshold.decision.tone(),
        })
        .collect();
    let chart = Histogram {
        label,
        counts: &side.scores,
        thresholds: &thresholds,
        series: None,
    };
    html! { div class="panel" { h3 { (label) } (chart.render()) } }
}

fn days(
    label: &str,
    part: &ComparisonPart,
    values: impl Fn(&SidePart) -> &Vec<Option<f64>>,
    format: fn(f64) -> String,
    range: (f64, f64),
) -> Markup {
    let (first, last) = day_axis(&part.days_us);
    let chart = LineChart {
        label,
        lines: &[
            Line {
                name: "This model",
                values: values(&part.challenger),
            },
            Line {
                name: "Champion",
                values: values(&part.champion),
            },
        ],
        band: None,
        range,
        axis: &[(0.0, &first), (1.0, &last)],
        format,
    };
    html! { div class="panel" { h3 { (label) } (chart.render()) } }
}

/// Words for the ends of an axis of days.
pub fn day_axis(days_us: &[i64]) -> (String, String) {
    let words = |day: Option<&i64>| -> String {
        // The date without the time of day.
        day.map(|day_us| {
            time::text(*day_us, TimeFormat::Full)
                .chars()
                .take(10)
                .collect()
        })
        .unwrap_or_default()
    };
    (words(days_us.first()), words(days_us.last()))
}

fn decisions(part: &ComparisonPart) -> Markup {
    html! {
        div class="panel" {
            h3 { "What would be decided otherwise" }
            table class="plain" {
                thead { tr {
                    th scope="col" { "Champion ↓ · This model →" }
                    @for name in DECISIONS { th scope="col" class="align-end" { (name) } }
                } }
                tbody {
                    @for (row, counts) in part.decisions.iter().enumerate() {
                        tr {
                            th scope="row" { (DECISIONS[row]) }
                            @for (column, count) in counts.iter().enumerate() {
                                td class=(if row == column { "align-end muted" } else { "align-end" }) {
                                    (accord_console::number::integer(*count))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
impl ComparisonPart {
    pub(super) fn example() -> Self {
        let side = SidePart {
            scores: vec![3; 36],
            thresholds: vec![ScoreThreshold {
                decision: super::decision::Decision::Decline,
                at: 0.5,
            }],
            average_precision: vec![Some(0.5), None],
            alerts: vec![Some(3.0), Some(5.0)],
        };
        Self {
            lede: "As of now".to_owned(),
            transactions: "1,234".to_owned(),
            decided_alike: "99.1 %".to_owned(),
            measures: vec![(
                "AP <held out>".to_owned(),
                "0.5".to_owned(),
                "0.6".to_owned(),
            )],
            decisions: [[1, 2, 3, 4]; 4],
            champion: side.clone(),
            challenger: side,
            days_us: vec![0, 86_400_000_000],
        }
    }
}
