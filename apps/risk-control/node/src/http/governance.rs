//! Rules, lists, policies and their drafts over HTTP, and the pages of the same.

pub(super) mod back_tests;
mod content;
pub(super) mod drafts;
mod form;
pub(super) mod lists;
pub(super) mod models;
mod pages;
pub(super) mod policies;
pub(super) mod rules;
pub mod wire;

use accord_service::{
    Allowed, Deadline, IdempotencyKey, Mounting, Principal, Problem, Role, RouteAccess,
};
use risk_control::Command;
use serde::Serialize;
use std::sync::Arc;

use super::{BankService, PAGE_READERS, READERS, assess::command_caller};
use crate::application::{GovernRequest, Governed};

const AUTHORS: Allowed = Allowed::to(&[Role::RuleAuthor, Role::Administrator]);
const APPROVERS: Allowed = Allowed::to(&[Role::Approver, Role::Administrator]);
const AUTHORS_AND_APPROVERS: Allowed =
    Allowed::to(&[Role::RuleAuthor, Role::Approver, Role::Administrator]);
/// A rule that does harm is switched off by whoever is awake.
const BREAK_GLASS: Allowed = Allowed::to(&[
    Role::RuleAuthor,
    Role::Approver,
    Role::Operator,
    Role::Administrator,
]);
const PAGE_AUTHORS: Allowed = AUTHORS;

/// Everything of governance, and who may use it.
pub const GOVERNANCE_ROUTES: &[RouteAccess] = &[
    RouteAccess::get(
        "/v1/rules",
        READERS,
        "rules of the active policy, with hits",
    ),
    RouteAccess::get("/v1/rules/fields", READERS, "fields that rules may use"),
    RouteAccess::post(
        "/v1/rules/validate",
        AUTHORS_AND_APPROVERS,
        "check a condition",
    ),
    RouteAccess::post(
        "/v1/rules/{rule_id}/switch-off",
        BREAK_GLASS,
        "switch a rule off at once, approved afterwards",
    ),
    RouteAccess::post(
        "/v1/rules/{rule_id}/switch-off/review",
        APPROVERS,
        "look at a rule that was switched off",
    ),
    RouteAccess::get(
        "/v1/lists",
        READERS,
        "entries of the allow, block and watch lists",
    ),
    RouteAccess::get("/v1/policies", READERS, "all policies, newest first"),
    RouteAccess::get(
        "/v1/policies/{version}",
        READERS,
        "one policy as it was activated",
    ),
    RouteAccess::post(
        "/v1/policies/{version}/rollback",
        AUTHORS,
        "draft a return to an earlier policy",
    ),
    RouteAccess::get("/v1/policy-drafts", READERS, "drafts, newest first"),
    RouteAccess::post("/v1/policy-drafts", AUTHORS, "draft a change of the policy"),
    RouteAccess::get(
        "/v1/policy-drafts/{draft}",
        READERS,
        "one draft with what it changes and its history",
    ),
    RouteAccess::put(
        "/v1/policy-drafts/{draft}",
        AUTHORS,
        "revise a draft; approvals are void",
    ),
    RouteAccess::delete("/v1/policy-drafts/{draft}", AUTHORS, "discard a draft"),
    RouteAccess::post(
        "/v1/policy-drafts/{draft}/submission",
        AUTHORS,
        "ask for approval",
    ),
    RouteAccess::post(
        "/v1/policy-drafts/{draft}/approval",
        APPROVERS,
        "approve what someone else submitted",
    ),
    RouteAccess::post(
        "/v1/policy-drafts/{draft}/rejection",
        APPROVERS,
        "send back what someone else submitted",
    ),
    RouteAccess::post(
        "/v1/policy-drafts/{draft}/activation",
        AUTHORS_AND_APPROVERS,
        "let an approved draft decide",
    ),
    RouteAccess::get("/v1/back-tests", READERS, "back-tests, newest first"),
    RouteAccess::post(
        "/v1/back-tests",
        AUTHORS_AND_APPROVERS,
        "test a draft over the history",
    ),
    RouteAccess::get(
        "/v1/back-tests/{id}",
        READERS,
        "one back-test with its figures",
    ),
    RouteAccess::delete(
        "/v1/back-tests/{id}",
        AUTHORS_AND_APPROVERS,
        "end a back-test early",
    ),
    RouteAccess::get("/rules", PAGE_READERS, "page: rules"),
    RouteAccess::get("/rules/edit", PAGE_READERS, "page: a rule and its editor"),
    RouteAccess::post("/rules/edit", PAGE_AUTHORS, "form: draft a changed rule"),
    RouteAccess::post("/rules/switch-off", BREAK_GLASS, "form: switch a rule off"),
    RouteAccess::post(
        "/rules/review",
        APPROVERS,
        "form: look at a rule that was switched off",
    ),
    RouteAccess::get("/lists", PAGE_READERS, "page: lists"),
    RouteAccess::post("/lists", PAGE_AUTHORS, "form: draft a change of a list"),
    RouteAccess::get("/approvals", PAGE_READERS, "page: drafts and approvals"),
    RouteAccess::get("/approvals/{draft}", PAGE_READERS, "page: one draft"),
    RouteAccess::post(
        "/approvals/{draft}/submit",
        AUTHORS,
        "form: ask for approval",
    ),
    RouteAccess::post("/approvals/{draft}/approve", APPROVERS, "form: approve"),
    RouteAccess::post("/approvals/{draft}/reject", APPROVERS, "form: send back"),
    RouteAccess::post(
        "/approvals/{draft}/activate",
        AUTHORS_AND_APPROVERS,
        "form: let an approved draft decide",
    ),
    RouteAccess::post("/approvals/{draft}/discard", AUTHORS, "form: discard"),
    RouteAccess::post(
        "/approvals/{draft}/back-test",
        AUTHORS_AND_APPROVERS,
        "form: test a draft over the history",
    ),
    RouteAccess::get("/back-tests/{id}", PAGE_READERS, "page: one back-test"),
    RouteAccess::post(
        "/approvals/rollback",
        AUTHORS,
        "form: draft a return to an earlier policy",
    ),
];

