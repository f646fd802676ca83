//! Jobs: ordered, watched, audited.

use std::sync::Arc;

use accord_federation::Plan;
use accord_federation::codec::Wire;
use accord_federation::plan::LintReport;
use accord_service::problem::ProblemDocument;
use accord_service::{Problem, ProblemKind, StrictJson, StrictPath};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, body::Bytes};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use utoipa::ToSchema;

use super::{Service, ServiceState};
use crate::coordinator::desk::{Ask, AskFault};
use crate::coordinator::transcript::{self, NoTranscript};
use crate::coordinator::views::JobView;
use crate::task::{JobOrder, OrderError};

/// All jobs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobList {
    /// Newest first.
    pub jobs: Vec<JobView>,
}

/// What a job would cost at most, if every statistic is summed as often, and is as long, as its plan allows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LintBody {
    pub job: String,
    /// The hash that names the plan.
    pub plan: String,
    /// Who would take part.
    pub institutions: Vec<String>,
    pub threshold: u8,
    pub survivors_min: u8,
    pub colluders: u8,
    /// Sums of a run without interruption.
    pub sums_expected: u32,
    /// Bytes that each institution sends.
    pub bytes_up: u64,
    /// Bytes that each institution receives.
    pub bytes_down: u64,
    /// Seconds of one core of an institution, for the protocol alone.
    pub seconds: f64,
    /// ε that the job may spend; absent where sums are exact and have no such bound.
    pub epsilon: Option<f64>,
    pub statistics: Vec<StatisticBody>,
}

/// One statistic of a plan.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatisticBody {
    /// Queries whose names begin so.
    pub prefix: String,
    /// Sums are made modulo 2 to this power.
    pub ring_bits: u32,
    /// Bits that the largest possible sum leaves free.
    pub margin_bits: f64,
    pub sums_max: u32,
    pub bytes_up_per_sum: u64,
}

/// A job that was ordered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderedBody {
    pub job: String,
    pub lint: LintBody,
}

/// Why a job is ended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AbortBody {
    #[schema(max_length = 500)]
    pub reason: String,
}

/// Who may take part.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RosterBody {
    /// The coordinator's key, which every institution pins (hexadecimal).
    pub coordinator: String,
    pub institutions: Vec<RosterEntry>,
}

/// A member of the roster.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RosterEntry {
    pub name: String,
    /// Its key (hexadecimal).
    pub identity: String,
    /// Seconds since it was heard of; absent: not since the coordinator started.
    pub heard_seconds_ago: Option<f64>,
}

const REASON_CHARACTERS_MAX: usize = 500;

#[utoipa::path(
    get, path = "/v1/jobs", tag = "jobs",
    responses((status = 200, description = "All jobs, newest first", body = JobList))
)]
pub(crate) async fn list(State(service): ServiceState) -> Json<JobList> {
    Json(JobList {
        jobs: service.shared.book.jobs(),
    })
}

#[utoipa::path(
    get, path = "/v1/jobs/{job}", tag = "jobs", params(("job" = String, Path, description = "The job's name")),
    responses(
        (status = 200, description = "Phases, who answered, who dropped out, bytes, time, privacy spent", body = JobView),
        (status = 404, description = "No such job", body = ProblemDocument),
    )
)]
pub(crate) async fn show(
    State(service): ServiceState,
    StrictPath(job): StrictPath<String>,
) -> Result<Json<JobView>, Problem> {
    Ok(Json(known(&service, &job)?))
}

#[utoipa::path(
    post, path = "/v1/lint", tag = "jobs", request_body = JobOrder,
    responses(
        (status = 200, description = "What the job would cost", body = LintBody),
        (status = 422, description = "The order is refused, and why", body = ProblemDocument),
    )
)]
pub(crate) async fn lint(
    State(service): ServiceState,
    StrictJson(order): StrictJson<JobOrder>,
) -> Result<Json<LintBody>, Problem> {
    let plan = plan(&service, &order)?;
    Ok(Json(lint_body(&plan)?))
}

