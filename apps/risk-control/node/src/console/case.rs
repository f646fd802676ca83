//! One case: what is at stake, its transactions with their reasons, what happened, and what can be done.

use accord_console::{
    Tone,
    description::description,
    money, number,
    time::{TimeFormat, time},
    timeline::{TimelineEntry, timeline},
};
use maud::{Markup, html};

use super::{
    case_actions::CaseActions,
    cases::{CaseRow, due},
    decision::Decision,
    decision_table::{DecisionRow, decision_table},
    frame::{BankFrame, Section},
    transaction::HistoryEntry,
};

/// All that the page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseView {
    pub frame: BankFrame,
    pub case: CaseRow,
    /// Oldest first.
    pub transactions: Vec<CaseTransaction>,
    /// Oldest first.
    pub history: Vec<HistoryEntry>,
    /// The customer's other transactions, newest first.
    pub neighbours: Vec<DecisionRow>,
    /// `None` for a reader who does not work cases.
    pub actions: Option<CaseActions>,
    /// Microseconds since the Unix epoch, to tell ages.
    pub now_us: i64,
}

/// An alerted transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseTransaction {
    pub transaction_id: String,
    pub occurred_at_us: i64,
    pub terminal_id: String,
    pub amount_minor: i64,
    pub currency: String,
    pub decision: Decision,
    pub score: f64,
    pub expected_loss_minor: i64,
    /// In words, weightiest first.
    pub reasons: Vec<String>,
    /// What it turned out to be: tone and word.
    pub label: Option<(Tone, String)>,
}

/// The page.
pub fn case(view: &CaseView) -> Markup {
    let customer = view.case.customer_id.as_deref();
    let title = format!("Case of {}", customer.unwrap_or("an erased customer"));
    let main = html! {
        div class="page-heading" {
            div {
                p class="lede" { a href=(view.frame.cases_href()) { "Cases" } }
                h1 {
                    "Case of "
                    @match customer {
                        Some(customer) => a class="record-title" href=(view.frame.customer_href(customer)) { (customer) },
                        None => "an erased customer",
                    }
                }
            }
        }
        (stake(view))
        div class="columns columns-wide-narrow" {
            div class="stack" {
                section aria-labelledby="alerts" {
                    div class="section-heading" {
                        h2 id="alerts" { "Alerted transactions" }
                        p { "As they were decided" }
                    }
                    div class="stack stack-tight" {
                        @for transaction in &view.transactions { (alerted(&view.frame, transaction)) }
                    }
                }
            }
            div class="stack" {
                @if let Some(actions) = &view.actions { (actions.render(&view.case)) }
                (facts(view))
                (history(&view.history))
            }
        }
        @if !view.neighbours.is_empty() {
            section aria-labelledby="neighbours" {
                div class="section-heading" { h2 id="neighbours" { "This customer's last transactions" } }
                (decision_table(&view.frame, "This customer's last transactions", &view.neighbours))
            }
        }
    };
    view.frame.page(&title, Some(Section::Cases), None, main)
}

fn stake(view: &CaseView) -> Markup {
    let case = &view.case;
    html! {
        section class="panel case-stake" aria-label="What is at stake" {
            div {
                p class="muted" { "State" }
                p class="case-stake-value" { (case.stage.badge()) }
                p class="muted small" {
                    @match &case.assignee {
                        Some(assignee) => { "worked by " strong { (assignee) } },
                        None => "worked by nobody",
                    }
                }
            }
            div {
                p class="muted" { "Severity" }
                p class="case-stake-value" { (case.severity.badge()) }
                @if let Some(points) = case.priority {
                    p class="muted small" { "priority " (format!("{points:.1}")) }
                }
            }
            div {
                p class="muted" { "Expected loss" }
                p class="figure-value" { (money::money(case.expected_loss_minor, &case.currency)) }
                p class="muted small" {
                    "of " (money::money(case.amount_minor, &case.currency)) " in " (case.alerts)
                    @if case.alerts == 1 { " transaction" } @else { " transactions" }
                }
            }
            div {
                p class="muted" { "Due" }
                p class="case-stake-value" { (due(case, view.now_us)) }
                p class="muted small" { "opened " (time(case.opened_at_us, TimeFormat::Full)) }
            }
        }
    }
}

