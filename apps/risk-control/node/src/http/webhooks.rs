//! `/v1/webhooks`: subscriptions, their deliveries, and redelivery.

use accord_event_log::Position;
use accord_service::{
    Deadline, FieldError, IdempotencyKey, Principal, Problem, ProblemKind, StrictJson, StrictPath,
    StrictQuery,
    cursor::{decode_cursor, encode_cursor},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use risk_control::WebhookEventType;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    BankService, Service,
    assess::command_caller,
    cases::wire::EmptyBody,
    errors::query_problem,
    transactions::{PositionParameter, time_text},
};
use crate::{
    application::WebhookRequest,
    queries::webhooks::WebhookRow,
    webhooks::{
        deliveries::{Delivery, DeliveryState},
        real_now_us,
        secret::WebhookSecret,
    },
};

const PAGE_ROWS: u32 = 100;

static REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A subscription.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "url": "https://hooks.bank.example/accord", "event_types": ["case.resolved", "transaction.labelled"]
}))]
pub struct SubscribeBody {
    /// Begins with `https://`. Private and local addresses only where the settings allow them.
    #[schema(max_length = 2000)]
    pub url: String,
    /// At least one of `case.opened`, `case.resolved`, `case.reopened`, `transaction.labelled`.
    pub event_types: Vec<String>,
}

/// A subscription with its secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewWebhookBody {
    pub webhook_id: String,
    /// `whsec_` and base64: the key of the signatures.
    pub secret: String,
    pub position: String,
}

/// A subscription.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookBody {
    pub webhook_id: String,
    /// Absent where its key is gone.
    pub url: Option<String>,
    pub event_types: Vec<&'static str>,
    /// Messages wait until it is resumed.
    pub paused: bool,
    pub subscribed_at: String,
    pub changed_at: String,
    pub actor: String,
    pub deliveries: DeliveryFigures,
}

/// Messages by how they stand.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryFigures {
    pub waiting: u64,
    pub delivered: u64,
    pub given_up: u64,
}

/// All subscriptions.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookList {
    pub webhooks: Vec<WebhookBody>,
}

/// A subscription after a change.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookAnswer {
    pub webhook_id: String,
    pub position: String,
}

/// One message to one subscription. Times are on the real clock.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryBody {
    /// The header `webhook-id`, the same for every attempt.
    pub message_id: String,
    pub event_type: String,
    /// `waiting`, `delivered` or `given_up`.
    pub state: &'static str,
    pub attempts: u32,
    pub created_at: String,
    /// While it waits.
    pub next_attempt_at: Option<String>,
    pub last_attempt_at: Option<String>,
    /// HTTP status of the last answer.
    pub last_status: Option<u16>,
    pub last_error: Option<String>,
}

/// A page of deliveries, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryList {
    pub deliveries: Vec<DeliveryBody>,
    /// Give it as `cursor` for the next (older) page; absent on the last page.
    pub next_cursor: Option<String>,
}

/// What the delivery log is narrowed to and where it begins.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeliveryParameters {
    /// `waiting`, `delivered` or `given_up`.
    pub state: Option<String>,
    /// From an earlier page.
    pub cursor: Option<String>,
}

#[utoipa::path(
    post, path = "/v1/webhooks", tag = "webhooks", request_body = SubscribeBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "Sending it again under the same key gives the same subscription")),
    responses(
        (status = 201, description = "Subscribed; the secret is shown this once", body = NewWebhookBody),
        (status = 422, description = "A field is wrong, or the address may not be reached", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn subscribe(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    key: Option<IdempotencyKey>,
    StrictJson(body): StrictJson<SubscribeBody>,
) -> Result<Response, Problem> {
    let mut errors = Vec::new();
    if let Err(fault) = service.node.check_webhook_url(&body.url) {
        errors.push(FieldError::at_pointer("#/url", fault.to_string()));
    }
    let mut event_types = Vec::new();
    for (index, name) in body.event_types.iter().enumerate() {
        match WebhookEventType::parse(name) {
            Some(event_type) => event_types.push(event_type),
            None => errors.push(FieldError::at_pointer(
                format!("#/event_types/{index}"),
                "must be case.opened, case.resolved, case.reopened or transaction.labelled",
            )),
        }
    }
    if body.event_types.is_empty() {
        errors.push(FieldError::at_pointer(
            "#/event_types",
            "must have at least one item",
        ));
    }
    if !errors.is_empty() {
        return Err(errors
            .into_iter()
            .fold(Problem::new(ProblemKind::InvalidField), Problem::field));
    }
    let caller = command_caller(&principal, deadline, None);
    let request = WebhookRequest {
        url: body.url,
        event_types,
        key: key.map(|key| key.as_str().to_owned()),
    };
    let webhook = service.node.subscribe_webhook(&caller, request).await?;
    let mut response = (
        StatusCode::CREATED,
        Json(new_webhook(
            webhook.webhook_id,
            &webhook.secret,
            webhook.position,
        )),
    )
        .into_response();
    if webhook.replayed {
        response
            .headers_mut()
            .insert(REPLAYED.clone(), HeaderValue::from_static("true"));
    }
    Ok(response)
}

#[utoipa::path(
    get, path = "/v1/webhooks", tag = "webhooks", params(PositionParameter),
    responses((status = 200, description = "All subscriptions, without their secrets", body = WebhookList))
)]
pub(crate) async fn list(
    State(service): Service,
    deadline: Deadline,
    StrictQuery(parameters): StrictQuery<PositionParameter>,
) -> Result<Json<WebhookList>, Problem> {
    service
        .wait_for(parameters.position.as_deref(), deadline)
        .await?;
    let rows = service.node.webhook_rows().await.map_err(query_problem)?;
    let mut webhooks = Vec::with_capacity(rows.len());
    for row in rows {
        webhooks.push(service.webhook_body(row).await?);
    }
    Ok(Json(WebhookList { webhooks }))
}

