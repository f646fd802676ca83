//! `/v1/recommendations` and `/v1/trending`: lists.

use accord_service::{Deadline, FieldError, Principal, Problem, StrictJson, StrictQuery};
use axum::{Json, extract::State};
use recommendation::{
    LIST_LENGTH_MAX, ListRequest, REQUEST_ITEMS_MAX, ServingSettings, is_text_id,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    Service, command_caller,
    events::{ID_RULE, shopper_identity},
    instant::time_text,
    invalid_fields, invalid_parameter,
    wire::{
        ContextName, RecommendationsAnswer, RecommendationsBody, RecommendedItemBody, ShareBody,
        TrendingAnswer, TrendingItemBody,
    },
};
use crate::application::{ListAnswer, ListQuery, ListedRecommendation};

const PLACES_DEFAULT: u16 = 20;

/// What is asked for in a list; the body of the same address takes several items and exclusions.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RecommendationParameters {
    /// Your id of the shopper.
    pub shopper: Option<String>,
    /// Your id of the session; alone, it stands for a guest.
    pub session: Option<String>,
    /// `home`, `product`, `cart` or `after_purchase` (`home`).
    #[param(inline)]
    pub context: Option<ContextName>,
    /// The item of the page.
    pub item: Option<String>,
    /// Places, 1 to 200 (20).
    pub n: Option<u16>,
    /// A condition over item fields, such as `price < 20.0`.
    pub filter: Option<String>,
    /// One item that is not to be shown.
    pub exclude: Option<String>,
    /// 0 to 1.
    pub diversity: Option<f64>,
    /// 0 to 0.5.
    pub exploration: Option<f64>,
    /// Whether items that the shopper has bought may be shown.
    pub shows_purchased: Option<bool>,
    /// Whether items that the shopper has looked at may be shown.
    pub shows_seen: Option<bool>,
    /// Whether the list is recorded, to be measured later (yes).
    pub record: Option<bool>,
}

