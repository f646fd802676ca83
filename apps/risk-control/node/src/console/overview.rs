//! A bank's first page: what is being decided, live.

use accord_console::charts::log_odds_axis::SCORE_AXIS;
use accord_console::charts::{AreaChart, Histogram};
use accord_console::figure::{Figure, figures};
use accord_console::live::{self, Format};
use accord_console::notice::empty_state;
use accord_console::{money, number};
use maud::{Markup, html};
use serde::Serialize;

use super::decision::{CountFields, Decision, DecisionCounts, ScoreThreshold};
use super::decision_table::{DecisionRow, live_decision_table};
use super::frame::{BankFrame, Section};

/// All that the page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct OverviewView {
    pub frame: BankFrame,
    pub figures: OverviewFigures,
    /// Thresholds of the policy in force, ascending.
    pub thresholds: Vec<ScoreThreshold>,
    /// Newest first; more than [`LIVE_ROWS_MAX`](super::decision_table::LIVE_ROWS_MAX) are not shown.
    pub newest: Vec<DecisionRow>,
    /// Address of a stream of `overview` ([`OverviewFigures`]) and `decision`
    /// ([`DecisionRow`]) events, beginning after the newest row.
    pub stream: Option<String>,
}

/// Figures of the last 24 simulated hours, and the data of the live event `overview`:
///
/// ```json
/// { "simulated_now": "2018-04-12T14:02:31.250000Z",
///   "counts": { "approve": 9700, "challenge": 120, "review": 90, "decline": 90 },
///   "value_minor": 54321000, "currency": "EUR",
///   "fraud_confirmed": 83, "fraud_confirmed_value_minor": 1234500,
///   "open_cases": 12, "decision_latency_p99_us": 184,
///   "scores": [36 counts, see score_bin],
///   "throughput": [96 counts, one per quarter of an hour, oldest first] }
/// ```
///
/// Send it about once a second; the page draws the newest that has arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OverviewFigures {
    /// The demo's time, microseconds since the Unix epoch; as JSON `simulated_now` in RFC 3339.
    #[serde(rename = "simulated_now", serialize_with = "super::instant::serialize")]
    pub simulated_now_us: i64,
    /// Decisions of the last 24 simulated hours.
    pub counts: DecisionCounts,
    /// Sum of their amounts, in minor units of `currency`.
    pub value_minor: i64,
    /// ISO 4217 code of the bank's own currency.
    pub currency: String,
    /// Transactions that were labelled as fraud, since the beginning.
    pub fraud_confirmed: u64,
    /// Sum of their amounts, in minor units of `currency`.
    pub fraud_confirmed_value_minor: i64,
    /// Cases that are open now.
    pub open_cases: u64,
    /// 99th percentile of the time to decide, in microseconds; `None` before the first decision.
    pub decision_latency_p99_us: Option<u64>,
    /// Transactions of the last 24 simulated hours by score: [`SCORE_BINS`] counts, see [`score_bin`].
    pub scores: Vec<u64>,
    /// Transactions in each complete quarter of a simulated hour, oldest first:
    /// [`THROUGHPUT_INTERVALS`] counts.
    pub throughput: Vec<u64>,
}

/// Bins of the histogram of scores, half a unit of log-odds each.
pub const SCORE_BINS: usize = 36;

/// Quarters of an hour in a day.
pub const THROUGHPUT_INTERVALS: usize = 96;

/// The bin that counts a score: equal widths in log-odds from −10 to 8, the ends holding the rest.
pub fn score_bin(score: f64) -> usize {
    SCORE_AXIS.bin(score, SCORE_BINS)
}

/// The page.
pub fn overview(view: &OverviewView) -> Markup {
    let main = html! {
        div class="page-heading" {
            div {
                h1 { "Overview" }
                p class="lede" { "The last 24 simulated hours at " (view.frame.bank) "." }
            }
            @if view.stream.is_some() { (live::stream_controls(Some("live-summary"))) }
        }
        div class="stack" data-live="overview" {
            (summary(&view.figures))
            (headline(&view.figures))
            (decision_mix(&view.figures.counts))
            div class="columns columns-even" {
                (scores(view))
                (throughput(&view.figures))
            }
        }
        (newest(view))
    };
    view.frame.page(
        "Overview",
        Some(Section::Overview),
        view.stream.as_deref(),
        main,
    )
}

