//! Rules: the list, the editor, the switch.

use accord_service::{Deadline, Principal, Problem, ProblemKind, StrictQuery};
use axum::{
    extract::{OriginalUri, State},
    http::StatusCode,
    response::Response,
};
use risk_control::{Command, DraftPolicy, ReviewSwitchOff, RuleMode, SwitchOffRule, rule_fields};
use serde::{Deserialize, Serialize};

use super::super::{
    Step,
    form::{PageForm, belongs_on_the_page, form_key, fresh_key, in_words, see},
    wire::{DraftBody, ModeName, OutcomeName, RuleBody},
};
use crate::{
    console::{
        form_field::FieldFault,
        rule_editor::{RuleEditorView, RuleForm, rule_editor},
        rules::{RuleRow, RuleState, RulesView, SwitchedOff},
    },
    http::{
        BankService, Service,
        errors::query_problem,
        pages::{page, page_decision},
        transactions::PositionParameter,
    },
};

/// The rules in force.
pub(in crate::http::governance) async fn rules(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    StrictQuery(parameters): StrictQuery<PositionParameter>,
) -> Result<Response, Problem> {
    service
        .wait_for(parameters.position.as_deref(), deadline)
        .await?;
    service.rules_page(&principal, &uri, None).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http::governance) struct EditParameters {
    rule: Option<String>,
}

/// The editor of one rule, or of a new one.
pub(in crate::http::governance) async fn edit_rule(
    State(service): Service,
    principal: Principal,
    OriginalUri(uri): OriginalUri,
    StrictQuery(parameters): StrictQuery<EditParameters>,
) -> Result<Response, Problem> {
    let form = match &parameters.rule {
        None => RuleForm {
            mode: "shadow".to_owned(),
            ..RuleForm::default()
        },
        Some(id) => {
            let active = service.node.active_policy();
            let rule = active
                .as_ref()
                .and_then(|active| active.policy.rules.find(id))
                .ok_or_else(|| {
                    Problem::new(ProblemKind::NotFound)
                        .detail("The active policy has no rule of this id.")
                })?;
            RuleForm {
                id: rule.id.to_string(),
                condition: rule.condition.clone(),
                outcome: rule.outcome.name().to_owned(),
                mode: rule.mode.name().to_owned(),
                reason: rule.reason.clone(),
                title: String::new(),
            }
        }
    };
    Ok(service.editor_page(&principal, &uri, StatusCode::OK, form, Vec::new(), None))
}

/// A rule as the editor posts it.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http::governance) struct PostedRule {
    key: String,
    id: String,
    condition: String,
    outcome: OutcomeName,
    mode: ModeName,
    reason: String,
    title: String,
}

/// Makes a draft of the changed rule.
pub(in crate::http::governance) async fn save_rule(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    PageForm(posted): PageForm<PostedRule>,
) -> Result<Response, Problem> {
    let key = form_key(&posted.key)?;
    let body = DraftBody {
        title: posted.title.clone(),
        model: None,
        thresholds: None,
        rules: None,
        put_rules: vec![RuleBody {
            id: posted.id.clone(),
            // Browsers end lines with a carriage return as well.
            condition: posted.condition.replace("\r\n", "\n"),
            outcome: posted.outcome,
            mode: posted.mode,
            reason: posted.reason.clone(),
        }],
        remove_rules: Vec::new(),
        list_changes: Vec::new(),
    };
    let drafted = match service.draft_content(&body).await {
        Ok(checked) => {
            let command = Command::DraftPolicy(DraftPolicy {
                title: checked.title,
                content: checked.content,
                by: principal.person().to_owned(),
            });
            service
                .govern(Step {
                    principal: &principal,
                    deadline,
                    key: Some(&key),
                    operation: "policy draft",
                    content: &body,
                    command,
                })
                .await
        }
        Err(problem) => Err(problem),
    };
    match drafted {
        Ok(governed) => {
            let draft = governed.draft().unwrap_or_default();
            let href = service.frame(&principal, &uri).draft_href(draft);
            Ok(see(&href, &governed))
        }
        Err(problem) if belongs_on_the_page(&problem) => {
            let (faults, rest) = faults_by_field(problem);
            let form = posted.into_form(&body);
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(service.editor_page(&principal, &uri, status, form, faults, rest))
        }
        Err(problem) => Err(problem),
    }
}

impl PostedRule {
    fn into_form(self, body: &DraftBody) -> RuleForm {
        let name = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        RuleForm {
            id: self.id,
            condition: body
                .put_rules
                .first()
                .map_or(self.condition, |rule| rule.condition.clone()),
            outcome: name(serde_json::json!(self.outcome)),
            mode: name(serde_json::json!(self.mode)),
            reason: self.reason,
            title: self.title,
        }
    }
}

/// Faults beneath their fields; what belongs to no field of the form is said above it.
fn faults_by_field(problem: Problem) -> (Vec<FieldFault>, Option<String>) {
    let document = problem.into_document();
    let mut faults = Vec::new();
    let mut rest = None;
    for error in &document.errors {
        let place = error.pointer.as_deref().unwrap_or_default();
        let field = place.rsplit('/').next().unwrap_or_default();
        if place.starts_with("#/put_rules/") || place == "#/title" {
            faults.push(FieldFault {
                field: field.to_owned(),
                message: error.detail.clone(),
            });
        } else {
            rest = Some(error.detail.clone());
        }
    }
    if document.errors.is_empty() {
        rest = Some(document.detail.unwrap_or(document.title));
    }
    (faults, rest)
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http::governance) struct PostedSwitchOff {
    key: String,
    rule: String,
    reason: String,
}

