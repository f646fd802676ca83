//! The queue of cases: what is waiting, narrowed, in order, and one thing to do with many of them.

use accord_console::{
    Tone,
    badge::badge,
    figure::{Figure, figures},
    money,
    notice::{empty_state, notice},
    number,
    table::{Align, Column, Narrow, record_table},
    time::{TimeFormat, time},
};
use maud::{Markup, html};

use super::{
    case_badges::{CaseStage, Finding, Severity},
    frame::{BankFrame, Section},
};

/// All that the page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct CasesView {
    pub frame: BankFrame,
    pub figures: CaseFigures,
    pub filters: CaseFilters,
    /// Why the filters could not be applied; rows are then not shown.
    pub filter_problem: Option<String>,
    pub rows: Vec<CaseRow>,
    pub next_href: Option<String>,
    /// Where work on many cases is posted; `None` for a reader who does not work cases.
    pub bulk_action: Option<String>,
    /// Microseconds since the Unix epoch, to tell ages.
    pub now_us: i64,
}

/// Open cases of the bank, whatever the list is narrowed to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseFigures {
    pub open: u64,
    pub unassigned: u64,
    pub escalated: u64,
    pub overdue: u64,
    pub expected_loss_minor: i64,
    pub currency: String,
}

/// Filters as they were entered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseFilters {
    pub state: String,
    pub assignee: String,
    pub severity: String,
    pub overdue: bool,
    pub customer: String,
    pub sort: String,
}

/// One case.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseRow {
    pub case_id: String,
    pub version: u64,
    pub stage: CaseStage,
    pub severity: Severity,
    pub assignee: Option<String>,
    /// `None` once the customer's personal data is erased.
    pub customer_id: Option<String>,
    pub alerts: u64,
    pub amount_minor: i64,
    pub expected_loss_minor: i64,
    pub currency: String,
    pub opened_at_us: i64,
    pub due_at_us: i64,
    /// Points; `None` for a closed case.
    pub priority: Option<f64>,
    pub reason: Option<String>,
}

const SELECT: Column = Column {
    title: "",
    align: Align::Start,
    narrow: Narrow::Hidden,
};
const PRIORITY: Column = Column {
    title: "Priority",
    align: Align::End,
    narrow: Narrow::TopEnd,
};
const CUSTOMER: Column = Column {
    title: "Customer",
    align: Align::Start,
    narrow: Narrow::TopStart,
};
const STAGE: Column = Column {
    title: "State",
    align: Align::Start,
    narrow: Narrow::MiddleEnd,
};
const SEVERITY: Column = Column {
    title: "Severity",
    align: Align::Start,
    narrow: Narrow::MiddleStart,
};
const ALERTS: Column = Column {
    title: "Alerts",
    align: Align::End,
    narrow: Narrow::Hidden,
};
const AMOUNT: Column = Column {
    title: "Amount",
    align: Align::End,
    narrow: Narrow::Hidden,
};
const LOSS: Column = Column {
    title: "Expected loss",
    align: Align::End,
    narrow: Narrow::BottomEnd,
};
const DUE: Column = Column {
    title: "Due",
    align: Align::Start,
    narrow: Narrow::BottomStart,
};
const REASON: Column = Column {
    title: "Top reason",
    align: Align::Start,
    narrow: Narrow::Hidden,
};

const COLUMNS: [Column; 10] = [
    SELECT, PRIORITY, CUSTOMER, SEVERITY, STAGE, ALERTS, AMOUNT, LOSS, DUE, REASON,
];

/// The page.
pub fn cases(view: &CasesView) -> Markup {
    let main = html! {
        div class="page-heading" {
            div {
                h1 { "Cases" }
                p class="lede" {
                    "Alerts of one customer make one case. The queue puts first what may cost most; a day of waiting \
                     counts as much as twice the loss."
                }
            }
        }
        (headline(view))
        (filter_form(view))
        @if let Some(problem) = &view.filter_problem {
            (notice(Tone::Attention, "The filters cannot be applied", &html! { (problem) }))
        } @else if view.rows.is_empty() {
            (nothing_found(view))
        } @else {
            (queue(view))
        }
    };
    view.frame.page("Cases", Some(Section::Cases), None, main)
}

fn headline(view: &CasesView) -> Markup {
    let known = &view.figures;
    let figure = |label, value: String| Figure {
        label,
        value: html! { (value) },
        note: None,
    };
    figures(&[
        figure("Open", number::integer(known.open)),
        figure("Waiting for somebody", number::integer(known.unassigned)),
        figure("Escalated", number::integer(known.escalated)),
        figure("Overdue", number::integer(known.overdue)),
        figure(
            "Expected loss of all open cases",
            money::money(known.expected_loss_minor, &known.currency),
        ),
    ])
}

