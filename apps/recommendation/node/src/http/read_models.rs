//! `GET /v1/read-models`: how far the durable read models are.

use accord_service::Problem;
use axum::{Json, extract::State};

use super::{Service, wire::ReadModelBody};
use crate::application::ApplicationError;

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
        .map_err(ApplicationError::Query)?;
    let bodies = projections.into_iter().map(|status| ReadModelBody {
        name: status.name,
        generation: status.generation,
        live: status.live,
        lag_events: last.0.saturating_sub(status.through.0),
        parked_entities: status.parked_entities,
        stopped: status.stopped,
    });
    Ok(Json(bodies.collect()))
}
