//! Live shoppers: they browse and buy on the demo's clock, and take from the lists that the nodes make for them what
//! suits them.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use accord_service::Shutdown;
use recommendation::{InteractionKind, ListRequest, Rejection, Surface};
use recommendation_node::{
    ApplicationError, CommandCaller, InteractionRequest, ListQuery, MerchantNode, OrderRequest,
    ShopperIdentity,
};
use recommendation_simulator::{Action, MICROSECONDS_PER_DAY, Market, Step, Visit};
use tokio::sync::Semaphore;

use super::{Demo, state::DemoState};

/// Visits of one merchant that are under way at once; on a very fast clock the next ones wait.
const VISITS_MAX: usize = 256;
const DEADLINE: Duration = Duration::from_secs(10);
/// Places of the lists that shoppers are shown.
const LIST_PLACES: u16 = 8;

/// Starts one task for each merchant. `from_us` is where the demo's clock began.
pub fn start(
    demo: &Arc<Demo>,
    market: &Arc<Market>,
    state: &DemoState,
    from_us: i64,
    shutdown: &Shutdown,
) {
    for (index, merchant) in demo.merchants.iter().enumerate() {
        let items = market.items(index).iter();
        let shop = Arc::new(Shop {
            node: merchant.clone(),
            index,
            market: Arc::clone(market),
            numbers: (0..)
                .zip(items)
                .map(|(number, item)| (item.item_id.clone(), number))
                .collect(),
        });
        let (from_us, starts_at_us) = (from_us.max(state.live_from_us), state.starts_at_us);
        let shutdown = shutdown.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = receive(shop, starts_at_us, from_us) => {}
                () = shutdown.begun() => {}
            }
        });
    }
}

struct Shop {
    node: MerchantNode,
    index: usize,
    market: Arc<Market>,
    /// The simulation's numbers of items by id.
    numbers: HashMap<String, u32>,
}

/// What a shopper sees on the page.
#[derive(Default)]
struct Shown {
    items: Vec<u32>,
    list_id: Option<String>,
}

/// Lets visits begin when their time comes.
async fn receive(shop: Arc<Shop>, starts_at_us: i64, from_us: i64) {
    let first = (from_us - starts_at_us).div_euclid(MICROSECONDS_PER_DAY);
    let mut day = u32::try_from(first).unwrap_or(0);
    let room = Arc::new(Semaphore::new(VISITS_MAX));
    loop {
        let (market, index) = (Arc::clone(&shop.market), shop.index);
        let visits = tokio::task::spawn_blocking(move || market.visits(index, day));
        let Ok(visits) = visits.await else {
            return;
        };
        for visit in visits.into_iter().filter(|visit| visit.now_us() >= from_us) {
            shop.node.clock().sleep_until(visit.now_us()).await;
            let Ok(permit) = Arc::clone(&room).acquire_owned().await else {
                return;
            };
            let shop = Arc::clone(&shop);
            tokio::spawn(async move {
                if let Err(error) = shop.walk(visit).await {
                    tracing::warn!(merchant = shop.node.name(), %error, "a simulated shopper was refused");
                }
                drop(permit);
            });
        }
        day += 1;
    }
}

impl Shop {
    /// One visit from its first page to its last.
    async fn walk(&self, mut visit: Visit) -> Result<(), ApplicationError> {
        let session_id = visit.session_id(&self.market);
        let shopper = match visit.shopper_id(&self.market) {
            Some(shopper) => ShopperIdentity::Shopper(shopper),
            None => ShopperIdentity::Guest(session_id.clone()),
        };
        let mut shown = Shown::default();
        let mut count = 0;
        while let Some(step) = visit.next(&self.market, &shown.items) {
            self.node.clock().sleep_until(step.at_us).await;
            count += 1;
            let visitor = Visitor {
                shop: self,
                shopper: &shopper,
                session_id: &session_id,
            };
            visitor.take(&step, count, &shown).await?;
            if let Some((surface, item)) = page_after(&step.action) {
                shown = visitor.look(surface, item).await?;
            }
        }
        Ok(())
    }

    fn item_id(&self, item: u32) -> String {
        self.market.items(self.index)[item as usize].item_id.clone()
    }
}

