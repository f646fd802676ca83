//! `GET /v1/policy`: what decides now, and how far it is adopted.

use accord_service::{Deadline, Problem, ProblemKind, StrictQuery};
use axum::{Json, extract::State};

use super::{Service, errors::query_problem, transactions::PositionParameter, wire::PolicyBody};

#[utoipa::path(
    get, path = "/v1/policy", tag = "governance",
    params(("position" = Option<String>, Query, description = "Wait until the answer has this position")),
    responses(
        (status = 200, description = "The active policy", body = PolicyBody),
        (status = 404, description = "No policy is active yet", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn policy(
    State(service): Service,
    deadline: Deadline,
    StrictQuery(parameters): StrictQuery<PositionParameter>,
) -> Result<Json<PolicyBody>, Problem> {
    service
        .wait_for(parameters.position.as_deref(), deadline)
        .await?;
    let active = service
        .node
        .active_policy()
        .ok_or_else(|| Problem::new(ProblemKind::NotFound).detail("No policy is active yet."))?;
    let adoption = service
        .node
        .adoption(&active)
        .await
        .map_err(query_problem)?;
    let policy = &active.policy;
    Ok(Json(PolicyBody {
        version: policy.version,
        model: policy.model.clone(),
        challenge: policy.thresholds.challenge,
        review: policy.thresholds.review,
        decline: policy.thresholds.decline,
        adopted: adoption.adopted,
        partitions: adoption.partitions,
    }))
}
