//! `/v1/items`: the catalogue, and items that are related to one.

use std::sync::Arc;

use accord_service::{
    Deadline, FieldError, Principal, Problem, ProblemKind, StrictJson, StrictPath, StrictQuery,
};
use axum::{Json, extract::State, http::StatusCode};
use recommendation::{Item, LiveView, Relation, item_fields};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    MerchantService, Service, command_caller,
    instant::{parse_time, time_text},
    invalid_fields, invalid_parameter,
    recommendations::{checked_count, place_body},
    wire::{DescribeItemBody, ItemBody, ItemFieldBody, ItemList, RelatedAnswer, WrittenAnswer},
};
use crate::application::ApplicationError;

const PAGE_ITEMS_DEFAULT: usize = 50;
const PAGE_ITEMS_MAX: usize = 500;
const RELATED_DEFAULT: u16 = 10;

#[utoipa::path(
    put, path = "/v1/items/{item_id}", tag = "items",
    request_body = DescribeItemBody,
    params(("item_id" = String, Path, description = "Your id of the item, 1 to 64 bytes, percent-encoded")),
    responses(
        (status = 201, description = "In the log; the next list is made with it", body = WrittenAnswer),
        (status = 200, description = "The item was described so already", body = WrittenAnswer),
        (status = 422, description = "A field is wrong", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn upsert(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    StrictPath(item_id): StrictPath<String>,
    StrictJson(body): StrictJson<DescribeItemBody>,
) -> Result<(StatusCode, Json<WrittenAnswer>), Problem> {
    let item = described(item_id, service.node.currency(), body)?;
    let caller = command_caller(&principal, deadline);
    let decided = service.node.upsert_item(&caller, item).await?;
    let changed = !decided.events.is_empty();
    let status = if changed {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((
        status,
        Json(WrittenAnswer {
            changed,
            position: decided.position.to_token(),
        }),
    ))
}

#[utoipa::path(
    delete, path = "/v1/items/{item_id}", tag = "items",
    params(("item_id" = String, Path, description = "Your id of the item")),
    responses(
        (status = 200, description = "No list shows it any more", body = WrittenAnswer),
        (status = 404, description = "No such item", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn delete(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    StrictPath(item_id): StrictPath<String>,
) -> Result<Json<WrittenAnswer>, Problem> {
    let caller = command_caller(&principal, deadline);
    let decided = service.node.delete_item(&caller, &item_id).await?;
    Ok(Json(WrittenAnswer {
        changed: !decided.events.is_empty(),
        position: decided.position.to_token(),
    }))
}

#[utoipa::path(
    get, path = "/v1/items/{item_id}", tag = "items",
    params(("item_id" = String, Path, description = "Your id of the item")),
    responses(
        (status = 200, description = "The item, also if it was deleted", body = ItemBody),
        (status = 404, description = "No such item", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn show(
    State(service): Service,
    deadline: Deadline,
    StrictPath(item_id): StrictPath<String>,
) -> Result<Json<ItemBody>, Problem> {
    service.node.catch_up(deadline.instant()).await?;
    let now_us = service.node.clock().now_us();
    let view = service.node.view();
    let body = view
        .item(&item_id)
        .and_then(|(_, known)| item_body(&view, &known.item, now_us))
        .ok_or(ApplicationError::UnknownItem)?;
    Ok(Json(body))
}

/// Where a page of items begins.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ItemPageParameters {
    /// Id after which the page begins.
    pub after: Option<String>,
    /// Items in a page, 1 to 500 (50).
    pub limit: Option<usize>,
    /// Whether deleted items are listed, too (no).
    pub deleted: Option<bool>,
}

#[utoipa::path(
    get, path = "/v1/items", tag = "items", params(ItemPageParameters),
    responses((status = 200, description = "A page, in the order of ids", body = ItemList))
)]
pub(crate) async fn list(
    State(service): Service,
    deadline: Deadline,
    StrictQuery(parameters): StrictQuery<ItemPageParameters>,
) -> Result<Json<ItemList>, Problem> {
    let limit = parameters.limit.unwrap_or(PAGE_ITEMS_DEFAULT);
    if !(1..=PAGE_ITEMS_MAX).contains(&limit) {
        return Err(invalid_parameter(
            "limit",
            format!("must be between 1 and {PAGE_ITEMS_MAX}"),
        ));
    }
    service.node.catch_up(deadline.instant()).await?;
    let now_us = service.node.clock().now_us();
    let with_deleted = parameters.deleted.unwrap_or(false);
    let view = service.node.view();
    let mut items: Vec<ItemBody> = view
        .catalogue()
        .after(parameters.after.as_deref())
        .filter_map(|(_, known)| item_body(&view, &known.item, now_us))
        .filter(|item| with_deleted || !item.deleted)
        .take(limit + 1)
        .collect();
    let has_more = items.len() > limit;
    items.truncate(limit);
    let next_after = items
        .last()
        .filter(|_| has_more)
        .map(|item| item.item_id.clone());
    Ok(Json(ItemList { items, next_after }))
}

#[utoipa::path(
    get, path = "/v1/item-fields", tag = "items",
    responses((status = 200, description = "The fields that filters may use", body = [ItemFieldBody]))
)]
pub(crate) async fn fields() -> Json<Vec<ItemFieldBody>> {
    let fields = item_fields().fields().iter();
    Json(
        fields
            .map(|field| ItemFieldBody {
                name: field.name.clone(),
                field_type: field.field_type.name(),
                optional: field.optional,
                description: field.description.clone(),
            })
            .collect(),
    )
}

/// How many related items are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CountParameter {
    /// Items, 1 to 200 (10).
    pub n: Option<u16>,
}

#[utoipa::path(
    get, path = "/v1/items/{item_id}/similar", tag = "recommendations",
    params(("item_id" = String, Path, description = "Your id of the item"), CountParameter),
    responses(
        (status = 200, description = "Items like this one that can be sold, the likest first", body = RelatedAnswer),
        (status = 404, description = "No such item", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn similar(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    StrictPath(item_id): StrictPath<String>,
    StrictQuery(parameters): StrictQuery<CountParameter>,
) -> Result<Json<RelatedAnswer>, Problem> {
    related(
        &service,
        &principal,
        deadline,
        Relation::Similar,
        &item_id,
        parameters.n,
    )
    .await
}

#[utoipa::path(
    get, path = "/v1/items/{item_id}/bought-together", tag = "recommendations",
    params(("item_id" = String, Path, description = "Your id of the item"), CountParameter),
    responses(
        (status = 200, description = "Items that can be sold and are in baskets with this one; empty where no basket says anything", body = RelatedAnswer),
        (status = 404, description = "No such item", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn bought_together(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    StrictPath(item_id): StrictPath<String>,
    StrictQuery(parameters): StrictQuery<CountParameter>,
) -> Result<Json<RelatedAnswer>, Problem> {
    let relation = Relation::BoughtTogether;
    related(
        &service,
        &principal,
        deadline,
        relation,
        &item_id,
        parameters.n,
    )
    .await
}

async fn related(
    service: &Arc<MerchantService>,
    principal: &Principal,
    deadline: Deadline,
    relation: Relation,
    item_id: &str,
    count: Option<u16>,
) -> Result<Json<RelatedAnswer>, Problem> {
    let count = checked_count("n", count.unwrap_or(RELATED_DEFAULT))?;
    let caller = command_caller(principal, deadline);
    let places = service
        .node
        .related(&caller, relation, item_id, count)
        .await?;
    Ok(Json(RelatedAnswer {
        items: places.into_iter().map(place_body).collect(),
    }))
}

fn described(item_id: String, currency: &str, body: DescribeItemBody) -> Result<Item, Problem> {
    let mut errors = Vec::new();
    let mut time = |pointer: &str, text: Option<String>| {
        let parsed = text.as_deref().map(parse_time).transpose();
        parsed.unwrap_or_else(|rule| {
            errors.push(FieldError::at_pointer(pointer, rule));
            None
        })
    };
    let available_from_us = time("#/available_from", body.available_from);
    let available_until_us = time("#/available_until", body.available_until);
    invalid_fields(errors)?;
    if !recommendation::is_text_id(&item_id) {
        return Err(Problem::new(ProblemKind::InvalidField)
            .field(FieldError::at_parameter("item_id", super::events::ID_RULE)));
    }
    Ok(Item {
        item_id,
        product_code: body.product_code,
        title: body.title,
        price_minor: body.price_minor,
        currency: body.currency.unwrap_or_else(|| currency.to_owned()),
        stock: body.stock,
        categories: body.categories,
        text: body.text,
        image: body.image,
        available_from_us,
        available_until_us,
    })
}

fn item_body(view: &LiveView, item: &Item, now_us: i64) -> Option<ItemBody> {
    let record = view.records().items.get(&item.item_id)?;
    Some(ItemBody {
        item_id: item.item_id.clone(),
        title: item.title.clone(),
        price_minor: item.price_minor,
        currency: item.currency.clone(),
        product_code: item.product_code.clone(),
        categories: item.categories.clone(),
        text: item.text.clone(),
        image: item.image.clone(),
        stock: record.stock,
        reserved: record.reserved,
        available_from: item.available_from_us.map(time_text),
        available_until: item.available_until_us.map(time_text),
        deleted: record.deleted,
        sold: record.is_sold_at(now_us),
    })
}