/// Switches a rule off at once.
pub(in crate::http::governance) async fn switch_off(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    PageForm(posted): PageForm<PostedSwitchOff>,
) -> Result<Response, Problem> {
    let command = Command::SwitchOffRule(SwitchOffRule {
        rule: posted.rule.clone(),
        reason: posted.reason.clone(),
        by: principal.person().to_owned(),
    });
    let key = form_key(&posted.key)?;
    let step = Step {
        principal: &principal,
        deadline,
        key: Some(&key),
        operation: "rule switch-off",
        content: &posted,
        command,
    };
    service.rules_step(&principal, &uri, step).await
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http::governance) struct PostedReview {
    key: String,
    rule: String,
    reason: String,
    confirmed: bool,
}

/// Looks at a rule that was switched off.
pub(in crate::http::governance) async fn review(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    PageForm(posted): PageForm<PostedReview>,
) -> Result<Response, Problem> {
    let command = Command::ReviewSwitchOff(ReviewSwitchOff {
        rule: posted.rule.clone(),
        confirmed: posted.confirmed,
        reason: posted.reason.clone(),
        by: principal.person().to_owned(),
    });
    let key = form_key(&posted.key)?;
    let step = Step {
        principal: &principal,
        deadline,
        key: Some(&key),
        operation: "rule switch-off review",
        content: &posted,
        command,
    };
    service.rules_step(&principal, &uri, step).await
}

impl BankService {
    /// Takes a step and shows the rules after it, or why it was refused.
    async fn rules_step<C: Serialize>(
        &self,
        principal: &Principal,
        uri: &axum::http::Uri,
        step: Step<'_, C>,
    ) -> Result<Response, Problem> {
        match self.govern(step).await {
            Ok(governed) => {
                let href = self.frame(principal, uri).href("/rules");
                Ok(see(&href, &governed))
            }
            Err(problem) if belongs_on_the_page(&problem) => {
                self.rules_page(principal, uri, Some(problem)).await
            }
            Err(problem) => Err(problem),
        }
    }

    async fn rules_page(
        &self,
        principal: &Principal,
        uri: &axum::http::Uri,
        refused: Option<Problem>,
    ) -> Result<Response, Problem> {
        let status = refused.as_ref().map_or(StatusCode::OK, Problem::status);
        let active = self.node.active_policy();
        let hits = self.node.rule_hits().await.map_err(query_problem)?;
        let waiting = self.node.switched_off().await.map_err(query_problem)?;
        let rules = active.as_ref().map_or_else(Vec::new, |active| {
            let rules = &active.policy.rules;
            rules
                .rules()
                .iter()
                .map(|rule| {
                    let counts = hits.get(&*rule.id).copied().unwrap_or_default();
                    let switched_off = waiting.iter().find(|waiting| *waiting.rule == *rule.id);
                    RuleRow {
                        id: rule.id.to_string(),
                        version: rule.version,
                        condition: rule.condition.clone(),
                        reason: rule.reason.clone(),
                        outcome: page_decision(rule.outcome),
                        state: match rule.mode {
                            RuleMode::Off => RuleState::Off,
                            _ if rules.book().broken().contains(&rule.id) => RuleState::Broken,
                            RuleMode::Active => RuleState::Active,
                            RuleMode::Shadow => RuleState::Shadow,
                        },
                        hits_recent: counts.recent,
                        hits_total: counts.total,
                        switched_off: switched_off.map(|waiting| SwitchedOff {
                            by: waiting.person.clone(),
                            reason: waiting.reason.clone(),
                            at_us: waiting.switched_off_at_us,
                        }),
                    }
                })
                .collect()
        });
        let view = RulesView {
            frame: self.frame(principal, uri),
            policy_version: active.map(|active| active.policy.version),
            rules,
            problem: refused.map(in_words),
            key: fresh_key(),
        };
        Ok(page(status, crate::console::rules::rules(&view)))
    }

    fn editor_page(
        &self,
        principal: &Principal,
        uri: &axum::http::Uri,
        status: StatusCode,
        form: RuleForm,
        faults: Vec<FieldFault>,
        problem: Option<String>,
    ) -> Response {
        let active = self.node.active_policy();
        let known = active
            .as_ref()
            .and_then(|active| active.policy.rules.find(&form.id));
        let fields = rule_fields().fields().iter().map(|field| {
            let optional = if field.optional { " or null" } else { "" };
            (
                field.name.clone(),
                format!("{}{optional}", field.field_type.name()),
                field.description.clone(),
            )
        });
        let view = RuleEditorView {
            frame: self.frame(principal, uri),
            is_new: known.is_none(),
            is_on: known.is_some_and(|rule| rule.mode != RuleMode::Off),
            rule: form,
            faults,
            problem,
            key: fresh_key(),
            fields: fields.collect(),
        };
        page(status, rule_editor(&view))
    }
}
