//! `/v1/shoppers` and `/v1/guests`: what is known of somebody.

use accord_service::{Deadline, Principal, Problem, StrictPath, StrictQuery};
use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    Service, command_caller,
    instant::time_text,
    recommendations::checked_count,
    wire::{ErasureBody, HistoryEntryBody, ShopperBody, ViewedAnswer, ViewedItemBody},
};
use crate::{application::ApplicationError, identity::ShopperIdentity};

const HISTORY_DEFAULT: u16 = 50;
const VIEWED_DEFAULT: u16 = 20;

/// How much is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LengthParameter {
    /// Entries, 1 to 200 (50 events, 20 items).
    pub n: Option<u16>,
}

#[utoipa::path(
    get, path = "/v1/shoppers/{shopper_id}", tag = "shoppers",
    params(("shopper_id" = String, Path, description = "Your id of the shopper"), LengthParameter),
    responses(
        (status = 200, description = "The cart and the newest events", body = ShopperBody),
        (status = 404, description = "Nobody has met this shopper yet", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn shopper(
    service: Service,
    deadline: Deadline,
    StrictPath(shopper_id): StrictPath<String>,
    StrictQuery(parameters): StrictQuery<LengthParameter>,
) -> Result<Json<ShopperBody>, Problem> {
    history(
        service,
        deadline,
        ShopperIdentity::Shopper(shopper_id),
        parameters,
    )
    .await
}

#[utoipa::path(
    get, path = "/v1/guests/{session_id}", tag = "shoppers",
    params(("session_id" = String, Path, description = "Your id of the session"), LengthParameter),
    responses(
        (status = 200, description = "The cart and the newest events", body = ShopperBody),
        (status = 404, description = "Nobody has met this guest yet", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn guest(
    service: Service,
    deadline: Deadline,
    StrictPath(session_id): StrictPath<String>,
    StrictQuery(parameters): StrictQuery<LengthParameter>,
) -> Result<Json<ShopperBody>, Problem> {
    history(
        service,
        deadline,
        ShopperIdentity::Guest(session_id),
        parameters,
    )
    .await
}

async fn history(
    State(service): Service,
    deadline: Deadline,
    identity: ShopperIdentity,
    parameters: LengthParameter,
) -> Result<Json<ShopperBody>, Problem> {
    let count = checked_count("n", parameters.n.unwrap_or(HISTORY_DEFAULT))?;
    service.node.catch_up(deadline.instant()).await?;
    let reference = service
        .node
        .reference_of(&identity)
        .ok_or(ApplicationError::UnknownShopper)?;
    let view = service.node.view();
    let known = view
        .shopper(reference)
        .ok_or(ApplicationError::UnknownShopper)?;
    let item = |number: u32| view.catalogue().item(number).map(|known| &known.item);
    let cart = known.cart().iter().filter_map(|number| item(*number));
    let entries = known.newest_first().take(usize::from(count));
    Ok(Json(ShopperBody {
        events: known.event_count(),
        guest: known.guest,
        cart: cart.map(|item| item.item_id.clone()).collect(),
        history: entries
            .filter_map(|entry| {
                let item = item(entry.item)?;
                Some(HistoryEntryBody {
                    kind: entry.kind.name(),
                    item_id: item.item_id.clone(),
                    title: item.title.clone(),
                    quantity: entry.quantity,
                    rating: entry.rating,
                    occurred_at: time_text(entry.at_us),
                })
            })
            .collect(),
    }))
}

#[utoipa::path(
    get, path = "/v1/shoppers/{shopper_id}/recently-viewed", tag = "recommendations",
    params(("shopper_id" = String, Path, description = "Your id of the shopper"), LengthParameter),
    responses((status = 200, description = "Items that can be sold, the last one first; empty for somebody whom nobody has met", body = ViewedAnswer))
)]
pub(crate) async fn shopper_recently_viewed(
    service: Service,
    principal: Principal,
    deadline: Deadline,
    StrictPath(shopper_id): StrictPath<String>,
    StrictQuery(parameters): StrictQuery<LengthParameter>,
) -> Result<Json<ViewedAnswer>, Problem> {
    let identity = ShopperIdentity::Shopper(shopper_id);
    recently_viewed(service, principal, deadline, identity, parameters).await
}

#[utoipa::path(
    get, path = "/v1/guests/{session_id}/recently-viewed", tag = "recommendations",
    params(("session_id" = String, Path, description = "Your id of the session"), LengthParameter),
    responses((status = 200, description = "Items that can be sold, the last one first; empty for somebody whom nobody has met", body = ViewedAnswer))
)]
pub(crate) async fn guest_recently_viewed(
    service: Service,
    principal: Principal,
    deadline: Deadline,
    StrictPath(session_id): StrictPath<String>,
    StrictQuery(parameters): StrictQuery<LengthParameter>,
) -> Result<Json<ViewedAnswer>, Problem> {
    let identity = ShopperIdentity::Guest(session_id);
    recently_viewed(service, principal, deadline, identity, parameters).await
}