fn filter_form(view: &CasesView) -> Markup {
    let filters = &view.filters;
    let action = view.frame.cases_href();
    html! {
        search {
            form class="filters" method="get" action=(action) {
                (choice("state", "State", &filters.state, &[
                    ("", "Open"), ("new", "New"), ("assigned", "Assigned"), ("escalated", "Escalated"),
                    ("resolved", "Resolved"), ("expired", "Expired"), ("any", "Any"),
                ]))
                (choice("assignee", "Worked by", &filters.assignee, &[
                    ("", "Anyone"), ("me", "Me"), ("nobody", "Nobody"),
                ]))
                (choice("severity", "Severity", &filters.severity, &[
                    ("", "Any"), ("high", "High"), ("medium", "Medium"), ("low", "Low"),
                ]))
                (choice("overdue", "Due", if filters.overdue { "true" } else { "" }, &[
                    ("", "Whenever"), ("true", "Overdue"),
                ]))
                div class="field" {
                    label for="customer" { "Customer" }
                    input id="customer" name="customer" type="text" autocomplete="off" spellcheck="false"
                        value=(filters.customer);
                }
                (choice("sort", "Order", &filters.sort, &[
                    ("", "Priority"), ("due", "Due first"), ("age", "Oldest first"), ("newest", "Newest first"),
                ]))
                div class="filters-actions" {
                    button type="submit" { "Filter" }
                    @if *filters != CaseFilters::default() { a href=(action) { "Clear" } }
                }
            }
        }
    }
}

fn choice(name: &str, label: &str, current: &str, choices: &[(&str, &str)]) -> Markup {
    html! {
        div class="field" {
            label for=(name) { (label) }
            select id=(name) name=(name) {
                @for (value, title) in choices {
                    option value=(value) selected[*value == current] { (title) }
                }
                // Somebody's id, from an address.
                @if !choices.iter().any(|(value, _)| *value == current) {
                    option value=(current) selected { (current) }
                }
            }
        }
    }
}

fn nothing_found(view: &CasesView) -> Markup {
    if view.filters == CaseFilters::default() {
        return empty_state(
            "Nothing is waiting",
            &html! { p { "A transaction that is reviewed or declined opens a case here." } },
        );
    }
    empty_state(
        "No case matches",
        &html! { p { "Loosen a filter, or " a href=(view.frame.cases_href()) { "clear them all" } "." } },
    )
}

fn queue(view: &CasesView) -> Markup {
    html! {
        section aria-label="Cases found" {
            @match &view.bulk_action {
                Some(action) => form class="bulk" action=(action) data-bulk-form {
                    div class="bulk-bar script-only" {
                        span class="muted" data-bulk-count { "Select cases to work on several at once" }
                        button type="button" class="button-quiet" data-bulk="{\"action\":\"assign\"}" disabled { "Take them" }
                        button type="button" class="button-quiet" data-bulk="{\"action\":\"release\"}" disabled { "Give back" }
                        button type="button" class="button-quiet" data-bulk="{\"action\":\"escalate\"}" disabled { "Escalate" }
                        @for finding in Finding::ALL {
                            @let body = format!("{{\"action\":\"resolve\",\"disposition\":\"{}\"}}", finding.key());
                            button type="button" class="button-quiet" data-bulk=(body) disabled { (finding.title()) }
                        }
                        span data-form-status role="status" aria-live="polite" {}
                    }
                    (table(view, true))
                },
                None => (table(view, false)),
            }
            @if let Some(href) = &view.next_href {
                nav class="pager" aria-label="Pages of the list" {
                    span {}
                    a class="button button-quiet" rel="next" href=(href) { "More" }
                }
            }
        }
    }
}

fn table(view: &CasesView, selectable: bool) -> Markup {
    let body = html! {
        tbody { @for row in &view.rows { (table_row(view, row, selectable)) } }
    };
    record_table("Cases", &COLUMNS, &body)
}

