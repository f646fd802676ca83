//! Decided transactions as rows, drawn by the server and, for live ones, by the script.

use accord_console::live::{self, Format};
use accord_console::table::{Align, Column, Narrow, record_table};
use accord_console::time::{TimeFormat, machine_readable, text};
use accord_console::{money, number};
use maud::{Markup, html};
use serde::Serialize;

use super::decision::Decision;
use super::frame::BankFrame;

/// One decided transaction. As JSON it is the data of the live event `decision`:
///
/// ```json
/// { "position": "…", "transaction_id": "T-1", "occurred_at": "2018-04-12T14:02:31.250000Z",
///   "customer_id": "C-1", "terminal_id": "M-1", "amount_minor": 12345, "currency": "EUR",
///   "score": 0.0123, "decision": "approve", "reason": null }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DecisionRow {
    /// Place in the log, opaque to the page.
    pub position: String,
    pub transaction_id: String,
    /// Microseconds since the Unix epoch; as JSON `occurred_at` in RFC 3339.
    #[serde(rename = "occurred_at", serialize_with = "super::instant::serialize")]
    pub occurred_at_us: i64,
    /// `None` when the personal data was erased.
    pub customer_id: Option<String>,
    pub terminal_id: String,
    /// Amount in minor units of `currency`.
    pub amount_minor: i64,
    /// ISO 4217 code.
    pub currency: String,
    /// Score, 0 to 1.
    pub score: f64,
    pub decision: Decision,
    /// The weightiest reason in words.
    pub reason: Option<String>,
}

/// Rows that the live table holds at most.
pub const LIVE_ROWS_MAX: usize = 50;

const TIME: Column = Column {
    title: "Time",
    align: Align::Start,
    narrow: Narrow::TopStart,
};
const TRANSACTION: Column = Column {
    title: "Transaction",
    align: Align::Start,
    narrow: Narrow::MiddleStart,
};
const CUSTOMER: Column = Column {
    title: "Customer",
    align: Align::Start,
    narrow: Narrow::Hidden,
};
const TERMINAL: Column = Column {
    title: "Terminal",
    align: Align::Start,
    narrow: Narrow::Hidden,
};
const AMOUNT: Column = Column {
    title: "Amount",
    align: Align::End,
    narrow: Narrow::MiddleEnd,
};
const SCORE: Column = Column {
    title: "Score",
    align: Align::End,
    narrow: Narrow::BottomEnd,
};
const DECISION: Column = Column {
    title: "Decision",
    align: Align::Start,
    narrow: Narrow::TopEnd,
};
const REASON: Column = Column {
    title: "Top reason",
    align: Align::Start,
    narrow: Narrow::BottomStart,
};

const COLUMNS: [Column; 8] = [
    TIME,
    TRANSACTION,
    CUSTOMER,
    TERMINAL,
    AMOUNT,
    SCORE,
    DECISION,
    REASON,
];

/// The rows in the order given.
pub fn decision_table(frame: &BankFrame, caption: &str, rows: &[DecisionRow]) -> Markup {
    let body = html! {
        tbody { @for row in rows { (table_row(frame, row, TimeFormat::Full, &row.decision.badge())) } }
    };
    record_table(caption, &COLUMNS, &body)
}

/// The newest rows, before which the live event `decision` puts more.
pub fn live_decision_table(frame: &BankFrame, caption: &str, rows: &[DecisionRow]) -> Markup {
    let body = html! {
        tbody data-live-rows="decision" data-rows-max=(LIVE_ROWS_MAX) data-row-key="transaction_id" {
            template { (template_row(frame)) }
            @for row in rows.iter().take(LIVE_ROWS_MAX) {
                (table_row(frame, row, TimeFormat::Short, &row.decision.badge()))
            }
        }
    };
    record_table(caption, &COLUMNS, &body)
}

/// A row for the script to fill: the same cells, with a badge of every decision.
fn template_row(frame: &BankFrame) -> Markup {
    let blank = DecisionRow {
        position: String::new(),
        transaction_id: String::new(),
        occurred_at_us: 0,
        customer_id: Some(String::new()),
        terminal_id: String::new(),
        amount_minor: 0,
        currency: String::new(),
        score: 0.0,
        decision: Decision::Approve,
        reason: None,
    };
    table_row(
        frame,
        &blank,
        TimeFormat::Short,
        &blank.decision.live_badge(),
    )
}

