//! The node over HTTP: translates requests into what the application is asked, and answers into wire types.

mod campaigns;
mod errors;
mod events;
mod instant;
mod items;
mod lists;
mod models;
mod openapi;
mod orders;
mod pages;
mod read_models;
mod recommendations;
mod settings;
mod shoppers;
mod stream;
pub mod wire;

use std::sync::Arc;

use accord_event_log::Position;
use accord_service::{
    AccessTable, Allowed, Deadline, Edge, FieldError, HealthChecks, MetricsRegistry, Mounting,
    Principal, Problem, ProblemKind, Role, RouteAccess,
    health::{HEALTH_ROUTES, mount_health},
    metrics::{METRICS_ROUTES, mount_metrics},
    openapi::{OPENAPI_ROUTES, mount_openapi},
};
use axum::Router;
pub use openapi::openapi;

use crate::{application::CommandCaller, node::MerchantNode};

const READERS: Allowed = Allowed::to(&[
    Role::Storefront,
    Role::Merchandiser,
    Role::Analyst,
    Role::Auditor,
    Role::Administrator,
]);
const SHOP_SYSTEMS: Allowed = Allowed::to(&[Role::Storefront, Role::Administrator]);
const MERCHANDISE: Allowed =
    Allowed::to(&[Role::Storefront, Role::Merchandiser, Role::Administrator]);
const MERCHANDISERS: Allowed = Allowed::to(&[Role::Merchandiser, Role::Administrator]);
const ADMINISTRATORS: Allowed = Allowed::to(&[Role::Administrator]);
const OPERATORS: Allowed = Allowed::to(&[Role::Operator, Role::Auditor, Role::Administrator]);

const PAGE_READERS: Allowed = Allowed::to(&[
    Role::Merchandiser,
    Role::Analyst,
    Role::Auditor,
    Role::Administrator,
]);

