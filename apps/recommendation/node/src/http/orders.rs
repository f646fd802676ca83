//! `/v1/orders`: orders and their life.

use std::sync::Arc;

use accord_event_log::Sequence;
use accord_service::{
    Deadline, FieldError, IdempotencyKey, IdempotencyScope, Principal, Problem, StrictJson,
    StrictPath, StrictQuery,
    cursor::{decode_cursor, encode_cursor},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use recommendation::{Event, OrderChange, OrderLine, is_text_id, order_total_minor};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::{
    MerchantService, Service, command_caller,
    events::{ID_RULE, shopper_identity},
    instant::{parse_time, time_text},
    invalid_fields, invalid_parameter,
    wire::{
        OrderBody, OrderList, OrderStatusName, OrderedLineBody, PlaceOrderBody, PlacedAnswer,
        ReturnBody, WrittenAnswer,
    },
};
use crate::{
    application::{ApplicationError, OrderRequest},
    identity::ShopperIdentity,
    queries::orders::{OrderFilter, OrderRow, PAGE_ROWS_MAX},
};

static REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const PAGE_ROWS_DEFAULT: u32 = 50;

#[utoipa::path(
    post, path = "/v1/orders", tag = "orders",
    request_body = PlaceOrderBody,
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Identity of the order where the body has no order_id"),
    ),
    responses(
        (status = 201, description = "Placed, and its units are reserved; sent again: the same answer, with Idempotent-Replayed: true", body = PlacedAnswer),
        (status = 409, description = "An item is not sold, or too few units are left; nothing is reserved", body = accord_service::problem::ProblemDocument),
        (status = 422, description = "A field is wrong, or the id was used for another order", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn place(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    key: Option<IdempotencyKey>,
    StrictJson(body): StrictJson<PlaceOrderBody>,
) -> Result<Response, Problem> {
    let request = checked(body, || {
        order_id(service.node.name(), &principal, key.as_ref())
    })?;
    let caller = command_caller(&principal, deadline);
    let decided = service.node.place_order(&caller, request).await?;
    let placed = decided.events.first().map(|recorded| &recorded.event);
    let Some(Event::OrderPlaced(placed)) = placed else {
        return Err(ApplicationError::Inconsistent.into());
    };
    let answer = PlacedAnswer {
        order_id: placed.order_id.clone(),
        lines: placed.lines.iter().map(line_body).collect(),
        total_minor: order_total_minor(&placed.lines),
        currency: service.node.currency().to_owned(),
        position: decided.position.to_token(),
    };
    let mut response = (StatusCode::CREATED, Json(answer)).into_response();
    if decided.replayed {
        response
            .headers_mut()
            .insert(REPLAYED.clone(), HeaderValue::from_static("true"));
    }
    Ok(response)
}

#[utoipa::path(
    post, path = "/v1/orders/{order_id}/pay", tag = "orders",
    params(("order_id" = String, Path, description = "Your id of the order")),
    responses(
        (status = 200, description = "Paid", body = WrittenAnswer),
        (status = 404, description = "No such order", body = accord_service::problem::ProblemDocument),
        (status = 409, description = "The order stands elsewhere", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn pay(
    service: Service,
    principal: Principal,
    deadline: Deadline,
    StrictPath(order_id): StrictPath<String>,
) -> Result<Json<WrittenAnswer>, Problem> {
    change(service, principal, deadline, order_id, OrderChange::Pay).await
}

#[utoipa::path(
    post, path = "/v1/orders/{order_id}/ship", tag = "orders",
    params(("order_id" = String, Path, description = "Your id of the order")),
    responses(
        (status = 200, description = "Shipped: its units have left the stock", body = WrittenAnswer),
        (status = 404, description = "No such order", body = accord_service::problem::ProblemDocument),
        (status = 409, description = "The order is not paid", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn ship(
    service: Service,
    principal: Principal,
    deadline: Deadline,
    StrictPath(order_id): StrictPath<String>,
) -> Result<Json<WrittenAnswer>, Problem> {
    change(service, principal, deadline, order_id, OrderChange::Ship).await
}

#[utoipa::path(
    post, path = "/v1/orders/{order_id}/cancel", tag = "orders",
    params(("order_id" = String, Path, description = "Your id of the order")),
    responses(
        (status = 200, description = "Cancelled: its units are free again", body = WrittenAnswer),
        (status = 404, description = "No such order", body = accord_service::problem::ProblemDocument),
        (status = 409, description = "The order has been shipped", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn cancel(
    service: Service,
    principal: Principal,
    deadline: Deadline,
    StrictPath(order_id): StrictPath<String>,
) -> Result<Json<WrittenAnswer>, Problem> {
    change(service, principal, deadline, order_id, OrderChange::Cancel).await
}

#[utoipa::path(
    post, path = "/v1/orders/{order_id}/return", tag = "orders",
    request_body = ReturnBody,
    params(("order_id" = String, Path, description = "Your id of the order")),
    responses(
        (status = 200, description = "Returned", body = WrittenAnswer),
        (status = 404, description = "No such order", body = accord_service::problem::ProblemDocument),
        (status = 409, description = "The order has not been shipped", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn take_back(
    service: Service,
    principal: Principal,
    deadline: Deadline,
    StrictPath(order_id): StrictPath<String>,
    StrictJson(body): StrictJson<ReturnBody>,
) -> Result<Json<WrittenAnswer>, Problem> {
    let step = OrderChange::Return {
        restocked: body.restocked,
    };
    change(service, principal, deadline, order_id, step).await
}

async fn change(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    order_id: String,
    change: OrderChange,
) -> Result<Json<WrittenAnswer>, Problem> {
    let caller = command_caller(&principal, deadline);
    let decided = service
        .node
        .change_order(&caller, &order_id, change)
        .await?;
    Ok(Json(WrittenAnswer {
        changed: !decided.events.is_empty(),
        position: decided.position.to_token(),
    }))
}

/// A position that an answer must have reached.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PositionParameter {
    pub position: Option<String>,
}

#[utoipa::path(
    get, path = "/v1/orders/{order_id}", tag = "orders",
    params(("order_id" = String, Path, description = "Your id of the order"), PositionParameter),
    responses(
        (status = 200, description = "The order", body = OrderBody),
        (status = 404, description = "No such order", body = accord_service::problem::ProblemDocument),
        (status = 503, description = "The read model has not reached the position", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn show(
    State(service): Service,
    deadline: Deadline,
    StrictPath(order_id): StrictPath<String>,
    StrictQuery(parameters): StrictQuery<PositionParameter>,
) -> Result<Json<OrderBody>, Problem> {
    service
        .wait_for(parameters.position.as_deref(), deadline)
        .await?;
    let row = service
        .node
        .order(&order_id)
        .await
        .map_err(ApplicationError::Query)?
        .ok_or(ApplicationError::UnknownOrder)?;
    Ok(Json(order_body(&service, row).await?))
}

/// What a list of orders is narrowed to and where it begins.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OrderListParameters {
    #[param(inline)]
    pub status: Option<OrderStatusName>,
    /// Your id of the shopper.
    pub shopper: Option<String>,
    /// Rows in a page, 1 to 500 (50).
    pub limit: Option<u32>,
    /// From an earlier page of the same list.
    pub cursor: Option<String>,
    /// A position that the list must have reached.
    pub position: Option<String>,
}

#[utoipa::path(
    get, path = "/v1/orders", tag = "orders", params(OrderListParameters),
    responses(
        (status = 200, description = "A page, newest first", body = OrderList),
        (status = 503, description = "The read model has not reached the position", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn list(
    State(service): Service,
    deadline: Deadline,
    StrictQuery(parameters): StrictQuery<OrderListParameters>,
) -> Result<Json<OrderList>, Problem> {
    service
        .wait_for(parameters.position.as_deref(), deadline)
        .await?;
    let limit = parameters.limit.unwrap_or(PAGE_ROWS_DEFAULT);
    if !(1..=PAGE_ROWS_MAX).contains(&limit) {
        return Err(invalid_parameter(
            "limit",
            format!("must be between 1 and {PAGE_ROWS_MAX}"),
        ));
    }
    let mut filter = OrderFilter {
        status: parameters.status.map(Into::into),
        shopper: None,
    };
    if let Some(shopper) = parameters.shopper {
        filter.shopper = service
            .node
            .reference_of(&ShopperIdentity::Shopper(shopper));
        if filter.shopper.is_none() {
            return Ok(Json(OrderList {
                orders: Vec::new(),
                next_cursor: None,
            }));
        }
    }
    let tag = format!("orders-{filter:?}");
    let before = match &parameters.cursor {
        Some(cursor) => {
            let [sequence] = decode_cursor::<1>(&tag, cursor)?;
            Some(Sequence(sequence.cast_unsigned()))
        }
        None => None,
    };
    let page = service
        .node
        .orders(filter, before, limit)
        .await
        .map_err(ApplicationError::Query)?;
    let next_cursor = page
        .rows
        .last()
        .filter(|_| page.has_older)
        .map(|row| encode_cursor(&tag, [row.sequence.0.cast_signed()]));
    let mut orders = Vec::with_capacity(page.rows.len());
    for row in page.rows {
        orders.push(order_body(&service, row).await?);
    }
    Ok(Json(OrderList {
        orders,
        next_cursor,
    }))
}

fn order_id(institution: &str, principal: &Principal, key: Option<&IdempotencyKey>) -> String {
    let Some(key) = key else {
        return Uuid::now_v7().simple().to_string();
    };
    let scope = IdempotencyScope {
        institution,
        caller: principal.id(),
        operation: "order without id",
        key: key.as_str(),
    };
    uuid::Builder::from_custom_bytes(scope.hash())
        .into_uuid()
        .simple()
        .to_string()
}

fn checked(
    body: PlaceOrderBody,
    make_id: impl FnOnce() -> String,
) -> Result<OrderRequest, Problem> {
    let mut errors = Vec::new();
    let shopper = shopper_identity(body.shopper_id, body.session_id.as_deref(), &mut errors);
    for (pointer, id) in [("#/order_id", &body.order_id), ("#/list_id", &body.list_id)] {
        if id.as_deref().is_some_and(|id| !is_text_id(id)) {
            errors.push(FieldError::at_pointer(pointer, ID_RULE));
        }
    }
    let placed_at_us = body.placed_at.as_deref().map(parse_time).transpose();
    if let Err(rule) = &placed_at_us {
        errors.push(FieldError::at_pointer("#/placed_at", rule.clone()));
    }
    invalid_fields(errors)?;
    let (Some(shopper), Ok(placed_at_us)) = (shopper, placed_at_us) else {
        return Err(ApplicationError::Inconsistent.into());
    };
    Ok(OrderRequest {
        order_id: body.order_id.unwrap_or_else(make_id),
        shopper,
        session_id: body.session_id,
        lines: body
            .lines
            .into_iter()
            .map(|line| (line.item_id, line.quantity))
            .collect(),
        placed_at_us,
        surface: body.surface.map(Into::into),
        list_id: body.list_id,
    })
}

fn line_body(line: &OrderLine) -> OrderedLineBody {
    OrderedLineBody {
        item_id: line.item_id.clone(),
        quantity: line.quantity,
        price_minor: line.price_minor,
    }
}

async fn order_body(service: &Arc<MerchantService>, row: OrderRow) -> Result<OrderBody, Problem> {
    let identity = service
        .node
        .shopper_identity(row.shopper)
        .await
        .map_err(ApplicationError::Query)?;
    let (shopper_id, session_id) = match identity {
        Some(ShopperIdentity::Shopper(id)) => (Some(id), None),
        Some(ShopperIdentity::Guest(session)) => (None, Some(session)),
        None => (None, None),
    };
    Ok(OrderBody {
        shopper_id,
        session_id,
        order_id: row.order_id,
        status: row.status.name(),
        lines: row.lines.iter().map(line_body).collect(),
        total_minor: row.total_minor,
        currency: service.node.currency().to_owned(),
        placed_at: time_text(row.placed_at_us),
        changed_at: time_text(row.changed_at_us),
        list_id: row.list_id,
    })
}
