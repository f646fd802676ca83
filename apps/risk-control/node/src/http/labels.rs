//! `POST /v1/transactions/{transaction_id}/labels`: say what a transaction turned out to be.

use accord_service::{
    Deadline, FieldError, IdempotencyKey, Principal, Problem, ProblemKind, StrictJson, StrictPath,
};
use axum::{Json, extract::State, http::StatusCode};
use risk_control::{Label, LabelSource};

use super::{
    Service,
    assess::{check_text_id, command_caller},
    transactions::parse_time,
    wire::{LabelAnswer, LabelBody, LabelName, LabelSourceName},
};
use crate::application::LabelRequest;

/// Longest note.
pub(crate) const NOTE_BYTES_MAX: usize = 2_000;

#[utoipa::path(
    post, path = "/v1/transactions/{transaction_id}/labels", tag = "transactions",
    request_body = LabelBody,
    params(
        ("transaction_id" = String, Path, description = "Your id of the transaction"),
        ("Idempotency-Key" = Option<String>, Header, description = "Sending a label again under the same key changes nothing"),
    ),
    responses(
        (status = 201, description = "The label is in the log", body = LabelAnswer),
        (status = 202, description = "The transaction is not known yet: the label is in the log and waits for it", body = LabelAnswer),
        (status = 422, description = "A field is wrong, or the key was used for another label", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn label(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    key: Option<IdempotencyKey>,
    StrictPath(transaction_id): StrictPath<String>,
    StrictJson(body): StrictJson<LabelBody>,
) -> Result<(StatusCode, Json<LabelAnswer>), Problem> {
    let invalid = |pointer: &str, detail: String| {
        Problem::new(ProblemKind::InvalidField).field(FieldError::at_pointer(pointer, detail))
    };
    check_text_id(&transaction_id).map_err(|_| Problem::new(ProblemKind::NotFound))?;
    if body
        .note
        .as_ref()
        .is_some_and(|note| note.len() > NOTE_BYTES_MAX)
    {
        return Err(invalid(
            "#/note",
            format!("must have at most {NOTE_BYTES_MAX} bytes"),
        ));
    }
    let known_at_us = body
        .known_at
        .as_deref()
        .map(parse_time)
        .transpose()
        .map_err(|detail| invalid("#/known_at", detail))?;
    let request = LabelRequest {
        transaction_id: transaction_id.clone(),
        label: match body.label {
            LabelName::Fraud => Label::Fraud,
            LabelName::Genuine => Label::Genuine,
        },
        source: match body.source {
            LabelSourceName::Chargeback => LabelSource::Chargeback,
            LabelSourceName::Customer => LabelSource::Customer,
            LabelSourceName::Analyst => LabelSource::Analyst,
        },
        known_at_us,
        note: body.note.filter(|note| !note.is_empty()),
        key: key.map(|key| key.as_str().to_owned()),
    };
    let caller = command_caller(&principal, deadline, None);
    let labelled = service.node.label(&caller, request).await?;
    let status = if labelled.parked {
        StatusCode::ACCEPTED
    } else {
        StatusCode::CREATED
    };
    Ok((
        status,
        Json(LabelAnswer {
            transaction_id,
            parked: labelled.parked,
            position: labelled.position.to_token(),
        }),
    ))
}