/// The figures in one sentence, which the script announces now and then.
fn summary(figures: &OverviewFigures) -> Markup {
    let fields = CountFields::at("counts");
    let counts = &figures.counts;
    html! {
        p class="visually-hidden" id="live-summary" {
            (live::value(&fields.total(), Format::Integer, &number::integer(counts.total())))
            " transactions, "
            (live::value(&fields.of(Decision::Decline), Format::Integer, &number::integer(counts.decline)))
            " declined, "
            (live::value(&fields.of(Decision::Review), Format::Integer, &number::integer(counts.review)))
            " for review"
        }
    }
}

fn headline(of: &OverviewFigures) -> Markup {
    let fields = CountFields::at("counts");
    let in_currency = Format::Money {
        currency: "currency",
    };
    let latency = of.decision_latency_p99_us.map(number::microseconds);
    let all = [
        Figure {
            label: "Transactions",
            value: live::value(
                &fields.total(),
                Format::Integer,
                &number::integer(of.counts.total()),
            ),
            note: None,
        },
        Figure {
            label: "Value",
            value: live::value(
                "value_minor",
                in_currency,
                &money::money(of.value_minor, &of.currency),
            ),
            note: None,
        },
        Figure {
            label: "Challenged, reviewed or declined",
            value: fields.alert_share(&of.counts),
            note: Some(html! {
                (live::value(&fields.alerts(), Format::Integer, &number::integer(of.counts.alerts())))
                " transactions"
            }),
        },
        Figure {
            label: "Fraud confirmed so far",
            value: live::value(
                "fraud_confirmed",
                Format::Integer,
                &number::integer(of.fraud_confirmed),
            ),
            note: Some(live::value(
                "fraud_confirmed_value_minor",
                in_currency,
                &money::money(of.fraud_confirmed_value_minor, &of.currency),
            )),
        },
        Figure {
            label: "Time to decide, p99",
            value: live::value(
                "decision_latency_p99_us",
                Format::Microseconds,
                latency.as_deref().unwrap_or("–"),
            ),
            note: None,
        },
    ];
    figures(&all)
}

/// All decisions in one bar and, because nearly all are approvals, the others once more by themselves.
fn decision_mix(counts: &DecisionCounts) -> Markup {
    let fields = CountFields::at("counts");
    html! {
        section class="panel stack stack-tight" aria-labelledby="decisions" {
            h2 id="decisions" { "Decisions" }
            div class="mix" {
                p class="mix-label" { "All transactions" }
                (counts.bar(&Decision::ALL, fields.path()))
                p class="mix-label" { "Not simply approved, enlarged" }
                (counts.bar(&Decision::ALL[1..], fields.path()))
            }
            dl class="legend" {
                @for decision in Decision::ALL {
                    div {
                        dt { (decision.tone().shape()) (decision.title()) }
                        dd class="legend-value" {
                            (live::value(
                                &fields.of(decision),
                                Format::Integer,
                                &number::integer(counts.of(decision)),
                            ))
                        }
                        dd class="legend-note" { (fields.share(counts, decision)) }
                    }
                }
            }
        }
    }
}

fn scores(view: &OverviewView) -> Markup {
    let thresholds = ScoreThreshold::drawn(&view.thresholds);
    let chart = Histogram {
        label: "Number of transactions by score, with the thresholds of the policy",
        counts: &view.figures.scores,
        thresholds: &thresholds,
        series: Some("scores"),
    };
    html! {
        section class="panel" aria-labelledby="scores" {
            div class="section-heading" {
                h2 id="scores" { "Scores" }
                p { "Transactions by score; both axes are logarithmic" }
            }
            (chart.render())
        }
    }
}

