//! `GET /v1/parked-labels` and `DELETE /v1/parked-labels/{transaction_id}`: labels that wait for their transaction.

use accord_event_log::Sequence;
use accord_service::{
    Deadline, Principal, Problem, StrictPath, StrictQuery,
    cursor::{decode_cursor, encode_cursor},
};
use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    Service,
    assess::command_caller,
    errors::query_problem,
    transactions::time_text,
    wire::{DiscardAnswer, ParkedLabelBody, ParkedLabelList},
};

const PAGE_ROWS: u32 = 100;
const CURSOR_TAG: &str = "parked-labels";

/// Where the list begins.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ParkedLabelParameters {
    /// From an earlier page.
    pub cursor: Option<String>,
    /// A position that the list must have reached.
    pub position: Option<String>,
}

#[utoipa::path(
    get, path = "/v1/parked-labels", tag = "transactions", params(ParkedLabelParameters),
    responses((status = 200, description = "Labels whose transaction is not known yet, oldest first", body = ParkedLabelList))
)]
pub(crate) async fn list(
    State(service): Service,
    deadline: Deadline,
    StrictQuery(parameters): StrictQuery<ParkedLabelParameters>,
) -> Result<Json<ParkedLabelList>, Problem> {
    service
        .wait_for(parameters.position.as_deref(), deadline)
        .await?;
    let after = match parameters.cursor.as_deref() {
        None => Sequence::ZERO,
        Some(cursor) => {
            let [sequence] = decode_cursor::<1>(CURSOR_TAG, cursor)?;
            Sequence(sequence.cast_unsigned())
        }
    };
    let mut rows = service
        .node
        .waiting_labels(after, PAGE_ROWS + 1)
        .await
        .map_err(query_problem)?;
    let has_more = rows.len() > PAGE_ROWS as usize;
    rows.truncate(PAGE_ROWS as usize);
    let last = rows.last().filter(|_| has_more);
    Ok(Json(ParkedLabelList {
        next_cursor: last.map(|row| encode_cursor(CURSOR_TAG, [row.sequence.0.cast_signed()])),
        parked_labels: rows
            .into_iter()
            .map(|row| ParkedLabelBody {
                label: row.label.name(),
                source: row.source.name(),
                known_at: time_text(row.known_at_us),
                parked_at: time_text(row.parked_at_us),
                actor: row.actor,
                transaction_id: row.transaction_id,
            })
            .collect(),
    }))
}

#[utoipa::path(
    delete, path = "/v1/parked-labels/{transaction_id}", tag = "transactions",
    params(("transaction_id" = String, Path, description = "The transaction that will not come")),
    responses(
        (status = 200, description = "The label waits no more", body = DiscardAnswer),
        (status = 404, description = "No label waits for this transaction", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn discard(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    StrictPath(transaction_id): StrictPath<String>,
) -> Result<Json<DiscardAnswer>, Problem> {
    let caller = command_caller(&principal, deadline, None);
    let position = service
        .node
        .discard_parked_label(&caller, &transaction_id)
        .await?;
    Ok(Json(DiscardAnswer {
        transaction_id,
        position: position.to_token(),
    }))
}
