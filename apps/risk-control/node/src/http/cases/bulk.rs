//! `POST /v1/cases/bulk`: the same work on many cases, each decided on its own.

use accord_service::{Deadline, IdempotencyKey, Principal, Problem, StrictJson};
use axum::{Json, extract::State, http::StatusCode};
use futures::{StreamExt, stream};

use super::{
    authority, case_id,
    wire::{BulkAction, BulkAnswer, BulkBody, BulkResult},
    work::{assignee, disposition, invalid, optional_note, required_note},
};
use crate::{
    application::{CaseAnswer, CaseRequest, CaseWork, CommandCaller},
    http::{BankService, Service, assess::command_caller},
};

/// Cases in one request.
const CASES_MAX: usize = 200;
/// Cases of one request that are under way at once.
const CONCURRENCY: usize = 32;

#[utoipa::path(
    post, path = "/v1/cases/bulk", tag = "cases", request_body = BulkBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "Sending it again under the same key changes nothing")),
    responses(
        (status = 200, description = "What became of each case", body = BulkAnswer),
        (status = 422, description = "A field is wrong; nothing was done", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn bulk(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    key: Option<IdempotencyKey>,
    StrictJson(body): StrictJson<BulkBody>,
) -> Result<Json<BulkAnswer>, Problem> {
    if !(1..=CASES_MAX).contains(&body.cases.len()) {
        let detail = format!("must have 1 to {CASES_MAX} items");
        return Err(invalid("#/cases", detail));
    }
    let work = work(&body, &principal)?;
    let caller = command_caller(&principal, deadline, None);
    let authority = authority(&principal);
    let key = key.map(|key| key.as_str().to_owned());
    let mut asked = Vec::with_capacity(body.cases.len());
    for case in &body.cases {
        let request = case_id(&case.case_id).map(|id| CaseRequest {
            case: id,
            expected_version: Some(case.version),
            authority,
            work: work.clone(),
            key: key.clone(),
        });
        asked.push(service.work_one(&caller, &case.case_id, request));
    }
    let done: Vec<(BulkResult, Option<CaseAnswer>)> =
        stream::iter(asked).buffered(CONCURRENCY).collect().await;
    let newest = done
        .iter()
        .filter_map(|(_, answer)| answer.as_ref())
        .max_by_key(|answer| answer.position.sequence);
    let position = newest.map(|answer| answer.position.to_token());
    let results: Vec<BulkResult> = done.into_iter().map(|(result, _)| result).collect();
    let succeeded = results
        .iter()
        .filter(|result| result.problem.is_none())
        .count() as u64;
    Ok(Json(BulkAnswer {
        succeeded,
        failed: results.len() as u64 - succeeded,
        results,
        position,
    }))
}

/// What is to be done; a field that the action does not use is refused rather than ignored.
fn work(body: &BulkBody, principal: &Principal) -> Result<CaseWork, Problem> {
    let takes_note = !matches!(body.action, BulkAction::Assign | BulkAction::Release);
    for (given, used, pointer) in [
        (
            body.assignee.is_some(),
            body.action == BulkAction::Assign,
            "#/assignee",
        ),
        (
            body.disposition.is_some(),
            body.action == BulkAction::Resolve,
            "#/disposition",
        ),
        (body.note.is_some(), takes_note, "#/note"),
    ] {
        if given && !used {
            let detail = "does not belong to this action".to_owned();
            return Err(invalid(pointer, detail));
        }
    }
    let note = body.note.clone();
    Ok(match body.action {
        BulkAction::Assign => CaseWork::Assign {
            assignee: assignee(body.assignee.clone(), principal)?,
        },
        BulkAction::Release => CaseWork::Release,
        BulkAction::Note => CaseWork::AddNote {
            note: required_note(note)?,
        },
        BulkAction::Escalate => CaseWork::Escalate {
            note: optional_note(note)?,
        },
        BulkAction::Resolve => CaseWork::Resolve {
            disposition: disposition(body.disposition.ok_or_else(|| {
                invalid("#/disposition", "is needed to resolve a case".to_owned())
            })?),
            note: optional_note(note)?,
        },
        BulkAction::Reopen => CaseWork::Reopen {
            note: optional_note(note)?,
        },
    })
}

impl BankService {
    async fn work_one(
        &self,
        caller: &CommandCaller,
        case_id: &str,
        request: Result<CaseRequest, Problem>,
    ) -> (BulkResult, Option<CaseAnswer>) {
        let outcome = match request {
            Ok(request) => self
                .node
                .work_case(caller, request)
                .await
                .map_err(Problem::from),
            Err(problem) => Err(problem),
        };
        let case_id = case_id.to_owned();
        match outcome {
            Ok(answer) => (
                BulkResult {
                    case_id,
                    status: StatusCode::OK.as_u16(),
                    version: Some(answer.version),
                    problem: None,
                },
                Some(answer),
            ),
            Err(problem) => (
                BulkResult {
                    case_id,
                    status: problem.status().as_u16(),
                    version: None,
                    problem: Some(problem.into_document()),
                },
                None,
            ),
        }
    }
}
