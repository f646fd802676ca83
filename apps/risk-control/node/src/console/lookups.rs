//! What is known of one customer or one terminal.

use accord_console::{
    figure::{Figure, figures},
    money, number,
    table::{Align, Column, Narrow, record_table},
    time::{TimeFormat, time},
};
use maud::{Markup, html};

use super::{
    cases::CaseRow,
    decision::Decision,
    decision_table::{DecisionRow, decision_table},
    frame::BankFrame,
};

/// All that the page of a customer or terminal shows.
#[derive(Debug, Clone, PartialEq)]
pub struct LookupView {
    pub frame: BankFrame,
    pub kind: LookupKind,
    pub id: String,
    pub statistics: LookupStatistics,
    /// Each group with its heading; empty groups are left out.
    pub links: Vec<LinkGroup>,
    pub cases: Vec<CaseRow>,
    /// Newest first.
    pub recent: Vec<DecisionRow>,
    /// Where all of the entity's transactions are listed, and where they are exported.
    pub list_href: String,
    pub export_href: String,
}

/// What is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookupKind {
    Customer,
    Terminal,
}

/// Counts and sums over the newest transactions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LookupStatistics {
    pub transactions: u64,
    /// There are older transactions that are not counted.
    pub truncated: bool,
    pub amount_minor: i64,
    pub amount_max_minor: i64,
    pub currency: String,
    /// By decision, mildest first.
    pub decisions: [u64; 4],
    pub confirmed_fraud: u64,
    pub confirmed_fraud_minor: i64,
    pub first_us: Option<i64>,
    pub last_us: Option<i64>,
}

/// Entities of one kind that occur in the same transactions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkGroup {
    pub title: &'static str,
    pub column: &'static str,
    pub links: Vec<LinkRow>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRow {
    pub id: String,
    /// Where more is known of it.
    pub href: Option<String>,
    pub transactions: u64,
    pub amount_minor: i64,
    pub confirmed_fraud: u64,
    pub last_us: i64,
}

impl LookupKind {
    fn title(self) -> &'static str {
        match self {
            Self::Customer => "Customer",
            Self::Terminal => "Terminal",
        }
    }
}

/// The page.
pub fn lookup(view: &LookupView) -> Markup {
    let title = format!("{} {}", view.kind.title(), view.id);
    let main = html! {
        div class="page-heading" {
            div {
                p class="lede" { (view.kind.title()) }
                h1 class="record-title" { (view.id) }
            }
            p class="filters-actions" {
                a href=(view.list_href) { "All transactions" }
                a href=(view.export_href) { "Export as CSV" }
            }
        }
        (headline(&view.statistics))
        @if !view.cases.is_empty() { (cases(view)) }
        div class="columns columns-even" {
            @for group in view.links.iter().filter(|group| !group.links.is_empty()) {
                (link_group(group, &view.statistics.currency))
            }
        }
        section aria-labelledby="recent" {
            div class="section-heading" { h2 id="recent" { "Newest transactions" } }
            (decision_table(&view.frame, "Newest transactions", &view.recent))
        }
    };
    view.frame.page(&title, None, None, main)
}

fn headline(statistics: &LookupStatistics) -> Markup {
    let currency = &statistics.currency;
    let transactions = number::integer(statistics.transactions);
    let stopped: u64 = statistics.decisions[1..].iter().sum();
    let in_words = Decision::ALL
        .iter()
        .zip(statistics.decisions)
        .skip(1)
        .filter(|(_, count)| *count > 0)
        .map(|(decision, count)| format!("{count} {}", decision.title().to_lowercase()))
        .collect::<Vec<_>>()
        .join(", ");
    figures(&[
        Figure {
            label: "Transactions",
            value: html! { (transactions) @if statistics.truncated { "+" } },
            note: statistics
                .truncated
                .then(|| html! { "the newest are counted" }),
        },
        Figure {
            label: "Amount",
            value: html! { (money::money(statistics.amount_minor, currency)) },
            note: Some(html! { "largest " (money::money(statistics.amount_max_minor, currency)) }),
        },
        Figure {
            label: "Not simply approved",
            value: html! { (number::integer(stopped)) },
            note: (!in_words.is_empty()).then(|| html! { (in_words) }),
        },
        Figure {
            label: "Confirmed fraud",
            value: html! { (number::integer(statistics.confirmed_fraud)) },
            note: (statistics.confirmed_fraud > 0)
                .then(|| html! { (money::money(statistics.confirmed_fraud_minor, currency)) }),
        },
        Figure {
            label: "Last seen",
            value: html! {
                @match statistics.last_us {
                    Some(at_us) => (time(at_us, TimeFormat::Short)),
                    None => "–",
                }
            },
            note: statistics
                .first_us
                .map(|at_us| html! { "first " (time(at_us, TimeFormat::Short)) }),
        },
    ])
}

