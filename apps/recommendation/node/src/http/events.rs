//! `POST /v1/events` and `POST /v1/events/batch`: record what shoppers did.

use accord_service::{
    Deadline, FieldError, IdempotencyKey, Principal, Problem, ProblemKind, StrictJson,
    body::{media_type, read_body},
    json::parse_json,
};
use axum::{
    Json,
    extract::{Request, State},
    http::StatusCode,
};
use bytes::Bytes;
use futures::{StreamExt, stream};
use recommendation::{InteractionKind, PRICE_MINOR_MAX, QUANTITY_MAX, RATING_MAX, is_text_id};

use super::{
    Service, command_caller,
    instant::parse_time,
    invalid_fields,
    wire::{BatchAnswer, EventAnswer, EventBody, LineOutcome},
};
use crate::{
    application::{CommandCaller, Decided, InteractionRequest},
    identity::ShopperIdentity,
    node::MerchantNode,
};

/// Longest batch, in bytes and in lines.
const BATCH_BYTES_MAX: usize = 4 << 20;
const BATCH_LINES_MAX: usize = 10_000;
/// Lines of one batch that are with the decider at once.
const LINES_UNDER_WAY: usize = 256;

pub(super) const ID_RULE: &str = "must have 1 to 64 bytes and no control characters";