#[utoipa::path(
    get, path = "/v1/webhooks/{webhook_id}", tag = "webhooks",
    params(("webhook_id" = String, Path, description = "Id of the subscription")),
    responses(
        (status = 200, description = "The subscription, without its secret", body = WebhookBody),
        (status = 404, description = "No such subscription", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn show(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    StrictPath(webhook_id): StrictPath<String>,
) -> Result<Json<WebhookBody>, Problem> {
    let caller = command_caller(&principal, deadline, None);
    let row = service.node.settled_webhook(&caller, &webhook_id).await?;
    Ok(Json(service.webhook_body(row).await?))
}

#[utoipa::path(
    delete, path = "/v1/webhooks/{webhook_id}", tag = "webhooks",
    params(("webhook_id" = String, Path, description = "Id of the subscription")),
    responses(
        (status = 200, description = "Nothing more is sent", body = WebhookAnswer),
        (status = 404, description = "No such subscription", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn delete(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    StrictPath(webhook_id): StrictPath<String>,
) -> Result<Json<WebhookAnswer>, Problem> {
    let caller = command_caller(&principal, deadline, None);
    let position = service.node.delete_webhook(&caller, &webhook_id).await?;
    Ok(answer(webhook_id, position))
}

#[utoipa::path(
    post, path = "/v1/webhooks/{webhook_id}/pause", tag = "webhooks", request_body = EmptyBody,
    params(("webhook_id" = String, Path, description = "Id of the subscription")),
    responses((status = 200, description = "Messages wait until it is resumed", body = WebhookAnswer))
)]
pub(crate) async fn pause(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    StrictPath(webhook_id): StrictPath<String>,
    StrictJson(EmptyBody {}): StrictJson<EmptyBody>,
) -> Result<Json<WebhookAnswer>, Problem> {
    let caller = command_caller(&principal, deadline, None);
    let position = service
        .node
        .pause_webhook(&caller, &webhook_id, true)
        .await?;
    Ok(answer(webhook_id, position))
}

#[utoipa::path(
    post, path = "/v1/webhooks/{webhook_id}/resume", tag = "webhooks", request_body = EmptyBody,
    params(("webhook_id" = String, Path, description = "Id of the subscription")),
    responses((status = 200, description = "What waited is sent", body = WebhookAnswer))
)]
pub(crate) async fn resume(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    StrictPath(webhook_id): StrictPath<String>,
    StrictJson(EmptyBody {}): StrictJson<EmptyBody>,
) -> Result<Json<WebhookAnswer>, Problem> {
    let caller = command_caller(&principal, deadline, None);
    let position = service
        .node
        .pause_webhook(&caller, &webhook_id, false)
        .await?;
    Ok(answer(webhook_id, position))
}

#[utoipa::path(
    post, path = "/v1/webhooks/{webhook_id}/rotate-secret", tag = "webhooks", request_body = EmptyBody,
    params(("webhook_id" = String, Path, description = "Id of the subscription")),
    responses((status = 200, description = "The new secret, shown this once; the one before signs as well for a day", body = NewWebhookBody))
)]
pub(crate) async fn rotate_secret(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    StrictPath(webhook_id): StrictPath<String>,
    StrictJson(EmptyBody {}): StrictJson<EmptyBody>,
) -> Result<Json<NewWebhookBody>, Problem> {
    let caller = command_caller(&principal, deadline, None);
    let rotated = service
        .node
        .rotate_webhook_secret(&caller, &webhook_id)
        .await?;
    Ok(Json(new_webhook(
        rotated.webhook_id,
        &rotated.secret,
        rotated.position,
    )))
}