fn throughput(figures: &OverviewFigures) -> Markup {
    let chart = AreaChart {
        label: "Transactions per quarter of an hour over the last 24 hours",
        values: &figures.throughput,
        axis: &[
            (0.0, "24 h ago"),
            (0.25, "18 h"),
            (0.5, "12 h"),
            (0.75, "6 h"),
            (1.0, "now"),
        ],
        series: Some("throughput"),
    };
    html! {
        section class="panel" aria-labelledby="throughput" {
            div class="section-heading" {
                h2 id="throughput" { "Throughput" }
                p { "Transactions per quarter of an hour" }
            }
            (chart.render())
        }
    }
}

fn newest(view: &OverviewView) -> Markup {
    html! {
        section aria-labelledby="newest" {
            div class="section-heading" {
                h2 id="newest" { "Newest decisions" }
                p { a href=(view.frame.transactions_href()) { "All transactions" } }
            }
            (live_decision_table(&view.frame, "Newest decisions", &view.newest))
            @if view.newest.is_empty() {
                (empty_state("No decisions yet", &html! { p { "The first ones appear here as they are made." } }))
            }
        }
    }
}

#[cfg(test)]
impl OverviewView {
    /// The overview of a bank at which nothing has happened yet, for tests.
    pub(super) fn example() -> Self {
        Self {
            frame: BankFrame::example(),
            figures: OverviewFigures {
                simulated_now_us: 7,
                counts: DecisionCounts::default(),
                value_minor: 0,
                currency: "EUR".to_owned(),
                fraud_confirmed: 0,
                fraud_confirmed_value_minor: 0,
                open_cases: 0,
                decision_latency_p99_us: None,
                scores: vec![0; SCORE_BINS],
                throughput: vec![0; THROUGHPUT_INTERVALS],
            },
            thresholds: vec![ScoreThreshold {
                decision: Decision::Decline,
                at: 0.8,
            }],
            newest: Vec::new(),
            stream: Some("/stream".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_live_event_has_the_documented_shape() {
        let figures = OverviewFigures {
            scores: vec![1, 2],
            throughput: vec![3],
            ..OverviewView::example().figures
        };
        assert_eq!(
            serde_json::to_string(&figures).expect("figures are plain data"),
            r#"{"simulated_now":"1970-01-01T00:00:00.000007Z","counts":{"approve":0,"challenge":0,"review":0,"decline":0},"value_minor":0,"currency":"EUR","fraud_confirmed":0,"fraud_confirmed_value_minor":0,"open_cases":0,"decision_latency_p99_us":null,"scores":[1,2],"throughput":[3]}"#
        );
    }

    #[test]
    fn every_live_field_is_one_of_the_event() {
        let view = OverviewView::example();
        let event = serde_json::to_value(&view.figures).expect("figures are plain data");
        let markup = overview(&view).into_string();
        let (live, _) = markup
            .split_once("<table")
            .expect("the table follows the figures");
        let fields = ["data-field=\"", "data-series=\"", "data-of=\""]
            .iter()
            .flat_map(|attribute| live.split(attribute).skip(1))
            .filter_map(|rest| rest.split_once('"'))
            .flat_map(|(paths, _)| paths.split('+'));
        let mut found = 0;
        for field in fields {
            let pointer = format!("/{}", field.replace('.', "/"));
            assert!(
                event.pointer(&pointer).is_some(),
                "{field} is not in {event}"
            );
            found += 1;
        }
        assert!(found > 20, "{found} fields");
    }

    #[test]
    fn a_bank_at_which_nothing_has_happened_is_shown_without_nonsense() {
        let markup = overview(&OverviewView::example()).into_string();
        assert!(markup.contains("No decisions yet"), "{markup}");
        assert!(
            !markup.contains("NaN") && !markup.contains("inf"),
            "{markup}"
        );
    }

    #[test]
    fn scores_are_counted_from_the_lowest_bin_to_the_highest() {
        for (score, bin) in [(0.0, 0), (0.5, 20), (1.0, SCORE_BINS - 1)] {
            assert_eq!(score_bin(score), bin, "{score}");
        }
    }
}