#[utoipa::path(
    post, path = "/v1/events", tag = "events",
    request_body = EventBody,
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Identity of the event where the body has no event_id"),
    ),
    responses(
        (status = 201, description = "In the log; the next list is made with it", body = EventAnswer),
        (status = 422, description = "A field is wrong, or the id was used for another event", body = accord_service::problem::ProblemDocument),
        (status = 429, description = "Too many requests wait", body = accord_service::problem::ProblemDocument),
        (status = 503, description = "Not stored, or not known; send it again", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn record(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    key: Option<IdempotencyKey>,
    StrictJson(body): StrictJson<EventBody>,
) -> Result<(StatusCode, Json<EventAnswer>), Problem> {
    let mut request = checked(body)?;
    if let (None, Some(key)) = (&request.event_id, key) {
        request.event_id = Some(format!("{} {}", principal.id(), key.as_str()));
    }
    let item_id = request.item_id.clone();
    let caller = command_caller(&principal, deadline);
    let decided = service.node.record_interaction(&caller, request).await?;
    Ok((
        StatusCode::CREATED,
        Json(EventAnswer {
            item_known: service.node.view().item(&item_id).is_some(),
            replayed: decided.replayed,
            position: decided.position.to_token(),
        }),
    ))
}

#[utoipa::path(
    post, path = "/v1/events/batch", tag = "events",
    request_body(content = String, content_type = "application/x-ndjson", description = "One event in each line, as for a single event; at most 10,000 lines and 4 MiB"),
    responses(
        (status = 200, description = "What became of each line; a refused line does not hold up the others", body = BatchAnswer),
        (status = 413, description = "More than 4 MiB", body = accord_service::problem::ProblemDocument),
        (status = 422, description = "More than 10,000 lines", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn record_batch(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    request: Request,
) -> Result<Json<BatchAnswer>, Problem> {
    if media_type(request.headers()).as_deref() != Some("application/x-ndjson") {
        return Err(Problem::new(ProblemKind::UnsupportedMediaType)
            .detail("the content type must be application/x-ndjson"));
    }
    let body = read_body(request, BATCH_BYTES_MAX).await?;
    let lines: Vec<Bytes> = lines(&body).map(|line| body.slice_ref(line)).collect();
    if lines.len() > BATCH_LINES_MAX {
        return Err(Problem::new(ProblemKind::InvalidField).detail(format!(
            "a batch has at most {BATCH_LINES_MAX} lines; nothing was stored"
        )));
    }
    let caller = command_caller(&principal, deadline);
    let outcomes = stream::iter(lines).map(|line| {
        let (node, caller) = (service.node.clone(), caller.clone());
        async move { record_line(&node, &caller, &line).await }
    });
    // In their order, so that the events of one shopper stay in theirs.
    let outcomes: Vec<_> = outcomes.buffered(LINES_UNDER_WAY).collect().await;
    Ok(Json(batch_answer(outcomes)))
}

/// The lines of a body; a last line may end without a line feed.
fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    let count = usize::from(!body.is_empty());
    body.split(|byte| *byte == b'\n')
        .take(if count == 0 { 0 } else { usize::MAX })
}

async fn record_line(
    node: &MerchantNode,
    caller: &CommandCaller,
    line: &[u8],
) -> Result<Decided, Problem> {
    let request = checked(parse_json(line)?)?;
    Ok(node.record_interaction(caller, request).await?)
}

fn batch_answer(outcomes: Vec<Result<Decided, Problem>>) -> BatchAnswer {
    let recorded = outcomes.iter().flatten().count();
    let position = outcomes
        .iter()
        .flatten()
        .map(|decided| decided.position)
        .max_by_key(|position| position.sequence);
    BatchAnswer {
        recorded,
        refused: outcomes.len() - recorded,
        position: position.map(accord_event_log::Position::to_token),
        lines: (1..)
            .zip(outcomes)
            .map(|(line, outcome)| match outcome {
                Ok(decided) => LineOutcome {
                    line,
                    status: StatusCode::CREATED.as_u16(),
                    replayed: Some(decided.replayed),
                    problem: None,
                },
                Err(problem) => LineOutcome {
                    line,
                    status: problem.status().as_u16(),
                    replayed: None,
                    problem: serde_json::to_value(problem.into_document()).ok(),
                },
            })
            .collect(),
    }
}

fn checked(body: EventBody) -> Result<InteractionRequest, Problem> {
    let mut errors = Vec::new();
    let mut require = |holds: bool, pointer: &str, rule: &str| {
        if !holds {
            errors.push(FieldError::at_pointer(pointer, rule.to_owned()));
        }
    };
    let kind = InteractionKind::from(body.kind);
    let is_id = |id: &Option<String>| id.as_deref().is_none_or(is_text_id);
    require(is_text_id(&body.item_id), "#/item_id", ID_RULE);
    require(is_id(&body.event_id), "#/event_id", ID_RULE);
    require(is_id(&body.list_id), "#/list_id", ID_RULE);
    require(
        body.quantity
            .is_none_or(|quantity| (1..=QUANTITY_MAX).contains(&quantity)),
        "#/quantity",
        "must be between 1 and 1,000,000",
    );
    require(
        body.price_minor
            .is_none_or(|price| (0..=PRICE_MINOR_MAX).contains(&price)),
        "#/price_minor",
        "must be between 0 and 1,000,000,000,000 minor units",
    );
    let rated = matches!(body.rating, Some(1..=RATING_MAX));
    require(
        rated == (kind == InteractionKind::Rating) && (rated || body.rating.is_none()),
        "#/rating",
        "must be between 1 and 5 for ratings, and absent otherwise",
    );
    let occurred_at_us = body.occurred_at.as_deref().map(parse_time).transpose();
    require(
        occurred_at_us.is_ok(),
        "#/occurred_at",
        "must be a time like 2026-01-31T13:45:00Z (RFC 3339)",
    );
    let shopper = shopper_identity(body.shopper_id, body.session_id.as_deref(), &mut errors);
    invalid_fields(errors)?;
    let (Some(shopper), Ok(occurred_at_us)) = (shopper, occurred_at_us) else {
        return Err(Problem::new(ProblemKind::InvalidField));
    };
    Ok(InteractionRequest {
        event_id: body.event_id,
        shopper,
        session_id: body.session_id,
        kind,
        item_id: body.item_id,
        occurred_at_us,
        quantity: body.quantity,
        price_minor: body.price_minor,
        rating: body.rating,
        surface: body.surface.map(Into::into),
        list_id: body.list_id,
    })
}

/// Who a request is about: the shopper, or else the guest of the session. Notes what is wrong with either.
pub(super) fn shopper_identity(
    shopper_id: Option<String>,
    session_id: Option<&str>,
    errors: &mut Vec<FieldError>,
) -> Option<ShopperIdentity> {
    for (pointer, id) in [
        ("#/shopper_id", shopper_id.as_deref()),
        ("#/session_id", session_id),
    ] {
        if id.is_some_and(|id| !is_text_id(id)) {
            errors.push(FieldError::at_pointer(pointer, ID_RULE));
        }
    }
    let identity = match (shopper_id, session_id) {
        (Some(shopper), _) => Some(ShopperIdentity::Shopper(shopper)),
        (None, Some(session)) => Some(ShopperIdentity::Guest(session.to_owned())),
        (None, None) => None,
    };
    if identity.is_none() {
        errors.push(FieldError::at_pointer(
            "#/shopper_id",
            "a shopper_id or a session_id is needed",
        ));
    }
    identity
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_cut_at_line_feeds() {
        let check = |body: &str, expected: &[&str]| {
            let found: Vec<_> = lines(body.as_bytes()).map(<[u8]>::to_vec).collect();
            assert_eq!(
                found,
                expected
                    .iter()
                    .map(|line| line.as_bytes())
                    .collect::<Vec<_>>()
            );
        };
        check("", &[]);
        check("\n", &[]);
        check("a", &["a"]);
        check("a\n", &["a"]);
        check("a\n\nb\n", &["a", "", "b"]);
    }
}
