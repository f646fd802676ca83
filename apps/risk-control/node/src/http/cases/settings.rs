//! `GET` and `PUT /v1/case-settings`: which decisions raise alerts, and how soon cases are due.

use accord_service::{
    Deadline, IfMatch, Principal, Problem, ProblemKind, StrictJson, if_match::etag,
};
use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use risk_control::{CaseSettings, Decision};

use super::wire::{AlertFrom, CaseSettingsBody, CaseSettingsChange};
use crate::http::{BankService, Service, assess::command_caller};

#[utoipa::path(
    get, path = "/v1/case-settings", tag = "cases",
    responses((status = 200, description = "The settings; their version is the ETag", body = CaseSettingsBody))
)]
pub(crate) async fn show(State(service): Service) -> Result<Response, Problem> {
    let settings = service.node.case_settings();
    let through = service.node.reader().last();
    Ok(service.settings_answer(&settings, service.node.position(through).to_token()))
}

#[utoipa::path(
    put, path = "/v1/case-settings", tag = "cases", request_body = CaseSettingsChange,
    params(("If-Match" = String, Header, description = "The settings' ETag as you read it, or *")),
    responses(
        (status = 200, description = "They hold for alerts from now on", body = CaseSettingsBody),
        (status = 412, description = "Somebody changed them meanwhile", body = accord_service::problem::ProblemDocument),
        (status = 422, description = "They make no sense together", body = accord_service::problem::ProblemDocument),
        (status = 428, description = "If-Match is missing", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn change(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    expected: IfMatch,
    StrictJson(body): StrictJson<CaseSettingsChange>,
) -> Result<Response, Problem> {
    let current = service.node.case_settings().version;
    if expected
        .version()
        .is_some_and(|version| version != u64::from(current))
    {
        return Err(Problem::new(ProblemKind::PreconditionFailed)
            .detail(format!("the settings are at version {current}"))
            .extension("current_version", current));
    }
    let settings = CaseSettings {
        version: current + 1,
        alert_from: match body.alert_from {
            AlertFrom::Challenge => Decision::Challenge,
            AlertFrom::Review => Decision::Review,
            AlertFrom::Decline => Decision::Decline,
        },
        medium_loss_minor: body.medium_loss_minor,
        high_loss_minor: body.high_loss_minor,
        low_due_minutes: body.low_due_minutes,
        medium_due_minutes: body.medium_due_minutes,
        high_due_minutes: body.high_due_minutes,
        undo_minutes: body.undo_minutes,
    };
    let caller = command_caller(&principal, deadline, None);
    let position = service
        .node
        .configure_cases(&caller, settings.clone())
        .await?;
    Ok(service.settings_answer(&settings, position.to_token()))
}

impl BankService {
    fn settings_answer(&self, settings: &CaseSettings, position: String) -> Response {
        let body = CaseSettingsBody {
            version: settings.version,
            alert_from: settings.alert_from.name(),
            medium_loss_minor: settings.medium_loss_minor,
            high_loss_minor: settings.high_loss_minor,
            low_due_minutes: settings.low_due_minutes,
            medium_due_minutes: settings.medium_due_minutes,
            high_due_minutes: settings.high_due_minutes,
            undo_minutes: settings.undo_minutes,
            position,
        };
        let version = etag(u64::from(settings.version));
        ([(header::ETAG, version)], Json(body)).into_response()
    }
}
