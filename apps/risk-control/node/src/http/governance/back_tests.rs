//! `/v1/back-tests`: what a draft would have done.

use accord_service::{
    FieldError, Principal, Problem, ProblemKind, StrictJson, StrictPath, problem::ProblemDocument,
};
use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    back_test::{ALERTS_A_DAY_DEFAULT, BackTestError, BackTestJob, BackTestRequest, BackTestState},
    http::{
        BankService, Service,
        errors::query_problem,
        transactions::{parse_time, time_text},
    },
    queries::policy_drafts::DraftRow,
};

/// Most alerts a day that a bank may say it can work.
const ALERTS_A_DAY_MAX: u32 = 1_000_000;
/// Back-tests in an answer.
const SHOWN_MAX: usize = 100;

/// What is to be tested.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackTestBody {
    /// Number of the draft.
    pub draft: u64,
    /// Event time of the first transaction (RFC 3339); absent: from the beginning.
    pub from: Option<String>,
    /// Event time before which the last transaction lies; absent: until now.
    pub to: Option<String>,
    /// Alerts that your people can work in a day.
    #[schema(minimum = 1, maximum = 1_000_000, default = 100)]
    pub alerts_a_day: Option<u32>,
    /// Whether earlier blocks change later features.
    #[serde(default)]
    pub counterfactual: bool,
}

/// A back-test.
#[derive(Debug, Serialize, ToSchema)]
pub struct BackTestView {
    pub id: String,
    pub draft: Option<u64>,
    /// Hash of the candidate that is tested.
    pub candidate_hash: String,
    pub requested_by: String,
    pub requested_at: String,
    /// `running`, `finished`, `failed` or `cancelled`.
    pub state: &'static str,
    /// Share of the work that is done, 0 to 1.
    pub progress: f64,
    /// Why it failed.
    pub problem: Option<String>,
    /// Hash of everything that it says: what a submission names.
    pub hash: Option<String>,
    /// Version of the policy that it is compared with.
    pub active_version: Option<u32>,
    /// The figures; absent in lists. Amounts in minor units, times in epoch microseconds.
    #[schema(value_type = Option<Object>)]
    pub report: Option<serde_json::Value>,
}

impl BackTestView {
    pub(super) fn of(job: &BackTestJob, with_report: bool) -> Self {
        let mut view = Self {
            id: job.id.to_string(),
            draft: job.draft,
            candidate_hash: job.candidate_hash.clone(),
            requested_by: job.requested_by.clone(),
            requested_at: time_text(job.requested_at_us),
            state: "running",
            progress: 1.0,
            problem: None,
            hash: None,
            active_version: None,
            report: None,
        };
        match &job.state {
            BackTestState::Running(progress) => view.progress = progress.share(),
            BackTestState::Finished { hash, result } => {
                view.state = "finished";
                view.hash = Some(hash.clone());
                view.active_version = Some(result.active_version);
                view.report = with_report
                    .then(|| serde_json::to_value(&result.report).ok())
                    .flatten();
            }
            BackTestState::Failed(problem) => {
                view.state = "failed";
                view.problem = Some(problem.clone());
            }
            BackTestState::Cancelled => view.state = "cancelled",
        }
        view
    }
}

#[utoipa::path(
    post, path = "/v1/back-tests", tag = "governance",
    request_body = BackTestBody,
    responses(
        (status = 202, description = "It runs; Location says where to look", body = BackTestView),
        (status = 404, description = "No such draft", body = ProblemDocument),
        (status = 409, description = "Another back-test is running, or the draft cannot be tested", body = ProblemDocument),
        (status = 422, description = "A field is wrong", body = ProblemDocument),
    )
)]
pub(crate) async fn start(
    State(service): Service,
    principal: Principal,
    StrictJson(body): StrictJson<BackTestBody>,
) -> Result<Response, Problem> {
    let request = service.back_test_request(&body).await?;
    let job = service
        .node
        .start_back_test(principal.person(), request)
        .map_err(|error| back_test_problem(&error))?;
    let path = format!("{}/v1/back-tests/{}", service.placement.base_path, job.id);
    let location = HeaderValue::try_from(path).map_err(|error| Problem::internal(&error))?;
    let view = BackTestView::of(&job, false);
    Ok((
        StatusCode::ACCEPTED,
        [(header::LOCATION, location)],
        Json(view),
    )
        .into_response())
}

#[utoipa::path(
    get, path = "/v1/back-tests", tag = "governance",
    responses((status = 200, description = "The newest 100, newest first, without their figures", body = [BackTestView]))
)]
pub(crate) async fn list(State(service): Service) -> Json<Vec<BackTestView>> {
    let jobs = service.node.back_tests().list();
    let views = jobs.iter().take(SHOWN_MAX);
    Json(views.map(|job| BackTestView::of(job, false)).collect())
}

#[utoipa::path(
    get, path = "/v1/back-tests/{id}", tag = "governance",
    params(("id" = String, Path, description = "Id of the back-test")),
    responses(
        (status = 200, description = "How far it is; its figures once it has finished", body = BackTestView),
        (status = 404, description = "No such back-test", body = ProblemDocument),
    )
)]
pub(crate) async fn show(
    State(service): Service,
    StrictPath(id): StrictPath<String>,
) -> Result<Json<BackTestView>, Problem> {
    let job = service.back_test_job(&id)?;
    Ok(Json(BackTestView::of(&job, true)))
}

