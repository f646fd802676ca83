//! `/v1/policy-drafts`: propose, revise, submit, approve, activate.

use accord_service::{
    Deadline, IdempotencyKey, Principal, Problem, ProblemKind, StrictJson, StrictPath, StrictQuery,
    problem::ProblemDocument,
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use risk_control::{
    ActivateDraft, ApproveDraft, Command, DiscardDraft, DraftPolicy, RejectDraft, ReviseDraft,
    SubmitDraft,
};

use super::{
    Step,
    content::{differences, rule_view, thresholds_body},
    wire::{
        ApprovalBody, DraftAnswer, DraftBody, DraftDetail, DraftSummary, NoContent,
        PolicyChangeAnswer, ReasonGiven, StepView, SubmissionBody,
    },
};
use crate::{
    application::{ApplicationError, Governed},
    http::{
        BankService, Service,
        assess::REPLAYED,
        errors::query_problem,
        transactions::{PositionParameter, time_text},
    },
    projections::DraftStageName,
    queries::policy_drafts::DraftRow,
};

/// Largest body of a draft: a thousand changes of lists and a hundred rules.
const DRAFT_BYTES_MAX: usize = 512 * 1024;
/// Drafts in an answer.
const DRAFTS_SHOWN_MAX: u32 = 100;
/// Longest hash that an approval may name.
const HASH_BYTES_MAX: usize = 64;

#[utoipa::path(
    get, path = "/v1/policy-drafts", tag = "governance",
    responses((status = 200, description = "The newest 100 drafts, newest first", body = [DraftSummary]))
)]
pub(crate) async fn list(
    State(service): Service,
    deadline: Deadline,
    StrictQuery(parameters): StrictQuery<PositionParameter>,
) -> Result<Json<Vec<DraftSummary>>, Problem> {
    service
        .wait_for(parameters.position.as_deref(), deadline)
        .await?;
    let drafts = service
        .node
        .drafts(false, DRAFTS_SHOWN_MAX)
        .await
        .map_err(query_problem)?;
    Ok(Json(
        drafts
            .iter()
            .map(|draft| service.draft_summary(draft))
            .collect(),
    ))
}

#[utoipa::path(
    post, path = "/v1/policy-drafts", tag = "governance",
    request_body = DraftBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "Sending the draft again under the same key changes nothing")),
    responses(
        (status = 201, description = "The draft is in the log", body = DraftAnswer),
        (status = 409, description = "Too many drafts are open", body = ProblemDocument),
        (status = 422, description = "Something is wrong with the content: every fault with its place", body = ProblemDocument),
    )
)]
pub(crate) async fn create(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    key: Option<IdempotencyKey>,
    StrictJson(body): StrictJson<DraftBody, DRAFT_BYTES_MAX>,
) -> Result<Response, Problem> {
    let draft = service.draft_content(&body).await?;
    let governed = service
        .govern(Step {
            principal: &principal,
            deadline,
            key: key.as_ref(),
            operation: "policy draft",
            content: &body,
            command: Command::DraftPolicy(DraftPolicy {
                title: draft.title,
                content: draft.content,
                by: principal.person().to_owned(),
            }),
        })
        .await?;
    draft_answer(StatusCode::CREATED, &governed)
}

#[utoipa::path(
    get, path = "/v1/policy-drafts/{draft}", tag = "governance",
    params(
        ("draft" = u64, Path, description = "Number of the draft"),
        ("position" = Option<String>, Query, description = "Wait until the answer has this position"),
    ),
    responses(
        (status = 200, description = "The draft; its version is the ETag", body = DraftDetail),
        (status = 404, description = "No such draft", body = ProblemDocument),
    )
)]
pub(crate) async fn show(
    State(service): Service,
    deadline: Deadline,
    StrictPath(draft): StrictPath<u64>,
    StrictQuery(parameters): StrictQuery<PositionParameter>,
) -> Result<Response, Problem> {
    service
        .wait_for(parameters.position.as_deref(), deadline)
        .await?;
    let detail = service.draft_detail(draft).await?;
    let etag = etag(detail.summary.version)?;
    Ok(([(header::ETAG, etag)], Json(detail)).into_response())
}

