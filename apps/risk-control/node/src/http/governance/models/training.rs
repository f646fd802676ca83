//! `POST /v1/models` and `/v1/training-jobs`: train a candidate, follow it, cancel it.

use accord_service::{
    FieldError, Principal, Problem, ProblemKind, StrictJson, StrictPath, problem::ProblemDocument,
};
use axum::{Json, extract::State, http::StatusCode};
use risk_control::{
    LearnerSettings, LogisticSettings, ModelOrigin, PURPOSE_BYTES_MAX, TrainingOrder, TreesSettings,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

use super::wire::LearnerView;
use crate::{
    application::{TrainingJob, TrainingState},
    http::{Service, transactions::time_text},
};

/// Which candidate to train. Without `trees` and `logistic`: trees as a node grows them unless told otherwise.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "purpose": "More trees", "trees": { "trees": 300, "learning_rate": 0.03 } }))]
pub struct TrainingBody {
    /// What the model is for, for its card.
    #[schema(max_length = 500)]
    pub purpose: Option<String>,
    /// Gradient-boosted trees; absent settings are the standard ones.
    pub trees: Option<TreesBody>,
    /// Logistic regression, likewise.
    pub logistic: Option<LogisticBody>,
}

/// Settings of gradient-boosted trees.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TreesBody {
    /// 1 to 1000.
    pub trees: Option<u32>,
    /// 1 to 8.
    pub depth: Option<u32>,
    pub learning_rate: Option<f64>,
    pub row_share: Option<f64>,
    pub column_share: Option<f64>,
    pub seed: Option<u32>,
}

/// Settings of logistic regression.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogisticBody {
    /// 1 to 50.
    pub rounds_max: Option<u32>,
    pub ridge: Option<f64>,
}

/// A training.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrainingJobView {
    pub job: u64,
    /// running, done, cancelled or failed.
    pub state: &'static str,
    /// 0 to 1.
    pub progress: f64,
    pub learner: LearnerView,
    pub purpose: String,
    pub person: String,
    #[schema(format = DateTime)]
    pub started_at: String,
    /// Hash of the candidate, once it is done.
    pub model: Option<String>,
    /// Why it failed.
    pub failure: Option<String>,
}

#[utoipa::path(
    post, path = "/v1/models", tag = "models",
    request_body = TrainingBody,
    responses(
        (status = 202, description = "The training has begun; follow it at /v1/training-jobs/{job}", body = TrainingJobView),
        (status = 409, description = "Another training is under way", body = ProblemDocument),
        (status = 422, description = "A setting makes no sense", body = ProblemDocument),
    )
)]
pub(crate) async fn train(
    State(service): Service,
    principal: Principal,
    StrictJson(body): StrictJson<TrainingBody>,
) -> Result<(StatusCode, Json<TrainingJobView>), Problem> {
    let order = order(&body, principal.person())?;
    let actor: Arc<str> = Arc::from(principal.id());
    let job = service
        .node
        .begin_training(order, &actor, principal.person())?;
    Ok((StatusCode::ACCEPTED, Json(TrainingJobView::from(job))))
}

#[utoipa::path(
    get, path = "/v1/training-jobs", tag = "models",
    responses((status = 200, description = "The newest 20 trainings since the node's start, newest first", body = [TrainingJobView]))
)]
pub(crate) async fn list(State(service): Service) -> Json<Vec<TrainingJobView>> {
    let jobs = service.node.training_jobs().list();
    Json(jobs.into_iter().map(TrainingJobView::from).collect())
}

#[utoipa::path(
    get, path = "/v1/training-jobs/{job}", tag = "models",
    params(("job" = u64, Path, description = "Number of the training")),
    responses(
        (status = 200, description = "The training", body = TrainingJobView),
        (status = 404, description = "No such training", body = ProblemDocument),
    )
)]
pub(crate) async fn show(
    State(service): Service,
    StrictPath(job): StrictPath<u64>,
) -> Result<Json<TrainingJobView>, Problem> {
    let job = service.node.training_jobs().get(job);
    job.map(|job| Json(TrainingJobView::from(job)))
        .ok_or_else(unknown_job)
}