async fn recently_viewed(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    identity: ShopperIdentity,
    parameters: LengthParameter,
) -> Result<Json<ViewedAnswer>, Problem> {
    let count = checked_count("n", parameters.n.unwrap_or(VIEWED_DEFAULT))?;
    let caller = command_caller(&principal, deadline);
    let viewed = service
        .node
        .recently_viewed(&caller, &identity, usize::from(count))
        .await?;
    let items = viewed.into_iter().map(|(item, at_us)| ViewedItemBody {
        item_id: item.item_id.clone(),
        title: item.title.clone(),
        price_minor: item.price_minor,
        viewed_at: time_text(at_us),
    });
    Ok(Json(ViewedAnswer {
        items: items.collect(),
    }))
}

#[utoipa::path(
    delete, path = "/v1/shoppers/{shopper_id}", tag = "shoppers",
    params(("shopper_id" = String, Path, description = "Your id of the shopper")),
    responses(
        (status = 200, description = "Forgotten: the lists are made by a model without the shopper, and the key is destroyed", body = ErasureBody),
        (status = 404, description = "Nobody has met this shopper", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn erase_shopper(
    service: Service,
    principal: Principal,
    deadline: Deadline,
    StrictPath(shopper_id): StrictPath<String>,
) -> Result<Json<ErasureBody>, Problem> {
    let identity = ShopperIdentity::Shopper(shopper_id);
    erase(service, principal, deadline, identity).await
}

#[utoipa::path(
    delete, path = "/v1/guests/{session_id}", tag = "shoppers",
    params(("session_id" = String, Path, description = "Your id of the session")),
    responses(
        (status = 200, description = "Forgotten: the lists are made by a model without the guest, and the key is destroyed", body = ErasureBody),
        (status = 404, description = "Nobody has met this guest", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn erase_guest(
    service: Service,
    principal: Principal,
    deadline: Deadline,
    StrictPath(session_id): StrictPath<String>,
) -> Result<Json<ErasureBody>, Problem> {
    let identity = ShopperIdentity::Guest(session_id);
    erase(service, principal, deadline, identity).await
}

async fn erase(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    identity: ShopperIdentity,
) -> Result<Json<ErasureBody>, Problem> {
    let caller = command_caller(&principal, deadline);
    let node = service.node.clone();
    // What is begun is finished, also where the caller's patience, or the connection, ends.
    let erasing = tokio::spawn(async move { node.erase_shopper(&caller, &identity).await });
    let receipt = erasing.await.map_err(|error| Problem::internal(&error))??;
    Ok(Json(ErasureBody {
        shopper_reference: receipt.shopper.to_string(),
        model_before: receipt.model_before,
        model_after: receipt.model_after,
        key_destroyed: true,
        position: receipt.position.to_token(),
    }))
}