fn cases(view: &LookupView) -> Markup {
    html! {
        section aria-labelledby="cases" {
            div class="section-heading" { h2 id="cases" { "Cases" } }
            ul class="link-list" {
                @for case in &view.cases {
                    li {
                        a href=(view.frame.case_href(&case.case_id)) {
                            (time(case.opened_at_us, TimeFormat::Full))
                        }
                        " " (case.stage.badge()) " " (case.severity.badge()) " "
                        span class="muted" {
                            (case.alerts) @if case.alerts == 1 { " alert, " } @else { " alerts, " }
                            "expected loss " (money::money(case.expected_loss_minor, &case.currency))
                        }
                    }
                }
            }
        }
    }
}

const COUNT: Column = Column {
    title: "Transactions",
    align: Align::End,
    narrow: Narrow::TopEnd,
};
const AMOUNT: Column = Column {
    title: "Amount",
    align: Align::End,
    narrow: Narrow::MiddleEnd,
};
const FRAUD: Column = Column {
    title: "Fraud",
    align: Align::End,
    narrow: Narrow::BottomEnd,
};
const LAST: Column = Column {
    title: "Last seen",
    align: Align::Start,
    narrow: Narrow::BottomStart,
};

fn link_group(group: &LinkGroup, currency: &str) -> Markup {
    let name = Column {
        title: group.column,
        align: Align::Start,
        narrow: Narrow::TopStart,
    };
    let body = html! {
        tbody {
            @for link in &group.links {
                tr {
                    (name.cell(html! {
                        @match &link.href {
                            Some(href) => a href=(href) { (link.id) },
                            None => (link.id),
                        }
                    }))
                    (COUNT.cell(html! { (number::integer(link.transactions)) }))
                    (AMOUNT.cell(html! { (money::money(link.amount_minor, currency)) }))
                    (FRAUD.cell(html! {
                        @if link.confirmed_fraud > 0 { (number::integer(link.confirmed_fraud)) } @else { "–" }
                    }))
                    (LAST.cell(time(link.last_us, TimeFormat::Short)))
                }
            }
        }
    };
    html! {
        section aria-label=(group.title) {
            div class="section-heading" { h2 { (group.title) } }
            (record_table(group.title, &[name, COUNT, AMOUNT, FRAUD, LAST], &body))
        }
    }
}

#[cfg(test)]
impl LookupView {
    /// A customer for tests, its texts hostile to careless pages.
    pub(super) fn example() -> Self {
        Self {
            frame: BankFrame::example(),
            kind: LookupKind::Customer,
            id: "<c>".to_owned(),
            statistics: LookupStatistics {
                transactions: 5_000,
                truncated: true,
                currency: "EUR".to_owned(),
                decisions: [4_990, 7, 0, 3],
                ..LookupStatistics::default()
            },
            links: vec![
                LinkGroup {
                    title: "Terminals",
                    column: "Terminal",
                    links: vec![LinkRow {
                        id: "<m>".to_owned(),
                        href: Some("/terminals/m".to_owned()),
                        transactions: 3,
                        amount_minor: 1,
                        confirmed_fraud: 1,
                        last_us: 0,
                    }],
                },
                LinkGroup {
                    title: "Cards",
                    column: "Card",
                    links: Vec::new(),
                },
            ],
            cases: vec![CaseRow::example()],
            recent: vec![DecisionRow::example()],
            list_href: "/transactions".to_owned(),
            export_href: "/export".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_only_in_part_says_so() {
        let markup = lookup(&LookupView::example()).into_string();
        for expected in ["5,000+", "7 challenge, 3 decline", "&lt;c&gt;", "&lt;m&gt;"] {
            assert!(markup.contains(expected), "{expected} in {markup}");
        }
        assert!(!markup.contains(">Cards<"), "an empty group: {markup}");
    }
}
