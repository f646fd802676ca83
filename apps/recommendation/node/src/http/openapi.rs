//! The OpenAPI description of a merchant's node.

use utoipa::OpenApi;

use super::{
    campaigns, events, items, lists, models, orders, read_models, recommendations, settings,
    shoppers, stream,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Accord recommendation",
        description = "What shoppers do, items and orders in; lists with reasons out. Every answer to a write is durable when it is given, and the next list is made with it.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        contact()
    ),
    paths(
        events::record,
        events::record_batch,
        items::list,
        items::upsert,
        items::show,
        items::delete,
        items::similar,
        items::bought_together,
        items::fields,
        orders::place,
        orders::list,
        orders::show,
        orders::pay,
        orders::ship,
        orders::cancel,
        orders::take_back,
        recommendations::for_query,
        recommendations::for_body,
        recommendations::trending,
        lists::show,
        lists::replay,
        shoppers::shopper,
        shoppers::shopper_recently_viewed,
        shoppers::guest,
        shoppers::erase_shopper,
        shoppers::erase_guest,
        shoppers::guest_recently_viewed,
        campaigns::list,
        campaigns::save,
        campaigns::end,
        settings::show,
        settings::change,
        models::list,
        models::train,
        models::activate,
        read_models::list,
        stream::stream,
    ),
    tags(
        (name = "events", description = "What shoppers do"),
        (name = "items", description = "The catalogue"),
        (name = "orders", description = "Orders and stock"),
        (name = "recommendations", description = "Lists with reasons"),
        (name = "shoppers", description = "What is known of somebody"),
        (name = "governance", description = "Campaigns, models and settings"),
        (name = "operations", description = "Keeping the node well"),
    )
)]
struct Description;

/// The description, for `/openapi.json`.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Description::openapi()
}
