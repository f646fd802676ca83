//! `/v1/rules`: what is in force, what rules may say, and how one is switched off at once.

use accord_expressions::Condition;
use accord_service::{
    Deadline, IdempotencyKey, Principal, Problem, StrictJson, StrictPath, StrictQuery,
    problem::ProblemDocument,
};
use axum::{Json, extract::State, response::Response};
use risk_control::{Command, ReviewSwitchOff, SwitchOffRule, rule_fields};

use super::{
    Step,
    content::rule_view,
    wire::{
        ActiveRuleView, ConditionBody, FaultView, FieldView, PolicyChangeAnswer, ReasonGiven,
        RuleList, SwitchOffReviewBody, SwitchedOffView, ValidationAnswer,
    },
};
use crate::http::{
    BankService, Service,
    errors::query_problem,
    transactions::{PositionParameter, time_text},
};

#[utoipa::path(
    get, path = "/v1/rules", tag = "governance",
    params(("position" = Option<String>, Query, description = "Wait until the answer has this position")),
    responses((status = 200, description = "Rules of the active policy, in their order", body = RuleList))
)]
pub(crate) async fn list(
    State(service): Service,
    deadline: Deadline,
    StrictQuery(parameters): StrictQuery<PositionParameter>,
) -> Result<Json<RuleList>, Problem> {
    service
        .wait_for(parameters.position.as_deref(), deadline)
        .await?;
    service.rule_list().await.map(Json)
}

#[utoipa::path(
    get, path = "/v1/rules/fields", tag = "governance",
    responses((status = 200, description = "Fields that conditions may use", body = [FieldView]))
)]
pub(crate) async fn fields() -> Json<Vec<FieldView>> {
    let fields = rule_fields().fields().iter().map(|field| FieldView {
        name: field.name.clone(),
        field_type: field.field_type.name(),
        optional: field.optional,
        description: field.description.clone(),
    });
    Json(fields.collect())
}

#[utoipa::path(
    post, path = "/v1/rules/validate", tag = "governance",
    request_body = ConditionBody,
    responses((status = 200, description = "What is wrong with the condition, or what it uses", body = ValidationAnswer))
)]
pub(crate) async fn validate(
    StrictJson(body): StrictJson<ConditionBody>,
) -> Json<ValidationAnswer> {
    Json(validation(&body.condition))
}

/// What is wrong with a condition, or what it uses.
pub(super) fn validation(condition: &str) -> ValidationAnswer {
    match Condition::compile(condition, rule_fields()) {
        Ok(condition) => ValidationAnswer {
            valid: true,
            faults: Vec::new(),
            fields: condition
                .fields()
                .iter()
                .filter_map(|index| rule_fields().fields().get(usize::from(*index)))
                .map(|field| field.name.clone())
                .collect(),
            cost: Some(condition.cost()),
        },
        Err(faults) => ValidationAnswer {
            valid: false,
            faults: faults
                .into_iter()
                .map(|fault| FaultView {
                    line: fault.line,
                    column: fault.column,
                    message: fault.message,
                })
                .collect(),
            fields: Vec::new(),
            cost: None,
        },
    }
}

#[utoipa::path(
    post, path = "/v1/rules/{rule_id}/switch-off", tag = "governance",
    request_body = ReasonGiven,
    params(("rule_id" = String, Path, description = "Id of the rule")),
    responses(
        (status = 202, description = "The rule is off; someone else must look at it", body = PolicyChangeAnswer),
        (status = 404, description = "The active policy has no such rule", body = ProblemDocument),
        (status = 409, description = "The rule is off already", body = ProblemDocument),
    )
)]
pub(crate) async fn switch_off(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    key: Option<IdempotencyKey>,
    StrictPath(rule): StrictPath<String>,
    StrictJson(body): StrictJson<ReasonGiven>,
) -> Result<Response, Problem> {
    let governed = service
        .govern(Step {
            principal: &principal,
            deadline,
            key: key.as_ref(),
            operation: "rule switch-off",
            content: &(&rule, &body),
            command: Command::SwitchOffRule(SwitchOffRule {
                rule: rule.clone(),
                reason: body.reason.clone(),
                by: principal.person().to_owned(),
            }),
        })
        .await?;
    service.policy_change(&governed).await
}

#[utoipa::path(
    post, path = "/v1/rules/{rule_id}/switch-off/review", tag = "governance",
    request_body = SwitchOffReviewBody,
    params(("rule_id" = String, Path, description = "Id of the rule")),
    responses(
        (status = 202, description = "Confirmed, or the rule is back as it was", body = PolicyChangeAnswer),
        (status = 403, description = "The same person switched it off", body = ProblemDocument),
        (status = 409, description = "The rule waits for no review", body = ProblemDocument),
    )
)]
pub(crate) async fn review(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    key: Option<IdempotencyKey>,
    StrictPath(rule): StrictPath<String>,
    StrictJson(body): StrictJson<SwitchOffReviewBody>,
) -> Result<Response, Problem> {
    let governed = service
        .govern(Step {
            principal: &principal,
            deadline,
            key: key.as_ref(),
            operation: "rule switch-off review",
            content: &(&rule, &body),
            command: Command::ReviewSwitchOff(ReviewSwitchOff {
                rule: rule.clone(),
                confirmed: body.confirmed,
                reason: body.reason.clone(),
                by: principal.person().to_owned(),
            }),
        })
        .await?;
    service.policy_change(&governed).await
}

impl BankService {
    /// Rules of the active policy with their hits.
    pub(super) async fn rule_list(&self) -> Result<RuleList, Problem> {
        let Some(active) = self.node.active_policy() else {
            return Ok(RuleList {
                policy_version: None,
                rules: Vec::new(),
            });
        };
        let hits = self.node.rule_hits().await.map_err(query_problem)?;
        let switched_off = self.node.switched_off().await.map_err(query_problem)?;
        let rules = &active.policy.rules;
        let views = rules.rules().iter().map(|rule| {
            let counts = hits.get(&*rule.id).copied().unwrap_or_default();
            let waiting = switched_off
                .iter()
                .find(|waiting| *waiting.rule == *rule.id);
            ActiveRuleView {
                rule: rule_view(rule),
                hits_recent: counts.recent,
                hits_total: counts.total,
                broken: rules.book().broken().contains(&rule.id),
                switched_off: waiting.map(|waiting| SwitchedOffView {
                    was: waiting.was.clone(),
                    reason: waiting.reason.clone(),
                    person: waiting.person.clone(),
                    switched_off_at: time_text(waiting.switched_off_at_us),
                }),
            }
        });
        Ok(RuleList {
            policy_version: Some(active.policy.version),
            rules: views.collect(),
        })
    }
}
