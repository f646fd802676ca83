//! `GET /v1/exports/transactions.csv`: transactions by the filters of the list, as comma-separated values (RFC 4180).
//!
//! Read and sent page by page: neither the node nor the client's patience has to hold all of it at once.

use std::sync::Arc;

use accord_service::{Deadline, Problem, StrictQuery};
use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use futures::{Stream, stream};
use risk_control::Label;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    BankService, Service,
    transactions::{ListParameters, time_text},
};
use crate::queries::transactions::{PAGE_ROWS_MAX, PageStart, TransactionFilter, TransactionRow};

/// Rows of one export; the list has the rest, from the last row's time on.
pub const EXPORT_ROWS_MAX: u32 = 100_000;

const HEADING: &str = "transaction_id,customer_id,terminal_id,occurred_at,recorded_at,amount_minor,currency,decision,\
                       score,reason,label\r\n";

/// What an export is narrowed to; the same filters as the list's.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportParameters {
    /// `approve`, `challenge`, `review` or `decline`.
    pub decision: Option<String>,
    /// `fraud`, `genuine` or `unlabelled`.
    pub label: Option<String>,
    pub customer_id: Option<String>,
    pub terminal_id: Option<String>,
    /// Lowest score, 0 to 1.
    pub minimum_score: Option<f64>,
    /// Earliest event time, RFC 3339.
    pub from: Option<String>,
    /// Event time before which transactions lie, RFC 3339.
    pub to: Option<String>,
    /// A position that the export must have reached.
    pub position: Option<String>,
}

#[utoipa::path(
    get, path = "/v1/exports/transactions.csv", tag = "look-up", params(ExportParameters),
    responses(
        (status = 200, description = "At most 100,000 rows, newest first", content_type = "text/csv", body = String),
        (status = 422, description = "A parameter is wrong", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn transactions(
    State(service): Service,
    deadline: Deadline,
    StrictQuery(parameters): StrictQuery<ExportParameters>,
) -> Result<Response, Problem> {
    service
        .wait_for(parameters.position.as_deref(), deadline)
        .await?;
    let filter = service.filter(&ListParameters {
        decision: parameters.decision,
        label: parameters.label,
        customer_id: parameters.customer_id,
        terminal_id: parameters.terminal_id,
        minimum_score: parameters.minimum_score,
        from: parameters.from,
        to: parameters.to,
        limit: None,
        cursor: None,
        position: None,
    })?;
    let headers = [
        (
            header::CONTENT_TYPE,
            "text/csv; charset=utf-8; header=present",
        ),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"transactions.csv\"",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, Body::from_stream(pages(service, filter))).into_response())
}

enum Next {
    Heading,
    Page { start: PageStart, rows_left: u32 },
}

/// The heading, then page after page. A page that cannot be read ends the connection without the last chunk, so that the
/// client sees an incomplete answer and not a short one.
fn pages(
    service: Arc<BankService>,
    filter: Option<TransactionFilter>,
) -> impl Stream<Item = Result<Bytes, sqlx::Error>> {
    stream::unfold(Some(Next::Heading), move |next| {
        let (service, filter) = (Arc::clone(&service), filter.clone());
        async move {
            let (start, rows_left) = match next? {
                Next::Heading => {
                    // A customer whom nobody knows has no rows.
                    let first = filter.map(|_| Next::Page {
                        start: PageStart::Newest,
                        rows_left: EXPORT_ROWS_MAX,
                    });
                    return Some((Ok(Bytes::from_static(HEADING.as_bytes())), first));
                }
                Next::Page { start, rows_left } => (start, rows_left),
            };
            let rows_max = rows_left.min(PAGE_ROWS_MAX);
            let page = match service
                .node
                .transaction_page(&filter?, start, rows_max)
                .await
            {
                Ok(page) => page,
                Err(error) => {
                    tracing::warn!(%error, "an export ended early");
                    return Some((Err(error), None));
                }
            };
            let mut text = String::new();
            for row in &page.rows {
                service.write_row(&mut text, row);
            }
            let rows_left = rows_left - u32::try_from(page.rows.len()).unwrap_or(rows_left);
            let next = page
                .rows
                .last()
                .filter(|_| page.has_older && rows_left > 0)
                .map(|row| Next::Page {
                    start: PageStart::Below(row.sequence),
                    rows_left,
                });
            Some((Ok(Bytes::from(text)), next))
        }
    })
}

impl BankService {
    fn write_row(&self, text: &mut String, row: &TransactionRow) {
        let customer_id = self.node.personal(row).map(|fields| fields.customer_id);
        let cells = [
            cell(&row.transaction_id),
            cell(customer_id.as_deref().unwrap_or("")),
            cell(&row.terminal_id),
            time_text(row.occurred_at_us),
            time_text(row.recorded_at_us),
            row.amount_minor.to_string(),
            row.currency.clone(),
            row.decision.name().to_owned(),
            row.score
                .map_or_else(String::new, |score| score.to_string()),
            cell(row.reason.as_deref().unwrap_or("")),
            row.label.map_or("", Label::name).to_owned(),
        ];
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
}

/// One cell of free text: quoted where it must be, and never taken for a formula by a spreadsheet.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn a_cell_is_quoted_where_it_must_be_and_is_never_a_formula() {
        for (text, expected) in [
            ("", ""),
            ("t-1", "t-1"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            ("=1+1", "'=1+1"),
            ("-5,0", "\"'-5,0\""),
            ("@cmd", "'@cmd"),
        ] {
            assert_eq!(cell(text), expected);
        }
    }
}
