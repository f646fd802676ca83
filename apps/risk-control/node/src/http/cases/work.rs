//! `POST /v1/cases/{case_id}/…`: what people do with a case.

use accord_service::{
    Deadline, FieldError, IdempotencyKey, IfMatch, Principal, Problem, ProblemKind, StrictJson,
    StrictPath, if_match::etag,
};
use axum::{
    Json,
    extract::State,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use risk_control::Disposition;

use super::{
    authority, case_id,
    wire::{
        AssignBody, CaseAnswerBody, DispositionName, EmptyBody, NoteBody, OptionalNoteBody,
        ResolveBody,
    },
};
use crate::{
    application::{CaseRequest, CaseWork},
    http::{
        BankService, Service,
        assess::{check_text_id, command_caller},
        labels::NOTE_BYTES_MAX,
    },
};

static REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// What every change of a case brings with it.
pub(crate) struct Change {
    principal: Principal,
    deadline: Deadline,
    key: Option<IdempotencyKey>,
    expected: IfMatch,
}

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Change {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        state: &S,
    ) -> Result<Self, Problem> {
        use axum::extract::OptionalFromRequestParts;
        Ok(Self {
            principal: <Principal as axum::extract::FromRequestParts<S>>::from_request_parts(
                parts, state,
            )
            .await?,
            deadline: Deadline::from_request_parts(parts, state).await?,
            key: <IdempotencyKey as OptionalFromRequestParts<S>>::from_request_parts(parts, state)
                .await?,
            expected: IfMatch::from_request_parts(parts, state).await?,
        })
    }
}

macro_rules! case_operation {
    ($name:ident, $path:literal, $body:ty, $summary:literal, $work:expr) => {
        #[utoipa::path(
            post, path = $path, tag = "cases", request_body = $body, summary = $summary,
            params(
                ("case_id" = String, Path, description = "Id of the case"),
                ("If-Match" = String, Header, description = "The case's ETag as you read it, or *"),
                ("Idempotency-Key" = Option<String>, Header, description = "Sending it again under the same key changes nothing"),
            ),
            responses(
                (status = 200, description = "Done and durable; the new version is the ETag", body = CaseAnswerBody),
                (status = 403, description = "It takes another person or a supervisor", body = accord_service::problem::ProblemDocument),
                (status = 404, description = "No such case", body = accord_service::problem::ProblemDocument),
                (status = 409, description = "The case's state does not allow it", body = accord_service::problem::ProblemDocument),
                (status = 412, description = "The case has changed meanwhile", body = accord_service::problem::ProblemDocument),
                (status = 428, description = "If-Match is missing", body = accord_service::problem::ProblemDocument),
            )
        )]
        pub(crate) async fn $name(
            State(service): Service,
            change: Change,
            StrictPath(case): StrictPath<String>,
            StrictJson(body): StrictJson<$body>,
        ) -> Result<Response, Problem> {
            let work: fn($body, &Principal) -> Result<CaseWork, Problem> = $work;
            let work = work(body, &change.principal)?;
            service.work_case(change, &case, work).await
        }
    };
}

case_operation!(
    assign,
    "/v1/cases/{case_id}/assign",
    AssignBody,
    "Give a case to somebody",
    |body, principal| {
        assignee(body.assignee, principal).map(|assignee| CaseWork::Assign { assignee })
    }
);
case_operation!(
    release,
    "/v1/cases/{case_id}/release",
    EmptyBody,
    "Give a case back",
    |EmptyBody {}, _| Ok(CaseWork::Release)
);
case_operation!(
    add_note,
    "/v1/cases/{case_id}/notes",
    NoteBody,
    "Write something down about a case",
    |body, _| Ok(CaseWork::AddNote {
        note: required_note(Some(body.note))?,
    })
);
case_operation!(
    escalate,
    "/v1/cases/{case_id}/escalate",
    OptionalNoteBody,
    "Hand a case to a supervisor",
    |body, _| Ok(CaseWork::Escalate {
        note: optional_note(body.note)?,
    })
);
case_operation!(
    resolve,
    "/v1/cases/{case_id}/resolve",
    ResolveBody,
    "Say what a case turned out to be; its transactions are labelled",
    |body, _| Ok(CaseWork::Resolve {
        disposition: disposition(body.disposition),
        note: optional_note(body.note)?,
    })
);
case_operation!(
    reopen,
    "/v1/cases/{case_id}/reopen",
    OptionalNoteBody,
    "Undo a resolution; its labels are taken back",
    |body, _| Ok(CaseWork::Reopen {
        note: optional_note(body.note)?,
    })
);

/// Who gets a case: the caller, where nobody is named.
pub(super) fn assignee(named: Option<String>, principal: &Principal) -> Result<String, Problem> {
    let assignee = named.unwrap_or_else(|| principal.id().to_owned());
    match check_text_id(&assignee) {
        Ok(()) => Ok(assignee),
        Err(detail) => Err(invalid("#/assignee", detail)),
    }
}

pub(super) fn required_note(note: Option<String>) -> Result<String, Problem> {
    optional_note(note)?.ok_or_else(|| invalid("#/note", "must not be empty".to_owned()))
}

pub(super) fn optional_note(note: Option<String>) -> Result<Option<String>, Problem> {
    let note = note.filter(|note| !note.trim().is_empty());
    if note
        .as_ref()
        .is_some_and(|note| note.len() > NOTE_BYTES_MAX)
    {
        let detail = format!("must have at most {NOTE_BYTES_MAX} bytes");
        return Err(invalid("#/note", detail));
    }
    Ok(note)
}

pub(super) fn disposition(name: DispositionName) -> Disposition {
    match name {
        DispositionName::ConfirmedFraud => Disposition::ConfirmedFraud,
        DispositionName::Genuine => Disposition::Genuine,
        DispositionName::Inconclusive => Disposition::Inconclusive,
    }
}

pub(super) fn invalid(pointer: &str, detail: String) -> Problem {
    Problem::new(ProblemKind::InvalidField).field(FieldError::at_pointer(pointer, detail))
}

impl BankService {
    async fn work_case(
        &self,
        change: Change,
        case: &str,
        work: CaseWork,
    ) -> Result<Response, Problem> {
        let caller = command_caller(&change.principal, change.deadline, None);
        let request = CaseRequest {
            case: case_id(case)?,
            expected_version: change.expected.version(),
            authority: authority(&change.principal),
            work,
            key: change.key.map(|key| key.as_str().to_owned()),
        };
        let answer = self.node.work_case(&caller, request).await?;
        let body = CaseAnswerBody {
            case_id: answer.case.to_string(),
            version: answer.version,
            position: answer.position.to_token(),
        };
        let mut response = ([(header::ETAG, etag(answer.version))], Json(body)).into_response();
        if answer.replayed {
            response
                .headers_mut()
                .insert(REPLAYED.clone(), HeaderValue::from_static("true"));
        }
        Ok(response)
    }
}