#[utoipa::path(
    delete, path = "/v1/back-tests/{id}", tag = "governance",
    params(("id" = String, Path, description = "Id of the back-test")),
    responses(
        (status = 202, description = "It is told to end; one that has ended stays as it is", body = BackTestView),
        (status = 404, description = "No such back-test", body = ProblemDocument),
    )
)]
pub(crate) async fn cancel(
    State(service): Service,
    StrictPath(id): StrictPath<String>,
) -> Result<Response, Problem> {
    let job = service.back_test_job(&id)?;
    let job = service
        .node
        .back_tests()
        .cancel(job.id)
        .map_err(|error| back_test_problem(&error))?;
    Ok((StatusCode::ACCEPTED, Json(BackTestView::of(&job, false))).into_response())
}

impl BankService {
    pub(super) fn back_test_job(&self, id: &str) -> Result<BackTestJob, Problem> {
        Uuid::parse_str(id)
            .ok()
            .and_then(|id| self.node.back_tests().get(id))
            .ok_or_else(|| {
                Problem::new(ProblemKind::NotFound).detail("There is no back-test of this id.")
            })
    }

    pub(super) async fn back_test_request(
        &self,
        body: &BackTestBody,
    ) -> Result<BackTestRequest, Problem> {
        let mut errors = Vec::new();
        let mut time = |pointer: &str, text: Option<&str>| match text.map(parse_time) {
            None => None,
            Some(Ok(time)) => Some(time),
            Some(Err(detail)) => {
                errors.push(FieldError::at_pointer(pointer, detail));
                None
            }
        };
        let from_us = time("#/from", body.from.as_deref());
        let to_us = time("#/to", body.to.as_deref());
        let alerts_a_day = body.alerts_a_day.unwrap_or(ALERTS_A_DAY_DEFAULT);
        if !(1..=ALERTS_A_DAY_MAX).contains(&alerts_a_day) {
            errors.push(FieldError::at_pointer(
                "#/alerts_a_day",
                format!("must be between 1 and {ALERTS_A_DAY_MAX}"),
            ));
        }
        if let (Some(from_us), Some(to_us)) = (from_us, to_us)
            && from_us >= to_us
        {
            errors.push(FieldError::at_pointer("#/to", "must lie after from"));
        }
        if !errors.is_empty() {
            return Err(errors
                .into_iter()
                .fold(Problem::new(ProblemKind::InvalidField), Problem::field));
        }
        let row = self.stored_draft(body.draft).await?;
        Ok(BackTestRequest {
            draft: Some(row.draft),
            candidate: row.candidate,
            from_us,
            to_us,
            alerts_a_day,
            counterfactual: body.counterfactual,
        })
    }

    pub(super) async fn stored_draft(&self, draft: u64) -> Result<DraftRow, Problem> {
        let row = self.node.draft(draft).await.map_err(query_problem)?;
        row.ok_or_else(|| {
            Problem::new(ProblemKind::NotFound).detail("There is no draft of this number.")
        })
    }

    /// The newest finished back-test of exactly this draft as it is.
    pub(super) fn newest_back_test(&self, row: &DraftRow) -> Option<BackTestJob> {
        let jobs = self.node.back_tests().list();
        jobs.into_iter().find(|job| {
            job.draft == Some(row.draft)
                && job.candidate_hash == row.candidate_hash
                && matches!(job.state, BackTestState::Finished { .. })
        })
    }

    /// Checks that a back-test that is to go with a draft was made of the draft as it is, and gives the version that
    /// this was checked of: a draft that is revised meanwhile must not be submitted with it.
    pub(super) async fn version_tested(
        &self,
        draft: u64,
        back_test: Option<&str>,
    ) -> Result<Option<u64>, Problem> {
        let Some(hash) = back_test else {
            return Ok(None);
        };
        let row = self.stored_draft(draft).await?;
        let job = self.node.back_tests().by_hash(hash);
        match job {
            Some(job) if job.draft == Some(draft) && job.candidate_hash == row.candidate_hash => {
                Ok(Some(row.version))
            }
            Some(_) => Err(Problem::new(ProblemKind::Conflict).detail(
                "This back-test was made of another candidate; test the draft as it is now.",
            )),
            None => Err(
                Problem::new(ProblemKind::InvalidField).field(FieldError::at_pointer(
                    "#/back_test",
                    "is not the hash of a finished back-test",
                )),
            ),
        }
    }
}

pub(super) fn back_test_problem(error: &BackTestError) -> Problem {
    let kind = match error {
        BackTestError::Unknown => ProblemKind::NotFound,
        BackTestError::Busy
        | BackTestError::Cancelled
        | BackTestError::NoPolicy
        | BackTestError::NoModel(_)
        | BackTestError::Policy(_) => ProblemKind::Conflict,
        BackTestError::EmptyPeriod => ProblemKind::CommandRejected,
        BackTestError::Log(_) | BackTestError::Refused(_) | BackTestError::File(_) => {
            return Problem::internal(error);
        }
    };
    Problem::new(kind).detail(format!("{}.", capitalised(&error.to_string())))
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters
        .next()
        .map(|first| first.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), characters.as_str())
}
