//! Approvals: the queue of drafts, one draft, and its steps.

use accord_console::Tone;
use accord_service::{Deadline, Principal, Problem, ProblemKind, StrictPath, StrictQuery};
use axum::{
    extract::{OriginalUri, State},
    http::{StatusCode, Uri},
    response::Response,
};
use risk_control::{
    ActivateDraft, ApproveDraft, Command, DiscardDraft, RejectDraft, RollBackPolicy, SubmitDraft,
};
use serde::{Deserialize, Serialize};

use super::super::{
    Step,
    content::differences,
    form::{PageForm, belongs_on_the_page, form_key, fresh_key, in_words, see},
};
use crate::{
    back_test::BackTestState,
    console::{
        approvals::{ApprovalsView, DraftRow, DraftStage, DraftView, PolicyRow},
        transaction::HistoryEntry,
    },
    http::{
        BankService, Service, errors::query_problem, pages::page, transactions::PositionParameter,
    },
    projections::DraftStageName,
    queries::policy_drafts::{DraftRow as StoredDraft, GovernanceStep},
};

const DRAFTS_SHOWN_MAX: u32 = 100;
const POLICIES_SHOWN_MAX: u32 = 20;

/// The queue.
pub(in crate::http::governance) async fn approvals(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    StrictQuery(parameters): StrictQuery<PositionParameter>,
) -> Result<Response, Problem> {
    service
        .wait_for(parameters.position.as_deref(), deadline)
        .await?;
    service.approvals_page(&principal, &uri, None).await
}

/// One draft.
pub(in crate::http::governance) async fn draft(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    StrictPath(draft): StrictPath<u64>,
    StrictQuery(parameters): StrictQuery<PositionParameter>,
) -> Result<Response, Problem> {
    service
        .wait_for(parameters.position.as_deref(), deadline)
        .await?;
    service.draft_page(&principal, &uri, draft, None).await
}

/// What the buttons of a draft post.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http::governance) struct PostedStep {
    key: String,
    #[serde(default)]
    candidate_hash: String,
    #[serde(default)]
    back_test: String,
    #[serde(default)]
    reason: String,
}

pub(in crate::http::governance) async fn submit(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    StrictPath(draft): StrictPath<u64>,
    PageForm(posted): PageForm<PostedStep>,
) -> Result<Response, Problem> {
    let back_test = Some(posted.back_test.clone()).filter(|hash| !hash.is_empty());
    let tested = match service.version_tested(draft, back_test.as_deref()).await {
        Ok(tested) => tested,
        Err(problem) if belongs_on_the_page(&problem) => {
            return service
                .draft_page(&principal, &uri, draft, Some(problem))
                .await;
        }
        Err(problem) => return Err(problem),
    };
    let command = Command::SubmitDraft(SubmitDraft {
        draft,
        expected_version: tested,
        back_test,
        by: principal.person().to_owned(),
    });
    let asked = Asked(&principal, deadline, &uri, draft);
    service.draft_step(asked, "submit", &posted, command).await
}

pub(in crate::http::governance) async fn approve(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    StrictPath(draft): StrictPath<u64>,
    PageForm(posted): PageForm<PostedStep>,
) -> Result<Response, Problem> {
    let command = Command::ApproveDraft(ApproveDraft {
        draft,
        candidate_hash: posted.candidate_hash.clone(),
        back_test: Some(posted.back_test.clone()).filter(|hash| !hash.is_empty()),
        by: principal.person().to_owned(),
    });
    let asked = Asked(&principal, deadline, &uri, draft);
    service.draft_step(asked, "approve", &posted, command).await
}

pub(in crate::http::governance) async fn reject(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    StrictPath(draft): StrictPath<u64>,
    PageForm(posted): PageForm<PostedStep>,
) -> Result<Response, Problem> {
    let command = Command::RejectDraft(RejectDraft {
        draft,
        reason: posted.reason.clone(),
        by: principal.person().to_owned(),
    });
    let asked = Asked(&principal, deadline, &uri, draft);
    service.draft_step(asked, "reject", &posted, command).await
}

