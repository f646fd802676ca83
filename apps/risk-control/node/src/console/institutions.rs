//! The demo's first page: every bank at a glance, and how to begin with the API.

use std::collections::BTreeMap;

use accord_console::live::{self, Format};
use accord_console::{DemoClock, Header, Page, PersonaSwitcher, Tone, badge, code_block, number};
use maud::{Markup, html};
use serde::Serialize;

use super::decision::{CountFields, Decision, DecisionCounts};
use super::form_field::post_button;

/// All that the page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct InstitutionsView {
    pub clock: DemoClock,
    pub personas: Option<PersonaSwitcher>,
    /// Address of a stream of `institutions` events ([`InstitutionsFigures`]).
    pub stream: Option<String>,
    pub banks: Vec<BankCard>,
    /// What a presenter can switch on; empty where nobody can.
    pub attacks: Vec<AttackSwitch>,
    /// The page that explains the API, and its description in OpenAPI.
    pub api_href: String,
    pub openapi_href: String,
    pub docs_href: String,
    /// Where the banks are seen training together, if they do.
    pub coordinator_href: Option<String>,
    /// A command to try, ready to be pasted into a shell.
    pub command: String,
    /// Links of the footer: label and address.
    pub footer: Vec<(String, String)>,
}

/// An attack that a presenter switches on and off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttackSwitch {
    pub key: String,
    pub title: String,
    pub explanation: String,
    pub under_way: bool,
}

/// One bank.
#[derive(Debug, Clone, PartialEq)]
pub struct BankCard {
    /// Key of the bank in [`InstitutionsFigures`]; letters, digits and hyphens.
    pub key: String,
    pub name: String,
    /// The bank's overview.
    pub href: String,
    pub figures: BankFigures,
}

/// One bank's figures of the current simulated day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BankFigures {
    pub counts: DecisionCounts,
    /// 99th percentile of the time to decide, in microseconds.
    pub decision_latency_p99_us: Option<u64>,
    pub state: BankState,
}

/// Whether a bank's node can be relied upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BankState {
    Running,
    /// Deciding, but the pages lag behind the log.
    CatchingUp,
    /// Answering questions, taking no transactions.
    ReadOnly,
    Stopped,
}

impl BankState {
    const ALL: [Self; 4] = [
        Self::Running,
        Self::CatchingUp,
        Self::ReadOnly,
        Self::Stopped,
    ];

    fn choice(self) -> (&'static str, Tone, &'static str) {
        match self {
            Self::Running => ("running", Tone::Good, "Running"),
            Self::CatchingUp => ("catching_up", Tone::Neutral, "Catching up"),
            Self::ReadOnly => ("read_only", Tone::Attention, "Read-only"),
            Self::Stopped => ("stopped", Tone::Bad, "Stopped"),
        }
    }
}

/// Data of the live event `institutions`:
///
/// ```json
/// { "simulated_now": "2018-04-12T14:02:31.250000Z",
///   "banks": { "north": { "counts": { "approve": 1, "challenge": 0, "review": 0, "decline": 0 },
///                         "decision_latency_p99_us": 184, "state": "running" } } }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InstitutionsFigures {
    /// Microseconds since the Unix epoch; as JSON `simulated_now` in RFC 3339.
    #[serde(rename = "simulated_now", serialize_with = "super::instant::serialize")]
    pub simulated_now_us: i64,
    /// By [`BankCard::key`].
    pub banks: BTreeMap<String, BankFigures>,
}

/// The page. `others` stands below the banks: what else runs beside them.
pub fn institutions(view: &InstitutionsView, others: &Markup) -> Markup {
    let header = Header {
        home_href: "/".to_owned(),
        institution: None,
        navigation: Vec::new(),
        clock: Some(view.clock),
        personas: view.personas.clone(),
    };
    let main = html! {
        div class="page-heading" {
            div {
                h1 { "Risk control, bank by bank" }
                p class="lede" {
                    "Each bank decides on its own customers' transactions as they happen and keeps its data to itself. "
                    "The customers are simulated; the decisions are made as they would be."
                    @if let Some(href) = &view.coordinator_href {
                        " Now and then they " a href=(href) { "train one model together" } "."
                    }
                }
            }
            @if view.stream.is_some() { (live::stream_controls(None)) }
        }
        section aria-label="Banks" {
            div class="cards" data-live="institutions" {
                @for bank in &view.banks { (card(bank)) }
            }
        }
        (others)
        (attacks(view))
        (first_steps(view))
    };
    Page {
        title: "Banks",
        header: &header,
        stream: view.stream.as_deref(),
        main,
        footer: &view.footer,
    }
    .render()
}

