//! `/v1/models`: what is known of each model, candidates in shadow, the way back; and `/v1/monitoring`.

mod monitoring;
pub(in crate::http) mod training;
mod wire;

pub(super) use monitoring::in_words;
pub(in crate::http) use monitoring::{__path_monitoring, monitoring};
pub(super) use wire::ModelRole;

use std::sync::Arc;

use accord_service::{
    Deadline, IdempotencyKey, Mounting, Principal, Problem, ProblemKind, RouteAccess, StrictJson,
    StrictPath, StrictQuery, problem::ProblemDocument,
};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use risk_control::{Command, EndShadow, ReviewRollBack, RollBackModel, StartShadow};

use super::{
    APPROVERS, AUTHORS, BREAK_GLASS, Step,
    drafts::mark_replayed,
    pages,
    wire::{NoContent, PolicyChangeAnswer, ReasonGiven, SwitchOffReviewBody},
};
use crate::{
    application::Governed,
    http::{
        BankService, PAGE_READERS, READERS, Service,
        errors::query_problem,
        transactions::{PositionParameter, time_text},
    },
    queries::models::ModelRow,
};
use wire::{CardView, ComparisonView, ModelDetail, ModelSummary, RolledBackView, ShadowAnswer};

/// Everything of models and of watching them, and who may use it.
pub const MODEL_ROUTES: &[RouteAccess] = &[
    RouteAccess::get("/v1/models", READERS, "the newest 200 models"),
    RouteAccess::post("/v1/models", AUTHORS, "train a candidate"),
    RouteAccess::get("/v1/models/{model}", READERS, "one model with its card"),
    RouteAccess::post(
        "/v1/models/{model}/shadow",
        AUTHORS,
        "let a model score in shadow",
    ),
    RouteAccess::delete(
        "/v1/models/{model}/shadow",
        AUTHORS,
        "let a model score in shadow no more",
    ),
    RouteAccess::get(
        "/v1/models/{model}/comparison",
        READERS,
        "a challenger beside the champion",
    ),
    RouteAccess::get(
        "/v1/comparisons/{comparison}",
        READERS,
        "a comparison as it was when a model was proposed",
    ),
    RouteAccess::get("/v1/training-jobs", READERS, "trainings, newest first"),
    RouteAccess::get("/v1/training-jobs/{job}", READERS, "one training"),
    RouteAccess::delete("/v1/training-jobs/{job}", AUTHORS, "cancel a training"),
    RouteAccess::get(
        "/v1/model-rollback",
        READERS,
        "the roll-back that waits for a second look",
    ),
    RouteAccess::post(
        "/v1/model-rollback",
        BREAK_GLASS,
        "put the previous model back at once, approved afterwards",
    ),
    RouteAccess::post(
        "/v1/model-rollback/review",
        APPROVERS,
        "look at a model that was put back",
    ),
    RouteAccess::get(
        "/v1/monitoring",
        READERS,
        "drift, calibration and alerts of the model that decides",
    ),
    RouteAccess::get("/models", PAGE_READERS, "page: models"),
    RouteAccess::get("/models/{model}", PAGE_READERS, "page: one model"),
    RouteAccess::post("/models/train", AUTHORS, "form: train a candidate"),
    RouteAccess::post("/models/cancel", AUTHORS, "form: cancel a training"),
    RouteAccess::post("/models/shadow", AUTHORS, "form: start or end a shadow"),
    RouteAccess::post("/models/promote", AUTHORS, "form: draft a promotion"),
    RouteAccess::post(
        "/models/rollback",
        BREAK_GLASS,
        "form: put the previous model back",
    ),
    RouteAccess::post(
        "/models/rollback/review",
        APPROVERS,
        "form: look at a model that was put back",
    ),
    RouteAccess::get("/monitoring", PAGE_READERS, "page: monitoring"),
];

/// Mounts every row of [`MODEL_ROUTES`].
pub(super) fn mount(mounting: Mounting<Arc<BankService>>) -> Mounting<Arc<BankService>> {
    mounting
        .get("/v1/models", list)
        .post("/v1/models", training::train)
        .get("/v1/models/{model}", show)
        .post("/v1/models/{model}/shadow", start_shadow)
        .delete("/v1/models/{model}/shadow", end_shadow)
        .get("/v1/models/{model}/comparison", comparison)
        .get("/v1/comparisons/{comparison}", frozen_comparison)
        .get("/v1/training-jobs", training::list)
        .get("/v1/training-jobs/{job}", training::show)
        .delete("/v1/training-jobs/{job}", training::cancel)
        .get("/v1/model-rollback", waiting_roll_back)
        .post("/v1/model-rollback", roll_back)
        .post("/v1/model-rollback/review", review_roll_back)
        .get("/v1/monitoring", monitoring)
        .get("/models", pages::models::list)
        .get("/models/{model}", pages::models::show)
        .post("/models/train", pages::models::train)
        .post("/models/cancel", pages::models::cancel)
        .post("/models/shadow", pages::models::shadow)
        .post("/models/promote", pages::models::promote)
        .post("/models/rollback", pages::models::roll_back)
        .post("/models/rollback/review", pages::models::review_roll_back)
        .get("/monitoring", pages::monitoring::show)
}