pub(in crate::http::governance) async fn activate(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    StrictPath(draft): StrictPath<u64>,
    PageForm(posted): PageForm<PostedStep>,
) -> Result<Response, Problem> {
    let command = Command::ActivateDraft(ActivateDraft {
        draft,
        by: principal.person().to_owned(),
    });
    let asked = Asked(&principal, deadline, &uri, draft);
    service
        .draft_step(asked, "activate", &posted, command)
        .await
}

pub(in crate::http::governance) async fn discard(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    StrictPath(draft): StrictPath<u64>,
    PageForm(posted): PageForm<PostedStep>,
) -> Result<Response, Problem> {
    let command = Command::DiscardDraft(DiscardDraft {
        draft,
        expected_version: None,
        by: principal.person().to_owned(),
    });
    let asked = Asked(&principal, deadline, &uri, draft);
    service.draft_step(asked, "discard", &posted, command).await
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http::governance) struct PostedRollBack {
    key: String,
    version: u32,
}

/// Drafts a return to an earlier policy.
pub(in crate::http::governance) async fn roll_back(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    PageForm(posted): PageForm<PostedRollBack>,
) -> Result<Response, Problem> {
    let key = form_key(&posted.key)?;
    let step = Step {
        principal: &principal,
        deadline,
        key: Some(&key),
        operation: "policy rollback",
        content: &posted,
        command: Command::RollBackPolicy(RollBackPolicy {
            version: posted.version,
            by: principal.person().to_owned(),
        }),
    };
    match service.govern(step).await {
        Ok(governed) => {
            let draft = governed.draft().unwrap_or_default();
            let href = service.frame(&principal, &uri).draft_href(draft);
            Ok(see(&href, &governed))
        }
        Err(problem) if belongs_on_the_page(&problem) => {
            service
                .approvals_page(&principal, &uri, Some(problem))
                .await
        }
        Err(problem) => Err(problem),
    }
}

/// Who asks for a step of which draft, from where and until when.
struct Asked<'a>(&'a Principal, Deadline, &'a Uri, u64);

impl BankService {
    /// Takes a step of a draft and shows it after that, or why it was refused.
    async fn draft_step(
        &self,
        Asked(principal, deadline, uri, draft): Asked<'_>,
        operation: &'static str,
        posted: &PostedStep,
        command: Command,
    ) -> Result<Response, Problem> {
        let key = form_key(&posted.key)?;
        let step = Step {
            principal,
            deadline,
            key: Some(&key),
            operation,
            content: &(draft, posted),
            command,
        };
        match self.govern(step).await {
            Ok(governed) => {
                let href = self.frame(principal, uri).draft_href(draft);
                Ok(see(&href, &governed))
            }
            Err(problem) if belongs_on_the_page(&problem) => {
                self.draft_page(principal, uri, draft, Some(problem)).await
            }
            Err(problem) => Err(problem),
        }
    }

    async fn approvals_page(
        &self,
        principal: &Principal,
        uri: &Uri,
        refused: Option<Problem>,
    ) -> Result<Response, Problem> {
        let status = refused.as_ref().map_or(StatusCode::OK, Problem::status);
        let drafts = self
            .node
            .drafts(false, DRAFTS_SHOWN_MAX)
            .await
            .map_err(query_problem)?;
        let rows = self
            .node
            .policy_rows(POLICIES_SHOWN_MAX)
            .await
            .map_err(query_problem)?;
        let mut policies = Vec::with_capacity(rows.len());
        for row in rows {
            let policy = self.node.policy(row.control_offset).await?;
            policies.push(PolicyRow {
                version: row.version,
                rules: policy.policy.rules.rules().len(),
                activated_at_us: row.activated_at_us,
                actor: row.actor,
            });
        }
        let view = ApprovalsView {
            frame: self.frame(principal, uri),
            drafts: drafts.iter().map(|draft| self.draft_row(draft)).collect(),
            policies,
            problem: refused.map(in_words),
            key: fresh_key(),
        };
        Ok(page(status, crate::console::approvals::approvals(&view)))
    }