/// The page that an action leads to, and the item that it is about; `None` where the page stays.
fn page_after(action: &Action) -> Option<(Surface, Option<u32>)> {
    match action {
        Action::Arrive => Some((Surface::Home, None)),
        Action::View { item } => Some((Surface::Product, Some(*item))),
        Action::Cart { .. } => Some((Surface::Cart, None)),
        Action::Purchase { .. } => Some((Surface::AfterPurchase, None)),
        Action::Remove { .. } | Action::Rate { .. } => None,
    }
}

struct Visitor<'a> {
    shop: &'a Shop,
    shopper: &'a ShopperIdentity,
    session_id: &'a str,
}

impl Visitor<'_> {
    /// Does one step. `count` tells the steps of a visit apart.
    async fn take(&self, step: &Step, count: u32, shown: &Shown) -> Result<(), ApplicationError> {
        // An item that was found without the list is not the list's.
        let list_id = step.taken_from.and(shown.list_id.as_ref());
        let interaction = |kind, item: u32| InteractionRequest {
            event_id: Some(format!("{}-{count:03}", self.session_id)),
            shopper: self.shopper.clone(),
            session_id: Some(self.session_id.to_owned()),
            kind,
            item_id: self.shop.item_id(item),
            occurred_at_us: Some(step.at_us),
            quantity: None,
            price_minor: None,
            rating: None,
            surface: None,
            list_id: list_id.cloned(),
        };
        let request = match &step.action {
            Action::Arrive => return Ok(()),
            Action::View { item } => interaction(InteractionKind::View, *item),
            Action::Cart { item, quantity } => InteractionRequest {
                quantity: Some(*quantity),
                ..interaction(InteractionKind::Cart, *item)
            },
            Action::Remove { item } => interaction(InteractionKind::Remove, *item),
            Action::Rate { item, rating } => InteractionRequest {
                rating: Some(*rating),
                ..interaction(InteractionKind::Rating, *item)
            },
            Action::Purchase { lines } => return self.buy(lines, step.at_us).await,
        };
        let recorded = self.shop.node.record_interaction(&caller(), request).await;
        known_before(recorded.map(|_| ()))
    }

    async fn buy(&self, lines: &[(u32, u32)], at_us: i64) -> Result<(), ApplicationError> {
        let order = OrderRequest {
            order_id: format!("{}-order", self.session_id),
            shopper: self.shopper.clone(),
            session_id: Some(self.session_id.to_owned()),
            lines: lines
                .iter()
                .map(|(item, quantity)| (self.shop.item_id(*item), *quantity))
                .collect(),
            placed_at_us: Some(at_us),
            surface: Some(Surface::Cart),
            list_id: None,
        };
        let placed = self.shop.node.place_order(&caller(), order).await;
        known_before(placed.map(|_| ()))
    }

    /// Asks for the list of the page.
    async fn look(&self, surface: Surface, item: Option<u32>) -> Result<Shown, ApplicationError> {
        let query = ListQuery {
            shopper: Some(self.shopper.clone()),
            request: ListRequest {
                context: surface,
                items: item
                    .map(|item| self.shop.item_id(item))
                    .into_iter()
                    .collect(),
                count: LIST_PLACES,
                ..ListRequest::default()
            },
            record: true,
        };
        let answer = self.shop.node.recommend(&caller(), query).await?;
        let numbers = &self.shop.numbers;
        let places = answer.items.iter();
        Ok(Shown {
            // What a visitor of the demo has put into the catalogue the simulated shoppers do not know.
            items: places
                .filter_map(|place| numbers.get(&place.item.item_id).copied())
                .collect(),
            list_id: Some(answer.list_id),
        })
    }
}

fn caller() -> CommandCaller {
    CommandCaller {
        actor: Arc::from("simulator"),
        deadline: Instant::now() + DEADLINE,
        traceparent: None,
    }
}

/// After a restart the same visit may be walked again, and somebody else may have bought the last one.
fn known_before(done: Result<(), ApplicationError>) -> Result<(), ApplicationError> {
    match done {
        Err(
            ApplicationError::KeyReused
            | ApplicationError::Rejected(
                Rejection::OutOfStock { .. }
                | Rejection::NotAvailable { .. }
                | Rejection::UnknownItem { .. }
                | Rejection::OrderExists,
            ),
        ) => Ok(()),
        other => other,
    }
}