#[utoipa::path(
    get, path = "/v1/recommendations", tag = "recommendations", params(RecommendationParameters),
    responses(
        (status = 200, description = "The list, made from everything that was acknowledged before; empty where nothing fulfils the request", body = RecommendationsAnswer),
        (status = 422, description = "A parameter or the filter is wrong", body = accord_service::problem::ProblemDocument),
        (status = 503, description = "The live view is behind the log", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn for_query(
    service: Service,
    principal: Principal,
    deadline: Deadline,
    StrictQuery(parameters): StrictQuery<RecommendationParameters>,
) -> Result<Json<RecommendationsAnswer>, Problem> {
    let body = RecommendationsBody {
        shopper_id: parameters.shopper,
        session_id: parameters.session,
        context: parameters.context.unwrap_or_default(),
        items: parameters.item.into_iter().collect(),
        count: parameters.n,
        filter: parameters.filter,
        exclude: parameters.exclude.into_iter().collect(),
        diversity: parameters.diversity,
        exploration: parameters.exploration,
        shows_purchased: parameters.shows_purchased,
        shows_seen: parameters.shows_seen,
        record: parameters.record,
    };
    answer(service, principal, deadline, body).await
}

#[utoipa::path(
    post, path = "/v1/recommendations", tag = "recommendations",
    request_body = RecommendationsBody,
    responses(
        (status = 200, description = "The list, made from everything that was acknowledged before; empty where nothing fulfils the request", body = RecommendationsAnswer),
        (status = 422, description = "A field or the filter is wrong", body = accord_service::problem::ProblemDocument),
        (status = 503, description = "The live view is behind the log", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn for_body(
    service: Service,
    principal: Principal,
    deadline: Deadline,
    StrictJson(body): StrictJson<RecommendationsBody>,
) -> Result<Json<RecommendationsAnswer>, Problem> {
    answer(service, principal, deadline, body).await
}

async fn answer(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    body: RecommendationsBody,
) -> Result<Json<RecommendationsAnswer>, Problem> {
    let query = checked(body)?;
    let count = usize::from(query.request.count);
    let caller = command_caller(&principal, deadline);
    let list = service.node.recommend(&caller, query).await?;
    Ok(Json(list_body(list, count, service.node.currency())))
}

/// How many items a trend is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TrendingParameters {
    /// Items, 1 to 200 (20).
    pub n: Option<u16>,
}

#[utoipa::path(
    get, path = "/v1/trending", tag = "recommendations", params(TrendingParameters),
    responses((status = 200, description = "Items with more attention in the last day than in the weeks before, the largest rise first", body = TrendingAnswer))
)]
pub(crate) async fn trending(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    StrictQuery(parameters): StrictQuery<TrendingParameters>,
) -> Result<Json<TrendingAnswer>, Problem> {
    let count = checked_count("n", parameters.n.unwrap_or(PLACES_DEFAULT))?;
    let caller = command_caller(&principal, deadline);
    let rising = service.node.trending(&caller, usize::from(count)).await?;
    let items = rising.into_iter().map(|(item, rise)| TrendingItemBody {
        item_id: item.item_id.clone(),
        title: item.title.clone(),
        price_minor: item.price_minor,
        rise,
    });
    Ok(Json(TrendingAnswer {
        items: items.collect(),
    }))
}

pub(super) fn checked_count(parameter: &str, count: u16) -> Result<u16, Problem> {
    if (1..=LIST_LENGTH_MAX).contains(&count) {
        return Ok(count);
    }
    Err(invalid_parameter(
        parameter,
        format!("must be between 1 and {LIST_LENGTH_MAX}"),
    ))
}

fn checked(body: RecommendationsBody) -> Result<ListQuery, Problem> {
    let mut errors = Vec::new();
    let shopper = shopper_identity(body.shopper_id, body.session_id.as_deref(), &mut errors);
    let mut require = |holds: bool, pointer: &str, rule: &str| {
        if !holds {
            errors.push(FieldError::at_pointer(pointer, rule.to_owned()));
        }
    };
    for (pointer, items) in [("#/items", &body.items), ("#/exclude", &body.exclude)] {
        require(
            items.len() <= REQUEST_ITEMS_MAX,
            pointer,
            "must be at most 100 items",
        );
        require(items.iter().all(|id| is_text_id(id)), pointer, ID_RULE);
    }
    require(
        body.context != ContextName::Product || !body.items.is_empty(),
        "#/items",
        "must name the item of a product page",
    );
    let count = body.count.unwrap_or(PLACES_DEFAULT);
    require(
        (1..=LIST_LENGTH_MAX).contains(&count),
        "#/count",
        "must be between 1 and 200",
    );
    let within =
        |value: Option<f64>, max: f64| value.is_none_or(|value| (0.0..=max).contains(&value));
    require(
        within(body.diversity, 1.0),
        "#/diversity",
        "must be between 0 and 1",
    );
    require(
        within(body.exploration, ServingSettings::EXPLORATION_MAX),
        "#/exploration",
        "must be between 0 and 0.5",
    );
    invalid_fields(errors)?;
    Ok(ListQuery {
        shopper,
        request: ListRequest {
            context: body.context.into(),
            items: body.items,
            count,
            filter: body.filter.filter(|filter| !filter.trim().is_empty()),
            exclude: body.exclude,
            diversity: body.diversity,
            exploration: body.exploration,
            shows_purchased: body.shows_purchased,
            shows_seen: body.shows_seen,
        },
        record: body.record.unwrap_or(true),
    })
}

fn list_body(list: ListAnswer, count: usize, currency: &str) -> RecommendationsAnswer {
    let note = match list.items.len() {
        0 => Some("no item that can be sold fulfils the request"),
        places if places < count => {
            Some("fewer items that can be sold fulfil the request than were asked for")
        }
        _ => None,
    };
    RecommendationsAnswer {
        list_id: list.list_id,
        note,
        currency: currency.to_owned(),
        model: list.model,
        seed: format!("{:016x}", list.seed),
        position: list.position.to_token(),
        served_at: time_text(list.served_at_us),
        recorded: list.recorded,
        items: list.items.into_iter().map(place_body).collect(),
    }
}

pub(super) fn place_body(place: ListedRecommendation) -> RecommendedItemBody {
    let share = |share: crate::application::ListedShare| ShareBody {
        source: share.source.name(),
        because_item_id: share.because.as_ref().map(|item| item.item_id.clone()),
        because_title: share.because.map(|item| item.title.clone()),
        campaign_id: share.campaign,
        value: share.value,
    };
    RecommendedItemBody {
        item_id: place.item.item_id.clone(),
        title: place.item.title.clone(),
        price_minor: place.item.price_minor,
        image: place.item.image.clone(),
        score: place.score,
        reason: place.reason,
        shares: place.shares.into_iter().map(share).collect(),
        propensity: place.propensity,
        explored: place.explored,
        pinned: place.pinned,
    }
}