#[utoipa::path(
    put, path = "/v1/policy-drafts/{draft}", tag = "governance",
    request_body = DraftBody,
    params(
        ("draft" = u64, Path, description = "Number of the draft"),
        ("If-Match" = String, Header, description = "The ETag that the change was made over, or *"),
        ("Idempotency-Key" = Option<String>, Header, description = "Sending it again under the same key changes nothing"),
    ),
    responses(
        (status = 200, description = "Revised; whatever was submitted or approved is void", body = DraftAnswer),
        (status = 404, description = "No such open draft", body = ProblemDocument),
        (status = 412, description = "Someone else has changed it meanwhile", body = ProblemDocument),
        (status = 422, description = "Something is wrong with the content", body = ProblemDocument),
    )
)]
pub(crate) async fn revise(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    key: Option<IdempotencyKey>,
    headers: HeaderMap,
    StrictPath(draft): StrictPath<u64>,
    StrictJson(body): StrictJson<DraftBody, DRAFT_BYTES_MAX>,
) -> Result<Response, Problem> {
    let expected_version = required_version(&headers)?;
    let checked = service.draft_content(&body).await?;
    let governed = service
        .govern(Step {
            principal: &principal,
            deadline,
            key: key.as_ref(),
            operation: "policy draft revision",
            content: &(draft, &body),
            command: Command::ReviseDraft(ReviseDraft {
                draft,
                expected_version,
                title: checked.title,
                content: checked.content,
                by: principal.person().to_owned(),
            }),
        })
        .await?;
    draft_answer(StatusCode::OK, &governed)
}

#[utoipa::path(
    delete, path = "/v1/policy-drafts/{draft}", tag = "governance",
    params(
        ("draft" = u64, Path, description = "Number of the draft"),
        ("If-Match" = String, Header, description = "The ETag of what is discarded, or *"),
    ),
    responses(
        (status = 200, description = "Discarded", body = DraftAnswer),
        (status = 404, description = "No such open draft", body = ProblemDocument),
        (status = 412, description = "Someone else has changed it meanwhile", body = ProblemDocument),
    )
)]
pub(crate) async fn discard(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    key: Option<IdempotencyKey>,
    headers: HeaderMap,
    StrictPath(draft): StrictPath<u64>,
) -> Result<Response, Problem> {
    let expected_version = required_version(&headers)?;
    let governed = service
        .govern(Step {
            principal: &principal,
            deadline,
            key: key.as_ref(),
            operation: "policy draft discard",
            content: &draft,
            command: Command::DiscardDraft(DiscardDraft {
                draft,
                expected_version,
                by: principal.person().to_owned(),
            }),
        })
        .await?;
    draft_answer(StatusCode::OK, &governed)
}

#[utoipa::path(
    post, path = "/v1/policy-drafts/{draft}/submission", tag = "governance",
    request_body = SubmissionBody,
    params(
        ("draft" = u64, Path, description = "Number of the draft"),
        ("If-Match" = Option<String>, Header, description = "The ETag of what is submitted"),
    ),
    responses(
        (status = 200, description = "Submitted", body = DraftAnswer),
        (status = 409, description = "It is not open, changes nothing, or was made from a policy that decides no more", body = ProblemDocument),
        (status = 412, description = "Someone else has changed it meanwhile", body = ProblemDocument),
    )
)]
pub(crate) async fn submit(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    key: Option<IdempotencyKey>,
    headers: HeaderMap,
    StrictPath(draft): StrictPath<u64>,
    StrictJson(body): StrictJson<SubmissionBody>,
) -> Result<Response, Problem> {
    check_hash("#/back_test", body.back_test.as_deref())?;
    let tested = service
        .version_tested(draft, body.back_test.as_deref())
        .await?;
    let governed = service
        .govern(Step {
            principal: &principal,
            deadline,
            key: key.as_ref(),
            operation: "policy draft submission",
            content: &(draft, &body),
            command: Command::SubmitDraft(SubmitDraft {
                draft,
                expected_version: expected_version(&headers)?.flatten().or(tested),
                back_test: body.back_test.clone(),
                by: principal.person().to_owned(),
            }),
        })
        .await?;
    draft_answer(StatusCode::OK, &governed)
}