fn table_row(frame: &BankFrame, row: &DecisionRow, time: TimeFormat, badge: &Markup) -> Markup {
    let id_template = format!("{}/transactions/{{transaction_id}}", frame.base_path);
    let customer_template = format!("{}/customers/{{customer_id}}", frame.base_path);
    let terminal_template = format!("{}/terminals/{{terminal_id}}", frame.base_path);
    let amount = money::money(row.amount_minor, &row.currency);
    let amount_format = Format::Money {
        currency: "currency",
    };
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".to_owned());
    html! {
        tr data-key=(row.transaction_id) {
            (TIME.cell(html! {
                time datetime=(machine_readable(row.occurred_at_us)) data-field="occurred_at"
                    data-format=(time.name()) { (text(row.occurred_at_us, time)) }
            }))
            (TRANSACTION.cell(html! {
                a href=(frame.transaction_href(&row.transaction_id)) data-href=(id_template) {
                    (live::value("transaction_id", Format::Text, &row.transaction_id))
                }
            }))
            (CUSTOMER.cell(html! {
                @match &row.customer_id {
                    Some(customer) => a href=(frame.customer_href(customer)) data-href=(customer_template) {
                        (live::value("customer_id", Format::Text, customer))
                    },
                    None => (live::value("customer_id", Format::Text, "–")),
                }
            }))
            (TERMINAL.cell(html! {
                a href=(frame.terminal_href(&row.terminal_id)) data-href=(terminal_template) {
                    (live::value("terminal_id", Format::Text, &row.terminal_id))
                }
            }))
            (AMOUNT.cell(live::value("amount_minor", amount_format, &amount)))
            (SCORE.cell(score_bar(row.score)))
            (DECISION.cell(badge.clone()))
            td class={ "reason " (REASON.class()) } {
                (live::value("reason", Format::Text, &or_dash(&row.reason)))
            }
        }
    }
}

/// A score as a bar and a number. The bar is linear, so that the rare high score stands out.
fn score_bar(score: f64) -> Markup {
    let width = if score.is_finite() {
        score.clamp(0.0, 1.0) * 100.0
    } else {
        0.0
    };
    html! {
        span class="score-cell" {
            svg class="meter" aria-hidden="true" {
                rect class="track" width="100%" height="100%" rx="2" {}
                rect class="bar" width={ (format!("{width:.2}%")) } height="100%" rx="2"
                    data-field="score" data-format=(Format::Width.name()) {}
            }
            (live::value("score", Format::Score, &number::score(score)))
        }
    }
}

#[cfg(test)]
impl DecisionRow {
    /// A declined transaction for tests, its texts hostile to careless pages.
    pub(super) fn example() -> Self {
        Self {
            position: "p".to_owned(),
            transaction_id: "<T>".to_owned(),
            occurred_at_us: 1_523_541_751_250_000,
            customer_id: None,
            terminal_id: "M".to_owned(),
            amount_minor: 12_345,
            currency: "EUR".to_owned(),
            score: 0.5,
            decision: Decision::Decline,
            reason: Some("<b>".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_live_event_has_the_documented_shape() {
        let json = serde_json::to_string(&DecisionRow::example()).expect("a row is plain data");
        assert_eq!(
            json,
            r#"{"position":"p","transaction_id":"<T>","occurred_at":"2018-04-12T14:02:31.250000Z","customer_id":null,"terminal_id":"M","amount_minor":12345,"currency":"EUR","score":0.5,"decision":"decline","reason":"<b>"}"#
        );
    }

    #[test]
    fn every_field_of_a_row_is_text() {
        let markup = decision_table(&BankFrame::example(), "Newest", &[DecisionRow::example()])
            .into_string();
        assert!(
            markup.contains("&lt;T&gt;") && markup.contains("&lt;b&gt;"),
            "{markup}"
        );
        assert!(
            markup.contains(r#"href="/banks/north/transactions/%3CT%3E""#),
            "{markup}"
        );
        assert!(!markup.contains("<b>"), "{markup}");
    }

    #[test]
    fn the_live_table_is_bounded_and_has_a_template_for_every_decision() {
        let rows = vec![DecisionRow::example(); LIVE_ROWS_MAX + 7];
        let markup = live_decision_table(&BankFrame::example(), "Newest", &rows).into_string();
        assert_eq!(markup.matches("data-key=").count(), LIVE_ROWS_MAX + 1);
        for decision in Decision::ALL {
            assert!(markup.contains(&format!("data-when=\"{}\"", decision.key())));
        }
    }

    #[test]
    fn a_score_that_is_no_number_has_an_empty_bar() {
        assert!(
            score_bar(f64::NAN)
                .into_string()
                .contains(r#"width="0.00%""#)
        );
    }
}