#[utoipa::path(
    get, path = "/v1/models", tag = "models",
    params(("position" = Option<String>, Query, description = "Wait until the answer has this position")),
    responses((status = 200, description = "The newest 200 models, newest first", body = [ModelSummary]))
)]
pub(crate) async fn list(
    State(service): Service,
    deadline: Deadline,
    StrictQuery(parameters): StrictQuery<PositionParameter>,
) -> Result<Json<Vec<ModelSummary>>, Problem> {
    service
        .wait_for(parameters.position.as_deref(), deadline)
        .await?;
    let rows = service.node.model_rows().await.map_err(query_problem)?;
    Ok(Json(
        rows.iter().map(|row| service.model_summary(row)).collect(),
    ))
}

#[utoipa::path(
    get, path = "/v1/models/{model}", tag = "models",
    params(
        ("model" = String, Path, description = "SHA-256 of the model's artefact"),
        ("position" = Option<String>, Query, description = "Wait until the answer has this position"),
    ),
    responses(
        (status = 200, description = "The model with its card", body = ModelDetail),
        (status = 404, description = "No such model", body = ProblemDocument),
    )
)]
pub(crate) async fn show(
    State(service): Service,
    deadline: Deadline,
    StrictPath(model): StrictPath<String>,
    StrictQuery(parameters): StrictQuery<PositionParameter>,
) -> Result<Json<ModelDetail>, Problem> {
    service
        .wait_for(parameters.position.as_deref(), deadline)
        .await?;
    let row = service.model_row(&model).await?;
    let history = service
        .node
        .governance_history("model", &model)
        .await
        .map_err(query_problem)?;
    Ok(Json(ModelDetail {
        summary: service.model_summary(&row),
        card: row.card.as_ref().map(CardView::from),
        card_hash: row.card.as_ref().map(risk_control::ModelCard::hash),
        history: history.into_iter().map(Into::into).collect(),
    }))
}

#[utoipa::path(
    post, path = "/v1/models/{model}/shadow", tag = "models",
    request_body = NoContent,
    params(("model" = String, Path, description = "SHA-256 of the model's artefact")),
    responses(
        (status = 202, description = "It scores from now on, and over the history in the background", body = ShadowAnswer),
        (status = 404, description = "No such model", body = ProblemDocument),
        (status = 409, description = "It decides or scores already, or four others do", body = ProblemDocument),
    )
)]
pub(crate) async fn start_shadow(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    key: Option<IdempotencyKey>,
    StrictPath(model): StrictPath<String>,
    StrictJson(_): StrictJson<NoContent>,
) -> Result<Response, Problem> {
    let governed = service
        .govern(Step {
            principal: &principal,
            deadline,
            key: key.as_ref(),
            operation: "shadow start",
            content: &model,
            command: Command::StartShadow(StartShadow {
                model: model.clone(),
                by: principal.person().to_owned(),
            }),
        })
        .await?;
    Ok(shadow_answer(model, &governed))
}

#[utoipa::path(
    delete, path = "/v1/models/{model}/shadow", tag = "models",
    params(("model" = String, Path, description = "SHA-256 of the model's artefact")),
    responses(
        (status = 202, description = "It scores no more", body = ShadowAnswer),
        (status = 404, description = "No such model", body = ProblemDocument),
        (status = 409, description = "It does not score in shadow", body = ProblemDocument),
    )
)]
pub(crate) async fn end_shadow(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    key: Option<IdempotencyKey>,
    StrictPath(model): StrictPath<String>,
) -> Result<Response, Problem> {
    let governed = service
        .govern(Step {
            principal: &principal,
            deadline,
            key: key.as_ref(),
            operation: "shadow end",
            content: &model,
            command: Command::EndShadow(EndShadow {
                model: model.clone(),
                by: principal.person().to_owned(),
            }),
        })
        .await?;
    Ok(shadow_answer(model, &governed))
}

#[utoipa::path(
    get, path = "/v1/models/{model}/comparison", tag = "models",
    params(("model" = String, Path, description = "SHA-256 of the challenger's artefact")),
    responses(
        (status = 200, description = "The challenger beside the champion, as far as the scoreboard has come", body = ComparisonView),
        (status = 404, description = "No such model in shadow, or its scores over the history are still being made", body = ProblemDocument),
    )
)]
pub(crate) async fn comparison(
    State(service): Service,
    StrictPath(model): StrictPath<String>,
) -> Result<Json<ComparisonView>, Problem> {
    service.model_row(&model).await?;
    let comparison = service.node.comparison(&model).await?.ok_or_else(|| {
        Problem::new(ProblemKind::NotFound).detail(
            "The model does not score in shadow, or its scores over the history are still being made.",
        )
    })?;
    Ok(Json(ComparisonView::from(&comparison)))
}

