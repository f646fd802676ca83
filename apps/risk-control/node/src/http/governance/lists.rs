//! `GET /v1/lists`: who is blocked, let through or watched. Changes go through drafts.

use accord_service::{
    Deadline, FieldError, Problem, ProblemKind, StrictQuery, problem::ProblemDocument,
};
use axum::{Json, extract::State};
use risk_control::ListName;
use serde::Deserialize;

use super::wire::{ListEntries, ListEntryView};
use crate::{
    http::{Service, errors::query_problem, transactions::time_text},
    queries::rules::ListEntryRow,
};

/// Entries in an answer.
pub(super) const ENTRIES_SHOWN_MAX: u32 = 1_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListParameters {
    list: Option<String>,
    position: Option<String>,
}

#[utoipa::path(
    get, path = "/v1/lists", tag = "governance",
    params(
        ("list" = Option<String>, Query, description = "allow, block or watch; absent: all"),
        ("position" = Option<String>, Query, description = "Wait until the answer has this position"),
    ),
    responses(
        (status = 200, description = "The newest 1,000 entries, newest first", body = ListEntries),
        (status = 422, description = "There is no such list", body = ProblemDocument),
    )
)]
pub(crate) async fn list(
    State(service): Service,
    deadline: Deadline,
    StrictQuery(parameters): StrictQuery<ListParameters>,
) -> Result<Json<ListEntries>, Problem> {
    let list = parameters
        .list
        .as_deref()
        .map(|name| {
            ListName::parse(name).ok_or_else(|| {
                Problem::new(ProblemKind::InvalidField).field(FieldError::at_parameter(
                    "list",
                    "must be allow, block or watch",
                ))
            })
        })
        .transpose()?;
    service
        .wait_for(parameters.position.as_deref(), deadline)
        .await?;
    let rows = service
        .node
        .list_entries(list, ENTRIES_SHOWN_MAX)
        .await
        .map_err(query_problem)?;
    Ok(Json(ListEntries {
        entries: rows.into_iter().map(view).collect(),
    }))
}

fn view(row: ListEntryRow) -> ListEntryView {
    ListEntryView {
        list: row.list,
        kind: row.kind,
        fingerprint: row.fingerprint,
        hint: row.hint,
        expires_at: row.expires_at_us.map(time_text),
        comment: row.comment,
        added_at: time_text(row.added_at_us),
        added_by: row.actor,
    }
}
