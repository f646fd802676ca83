//! `/v1/policies`: what decided when, and the way back.

use accord_service::{
    Deadline, IdempotencyKey, Principal, Problem, ProblemKind, StrictJson, StrictPath,
    problem::ProblemDocument,
};
use axum::{Json, extract::State, http::StatusCode, response::Response};
use risk_control::{Command, RollBackPolicy};

use super::{
    Step,
    content::{rule_view, thresholds_body},
    drafts::draft_answer,
    wire::{DraftAnswer, NoContent, PolicyView},
};
use crate::{
    http::{BankService, Service, errors::query_problem, transactions::time_text},
    queries::rules::PolicyRow,
};

/// Policies in an answer.
const POLICIES_SHOWN_MAX: u32 = 100;

#[utoipa::path(
    get, path = "/v1/policies", tag = "governance",
    responses((status = 200, description = "The newest 100 policies, newest first", body = [PolicyView]))
)]
pub(crate) async fn list(State(service): Service) -> Result<Json<Vec<PolicyView>>, Problem> {
    let rows = service
        .node
        .policy_rows(POLICIES_SHOWN_MAX)
        .await
        .map_err(query_problem)?;
    let mut views = Vec::with_capacity(rows.len());
    for row in &rows {
        views.push(service.policy_view(row).await?);
    }
    Ok(Json(views))
}

#[utoipa::path(
    get, path = "/v1/policies/{version}", tag = "governance",
    params(("version" = u32, Path, description = "Version of the policy")),
    responses(
        (status = 200, description = "The policy as it was activated", body = PolicyView),
        (status = 404, description = "No such policy among the newest 100", body = ProblemDocument),
    )
)]
pub(crate) async fn show(
    State(service): Service,
    StrictPath(version): StrictPath<u32>,
) -> Result<Json<PolicyView>, Problem> {
    let rows = service
        .node
        .policy_rows(POLICIES_SHOWN_MAX)
        .await
        .map_err(query_problem)?;
    let row = rows
        .iter()
        .find(|row| row.version == version)
        .ok_or_else(|| {
            Problem::new(ProblemKind::NotFound).detail("There is no policy of this version.")
        })?;
    service.policy_view(row).await.map(Json)
}

#[utoipa::path(
    post, path = "/v1/policies/{version}/rollback", tag = "governance",
    request_body = NoContent,
    params(("version" = u32, Path, description = "Version of the policy to return to")),
    responses(
        (status = 201, description = "A draft that says what the earlier policy said", body = DraftAnswer),
        (status = 404, description = "No such earlier policy", body = ProblemDocument),
    )
)]
pub(crate) async fn roll_back(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    key: Option<IdempotencyKey>,
    StrictPath(version): StrictPath<u32>,
    StrictJson(_): StrictJson<NoContent>,
) -> Result<Response, Problem> {
    let governed = service
        .govern(Step {
            principal: &principal,
            deadline,
            key: key.as_ref(),
            operation: "policy rollback",
            content: &version,
            command: Command::RollBackPolicy(RollBackPolicy {
                version,
                by: principal.person().to_owned(),
            }),
        })
        .await?;
    draft_answer(StatusCode::CREATED, &governed)
}

impl BankService {
    async fn policy_view(&self, row: &PolicyRow) -> Result<PolicyView, Problem> {
        let known = self.node.policy(row.control_offset).await?;
        let policy = &known.policy;
        Ok(PolicyView {
            version: policy.version,
            model: policy.model.clone(),
            thresholds: thresholds_body(&policy.thresholds),
            rules: policy.rules.rules().iter().map(rule_view).collect(),
            activated_at: time_text(row.activated_at_us),
            activated_by: row.actor.clone(),
        })
    }
}
