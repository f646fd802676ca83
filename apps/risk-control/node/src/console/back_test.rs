//! The page of one back-test: figures, charts, and what moves from where to where.

use accord_console::{
    Tone,
    charts::AreaChart,
    figure::{Figure, figures},
    money, notice, number,
};
use maud::{Markup, html};
use risk_control::Decision;
use risk_control_back_test::{
    BackTestReport, CapacityFigures, Comparison, DecisionMatrix, RuleFigures,
};

use super::frame::{BankFrame, Section};

/// How far it is.
#[derive(Debug, Clone, PartialEq)]
pub enum BackTestProgressView {
    /// Share of the work, 0 to 1.
    Running(f64),
    Ended(String),
    Finished {
        hash: String,
        report: Box<BackTestReport>,
    },
}

/// All that the page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct BackTestPage {
    pub frame: BankFrame,
    pub draft: Option<u64>,
    pub requested_by: String,
    pub currency: String,
    pub progress: BackTestProgressView,
}

/// The page.
pub fn back_test(view: &BackTestPage) -> Markup {
    let main = html! {
        div class="page-heading" {
            h1 { "Back-test" }
            @if let Some(draft) = view.draft {
                a href=(view.frame.draft_href(draft)) { "Draft " (draft) }
            }
        }
        p class="muted" { "Asked for by " (view.requested_by) }
        @match &view.progress {
            BackTestProgressView::Running(share) => (notice::notice(Tone::Check, "Running", &html! {
                (format!("{:.0} %", share * 100.0)) " done. This page looks again by itself."
            })),
            BackTestProgressView::Ended(why) => (notice::notice(Tone::Attention, "No result", &html! { (why) })),
            BackTestProgressView::Finished { hash, report } => (results(view, hash, report)),
        }
    };
    view.frame
        .page("Back-test", Some(Section::Approvals), None, main)
}

fn results(view: &BackTestPage, hash: &str, report: &BackTestReport) -> Markup {
    html! {
        @for remark in &report.remarks {
            (notice::notice(Tone::Attention, "To be read with care", &html! { (remark) }))
        }
        section aria-labelledby="hindsight" {
            div class="section-heading" { h2 id="hindsight" { "With hindsight" } }
            (comparison(&view.currency, &report.with_hindsight))
        }
        section aria-labelledby="then" {
            div class="section-heading" { h2 id="then" { "As known at the end of the period" } }
            (comparison(&view.currency, &report.as_known_then))
        }
        section aria-labelledby="alerts" {
            div class="section-heading" { h2 id="alerts" { "Alerts a day" } }
            (alerts(view, report))
        }
        section aria-labelledby="moves" {
            div class="section-heading" { h2 id="moves" { "What changes" } }
            (matrix("From the active policy (rows) to the candidate (columns)", &report.from_active))
            (matrix("From what was decided then (rows) to the candidate (columns)", &report.from_then))
        }
        section aria-labelledby="rules" {
            div class="section-heading" { h2 id="rules" { "Rules of the candidate, with hindsight" } }
            (rules(&view.currency, &report.candidate_rules, &report.active_rules))
        }
        p class="muted small" {
            (number::integer(report.transactions)) " transactions up to event " (report.through) ". Result "
            code { (hash) }
        }
    }
}

fn comparison(currency: &str, figures_of: &Comparison) -> Markup {
    let active = &figures_of.active;
    let candidate = &figures_of.candidate;
    let change = |amount: i64| {
        let sign = if amount > 0 { "+" } else { "" };
        format!("{sign}{}", money::money(amount, currency))
    };
    let from_to = |from: u64, to: u64| {
        html! { "active policy " (number::integer(from)) ", candidate " (number::integer(to)) }
    };
    html! {
        (figures(&[
            Figure {
                label: "Fraud declined",
                value: html! { (change(figures_of.money_saved_minor)) },
                note: Some(from_to(active.decline.fraud.transactions, candidate.decline.fraud.transactions)),
            },
            Figure {
                label: "Fraud challenged or reviewed",
                value: html! { (change(figures_of.money_held_minor)) },
                note: Some(from_to(active.fraud_held().transactions, candidate.fraud_held().transactions)),
            },
            Figure {
                label: "Genuine transactions declined",
                value: html! { (format!("{:+}", figures_of.genuine_declined_more)) },
                note: Some(from_to(active.decline.genuine.transactions, candidate.decline.genuine.transactions)),
            },
            Figure {
                label: "Genuine customers declined",
                value: html! { (number::integer(candidate.genuine_customers_declined)) },
                note: Some(from_to(active.genuine_customers_declined, candidate.genuine_customers_declined)),
            },
        ]))
    }
}

fn alerts(view: &BackTestPage, report: &BackTestReport) -> Markup {
    let capacity = |figures_of: &CapacityFigures| {
        html! {
            (format!("{:.1}", figures_of.mean_alerts_a_day)) " a day, "
            (number::integer(figures_of.most_alerts_a_day)) " at most; "
            (number::integer(figures_of.days_over_capacity)) " days over the capacity of "
            (report.alerts_a_day_capacity) "; "
            @match figures_of.precision_at_capacity {
                Some(precision) => { (format!("{:.1} %", precision * 100.0)) " of those that can be worked are fraud, " },
                None => "none of them has a label, ",
            }
            (money::money(figures_of.fraud_at_capacity_minor, &view.currency))
        }
    };
    let counts = |of: fn(&risk_control_back_test::DayFigures) -> u64| {
        report.days.iter().map(of).collect::<Vec<u64>>()
    };
    let active = counts(|day| day.active_alerts);
    let candidate = counts(|day| day.candidate_alerts);
    let axis = [(0.0, "first day"), (1.0, "last day")];
    html! {
        div class="columns" {
            div class="panel" {
                h3 { "Active policy" }
                p class="small" { (capacity(&report.active_capacity)) }
                (AreaChart { label: "Alerts of the active policy by day", values: &active, axis: &axis, series: None }.render())
            }
            div class="panel" {
                h3 { "Candidate" }
                p class="small" { (capacity(&report.candidate_capacity)) }
                (AreaChart { label: "Alerts of the candidate by day", values: &candidate, axis: &axis, series: None }.render())
            }
        }
    }
}

fn matrix(caption: &str, moved: &DecisionMatrix) -> Markup {
    html! {
        table class="records" {
            caption { (caption) }
            thead {
                tr {
                    th scope="col" class="align-start" { "" }
                    @for decision in Decision::ALL { th scope="col" class="align-end" { (decision.name()) } }
                }
            }
            tbody {
                @for (decision, row) in Decision::ALL.into_iter().zip(moved) {
                    tr {
                        th scope="row" class="align-start" { (decision.name()) }
                        @for count in row { td class="align-end" { (number::integer(*count)) } }
                    }
                }
            }
        }
    }
}

fn rules(currency: &str, candidate: &[RuleFigures], active: &[RuleFigures]) -> Markup {
    html! {
        @if candidate.is_empty() { p class="muted" { "The candidate has no rules." } }
        @for rule in candidate {
            @let before = active.iter().find(|known| known.rule == rule.rule);
            div class="panel" {
                h3 { (rule.rule) " · version " (rule.version) @if rule.shadow { " · shadow" } }
                p class="small" {
                    (number::integer(rule.hits)) " hits"
                    @if let Some(before) = before { " (active policy: " (number::integer(before.hits)) ")" }
                    ", " (number::integer(rule.fraud.transactions)) " of them fraud of "
                    (money::money(rule.fraud.amount_minor, currency)) ", "
                    (number::integer(rule.genuine.transactions)) " genuine"
                }
            }
        }
    }
}