    pub(super) async fn draft_page(
        &self,
        principal: &Principal,
        uri: &Uri,
        draft: u64,
        refused: Option<Problem>,
    ) -> Result<Response, Problem> {
        let status = refused.as_ref().map_or(StatusCode::OK, Problem::status);
        let row = self
            .node
            .draft(draft)
            .await
            .map_err(query_problem)?
            .ok_or_else(|| {
                Problem::new(ProblemKind::NotFound).detail("There is no draft of this number.")
            })?;
        let history = self
            .node
            .governance_history("policy-draft", &draft.to_string())
            .await
            .map_err(query_problem)?;
        let base = self.node.policy_of_version(row.candidate.base_version);
        let differences = base
            .map(|base| differences(&base.policy, &row.candidate))
            .unwrap_or_default();
        let proposed_model = match &row.candidate.evidence {
            Some(evidence) => {
                let shown = match &evidence.comparison {
                    Some(hash) => self.frozen_comparison_part(hash).await?,
                    None => None,
                };
                Some((row.candidate.model.clone(), shown))
            }
            None => None,
        };
        let view = DraftView {
            proposed_model,
            frame: self.frame(principal, uri),
            draft: self.draft_row(&row),
            base_version: row.candidate.base_version,
            candidate_hash: row.candidate_hash.clone(),
            back_test: row.back_test.clone(),
            back_test_href: row
                .back_test
                .as_deref()
                .and_then(|hash| self.node.back_tests().by_hash(hash))
                .map(|job| format!("{}/back-tests/{}", self.placement.base_path, job.id)),
            newest_back_test: self.newest_back_test(&row).and_then(|job| {
                let href = format!("{}/back-tests/{}", self.placement.base_path, job.id);
                match job.state {
                    BackTestState::Finished { hash, .. } => Some((href, hash)),
                    _ => None,
                }
            }),
            differences: differences
                .into_iter()
                .map(|difference| (difference.subject, difference.before, difference.after))
                .collect(),
            four_eyes: four_eyes(principal, &history),
            history: history.iter().map(history_entry).collect(),
            problem: refused.map(in_words),
            key: fresh_key(),
        };
        Ok(page(status, crate::console::approvals::draft(&view)))
    }

    fn draft_row(&self, row: &StoredDraft) -> DraftRow {
        DraftRow {
            draft: row.draft,
            title: row.title.clone(),
            stage: match row.stage {
                DraftStageName::Open => DraftStage::Open,
                DraftStageName::Submitted => DraftStage::Submitted,
                DraftStageName::Approved => DraftStage::Approved,
                DraftStageName::Activated => DraftStage::Activated,
                DraftStageName::Discarded => DraftStage::Discarded,
            },
            stale: self.is_stale(row),
            changed_at_us: row.changed_at_us,
        }
    }
}

/// Why this reader cannot approve a draft. The decider has the last word; this spares a refusal.
fn four_eyes(principal: &Principal, history: &[GovernanceStep]) -> Option<String> {
    let had_a_hand = history.iter().any(|step| {
        matches!(step.step.as_str(), "drafted" | "revised" | "submitted")
            && step.person == principal.person()
    });
    had_a_hand.then(|| {
        "You wrote, revised or submitted this change, so it is for another person to approve."
            .to_owned()
    })
}

fn history_entry(step: &GovernanceStep) -> HistoryEntry {
    let (tone, title) = match step.step.as_str() {
        "drafted" => (Tone::Neutral, "Drafted"),
        "revised" => (Tone::Neutral, "Revised"),
        "submitted" => (Tone::Attention, "Submitted for approval"),
        "approved" => (Tone::Check, "Approved"),
        "rejected" => (Tone::Bad, "Sent back"),
        "activated" => (Tone::Good, "Activated"),
        _ => (Tone::Neutral, "Discarded"),
    };
    HistoryEntry {
        at_us: step.recorded_at_us,
        tone,
        title: title.to_owned(),
        detail: step.detail.clone(),
        actor: Some(step.person.clone()),
    }
}