/// Mounts every row of [`GOVERNANCE_ROUTES`] and of [`models::MODEL_ROUTES`].
pub(super) fn mount(mounting: Mounting<Arc<BankService>>) -> Mounting<Arc<BankService>> {
    models::mount(mounting)
        .get("/v1/rules", rules::list)
        .get("/v1/rules/fields", rules::fields)
        .post("/v1/rules/validate", rules::validate)
        .post("/v1/rules/{rule_id}/switch-off", rules::switch_off)
        .post("/v1/rules/{rule_id}/switch-off/review", rules::review)
        .get("/v1/lists", lists::list)
        .get("/v1/policies", policies::list)
        .get("/v1/policies/{version}", policies::show)
        .post("/v1/policies/{version}/rollback", policies::roll_back)
        .get("/v1/policy-drafts", drafts::list)
        .post("/v1/policy-drafts", drafts::create)
        .get("/v1/policy-drafts/{draft}", drafts::show)
        .put("/v1/policy-drafts/{draft}", drafts::revise)
        .delete("/v1/policy-drafts/{draft}", drafts::discard)
        .post("/v1/policy-drafts/{draft}/submission", drafts::submit)
        .post("/v1/policy-drafts/{draft}/approval", drafts::approve)
        .post("/v1/policy-drafts/{draft}/rejection", drafts::reject)
        .post("/v1/policy-drafts/{draft}/activation", drafts::activate)
        .get("/v1/back-tests", back_tests::list)
        .post("/v1/back-tests", back_tests::start)
        .get("/v1/back-tests/{id}", back_tests::show)
        .delete("/v1/back-tests/{id}", back_tests::cancel)
        .get("/rules", pages::rules)
        .get("/rules/edit", pages::edit_rule)
        .post("/rules/edit", pages::save_rule)
        .post("/rules/switch-off", pages::switch_off)
        .post("/rules/review", pages::review)
        .get("/lists", pages::lists)
        .post("/lists", pages::change_list)
        .get("/approvals", pages::approvals)
        .get("/approvals/{draft}", pages::draft)
        .post("/approvals/{draft}/submit", pages::submit)
        .post("/approvals/{draft}/approve", pages::approve)
        .post("/approvals/{draft}/reject", pages::reject)
        .post("/approvals/{draft}/activate", pages::activate)
        .post("/approvals/{draft}/discard", pages::discard)
        .post("/approvals/{draft}/back-test", pages::start_back_test)
        .get("/back-tests/{id}", pages::back_test)
        .post("/approvals/rollback", pages::roll_back)
}

/// A step of governance that somebody asks for.
pub(crate) struct Step<'a, C: Serialize> {
    pub principal: &'a Principal,
    pub deadline: Deadline,
    pub key: Option<&'a IdempotencyKey>,
    pub operation: &'static str,
    /// Everything that the caller said.
    pub content: &'a C,
    pub command: Command,
}

impl BankService {
    /// Takes a step of governance.
    pub(crate) async fn govern<C: Serialize>(
        &self,
        step: Step<'_, C>,
    ) -> Result<Governed, Problem> {
        let caller = command_caller(step.principal, step.deadline, None);
        let request = GovernRequest {
            command: step.command,
            operation: step.operation,
            key: step.key.map(IdempotencyKey::as_str),
            content: step.content,
        };
        Ok(self.node.govern(&caller, request).await?)
    }
}
