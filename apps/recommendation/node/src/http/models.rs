//! `/v1/models`: models, their training and their activation.

use std::sync::Arc;

use accord_service::{Deadline, Principal, Problem, StrictPath};
use axum::{Json, extract::State, http::StatusCode};
use recommendation::{ModelCard, ModelFigures};

use super::{
    Service, command_caller,
    wire::{ModelBody, ModelFiguresBody, ModelList, WrittenAnswer},
};

#[utoipa::path(
    get, path = "/v1/models", tag = "governance",
    responses((status = 200, description = "All models, the newest first", body = ModelList))
)]
pub(crate) async fn list(
    State(service): Service,
    deadline: Deadline,
) -> Result<Json<ModelList>, Problem> {
    service.node.catch_up(deadline.instant()).await?;
    let view = service.node.view();
    let active = view.control().active_model.as_deref();
    let models = view.models().iter().rev();
    Ok(Json(ModelList {
        models: models
            .map(|published| {
                let is_active = active == Some(&published.model);
                model_body(&published.model, &published.card, is_active)
            })
            .collect(),
    }))
}

#[utoipa::path(
    post, path = "/v1/models", tag = "governance",
    responses(
        (status = 201, description = "Trained on everything in the log, and active", body = ModelBody),
        (status = 409, description = "A training is under way, or there is nothing to learn from", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn train(
    State(service): Service,
    principal: Principal,
) -> Result<(StatusCode, Json<ModelBody>), Problem> {
    let (node, actor) = (service.node.clone(), Arc::from(principal.id()));
    // A training goes on where the caller's patience, or the connection, ends.
    let training = tokio::spawn(async move { node.train_and_activate(&actor).await });
    let report = training
        .await
        .map_err(|error| Problem::internal(&error))??;
    let body = model_body(&report.model, &report.card, true);
    Ok((StatusCode::CREATED, Json(body)))
}

#[utoipa::path(
    post, path = "/v1/models/{model}/activate", tag = "governance",
    params(("model" = String, Path, description = "Hash of the model")),
    responses(
        (status = 200, description = "It makes the lists from now on", body = WrittenAnswer),
        (status = 404, description = "No such model", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn activate(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    StrictPath(model): StrictPath<String>,
) -> Result<Json<WrittenAnswer>, Problem> {
    let caller = command_caller(&principal, deadline);
    let decided = service.node.activate_model(&caller, &model).await?;
    Ok(Json(WrittenAnswer {
        changed: !decided.events.is_empty(),
        position: decided.position.to_token(),
    }))
}

fn model_body(model: &str, card: &ModelCard, active: bool) -> ModelBody {
    let figures = |figures: ModelFigures| ModelFiguresBody {
        recall_at_20: figures.recall_at_20,
        ndcg_at_100: figures.ndcg_at_100,
    };
    ModelBody {
        model: model.to_owned(),
        active,
        trained_through: card.trained_through,
        items: card.items,
        shoppers: card.shoppers,
        sessions: card.sessions,
        baskets: card.baskets,
        settings: card.settings.clone(),
        validation: card.validation.map(figures),
        popularity: card.popularity.map(figures),
        validation_cases: card.validation_cases,
    }
}