#[utoipa::path(
    post, path = "/v1/policy-drafts/{draft}/approval", tag = "governance",
    request_body = ApprovalBody,
    params(("draft" = u64, Path, description = "Number of the draft")),
    responses(
        (status = 200, description = "Approved", body = DraftAnswer),
        (status = 403, description = "The same person wrote, revised or submitted it", body = ProblemDocument),
        (status = 409, description = "It is not submitted, or is not what was shown", body = ProblemDocument),
    )
)]
pub(crate) async fn approve(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    key: Option<IdempotencyKey>,
    StrictPath(draft): StrictPath<u64>,
    StrictJson(body): StrictJson<ApprovalBody>,
) -> Result<Response, Problem> {
    check_hash("#/candidate_hash", Some(&body.candidate_hash))?;
    check_hash("#/back_test", body.back_test.as_deref())?;
    let governed = service
        .govern(Step {
            principal: &principal,
            deadline,
            key: key.as_ref(),
            operation: "policy draft approval",
            content: &(draft, &body),
            command: Command::ApproveDraft(ApproveDraft {
                draft,
                candidate_hash: body.candidate_hash.clone(),
                back_test: body.back_test.clone(),
                by: principal.person().to_owned(),
            }),
        })
        .await?;
    draft_answer(StatusCode::OK, &governed)
}

#[utoipa::path(
    post, path = "/v1/policy-drafts/{draft}/rejection", tag = "governance",
    request_body = ReasonGiven,
    params(("draft" = u64, Path, description = "Number of the draft")),
    responses(
        (status = 200, description = "Sent back; it is open again", body = DraftAnswer),
        (status = 403, description = "The same person wrote, revised or submitted it", body = ProblemDocument),
        (status = 409, description = "It is not submitted", body = ProblemDocument),
    )
)]
pub(crate) async fn reject(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    key: Option<IdempotencyKey>,
    StrictPath(draft): StrictPath<u64>,
    StrictJson(body): StrictJson<ReasonGiven>,
) -> Result<Response, Problem> {
    let governed = service
        .govern(Step {
            principal: &principal,
            deadline,
            key: key.as_ref(),
            operation: "policy draft rejection",
            content: &(draft, &body),
            command: Command::RejectDraft(RejectDraft {
                draft,
                reason: body.reason.clone(),
                by: principal.person().to_owned(),
            }),
        })
        .await?;
    draft_answer(StatusCode::OK, &governed)
}

#[utoipa::path(
    post, path = "/v1/policy-drafts/{draft}/activation", tag = "governance",
    request_body = NoContent,
    params(("draft" = u64, Path, description = "Number of the draft")),
    responses(
        (status = 202, description = "The policy is durable, and adopted partition by partition", body = PolicyChangeAnswer),
        (status = 409, description = "It is not approved, or was made from a policy that decides no more", body = ProblemDocument),
    )
)]
pub(crate) async fn activate(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    key: Option<IdempotencyKey>,
    StrictPath(draft): StrictPath<u64>,
    StrictJson(_): StrictJson<NoContent>,
) -> Result<Response, Problem> {
    let governed = service
        .govern(Step {
            principal: &principal,
            deadline,
            key: key.as_ref(),
            operation: "policy draft activation",
            content: &draft,
            command: Command::ActivateDraft(ActivateDraft {
                draft,
                by: principal.person().to_owned(),
            }),
        })
        .await?;
    service.policy_change(&governed).await
}

impl BankService {
    /// The answer to whatever lets another policy decide.
    pub(super) async fn policy_change(&self, governed: &Governed) -> Result<Response, Problem> {
        let active = self
            .node
            .active_policy()
            .ok_or(ApplicationError::Inconsistent)?;
        let adoption = self.node.adoption(&active).await.map_err(query_problem)?;
        let answer = PolicyChangeAnswer {
            version: active.policy.version,
            adopted: adoption.adopted,
            partitions: adoption.partitions,
            position: governed.position.to_token(),
        };
        let mut response = (StatusCode::ACCEPTED, Json(answer)).into_response();
        mark_replayed(&mut response, governed);
        Ok(response)
    }

