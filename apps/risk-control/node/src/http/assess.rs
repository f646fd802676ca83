//! `POST /v1/transactions`: decide a transaction.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use accord_event_log::stages::Stage;
use accord_service::{
    Deadline, FieldError, IdempotencyKey, IdempotencyScope, Principal, Problem, ProblemKind,
    body::{BODY_BYTES_MAX_DEFAULT, read_body},
    json::{parse_json, require_json},
};
use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use risk_control::{AMOUNT_MINOR_MAX, CURRENCY_LENGTH, Reason, TEXT_ID_BYTES_MAX};
use uuid::Uuid;

use super::{
    Service,
    wire::{AssessTransactionBody, DecisionBody, ListHitBody, ReasonBody, RuleHitBody, Versions},
};
use crate::{
    application::{ApplicationError, AssessRequest, Assessment, CommandCaller},
    http::transactions::{parse_time, time_text},
    personal::PersonalFields,
};

pub(crate) static REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Longest trace context that is kept (the W3C form has 55 bytes).
const TRACEPARENT_BYTES_MAX: usize = 64;

#[utoipa::path(
    post, path = "/v1/transactions", tag = "transactions",
    request_body = AssessTransactionBody,
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Identity of the request where the body has no transaction_id"),
        ("Request-Timeout" = Option<u64>, Header, description = "Milliseconds after which the transaction is not decided any more (default 2000)"),
    ),
    responses(
        (status = 201, description = "Decided and durable; sent again: the same answer, with Idempotent-Replayed: true", body = DecisionBody),
        (status = 422, description = "A field is wrong, or the id was used with other content", body = accord_service::problem::ProblemDocument),
        (status = 429, description = "Too many requests wait", body = accord_service::problem::ProblemDocument),
        (status = 503, description = "Not decided, or not known; send it again", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn assess(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    key: Option<IdempotencyKey>,
    request: Request,
) -> Result<Response, Problem> {
    require_json(request.headers())?;
    let caller = command_caller(&principal, deadline, request.headers().get(&TRACEPARENT));
    let body = read_body(request, BODY_BYTES_MAX_DEFAULT).await?;
    let stages = service.node.bus().stages();

    let start = Instant::now();
    let body: AssessTransactionBody = parse_json(&body)?;
    let request = checked(body, || {
        transaction_id_from_key(service.node.name(), &principal, key.as_ref())
    })?;
    stages.lap(Stage::Parse, start);

    let assessment = service.node.assess(&caller, request).await?;

    let start = Instant::now();
    let response = answer(&assessment)?;
    stages.lap(Stage::Reply, start);
    Ok(response)
}

/// Who asks, in the application's words.
pub(crate) fn command_caller(
    principal: &Principal,
    deadline: Deadline,
    traceparent: Option<&HeaderValue>,
) -> CommandCaller {
    CommandCaller {
        actor: Arc::from(principal.id()),
        deadline: deadline.instant(),
        traceparent: traceparent
            .and_then(|value| value.to_str().ok())
            .filter(|value| value.len() <= TRACEPARENT_BYTES_MAX)
            .map(Arc::from),
    }
}

fn transaction_id_from_key(
    institution: &str,
    principal: &Principal,
    key: Option<&IdempotencyKey>,
) -> String {
    match key {
        Some(key) => {
            let scope = IdempotencyScope {
                institution,
                caller: principal.id(),
                operation: "transaction without id",
                key: key.as_str(),
            };
            format!("key-{}", hex::encode(scope.hash()))
        }
        None => format!("transaction-{}", Uuid::now_v7()),
    }
}

pub(super) fn checked(
    body: AssessTransactionBody,
    make_id: impl FnOnce() -> String,
) -> Result<AssessRequest, Problem> {
    let mut errors = Vec::new();
    let mut check_id = |pointer: &str, value: Option<&str>| {
        if let Some(value) = value
            && let Err(detail) = check_text_id(value)
        {
            errors.push(FieldError::at_pointer(pointer, detail));
        }
    };
    check_id("#/transaction_id", body.transaction_id.as_deref());
    check_id("#/customer_id", Some(&body.customer_id));
    check_id("#/card_id", body.card_id.as_deref());
    check_id("#/device_id", body.device_id.as_deref());
    check_id("#/terminal_id", Some(&body.terminal_id));
    if !(0..=AMOUNT_MINOR_MAX).contains(&body.amount_minor) {
        errors.push(FieldError::at_pointer(
            "#/amount_minor",
            format!("must be between 0 and {AMOUNT_MINOR_MAX} minor units"),
        ));
    }
    if body.currency.len() != CURRENCY_LENGTH
        || !body.currency.bytes().all(|byte| byte.is_ascii_uppercase())
    {
        errors.push(FieldError::at_pointer(
            "#/currency",
            "must be a currency code of three capital letters (ISO 4217)",
        ));
    }
    // Two ways of writing one address must not look like two addresses.
    let ip_address = match body.ip_address.as_deref().map(str::parse::<IpAddr>) {
        None => None,
        Some(Ok(address)) => Some(address.to_canonical().to_string()),
        Some(Err(_)) => {
            errors.push(FieldError::at_pointer(
                "#/ip_address",
                "must be an IPv4 or IPv6 address",
            ));
            None
        }
    };
    let occurred_at_us = match body.occurred_at.as_deref().map(parse_time) {
        None => None,
        Some(Ok(time)) => Some(time),
        Some(Err(detail)) => {
            errors.push(FieldError::at_pointer("#/occurred_at", detail));
            None
        }
    };
    if !errors.is_empty() {
        return Err(errors
            .into_iter()
            .fold(Problem::new(ProblemKind::InvalidField), Problem::field));
    }
    Ok(AssessRequest {
        transaction_id: body.transaction_id.unwrap_or_else(make_id),
        personal: PersonalFields {
            customer_id: body.customer_id,
            card_id: body.card_id,
            device_id: body.device_id,
            ip_address,
        },
        terminal_id: body.terminal_id,
        amount_minor: body.amount_minor,
        currency: body.currency,
        occurred_at_us,
    })
}

/// An id is 1 to 64 bytes of anything but control characters.
pub(crate) fn check_text_id(value: &str) -> Result<(), String> {
    if value.is_empty() || value.len() > TEXT_ID_BYTES_MAX {
        return Err(format!("must have 1 to {TEXT_ID_BYTES_MAX} bytes"));
    }
    if value.chars().any(char::is_control) {
        return Err("must not hold control characters".into());
    }
    Ok(())
}

/// The answer's body.
pub(super) fn decision_body(assessment: &Assessment) -> Result<DecisionBody, Problem> {
    let event = assessment.event().ok_or(ApplicationError::Inconsistent)?;
    let transaction = &event.transaction;
    Ok(DecisionBody {
        transaction_id: transaction.transaction_id.clone(),
        decision: event.decision.name(),
        score: event.score,
        reasons: reason_bodies(event),
        rule_hits: rule_hit_bodies(event, &assessment.policy.policy),
        lists: list_hit_bodies(event),
        versions: Versions {
            model: assessment.policy.policy.model.clone(),
            policy: assessment.policy.policy.version,
            feature_set: event.features.set().name(),
        },
        occurred_at: time_text(transaction.occurred_at_us),
        recorded_at: time_text(assessment.recorded.metadata.recorded_at_us),
        position: assessment.position.to_token(),
    })
}

fn answer(assessment: &Assessment) -> Result<Response, Problem> {
    let body = decision_body(assessment)?;
    let bytes = serde_json::to_vec(&body).map_err(|error| Problem::internal(&error))?;
    let mut response = (
        StatusCode::CREATED,
        [(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        )],
        bytes,
    )
        .into_response();
    if assessment.replayed {
        response
            .headers_mut()
            .insert(REPLAYED.clone(), HeaderValue::from_static("true"));
    }
    Ok(response)
}

pub(crate) fn reason_bodies(event: &risk_control::TransactionAssessed) -> Vec<ReasonBody> {
    event
        .reasons
        .iter()
        .filter_map(|index| Reason::new(*index, &event.features, &event.transaction.currency))
        .map(|reason| ReasonBody {
            feature: reason.feature,
            text: reason.text,
        })
        .collect()
}

pub(crate) fn rule_hit_bodies(
    event: &risk_control::TransactionAssessed,
    policy: &risk_control::Policy,
) -> Vec<RuleHitBody> {
    let body = |hit: &risk_control::RuleHit, shadow| RuleHitBody {
        rule: hit.rule().to_owned(),
        version: hit.version(),
        shadow,
        reason: policy
            .rules
            .find(hit.rule())
            .map(|rule| rule.reason.clone()),
    };
    let hits = event.hits.iter().map(|hit| body(hit, false));
    let shadow_hits = event.shadow_hits.iter().map(|hit| body(hit, true));
    hits.chain(shadow_hits).collect()
}

pub(crate) fn list_hit_bodies(event: &risk_control::TransactionAssessed) -> Vec<ListHitBody> {
    let body = |(list, kind): (risk_control::ListName, risk_control::ListedKind)| ListHitBody {
        list: list.name(),
        kind: kind.name(),
    };
    event.lists.iter().map(body).collect()
}
