//! `/v1/settings`: what each source counts.

use accord_service::{Deadline, Principal, Problem, StrictJson};
use axum::{Json, extract::State};
use recommendation::ServingSettings;

use super::{
    Service, command_caller,
    wire::{SettingsBody, WrittenAnswer},
};

#[utoipa::path(
    get, path = "/v1/settings", tag = "governance",
    responses((status = 200, description = "The settings in force; version 0 is what a node begins with", body = SettingsBody))
)]
pub(crate) async fn show(
    State(service): Service,
    deadline: Deadline,
) -> Result<Json<SettingsBody>, Problem> {
    service.node.catch_up(deadline.instant()).await?;
    let settings = service.node.settings();
    Ok(Json(SettingsBody {
        version: settings.version,
        taste: settings.taste,
        session: settings.session,
        together: settings.together,
        content: settings.content,
        popularity: settings.popularity,
        diversity: settings.diversity,
        exploration: settings.exploration,
        shows_purchased: settings.shows_purchased,
    }))
}

#[utoipa::path(
    put, path = "/v1/settings", tag = "governance",
    request_body = SettingsBody,
    responses(
        (status = 200, description = "In force from the next list on", body = WrittenAnswer),
        (status = 412, description = "Someone else has changed the settings meanwhile", body = accord_service::problem::ProblemDocument),
        (status = 422, description = "A field is wrong", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn change(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    StrictJson(body): StrictJson<SettingsBody>,
) -> Result<Json<WrittenAnswer>, Problem> {
    let settings = ServingSettings {
        version: body.version,
        taste: body.taste,
        session: body.session,
        together: body.together,
        content: body.content,
        popularity: body.popularity,
        diversity: body.diversity,
        exploration: body.exploration,
        shows_purchased: body.shows_purchased,
    };
    let caller = command_caller(&principal, deadline);
    let decided = service.node.change_settings(&caller, settings).await?;
    Ok(Json(WrittenAnswer {
        changed: !decided.events.is_empty(),
        position: decided.position.to_token(),
    }))
}