#[utoipa::path(
    get, path = "/v1/webhooks/{webhook_id}/deliveries", tag = "webhooks",
    params(("webhook_id" = String, Path, description = "Id of the subscription"), DeliveryParameters),
    responses((status = 200, description = "The delivery log, newest first", body = DeliveryList))
)]
pub(crate) async fn deliveries(
    State(service): Service,
    StrictPath(webhook_id): StrictPath<String>,
    StrictQuery(parameters): StrictQuery<DeliveryParameters>,
) -> Result<Json<DeliveryList>, Problem> {
    let state = parameters
        .state
        .as_deref()
        .map(|name| {
            DeliveryState::ALL
                .into_iter()
                .find(|state| state.name() == name)
                .ok_or_else(|| {
                    Problem::new(ProblemKind::InvalidField).field(FieldError::at_parameter(
                        "state",
                        "must be waiting, delivered or given_up",
                    ))
                })
        })
        .transpose()?;
    let tag = format!("deliveries-{webhook_id}-{:?}", parameters.state);
    let below = parameters
        .cursor
        .as_deref()
        .map(|cursor| decode_cursor::<1>(&tag, cursor))
        .transpose()?
        .map(|[number]| number);
    let mut rows = service
        .node
        .deliveries()
        .page(&webhook_id, state, below, PAGE_ROWS + 1)
        .await
        .map_err(query_problem)?;
    let has_more = rows.len() > PAGE_ROWS as usize;
    rows.truncate(PAGE_ROWS as usize);
    let last = rows.last().filter(|_| has_more);
    Ok(Json(DeliveryList {
        next_cursor: last.map(|row| encode_cursor(&tag, [row.number])),
        deliveries: rows.into_iter().map(delivery_body).collect(),
    }))
}

#[utoipa::path(
    post, path = "/v1/webhooks/{webhook_id}/deliveries/{message_id}/redeliver", tag = "webhooks",
    request_body = EmptyBody,
    params(
        ("webhook_id" = String, Path, description = "Id of the subscription"),
        ("message_id" = String, Path, description = "Id of the message"),
    ),
    responses(
        (status = 202, description = "It is sent again, under the same id", body = DeliveryBody),
        (status = 404, description = "No such message", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn redeliver(
    State(service): Service,
    StrictPath((webhook_id, message_id)): StrictPath<(String, String)>,
    StrictJson(EmptyBody {}): StrictJson<EmptyBody>,
) -> Result<(StatusCode, Json<DeliveryBody>), Problem> {
    let no_such =
        || Problem::new(ProblemKind::NotFound).detail("There is no such message of this webhook.");
    let known = service
        .node
        .webhook_row(&webhook_id)
        .await
        .map_err(query_problem)?;
    if known.is_none() {
        return Err(no_such());
    }
    let delivery = service
        .node
        .deliveries()
        .redeliver(&webhook_id, &message_id, real_now_us())
        .await
        .map_err(query_problem)?
        .ok_or_else(no_such)?;
    Ok((StatusCode::ACCEPTED, Json(delivery_body(delivery))))
}

fn new_webhook(webhook_id: String, secret: &WebhookSecret, position: Position) -> NewWebhookBody {
    NewWebhookBody {
        webhook_id,
        secret: secret.reveal().to_owned(),
        position: position.to_token(),
    }
}

fn answer(webhook_id: String, position: Position) -> Json<WebhookAnswer> {
    Json(WebhookAnswer {
        webhook_id,
        position: position.to_token(),
    })
}

fn delivery_body(delivery: Delivery) -> DeliveryBody {
    DeliveryBody {
        message_id: delivery.message_id,
        event_type: delivery.event_type,
        state: delivery.state.name(),
        attempts: delivery.attempts,
        created_at: time_text(delivery.created_at_us),
        next_attempt_at: (delivery.state == DeliveryState::Waiting)
            .then(|| time_text(delivery.next_attempt_at_us)),
        last_attempt_at: delivery.last_attempt_at_us.map(time_text),
        last_status: delivery.last_status,
        last_error: delivery.last_error,
    }
}

impl BankService {
    async fn webhook_body(&self, row: WebhookRow) -> Result<WebhookBody, Problem> {
        let [waiting, delivered, given_up] = self
            .node
            .deliveries()
            .counts(&row.webhook_id)
            .await
            .map_err(query_problem)?;
        Ok(WebhookBody {
            url: self.node.webhook_target(&row).map(|target| target.url),
            webhook_id: row.webhook_id,
            event_types: row.event_types.iter().map(|known| known.name()).collect(),
            paused: row.paused,
            subscribed_at: time_text(row.subscribed_at_us),
            changed_at: time_text(row.changed_at_us),
            actor: row.actor,
            deliveries: DeliveryFigures {
                waiting,
                delivered,
                given_up,
            },
        })
    }
}