#[utoipa::path(
    delete, path = "/v1/training-jobs/{job}", tag = "models",
    params(("job" = u64, Path, description = "Number of the training")),
    responses(
        (status = 202, description = "It stops within a tree; one that has ended stays as it is", body = TrainingJobView),
        (status = 404, description = "No such training", body = ProblemDocument),
    )
)]
pub(crate) async fn cancel(
    State(service): Service,
    StrictPath(job): StrictPath<u64>,
) -> Result<(StatusCode, Json<TrainingJobView>), Problem> {
    let job = service.node.training_jobs().cancel(job);
    job.map(|job| (StatusCode::ACCEPTED, Json(TrainingJobView::from(job))))
        .ok_or_else(unknown_job)
}

fn unknown_job() -> Problem {
    Problem::new(ProblemKind::NotFound)
        .detail("There is no training of this number since the node's start.")
}

/// What a body asks for, or everything that is wrong with it.
pub(in crate::http::governance) fn order(
    body: &TrainingBody,
    person: &str,
) -> Result<TrainingOrder, Problem> {
    let mut errors = Vec::new();
    let (learner, pointer) = match (&body.trees, &body.logistic) {
        (Some(_), Some(_)) => {
            errors.push(FieldError::at_pointer(
                "#/logistic",
                "must be absent where trees are asked for",
            ));
            (LearnerSettings::Trees(TreesSettings::STANDARD), "trees")
        }
        (None, Some(asked)) => {
            let standard = LogisticSettings::STANDARD;
            let settings = LogisticSettings {
                rounds_max: asked.rounds_max.unwrap_or(standard.rounds_max),
                ridge: asked.ridge.unwrap_or(standard.ridge),
            };
            (LearnerSettings::Logistic(settings), "logistic")
        }
        (Some(asked), None) => {
            let standard = TreesSettings::STANDARD;
            let settings = TreesSettings {
                trees: asked.trees.unwrap_or(standard.trees),
                depth: asked.depth.unwrap_or(standard.depth),
                learning_rate: asked.learning_rate.unwrap_or(standard.learning_rate),
                row_share: asked.row_share.unwrap_or(standard.row_share),
                column_share: asked.column_share.unwrap_or(standard.column_share),
                seed: asked.seed.map_or(standard.seed, u64::from),
                ..standard
            };
            (LearnerSettings::Trees(settings), "trees")
        }
        (None, None) => (LearnerSettings::Trees(TreesSettings::STANDARD), "trees"),
    };
    errors.extend(learner.faults().into_iter().map(|fault| {
        FieldError::at_pointer(format!("#/{pointer}/{}", fault.setting), fault.message)
    }));
    let origin = ModelOrigin::Local {
        by: person.to_owned(),
    };
    let standard = TrainingOrder::standard(origin);
    let purpose = match body.purpose.as_deref().map(str::trim) {
        None | Some("") => standard.purpose.clone(),
        Some(purpose) if purpose.len() > PURPOSE_BYTES_MAX => {
            errors.push(FieldError::at_pointer(
                "#/purpose",
                format!("must have at most {PURPOSE_BYTES_MAX} bytes"),
            ));
            String::new()
        }
        Some(purpose) => purpose.to_owned(),
    };
    if !errors.is_empty() {
        return Err(errors
            .into_iter()
            .fold(Problem::new(ProblemKind::InvalidField), Problem::field));
    }
    Ok(TrainingOrder {
        purpose,
        learner,
        // Half of the cores: decisions go on beside it.
        threads: standard.threads.div_ceil(2),
        ..standard
    })
}

impl From<TrainingJob> for TrainingJobView {
    fn from(job: TrainingJob) -> Self {
        let (state, model, failure) = match job.state {
            TrainingState::Running => ("running", None, None),
            TrainingState::Done(model) => ("done", Some(model), None),
            TrainingState::Cancelled => ("cancelled", None, None),
            TrainingState::Failed(why) => ("failed", None, Some(why)),
        };
        Self {
            job: job.number,
            state,
            progress: job.progress,
            learner: LearnerView::from(&job.order.learner),
            purpose: job.order.purpose,
            person: job.by,
            started_at: time_text(job.started_at_us),
            model,
            failure,
        }
    }
}
