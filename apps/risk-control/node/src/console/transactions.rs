//! The list of transactions: filters, one page of rows, the way on and back.

use accord_console::Tone;
use accord_console::notice::{empty_state, notice};
use maud::{Markup, html};

use super::decision::Decision;
use super::decision_table::{DecisionRow, decision_table};
use super::frame::{BankFrame, Section};

/// All that the page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct TransactionsView {
    pub frame: BankFrame,
    pub filters: TransactionFilters,
    /// Why the filters could not be applied, in words for the reader; rows are then not shown.
    pub filter_problem: Option<String>,
    /// One page, newest first.
    pub rows: Vec<DecisionRow>,
    /// Address of the page with older transactions.
    pub next_href: Option<String>,
    /// Address of the page with newer transactions.
    pub previous_href: Option<String>,
}

/// The filters as they were entered; empty text does not filter.
///
/// The fields are the names of the query parameters. Instants are UTC in the form
/// of HTML's `datetime-local`: `2018-04-12T14:02`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TransactionFilters {
    pub decision: Option<Decision>,
    pub customer: String,
    pub terminal: String,
    pub minimum_score: String,
    pub from: String,
    pub to: String,
    pub label: Option<LabelFilter>,
}

/// What is known about transactions by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelFilter {
    Fraud,
    Genuine,
    Unlabelled,
}

impl LabelFilter {
    /// All filters.
    pub const ALL: [Self; 3] = [Self::Fraud, Self::Genuine, Self::Unlabelled];

    /// The filter as the query writes it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Fraud => "fraud",
            Self::Genuine => "genuine",
            Self::Unlabelled => "unlabelled",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Fraud => "Fraud",
            Self::Genuine => "Genuine",
            Self::Unlabelled => "Not labelled",
        }
    }
}

/// The page.
pub fn transactions(view: &TransactionsView) -> Markup {
    let main = html! {
        div class="page-heading" { h1 { "Transactions" } }
        (filter_form(view))
        @if let Some(problem) = &view.filter_problem {
            (notice(Tone::Attention, "The filters cannot be applied", &html! { (problem) }))
        } @else {
            section aria-label="Transactions found" {
                @if view.rows.is_empty() {
                    (nothing_found(view))
                } @else {
                    (decision_table(&view.frame, "Transactions, newest first", &view.rows))
                }
                (pager(view))
            }
        }
    };
    view.frame
        .page("Transactions", Some(Section::Transactions), None, main)
}

fn filter_form(view: &TransactionsView) -> Markup {
    let filters = &view.filters;
    let action = view.frame.transactions_href();
    html! {
        search {
            form class="filters" method="get" action=(action) {
                div class="field" {
                    label for="decision" { "Decision" }
                    select id="decision" name="decision" {
                        option value="" { "Any" }
                        @for decision in Decision::ALL {
                            option value=(decision.key()) selected[filters.decision == Some(decision)] {
                                (decision.title())
                            }
                        }
                    }
                }
                div class="field" {
                    label for="label" { "Label" }
                    select id="label" name="label" {
                        option value="" { "Any" }
                        @for label in LabelFilter::ALL {
                            option value=(label.key()) selected[filters.label == Some(label)] {
                                (label.title())
                            }
                        }
                    }
                }
                (text_field("customer", "Customer", &filters.customer))
                (text_field("terminal", "Terminal", &filters.terminal))
                div class="field" {
                    label for="minimum_score" { "Score from" }
                    input id="minimum_score" name="minimum_score" type="number" min="0" max="1"
                        step="any" inputmode="decimal" placeholder="0 to 1" value=(filters.minimum_score);
                }
                (instant_field("from", "From, UTC", &filters.from))
                (instant_field("to", "Until, UTC", &filters.to))
                div class="filters-actions" {
                    button type="submit" { "Filter" }
                    @if *filters != TransactionFilters::default() {
                        a href=(action) { "Clear" }
                    }
                }
            }
        }
    }
}

fn text_field(name: &str, label: &str, value: &str) -> Markup {
    html! {
        div class="field" {
            label for=(name) { (label) }
            input id=(name) name=(name) type="text" autocomplete="off" spellcheck="false" value=(value);
        }
    }
}

fn instant_field(name: &str, label: &str, value: &str) -> Markup {
    html! {
        div class="field field-wide" {
            label for=(name) { (label) }
            input id=(name) name=(name) type="datetime-local" value=(value);
        }
    }
}

fn nothing_found(view: &TransactionsView) -> Markup {
    if view.filters == TransactionFilters::default() {
        return empty_state(
            "No transactions yet",
            &html! { p { "They appear here as soon as the first one is decided." } },
        );
    }
    empty_state(
        "No transaction matches",
        &html! {
            p { "Loosen a filter, or " a href=(view.frame.transactions_href()) { "clear them all" } "." }
        },
    )
}

fn pager(view: &TransactionsView) -> Markup {
    html! {
        @if view.previous_href.is_some() || view.next_href.is_some() {
            nav class="pager" aria-label="Pages of the list" {
                @match &view.previous_href {
                    Some(href) => a class="button button-quiet" rel="prev" href=(href) { "Newer" },
                    None => span {},
                }
                @if let Some(href) = &view.next_href {
                    a class="button button-quiet" rel="next" href=(href) { "Older" }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_says_whether_filters_are_the_cause() {
        let unfiltered = transactions(&view(TransactionFilters::default())).into_string();
        assert!(unfiltered.contains("No transactions yet"), "{unfiltered}");
        let filters = TransactionFilters {
            customer: "C-1".to_owned(),
            ..Default::default()
        };
        let filtered = transactions(&view(filters)).into_string();
        assert!(filtered.contains("No transaction matches"), "{filtered}");
    }

    #[test]
    fn filters_come_back_as_entered() {
        let filters = TransactionFilters {
            decision: Some(Decision::Review),
            customer: "\"><script>".to_owned(),
            label: Some(LabelFilter::Fraud),
            ..Default::default()
        };
        let markup = transactions(&view(filters)).into_string();
        assert!(
            markup.contains(r#"<option value="review" selected>"#),
            "{markup}"
        );
        assert!(
            markup.contains(r#"<option value="fraud" selected>"#),
            "{markup}"
        );
        assert!(
            markup.contains("value=\"&quot;&gt;&lt;script&gt;\""),
            "{markup}"
        );
    }

    fn view(filters: TransactionFilters) -> TransactionsView {
        TransactionsView {
            frame: BankFrame::example(),
            filters,
            filter_problem: None,
            rows: Vec::new(),
            next_href: None,
            previous_href: None,
        }
    }
}