fn attacks(view: &InstitutionsView) -> Markup {
    if view.attacks.is_empty() {
        return html! {};
    }
    html! {
        section aria-labelledby="attacks" {
            div class="section-heading" {
                h2 id="attacks" { "Attacks" }
                p { "On top of the customers' own traffic and the usual frauds, at every bank" }
            }
            div class="cards" {
                @for attack in &view.attacks {
                    article class="card" {
                        div class="card-heading" {
                            @if attack.under_way { (badge::badge(Tone::Bad, "Under way")) }
                            @else { (badge::badge(Tone::Neutral, "Off")) }
                            h3 { (attack.title) }
                        }
                        p class="muted" { (attack.explanation) }
                        (post_button("/attacks", if attack.under_way { "Stop" } else { "Start" }, attack.under_way, &[
                            ("attack", attack.key.as_str()),
                            ("on", if attack.under_way { "false" } else { "true" }),
                        ]))
                    }
                }
            }
        }
    }
}

fn card(bank: &BankCard) -> Markup {
    let path = format!("banks.{}", bank.key);
    let fields = CountFields::at(&format!("{path}.counts"));
    let counts = &bank.figures.counts;
    let latency = bank
        .figures
        .decision_latency_p99_us
        .map(number::microseconds);
    let states = BankState::ALL.map(BankState::choice);
    let (state, ..) = bank.figures.state.choice();
    html! {
        article class="card" {
            div class="card-heading" {
                (badge::live_badge(&format!("{path}.state"), state, &states))
                h2 { a href=(bank.href) { (bank.name) } }
            }
            p class="card-figure" {
                span class="figure-value" {
                    (live::value(&fields.total(), Format::Integer, &number::integer(counts.total())))
                }
                span class="muted small" { "transactions today" }
            }
            div class="mix" {
                (counts.bar(&Decision::ALL, fields.path()))
                dl class="legend legend-compact" {
                    @for decision in Decision::ALL {
                        div {
                            dt { (decision.tone().shape()) (decision.title()) }
                            dd class="legend-value" { (fields.share(counts, decision)) }
                        }
                    }
                }
            }
            dl class="description" {
                div {
                    dt { "Alert share" }
                    dd { (fields.alert_share(counts)) }
                }
                div {
                    dt { "Time to decide, p99" }
                    dd {
                        (live::value(
                            &format!("{path}.decision_latency_p99_us"),
                            Format::Microseconds,
                            latency.as_deref().unwrap_or("–"),
                        ))
                    }
                }
            }
        }
    }
}

fn first_steps(view: &InstitutionsView) -> Markup {
    html! {
        section class="stack stack-tight" aria-labelledby="first-steps" {
            div class="section-heading" {
                h2 id="first-steps" { "Send a transaction yourself" }
                p {
                    a href=(view.api_href) { "API" } " · "
                    a href=(view.openapi_href) { "OpenAPI" } " · "
                    a href=(view.docs_href) { "Documentation" }
                }
            }
            (code_block::code_block("Command to try", &view.command))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_live_event_has_the_documented_shape() {
        let figures = InstitutionsFigures {
            simulated_now_us: 7,
            banks: BTreeMap::from([(
                "north".to_owned(),
                BankFigures {
                    counts: DecisionCounts {
                        approve: 1,
                        ..DecisionCounts::default()
                    },
                    decision_latency_p99_us: None,
                    state: BankState::CatchingUp,
                },
            )]),
        };
        assert_eq!(
            serde_json::to_string(&figures).expect("figures are plain data"),
            r#"{"simulated_now":"1970-01-01T00:00:00.000007Z","banks":{"north":{"counts":{"approve":1,"challenge":0,"review":0,"decline":0},"decision_latency_p99_us":null,"state":"catching_up"}}}"#
        );
    }

    #[test]
    fn states_are_written_alike_in_events_and_in_pages() {
        for state in BankState::ALL {
            let json = serde_json::to_string(&state).expect("a state is a string");
            assert_eq!(json, format!("\"{}\"", state.choice().0));
        }
    }
}