/// Everything that a merchant's node serves of its own, and to whom.
pub const MERCHANT_ROUTES: &[RouteAccess] = &[
    RouteAccess::post("/v1/events", SHOP_SYSTEMS, "record what a shopper did"),
    RouteAccess::post(
        "/v1/events/batch",
        SHOP_SYSTEMS,
        "record many events, a line each",
    ),
    RouteAccess::get("/v1/items", READERS, "list items"),
    RouteAccess::put("/v1/items/{item_id}", MERCHANDISE, "describe an item"),
    RouteAccess::get("/v1/items/{item_id}", READERS, "one item"),
    RouteAccess::delete(
        "/v1/items/{item_id}",
        MERCHANDISE,
        "take an item out of the catalogue",
    ),
    RouteAccess::get(
        "/v1/items/{item_id}/similar",
        READERS,
        "items like this one",
    ),
    RouteAccess::get(
        "/v1/items/{item_id}/bought-together",
        READERS,
        "items that are in baskets with this one",
    ),
    RouteAccess::get("/v1/item-fields", READERS, "fields that filters may use"),
    RouteAccess::post("/v1/orders", SHOP_SYSTEMS, "place an order"),
    RouteAccess::get("/v1/orders", READERS, "list orders"),
    RouteAccess::get("/v1/orders/{order_id}", READERS, "one order"),
    RouteAccess::post("/v1/orders/{order_id}/pay", MERCHANDISE, "pay an order"),
    RouteAccess::post("/v1/orders/{order_id}/ship", MERCHANDISE, "ship an order"),
    RouteAccess::post(
        "/v1/orders/{order_id}/cancel",
        MERCHANDISE,
        "cancel an order",
    ),
    RouteAccess::post(
        "/v1/orders/{order_id}/return",
        MERCHANDISE,
        "take an order back",
    ),
    RouteAccess::get(
        "/v1/recommendations",
        READERS,
        "a list for a shopper or a guest",
    ),
    RouteAccess::post(
        "/v1/recommendations",
        READERS,
        "a list, with several items or exclusions",
    ),
    RouteAccess::get("/v1/lists/{list_id}", READERS, "a list that was shown"),
    RouteAccess::get(
        "/v1/lists/{list_id}/replay",
        READERS,
        "a list that was shown, made again from the log",
    ),
    RouteAccess::get("/v1/trending", READERS, "items that rise"),
    RouteAccess::get(
        "/v1/shoppers/{shopper_id}",
        READERS,
        "what is known of a shopper",
    ),
    RouteAccess::delete(
        "/v1/shoppers/{shopper_id}",
        ADMINISTRATORS,
        "forget a shopper",
    ),
    RouteAccess::delete(
        "/v1/guests/{session_id}",
        ADMINISTRATORS,
        "forget the guest of a session",
    ),
    RouteAccess::get(
        "/v1/shoppers/{shopper_id}/recently-viewed",
        READERS,
        "what a shopper looked at last",
    ),
    RouteAccess::get(
        "/v1/guests/{session_id}",
        READERS,
        "what is known of the guest of a session",
    ),
    RouteAccess::get(
        "/v1/guests/{session_id}/recently-viewed",
        READERS,
        "what a guest looked at last",
    ),
    RouteAccess::get("/v1/campaigns", READERS, "campaigns"),
    RouteAccess::put(
        "/v1/campaigns/{campaign_id}",
        MERCHANDISERS,
        "begin or change a campaign",
    ),
    RouteAccess::delete(
        "/v1/campaigns/{campaign_id}",
        MERCHANDISERS,
        "end a campaign",
    ),
    RouteAccess::get("/v1/settings", READERS, "what each source counts"),
    RouteAccess::put(
        "/v1/settings",
        MERCHANDISERS,
        "change what each source counts",
    ),
    RouteAccess::get("/v1/models", READERS, "models with their cards"),
    RouteAccess::post("/v1/models", MERCHANDISERS, "train on the log and activate"),
    RouteAccess::post(
        "/v1/models/{model}/activate",
        MERCHANDISERS,
        "let a model make the lists",
    ),
    RouteAccess::get("/v1/read-models", OPERATORS, "how far the read models are"),
    RouteAccess::get(
        "/v1/stream",
        READERS,
        "what shoppers do and figures as they happen",
    ),
    RouteAccess::get("/", PAGE_READERS, "page: overview"),
    RouteAccess::get(
        "/window",
        PAGE_READERS,
        "page: the shop as a shopper sees it",
    ),
    RouteAccess::post("/window", SHOP_SYSTEMS, "page: what a shopper does there"),
    RouteAccess::get("/items", PAGE_READERS, "page: list of items"),
    RouteAccess::get("/items/{item_id}", PAGE_READERS, "page: one item"),
    RouteAccess::get("/orders", PAGE_READERS, "page: list of orders"),
];

/// The one table of route × role of a merchant's node.
pub static ACCESS: AccessTable = AccessTable::new(&[
    MERCHANT_ROUTES,
    HEALTH_ROUTES,
    METRICS_ROUTES,
    OPENAPI_ROUTES,
]);

/// Where a node lies and what guards it.
#[derive(Clone)]
pub struct Placement {
    /// Path under which the node is nested, without a slash at the end; empty for a node of its own.
    pub base_path: String,
    /// Where the word mark leads.
    pub home_href: String,
    /// Whether the pages show the demo's clock.
    pub shows_clock: bool,
    /// The gate that every request passes, which knows the callers.
    pub edge: Edge,
}

/// What every handler is given.
pub(crate) struct MerchantService {
    pub node: MerchantNode,
    pub placement: Placement,
}

pub(crate) type Service = axum::extract::State<Arc<MerchantService>>;