    pub(super) fn is_stale(&self, row: &DraftRow) -> bool {
        let ended = matches!(
            row.stage,
            DraftStageName::Activated | DraftStageName::Discarded
        );
        let active = self.node.active_policy();
        !ended && active.is_some_and(|active| active.policy.version != row.candidate.base_version)
    }

    fn draft_summary(&self, row: &DraftRow) -> DraftSummary {
        DraftSummary {
            draft: row.draft,
            version: row.version,
            title: row.title.clone(),
            stage: row.stage.name(),
            stale: self.is_stale(row),
            activated: row.activated,
            created_at: time_text(row.created_at_us),
            changed_at: time_text(row.changed_at_us),
        }
    }

    async fn draft_detail(&self, draft: u64) -> Result<DraftDetail, Problem> {
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
        let candidate = &row.candidate;
        let base = self.node.policy_of_version(candidate.base_version);
        Ok(DraftDetail {
            summary: self.draft_summary(&row),
            base_version: candidate.base_version,
            candidate_hash: row.candidate_hash.clone(),
            back_test: row.back_test.clone(),
            thresholds: thresholds_body(&candidate.thresholds),
            rules: candidate.rules.rules().iter().map(rule_view).collect(),
            model: candidate.model.clone(),
            model_card: candidate.evidence.as_ref().map(|shown| shown.card.clone()),
            comparison: candidate
                .evidence
                .as_ref()
                .and_then(|shown| shown.comparison.clone()),
            differences: base
                .map(|base| differences(&base.policy, candidate))
                .unwrap_or_default(),
            history: history.into_iter().map(StepView::from).collect(),
        })
    }
}

pub(super) fn draft_answer(status: StatusCode, governed: &Governed) -> Result<Response, Problem> {
    let version = governed.entity_version();
    let answer = DraftAnswer {
        draft: governed.draft().ok_or(ApplicationError::Inconsistent)?,
        version,
        position: governed.position.to_token(),
    };
    let mut response = (status, [(header::ETAG, etag(version)?)], Json(answer)).into_response();
    mark_replayed(&mut response, governed);
    Ok(response)
}

pub(super) fn mark_replayed(response: &mut Response, governed: &Governed) {
    if governed.replayed {
        response
            .headers_mut()
            .insert(REPLAYED.clone(), HeaderValue::from_static("true"));
    }
}

fn etag(version: u64) -> Result<HeaderValue, Problem> {
    HeaderValue::try_from(format!("\"{version}\"")).map_err(|error| Problem::internal(&error))
}

/// The version that `If-Match` names: absent, any (`*`), or one.
fn expected_version(headers: &HeaderMap) -> Result<Option<Option<u64>>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(Some(None));
    }
    text.strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .and_then(|text| text.parse().ok())
        .map(|version| Some(Some(version)))
        .ok_or_else(|| {
            Problem::new(ProblemKind::PreconditionFailed)
                .detail("If-Match must be one ETag as the draft gave it, or *.")
        })
}

/// As above, where a change must say what it was made over.
fn required_version(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    expected_version(headers)?.ok_or_else(|| {
        Problem::new(ProblemKind::MalformedRequest)
            .detail("Send the draft's ETag as If-Match, so that nobody's change is lost; or *.")
    })
}

fn check_hash(pointer: &str, hash: Option<&str>) -> Result<(), Problem> {
    match hash {
        Some(hash) if hash.is_empty() || hash.len() > HASH_BYTES_MAX => Err(Problem::new(
            ProblemKind::InvalidField,
        )
        .field(accord_service::FieldError::at_pointer(
            pointer,
            format!("must have 1 to {HASH_BYTES_MAX} bytes"),
        ))),
        _ => Ok(()),
    }
}
