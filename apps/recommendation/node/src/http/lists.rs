//! `/v1/lists`: lists that were shown, and how each came about.

use accord_service::{Deadline, Principal, Problem, StrictPath};
use axum::{Json, extract::State};
use recommendation::ListServed;

use super::{
    Service, command_caller,
    instant::time_text,
    recommendations::place_body,
    wire::{ReplayedListBody, ServedItemBody, ServedListBody},
};

#[utoipa::path(
    get, path = "/v1/lists/{list_id}", tag = "recommendations",
    params(("list_id" = String, Path, description = "As the list's answer named it")),
    responses(
        (status = 200, description = "The list as the log has it", body = ServedListBody),
        (status = 404, description = "No such list, or it was not recorded", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn show(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    StrictPath(list_id): StrictPath<String>,
) -> Result<Json<ServedListBody>, Problem> {
    let caller = command_caller(&principal, deadline);
    let served = service.node.served_list(&caller, &list_id).await?;
    Ok(Json(served_body(served)))
}

#[utoipa::path(
    get, path = "/v1/lists/{list_id}/replay", tag = "recommendations",
    params(("list_id" = String, Path, description = "As the list's answer named it")),
    responses(
        (status = 200, description = "The list, made again from the log up to its position, its model and its seed", body = ReplayedListBody),
        (status = 404, description = "No such list, or it was not recorded", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn replay(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    StrictPath(list_id): StrictPath<String>,
) -> Result<Json<ReplayedListBody>, Problem> {
    let caller = command_caller(&principal, deadline);
    let replayed = service.node.replay_list(&caller, &list_id).await?;
    Ok(Json(ReplayedListBody {
        identical: replayed.identical,
        items: replayed.items.into_iter().map(place_body).collect(),
        served: served_body(replayed.served),
    }))
}

fn served_body(served: ListServed) -> ServedListBody {
    let item = |item: recommendation::ListedItem| ServedItemBody {
        item_id: item.item_id,
        propensity: item.propensity,
    };
    ServedListBody {
        list_id: served.list_id,
        served_at: time_text(served.served_at_us),
        context: served.request.context.name(),
        filter: served.request.filter,
        through: served.through,
        model: served.model,
        seed: format!("{:016x}", served.seed),
        items: served.items.into_iter().map(item).collect(),
    }
}
