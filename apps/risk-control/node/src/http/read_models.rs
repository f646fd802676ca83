//! `GET /v1/read-models` and `POST /v1/read-models/{name}/rebuild`.

use accord_service::{Problem, ProblemKind, StrictPath};
use axum::{Json, extract::State};

use super::{
    Service,
    errors::query_problem,
    wire::{ReadModelBody, RebuildAnswer},
};

#[utoipa::path(
    get, path = "/v1/read-models", tag = "operations",
    responses((status = 200, description = "Every generation of every read model", body = [ReadModelBody]))
)]
pub(crate) async fn list(State(service): Service) -> Result<Json<Vec<ReadModelBody>>, Problem> {
    let last = service.node.reader().last();
    let projections = service
        .node
        .store()
        .projections()
        .await
        .map_err(query_problem)?;
    let bodies = projections
        .into_iter()
        .map(|status| ReadModelBody {
            name: status.name,
            generation: status.generation,
            live: status.live,
            lag_events: last.0.saturating_sub(status.through.0),
            parked_entities: status.parked_entities,
            stopped: status.stopped,
        })
        .collect();
    Ok(Json(bodies))
}

#[utoipa::path(
    post, path = "/v1/read-models/{name}/rebuild", tag = "operations",
    params(("name" = String, Path, description = "Name of the read model")),
    responses(
        (status = 200, description = "Rebuilt and live", body = RebuildAnswer),
        (status = 404, description = "No such read model", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn rebuild(
    State(service): Service,
    StrictPath(name): StrictPath<String>,
) -> Result<Json<RebuildAnswer>, Problem> {
    let through = service
        .node
        .rebuild(&name)
        .await
        .ok_or_else(|| {
            Problem::new(ProblemKind::NotFound).detail("There is no read model of that name.")
        })?
        .map_err(|error| Problem::internal(&error))?;
    Ok(Json(RebuildAnswer {
        name,
        position: service.node.position(through).to_token(),
    }))
}