fn alerted(frame: &BankFrame, transaction: &CaseTransaction) -> Markup {
    html! {
        article class="panel case-alert" {
            div class="case-alert-head" {
                div {
                    a class="record-title" href=(frame.transaction_href(&transaction.transaction_id)) {
                        (transaction.transaction_id)
                    }
                    p class="muted small" {
                        (time(transaction.occurred_at_us, TimeFormat::Full)) " at "
                        a href=(frame.terminal_href(&transaction.terminal_id)) { (transaction.terminal_id) }
                    }
                }
                div class="case-alert-amount" {
                    p class="figure-value" { (money::money(transaction.amount_minor, &transaction.currency)) }
                    p class="muted small" {
                        "score " (number::score(transaction.score)) ", expected loss "
                        (money::money(transaction.expected_loss_minor, &transaction.currency))
                    }
                }
            }
            p class="case-alert-badges" {
                (transaction.decision.badge())
                @if let Some((tone, word)) = &transaction.label { " " (accord_console::badge::badge(*tone, word)) }
            }
            @if !transaction.reasons.is_empty() {
                ul class="reason-list" {
                    @for reason in &transaction.reasons { li { (reason) } }
                }
            }
        }
    }
}

fn facts(view: &CaseView) -> Markup {
    let case = &view.case;
    html! {
        section class="panel" aria-labelledby="facts" {
            div class="section-heading" { h2 id="facts" { "Case" } }
            (description(&[
                ("Id", html! { code { (case.case_id) } }),
                ("Version", html! { (case.version) }),
                ("Opened", time(case.opened_at_us, TimeFormat::Full)),
                ("Due", time(case.due_at_us, TimeFormat::Full)),
            ]))
        }
    }
}

fn history(history: &[HistoryEntry]) -> Markup {
    let entries: Vec<TimelineEntry<'_>> = history
        .iter()
        .map(|entry| TimelineEntry {
            at_us: entry.at_us,
            tone: entry.tone,
            title: &entry.title,
            detail: entry.detail.as_deref(),
            actor: entry.actor.as_deref(),
        })
        .collect();
    html! {
        section class="panel" aria-labelledby="history" {
            div class="section-heading" { h2 id="history" { "What happened" } }
            (timeline(&entries))
        }
    }
}

#[cfg(test)]
impl CaseView {
    /// A case for tests.
    pub(super) fn example() -> Self {
        Self {
            frame: BankFrame::example(),
            case: CaseRow::example(),
            transactions: vec![CaseTransaction {
                transaction_id: "<T>".to_owned(),
                occurred_at_us: 0,
                terminal_id: "M/1".to_owned(),
                amount_minor: 90_000,
                currency: "EUR".to_owned(),
                decision: Decision::Review,
                score: 0.5,
                expected_loss_minor: 45_000,
                reasons: vec!["<b>Amount</b>".to_owned()],
                label: Some((Tone::Bad, "Fraud".to_owned())),
            }],
            history: Vec::new(),
            neighbours: Vec::new(),
            actions: Some(CaseActions {
                base: "/v1/cases/0123456789abcdef-1".to_owned(),
                me: "ana".to_owned(),
            }),
            now_us: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_and_terminals_can_be_followed_and_texts_are_no_markup() {
        let markup = case(&CaseView::example()).into_string();
        for expected in [
            r#"href="/banks/north/transactions/%3CT%3E""#,
            r#"href="/banks/north/terminals/M%2F1""#,
            r#"href="/banks/north/customers/%3Cc%3E""#,
            "&lt;b&gt;Amount&lt;/b&gt;",
        ] {
            assert!(markup.contains(expected), "{expected} in {markup}");
        }
    }

    #[test]
    fn only_who_works_cases_sees_actions() {
        let markup = case(&CaseView::example()).into_string();
        assert!(markup.contains("data-if-match=\"3\""), "{markup}");
        let reader = CaseView {
            actions: None,
            ..CaseView::example()
        };
        assert!(!case(&reader).into_string().contains("data-json-form"));
    }
}