/// The node's router, with every route behind the guard of its row in [`ACCESS`].
pub fn router(
    node: MerchantNode,
    placement: Placement,
    registry: &MetricsRegistry,
    health: &HealthChecks,
) -> Router {
    let mounting = Mounting::new(ACCESS, &placement.edge)
        .measured_by(registry)
        .post("/v1/events", events::record)
        .post("/v1/events/batch", events::record_batch)
        .get("/v1/items", items::list)
        .put("/v1/items/{item_id}", items::upsert)
        .get("/v1/items/{item_id}", items::show)
        .delete("/v1/items/{item_id}", items::delete)
        .get("/v1/items/{item_id}/similar", items::similar)
        .get(
            "/v1/items/{item_id}/bought-together",
            items::bought_together,
        )
        .get("/v1/item-fields", items::fields)
        .post("/v1/orders", orders::place)
        .get("/v1/orders", orders::list)
        .get("/v1/orders/{order_id}", orders::show)
        .post("/v1/orders/{order_id}/pay", orders::pay)
        .post("/v1/orders/{order_id}/ship", orders::ship)
        .post("/v1/orders/{order_id}/cancel", orders::cancel)
        .post("/v1/orders/{order_id}/return", orders::take_back)
        .get("/v1/recommendations", recommendations::for_query)
        .post("/v1/recommendations", recommendations::for_body)
        .get("/v1/lists/{list_id}", lists::show)
        .get("/v1/lists/{list_id}/replay", lists::replay)
        .get("/v1/trending", recommendations::trending)
        .get("/v1/shoppers/{shopper_id}", shoppers::shopper)
        .delete("/v1/shoppers/{shopper_id}", shoppers::erase_shopper)
        .delete("/v1/guests/{session_id}", shoppers::erase_guest)
        .get(
            "/v1/shoppers/{shopper_id}/recently-viewed",
            shoppers::shopper_recently_viewed,
        )
        .get("/v1/guests/{session_id}", shoppers::guest)
        .get(
            "/v1/guests/{session_id}/recently-viewed",
            shoppers::guest_recently_viewed,
        )
        .get("/v1/campaigns", campaigns::list)
        .put("/v1/campaigns/{campaign_id}", campaigns::save)
        .delete("/v1/campaigns/{campaign_id}", campaigns::end)
        .get("/v1/settings", settings::show)
        .put("/v1/settings", settings::change)
        .get("/v1/models", models::list)
        .post("/v1/models", models::train)
        .post("/v1/models/{model}/activate", models::activate)
        .get("/v1/read-models", read_models::list)
        .get("/v1/stream", stream::stream)
        .get("/", pages::overview)
        .get("/window", pages::window)
        .post("/window", pages::act)
        .get("/items", pages::items)
        .get("/items/{item_id}", pages::item)
        .get("/orders", pages::orders);
    let mounting = mount_health(mounting, health);
    let mounting = mount_metrics(mounting, registry);
    let mounting = mount_openapi(mounting, openapi(), &placement.base_path);
    mounting
        .finish()
        .with_state(Arc::new(MerchantService { node, placement }))
}

impl MerchantService {
    /// Waits until the durable read models have reached a position that the caller holds.
    pub(crate) async fn wait_for(
        &self,
        position: Option<&str>,
        deadline: Deadline,
    ) -> Result<(), Problem> {
        let Some(token) = position else {
            return Ok(());
        };
        let position =
            Position::from_token(token, self.node.reader().short_id()).map_err(|error| {
                Problem::new(ProblemKind::InvalidPosition).detail(error.to_string())
            })?;
        self.node
            .wait_until_projected(position.sequence, deadline.instant())
            .await?;
        Ok(())
    }
}

/// Who asks, in the application's words.
pub(crate) fn command_caller(principal: &Principal, deadline: Deadline) -> CommandCaller {
    CommandCaller {
        actor: Arc::from(principal.id()),
        deadline: deadline.instant(),
        traceparent: None,
    }
}

/// A parameter that makes no sense.
pub(crate) fn invalid_parameter(name: &str, detail: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::InvalidField).field(FieldError::at_parameter(name, detail.into()))
}

/// All fields that make no sense, or nothing.
pub(crate) fn invalid_fields(errors: Vec<FieldError>) -> Result<(), Problem> {
    if errors.is_empty() {
        return Ok(());
    }
    let problem = Problem::new(ProblemKind::InvalidField);
    Err(errors.into_iter().fold(problem, Problem::field))
}