#[utoipa::path(
    post, path = "/v1/jobs", tag = "jobs", request_body = JobOrder,
    responses(
        (status = 201, description = "The plan is offered to its roster", body = OrderedBody),
        (status = 409, description = "A job of this name exists already", body = ProblemDocument),
        (status = 422, description = "The order is refused, and why", body = ProblemDocument),
    )
)]
pub(crate) async fn order(
    State(service): ServiceState,
    StrictJson(order): StrictJson<JobOrder>,
) -> Result<Response, Problem> {
    let plan = plan(&service, &order)?;
    let lint = lint_body(&plan)?;
    ask(&service, |done| Ask::Propose(Box::new(plan), done)).await?;
    let location = format!("{}/v1/jobs/{}", service.placement.base_path, order.job);
    let body = OrderedBody {
        job: order.job,
        lint,
    };
    Ok((
        StatusCode::CREATED,
        [(header::LOCATION, location)],
        Json(body),
    )
        .into_response())
}

#[utoipa::path(
    post, path = "/v1/jobs/{job}/abort", tag = "jobs", request_body = AbortBody,
    params(("job" = String, Path, description = "The job's name")),
    responses(
        (status = 204, description = "The job has ended"),
        (status = 404, description = "No such open job", body = ProblemDocument),
    )
)]
pub(crate) async fn abort(
    State(service): ServiceState,
    StrictPath(job): StrictPath<String>,
    StrictJson(body): StrictJson<AbortBody>,
) -> Result<StatusCode, Problem> {
    if body.reason.trim().is_empty() || body.reason.chars().count() > REASON_CHARACTERS_MAX {
        return Err(
            Problem::new(ProblemKind::InvalidField).detail("A reason has 1 to 500 characters.")
        );
    }
    let reason = format!("ended by an operator: {}", body.reason.trim());
    ask(&service, |done| Ask::Abort { job, reason, done }).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(
    get, path = "/v1/jobs/{job}/result", tag = "jobs", params(("job" = String, Path, description = "The job's name")),
    responses(
        (status = 200, description = "The model, bins or figures", body = String, content_type = "application/json"),
        (status = 404, description = "No such job, or it has no result", body = ProblemDocument),
    )
)]
pub(crate) async fn result(
    State(service): ServiceState,
    StrictPath(job): StrictPath<String>,
) -> Result<Response, Problem> {
    let view = known(&service, &job)?;
    let artefact = view.status.artefact.ok_or_else(|| {
        Problem::new(ProblemKind::NotFound).detail("The job has no result (yet).")
    })?;
    let shared = Arc::clone(&service.shared);
    let read = tokio::task::spawn_blocking(move || shared.results.get(&artefact));
    let bytes = read
        .await
        .map_err(|error| Problem::internal(&error))?
        .map_err(|error| Problem::internal(&error))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], bytes).into_response())
}

#[utoipa::path(
    get, path = "/v1/jobs/{job}/transcript", tag = "jobs",
    params(("job" = String, Path, description = "The job's name")),
    responses(
        (status = 200, description = "For `accord federation verify`", body = [u8], content_type = "application/octet-stream"),
        (status = 404, description = "No such job, or not begun, or no longer kept", body = ProblemDocument),
    )
)]
pub(crate) async fn transcript(
    State(service): ServiceState,
    StrictPath(job): StrictPath<String>,
) -> Result<Response, Problem> {
    known(&service, &job)?;
    let transcript =
        transcript::of_job(&service.shared, &job)
            .await
            .map_err(|error| match error {
                NoTranscript::NotBegun | NoTranscript::Forgotten => {
                    Problem::new(ProblemKind::NotFound)
                        .detail(format!("There is no transcript: {error}."))
                }
                _ => Problem::internal(&error),
            })?;
    let disposition = format!("attachment; filename=\"{job}.transcript\"");
    Ok((
        [
            (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
            (header::CONTENT_DISPOSITION, disposition),
        ],
        Bytes::from(transcript.to_bytes()),
    )
        .into_response())
}

#[utoipa::path(
    get, path = "/v1/roster", tag = "jobs",
    responses((status = 200, description = "The closed roster and its keys", body = RosterBody))
)]
pub(crate) async fn roster(State(service): ServiceState) -> Json<RosterBody> {
    let shared = &service.shared;
    let heard = shared.book.roster();
    let institutions = shared.roster.iter().zip(heard);
    Json(RosterBody {
        coordinator: format!("{:?}", shared.identity),
        institutions: institutions
            .map(|(one, (_, heard_seconds_ago))| RosterEntry {
                name: one.name.clone(),
                identity: format!("{:?}", one.identity),
                heard_seconds_ago,
            })
            .collect(),
    })
}