fn table_row(view: &CasesView, row: &CaseRow, selectable: bool) -> Markup {
    let customer = row.customer_id.as_deref().unwrap_or("erased");
    html! {
        tr {
            (SELECT.cell(html! {
                @if selectable {
                    input type="checkbox" value=(row.case_id) data-version=(row.version)
                        aria-label={ "Select the case of " (customer) };
                }
            }))
            (PRIORITY.cell(html! {
                @match row.priority {
                    Some(points) => (format!("{points:.1}")),
                    None => "–",
                }
            }))
            (CUSTOMER.cell(html! { a href=(view.frame.case_href(&row.case_id)) { (customer) } }))
            (SEVERITY.cell(row.severity.badge()))
            (STAGE.cell(html! {
                (row.stage.badge())
                @if let Some(assignee) = &row.assignee { " " span class="muted small" { (assignee) } }
            }))
            (ALERTS.cell(html! { (row.alerts) }))
            (AMOUNT.cell(html! { (money::money(row.amount_minor, &row.currency)) }))
            (LOSS.cell(html! { (money::money(row.expected_loss_minor, &row.currency)) }))
            (DUE.cell(due(row, view.now_us)))
            td class={ "reason " (REASON.class()) } { (row.reason.as_deref().unwrap_or("–")) }
        }
    }
}

/// When an open case is due, in words: a case past its time stands out.
pub(super) fn due(row: &CaseRow, now_us: i64) -> Markup {
    if !row.stage.is_open() {
        return html! { span class="muted" { "closed" } };
    }
    if row.due_at_us < now_us {
        let late = duration(now_us - row.due_at_us);
        return html! { span title={ "since " (accord_console::time::text(row.due_at_us, TimeFormat::Full)) " UTC" } {
            (badge(Tone::Bad, &format!("{late} late")))
        } };
    }
    html! {
        span title={ (accord_console::time::text(row.due_at_us, TimeFormat::Full)) " UTC" } {
            "in " (duration(row.due_at_us - now_us))
        }
        span class="visually-hidden" { ", " (time(row.due_at_us, TimeFormat::Full)) }
    }
}

/// A duration in the largest unit that says enough.
pub(super) fn duration(duration_us: i64) -> String {
    let minutes = duration_us / 60_000_000;
    match minutes {
        ..120 => format!("{minutes} min"),
        120..2_880 => format!("{} h", minutes / 60),
        _ => format!("{} days", minutes / 1_440),
    }
}

#[cfg(test)]
impl CaseRow {
    /// A case for tests, its texts hostile to careless pages.
    pub(super) fn example() -> Self {
        Self {
            case_id: "0123456789abcdef-1".to_owned(),
            version: 3,
            stage: CaseStage::Assigned,
            severity: Severity::High,
            assignee: Some("<ana>".to_owned()),
            customer_id: Some("<c>".to_owned()),
            alerts: 2,
            amount_minor: 90_000,
            expected_loss_minor: 45_000,
            currency: "EUR".to_owned(),
            opened_at_us: 0,
            due_at_us: 4 * 3_600_000_000,
            priority: Some(16.5),
            reason: Some("<b>".to_owned()),
        }
    }
}

#[cfg(test)]
impl CasesView {
    /// A page for tests.
    pub(super) fn example() -> Self {
        Self {
            frame: BankFrame::example(),
            figures: CaseFigures {
                currency: "EUR".to_owned(),
                ..CaseFigures::default()
            },
            filters: CaseFilters::default(),
            filter_problem: None,
            rows: vec![CaseRow::example()],
            next_href: None,
            bulk_action: Some("/v1/cases/bulk".to_owned()),
            now_us: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_past_its_time_says_by_how_much() {
        let row = CaseRow::example();
        let at = |now_us| due(&row, now_us).into_string();
        assert!(at(0).contains("in 4 h"), "{}", at(0));
        assert!(at(5 * 3_600_000_000).contains("60 min late"));
        let closed = CaseRow {
            stage: CaseStage::Expired,
            ..row.clone()
        };
        assert!(due(&closed, i64::MAX).into_string().contains("closed"));
    }

    #[test]
    fn who_does_not_work_cases_cannot_select_them() {
        let worker = cases(&CasesView::example()).into_string();
        assert!(worker.contains("data-bulk-form") && worker.contains("checkbox"));
        let reader = CasesView {
            bulk_action: None,
            ..CasesView::example()
        };
        let reader = cases(&reader).into_string();
        assert!(!reader.contains("data-bulk-form") && !reader.contains("checkbox"));
        assert!(
            reader.contains("&lt;c&gt;"),
            "texts are no markup: {reader}"
        );
    }

    #[test]
    fn an_empty_queue_says_whether_filters_are_the_cause() {
        let empty = CasesView {
            rows: Vec::new(),
            ..CasesView::example()
        };
        assert!(cases(&empty).into_string().contains("Nothing is waiting"));
        let filtered = CasesView {
            filters: CaseFilters {
                assignee: "<ben>".to_owned(),
                ..CaseFilters::default()
            },
            ..empty
        };
        let filtered = cases(&filtered).into_string();
        assert!(filtered.contains("No case matches"));
        assert!(filtered.contains("&lt;ben&gt;"), "{filtered}");
    }
}