#[utoipa::path(
    get, path = "/v1/comparisons/{comparison}", tag = "models",
    params(("comparison" = String, Path, description = "Hash of the comparison, as a draft names it")),
    responses(
        (status = 200, description = "The comparison as it was shown when the model was proposed", body = ComparisonView),
        (status = 404, description = "No such comparison", body = ProblemDocument),
    )
)]
pub(crate) async fn frozen_comparison(
    State(service): Service,
    StrictPath(comparison): StrictPath<String>,
) -> Result<Json<ComparisonView>, Problem> {
    let frozen = service
        .node
        .frozen_comparison(&comparison)
        .await?
        .ok_or_else(|| {
            Problem::new(ProblemKind::NotFound).detail("There is no comparison of this hash.")
        })?;
    Ok(Json(ComparisonView::from(&frozen)))
}

#[utoipa::path(
    get, path = "/v1/model-rollback", tag = "models",
    responses(
        (status = 200, description = "A model that one person took off", body = RolledBackView),
        (status = 404, description = "No roll-back waits for a second look", body = ProblemDocument),
    )
)]
pub(crate) async fn waiting_roll_back(
    State(service): Service,
) -> Result<Json<RolledBackView>, Problem> {
    let row = service.node.rolled_back().await.map_err(query_problem)?;
    let row = row.ok_or_else(|| {
        Problem::new(ProblemKind::NotFound).detail("No roll-back waits for a second look.")
    })?;
    Ok(Json(RolledBackView {
        model: row.model,
        restored: row.restored,
        reason: row.reason,
        person: row.person,
        rolled_back_at: time_text(row.rolled_back_at_us),
    }))
}

#[utoipa::path(
    post, path = "/v1/model-rollback", tag = "models",
    request_body = ReasonGiven,
    responses(
        (status = 202, description = "The previous model decides; someone else must look at it", body = PolicyChangeAnswer),
        (status = 409, description = "There is no earlier model, or a roll-back waits already", body = ProblemDocument),
    )
)]
pub(crate) async fn roll_back(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    key: Option<IdempotencyKey>,
    StrictJson(body): StrictJson<ReasonGiven>,
) -> Result<Response, Problem> {
    let governed = service
        .govern(Step {
            principal: &principal,
            deadline,
            key: key.as_ref(),
            operation: "model roll-back",
            content: &body,
            command: Command::RollBackModel(RollBackModel {
                reason: body.reason.clone(),
                by: principal.person().to_owned(),
            }),
        })
        .await?;
    service.policy_change(&governed).await
}

#[utoipa::path(
    post, path = "/v1/model-rollback/review", tag = "models",
    request_body = SwitchOffReviewBody,
    responses(
        (status = 202, description = "Confirmed, or the model decides again that was taken off", body = PolicyChangeAnswer),
        (status = 403, description = "The same person put the previous model back", body = ProblemDocument),
        (status = 409, description = "No roll-back waits for a second look", body = ProblemDocument),
    )
)]
pub(crate) async fn review_roll_back(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    key: Option<IdempotencyKey>,
    StrictJson(body): StrictJson<SwitchOffReviewBody>,
) -> Result<Response, Problem> {
    let governed = service
        .govern(Step {
            principal: &principal,
            deadline,
            key: key.as_ref(),
            operation: "model roll-back review",
            content: &body,
            command: Command::ReviewRollBack(ReviewRollBack {
                confirmed: body.confirmed,
                reason: body.reason.clone(),
                by: principal.person().to_owned(),
            }),
        })
        .await?;
    service.policy_change(&governed).await
}

fn shadow_answer(model: String, governed: &Governed) -> Response {
    let answer = ShadowAnswer {
        model,
        position: governed.position.to_token(),
    };
    let mut response = (StatusCode::ACCEPTED, Json(answer)).into_response();
    mark_replayed(&mut response, governed);
    response
}

impl BankService {
    pub(super) async fn model_row(&self, model: &str) -> Result<ModelRow, Problem> {
        self.node
            .registered_model(model)
            .await
            .map_err(query_problem)?
            .ok_or_else(|| {
                Problem::new(ProblemKind::NotFound).detail("There is no model of this hash.")
            })
    }

    /// What a model does or did at this node.
    pub(super) fn model_role(&self, row: &ModelRow) -> ModelRole {
        let active = self.node.active_policy();
        if active.is_some_and(|active| active.policy.model == row.model) {
            ModelRole::Champion
        } else if row.in_shadow {
            ModelRole::Shadow
        } else if self.node.has_decided(&row.model) {
            ModelRole::Former
        } else {
            ModelRole::Candidate
        }
    }

    fn model_summary(&self, row: &ModelRow) -> ModelSummary {
        let test = row.card.as_ref().and_then(|card| card.held_out.as_ref());
        ModelSummary {
            model: row.model.clone(),
            role: self.model_role(row),
            learner: row.card.as_ref().map(|card| card.learner.name()),
            training_rows: row.training_rows,
            training_frauds: row.training_frauds,
            auc: row.training_auc,
            average_precision: test.and_then(|test| test.model.average_precision),
            published_at: time_text(row.published_at_us),
            published_by: row.actor.clone(),
        }
    }
}
