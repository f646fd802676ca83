//! `/v1/campaigns`: what is to be seen, or not.

use accord_service::{Deadline, FieldError, Principal, Problem, StrictJson, StrictPath};
use axum::{Json, extract::State};
use recommendation::{Campaign, CampaignEffect, Surface};

use super::{
    Service, command_caller,
    instant::{parse_time, time_text},
    invalid_fields,
    wire::{CampaignBody, CampaignEffectBody, SaveCampaignBody, WrittenAnswer},
};

#[utoipa::path(
    get, path = "/v1/campaigns", tag = "governance",
    responses((status = 200, description = "Campaigns that were not ended, in the order of their ids", body = [CampaignBody]))
)]
pub(crate) async fn list(
    State(service): Service,
    deadline: Deadline,
) -> Result<Json<Vec<CampaignBody>>, Problem> {
    service.node.catch_up(deadline.instant()).await?;
    let campaigns = service.node.campaigns().into_iter();
    Ok(Json(
        campaigns
            .map(|(campaign, items)| campaign_body(campaign, items))
            .collect(),
    ))
}

#[utoipa::path(
    put, path = "/v1/campaigns/{campaign_id}", tag = "governance",
    request_body = SaveCampaignBody,
    params(("campaign_id" = String, Path, description = "Your id of the campaign")),
    responses(
        (status = 200, description = "In force from the next list on", body = WrittenAnswer),
        (status = 409, description = "Too many campaigns", body = accord_service::problem::ProblemDocument),
        (status = 412, description = "Someone else has changed the campaign meanwhile", body = accord_service::problem::ProblemDocument),
        (status = 422, description = "A field or the filter is wrong", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn save(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    StrictPath(campaign_id): StrictPath<String>,
    StrictJson(body): StrictJson<SaveCampaignBody>,
) -> Result<Json<WrittenAnswer>, Problem> {
    let campaign = described(campaign_id, body)?;
    let caller = command_caller(&principal, deadline);
    let decided = service.node.save_campaign(&caller, campaign).await?;
    Ok(Json(WrittenAnswer {
        changed: !decided.events.is_empty(),
        position: decided.position.to_token(),
    }))
}

#[utoipa::path(
    delete, path = "/v1/campaigns/{campaign_id}", tag = "governance",
    params(("campaign_id" = String, Path, description = "Your id of the campaign")),
    responses(
        (status = 200, description = "It acts no more", body = WrittenAnswer),
        (status = 404, description = "No such campaign", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn end(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    StrictPath(campaign_id): StrictPath<String>,
) -> Result<Json<WrittenAnswer>, Problem> {
    let caller = command_caller(&principal, deadline);
    let decided = service.node.end_campaign(&caller, &campaign_id).await?;
    Ok(Json(WrittenAnswer {
        changed: !decided.events.is_empty(),
        position: decided.position.to_token(),
    }))
}

fn described(campaign_id: String, body: SaveCampaignBody) -> Result<Campaign, Problem> {
    let mut errors = Vec::new();
    let mut time = |pointer: &str, text: Option<String>| {
        let parsed = text.as_deref().map(parse_time).transpose();
        parsed.unwrap_or_else(|rule| {
            errors.push(FieldError::at_pointer(pointer, rule));
            None
        })
    };
    let from_us = time("#/from", body.from);
    let until_us = time("#/until", body.until);
    invalid_fields(errors)?;
    Ok(Campaign {
        campaign_id,
        version: body.version,
        title: body.title,
        effect: match body.effect {
            CampaignEffectBody::Pin { place } => CampaignEffect::Pin { place },
            CampaignEffectBody::Boost { points } => CampaignEffect::Boost { points },
            CampaignEffectBody::Bury { points } => CampaignEffect::Bury { points },
            CampaignEffectBody::Exclude {} => CampaignEffect::Exclude,
        },
        filter: body.filter,
        contexts: body.contexts.into_iter().map(Into::into).collect(),
        from_us,
        until_us,
    })
}

fn campaign_body(campaign: Campaign, items: usize) -> CampaignBody {
    CampaignBody {
        campaign_id: campaign.campaign_id,
        version: campaign.version,
        title: campaign.title,
        effect: match campaign.effect {
            CampaignEffect::Pin { place } => CampaignEffectBody::Pin { place },
            CampaignEffect::Boost { points } => CampaignEffectBody::Boost { points },
            CampaignEffect::Bury { points } => CampaignEffectBody::Bury { points },
            CampaignEffect::Exclude => CampaignEffectBody::Exclude {},
        },
        filter: campaign.filter,
        contexts: campaign.contexts.into_iter().map(Surface::name).collect(),
        from: campaign.from_us.map(time_text),
        until: campaign.until_us.map(time_text),
        items,
    }
}