fn known(service: &Service, job: &str) -> Result<JobView, Problem> {
    service
        .shared
        .book
        .job(job)
        .ok_or_else(|| Problem::new(ProblemKind::NotFound).detail("There is no job of this name."))
}

fn plan(service: &Service, order: &JobOrder) -> Result<Plan, Problem> {
    let refused = |error: OrderError| {
        Problem::new(ProblemKind::CommandRejected).detail(format!("The order is refused: {error}."))
    };
    if order.job.contains('/') {
        return Err(Problem::new(ProblemKind::InvalidField)
            .detail("A job's name has 1 to 64 of a-z, 0-9, -, _ and `.`."));
    }
    service.shared.plan(order).map_err(refused)
}

fn lint_body(plan: &Plan) -> Result<LintBody, Problem> {
    let report: LintReport = plan.lint().map_err(|error| {
        Problem::new(ProblemKind::CommandRejected).detail(format!("The plan is refused: {error}."))
    })?;
    let task = crate::task::Task::of(plan).map_err(|error| Problem::internal(&error))?;
    Ok(LintBody {
        job: plan.job.clone(),
        plan: plan.hash().to_string(),
        institutions: plan.roster.iter().map(|one| one.name.clone()).collect(),
        threshold: plan.thresholds.threshold,
        survivors_min: plan.thresholds.survivors_min,
        colluders: plan.thresholds.colluders,
        sums_expected: task.sums_expected(),
        bytes_up: report.bytes_up,
        bytes_down: report.bytes_down,
        seconds: report.seconds,
        epsilon: report.epsilon,
        statistics: report
            .statistics
            .into_iter()
            .map(|one| StatisticBody {
                prefix: one.prefix,
                ring_bits: one.ring_bits,
                margin_bits: one.margin_bits,
                sums_max: one.sums,
                bytes_up_per_sum: one.bytes_up_per_sum,
            })
            .collect(),
    })
}

/// Asks the desk and waits for what it says.
pub(super) async fn ask(
    service: &Service,
    ask: impl FnOnce(oneshot::Sender<Result<(), AskFault>>) -> Ask,
) -> Result<(), Problem> {
    let (done, answer) = oneshot::channel();
    service
        .shared
        .desk
        .try_send(ask(done))
        .map_err(|_| Problem::new(ProblemKind::QueueFull))?;
    match answer.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(fault)) => Err(fault_problem(&fault)),
        Err(_) => Err(Problem::new(ProblemKind::ShuttingDown)),
    }
}

fn fault_problem(fault: &AskFault) -> Problem {
    match fault {
        AskFault::NoSuchJob => {
            Problem::new(ProblemKind::NotFound).detail("There is no such open job.")
        }
        AskFault::NameTaken => Problem::new(ProblemKind::Conflict)
            .detail("A job of this name exists already; names are used once."),
        AskFault::NotTaken(reason) => {
            Problem::new(ProblemKind::CommandRejected).detail(format!("Not taken: {reason}."))
        }
        AskFault::Unavailable(reason) => {
            tracing::warn!(reason, "the coordinator cannot write");
            Problem::new(ProblemKind::ReadOnly)
        }
    }
}
