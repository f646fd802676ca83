//! Serving: lists over HTTP beside the bare HTTP ceiling, the time from an event to the list that it changes, orders, and
//! the import that fills the shop.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use accord_bench::{
    echo::{ECHO_PATH, EchoCeiling},
    latency::{LatencyHistogram, LatencySummary},
    load::{ClosedLoop, JsonPost, LoadReport, OpenLoop, RequestSource},
    ratio::Ratio,
};
use anyhow::{Context, Result, ensure};
use recommendation::{InteractionKind, ListRequest, Surface};
use recommendation_node::{
    CommandCaller, InteractionRequest, ListQuery, MerchantNode, ShopperIdentity,
};
use recommendation_simulator::{Market, MarketSettings, MerchantProfile};
use serde::Serialize;

use super::{served_shop::ServedShop, shoppers};

/// Items of the catalogue that lists are made from.
pub const ITEMS: u32 = 20_000;
/// Shoppers with a history.
const SHOPPERS: usize = 5_000;
/// Items of each history.
const HISTORY: usize = 30;
/// Requests to serve, as a share of the ceiling.
const SHARE_MIN: f64 = 0.4;
const CONNECTIONS: usize = 64;
const LIST_PLACES: u16 = 10;
/// Lets about two thirds of the simulated catalogue through.
const FILTER: &str = "price < 25.0 && !categories.contains(\"Pets\")";
/// How often an event and the list after it are timed.
const CHANGES: u32 = 300;
const OK: u16 = 200;
const CREATED: u16 = 201;
/// Lines of an import that are under way at once.
const CHUNK: usize = 4_096;

/// What was measured.
#[derive(Debug, Serialize)]
pub struct ServingFigures {
    pub items: u32,
    pub shoppers: usize,
    pub history: usize,
    pub import_events_per_second: f64,
    pub training_seconds: f64,
    /// Lists a second as a share of the bare HTTP ceiling of the same run.
    pub share_of_ceiling: Ratio,
    pub lists: LoadReport,
    pub ceiling: LoadReport,
    /// At half of the most.
    pub steady: LoadReport,
    /// From sending an event until the list that is made with it is there.
    pub event_to_list: LatencySummary,
    /// Of those lists, how many differ from the one before.
    pub changed_lists: u32,
    pub orders: LoadReport,
}

/// Fills a shop, serves it, and measures.
pub async fn measure(folder: &Path, seconds: u64, seed: u64) -> Result<ServingFigures> {
    let duration = Duration::from_secs(seconds);
    let market = tokio::task::spawn_blocking(move || market(seed)).await??;
    let shop = ServedShop::start(folder).await?;
    eprintln!("importing ...");
    let import_events_per_second = fill(&shop.node, &market, seed).await?;
    eprintln!("training ...");
    let trained = shop.node.train_and_activate(&Arc::from("bench")).await?;
    eprintln!("measuring lists ...");
    let body_bytes = answer_bytes(&shop).await?;
    let lists = closed(duration)
        .run(shop.address, Lists::new(&shop, shop.address)?)
        .await?;
    eprintln!("measuring the ceiling ...");
    let echo = EchoCeiling::start(body_bytes).await?;
    let mut same = Lists::new(&shop, echo.address())?;
    same.post = post(echo.address(), ECHO_PATH, &shop.key)?;
    let ceiling = closed(duration).run(echo.address(), same).await?;
    eprintln!("measuring at half of the most ...");
    let half = (lists.rate_per_second / 2.0).max(1.0) as u32;
    let steady = OpenLoop::new(CONNECTIONS, half, duration)
        .run(shop.address, Lists::new(&shop, shop.address)?)
        .await?;
    eprintln!("measuring events ...");
    let (event_to_list, changed_lists) = changes(&shop.node, &market).await?;
    eprintln!("measuring orders ...");
    let orders = closed(duration)
        .run(shop.address, Orders::new(&shop, &market)?)
        .await?;
    shop.stop().await?;
    Ok(ServingFigures {
        items: ITEMS,
        shoppers: SHOPPERS,
        history: HISTORY,
        import_events_per_second,
        training_seconds: trained.seconds,
        share_of_ceiling: Ratio {
            value: lists.rate_per_second,
            of: ceiling.rate_per_second,
            floor: Some(SHARE_MIN),
        },
        lists,
        ceiling,
        steady,
        event_to_list,
        changed_lists,
        orders,
    })
}

fn closed(duration: Duration) -> ClosedLoop {
    ClosedLoop::new(CONNECTIONS, duration)
}

/// One merchant that sells everything.
fn market(seed: u64) -> Result<Market> {
    let merchant = MerchantProfile {
        name: "bench".to_owned(),
        item_prefix: "BN".to_owned(),
        items: ITEMS,
        shoppers: 1,
        visits_per_day: 0.0..0.0,
        guests_per_visit: 0.0,
        focus: Vec::new(),
        price_level: 1.0,
    };
    let settings = MarketSettings {
        seed,
        starts_at_us: 0,
        products: ITEMS,
        arriving_share: 0.0,
        arrival_days: 0,
        merchants: vec![merchant],
    };
    Ok(Market::new(settings)?)
}

/// Imports catalogue and histories; gives events a second.
async fn fill(node: &MerchantNode, market: &Market, seed: u64) -> Result<f64> {
    let actor: Arc<str> = Arc::from("bench");
    let items = market.items(0).iter().map(|item| recommendation::Item {
        item_id: item.item_id.clone(),
        title: item.title.clone(),
        price_minor: item.price_minor,
        currency: node.currency().to_owned(),
        categories: item.categories.clone(),
        text: item.text.clone(),
        ..recommendation::Item::default()
    });
    let items: Vec<_> = items.collect();
    for chunk in items.chunks(CHUNK) {
        node.import_items(&actor, chunk.iter().cloned()).await?;
    }
    let events = histories(node, market, seed)?;
    let begun = Instant::now();
    for chunk in events.chunks(CHUNK) {
        node.import_interactions(&actor, chunk.iter().cloned())
            .await?;
    }
    Ok(events.len() as f64 / begun.elapsed().as_secs_f64())
}

/// Views of all shoppers, in the order in which they happened.
fn histories(node: &MerchantNode, market: &Market, seed: u64) -> Result<Vec<InteractionRequest>> {
    // Made-up histories have at least eight events: four of them fill one of thirty.
    let parts = shoppers::histories(ITEMS as usize, SHOPPERS * 4, seed)?;
    let begins_us = node.clock().now_us() - (HISTORY * SHOPPERS) as i64 * 1_000;
    let mut events = Vec::with_capacity(HISTORY * SHOPPERS);
    for place in 0..HISTORY {
        for shopper in 0..SHOPPERS {
            let mut items = (0..4).flat_map(|part| parts.items(shopper * 4 + part));
            let item = items.nth(place).context("a history is long enough")?;
            events.push(InteractionRequest {
                event_id: Some(format!("{shopper}-{place}")),
                shopper: ShopperIdentity::Shopper(shopper_id(shopper)),
                session_id: Some(format!("session-{shopper}-{}", place / 10)),
                kind: if place % 10 == 9 {
                    InteractionKind::Cart
                } else {
                    InteractionKind::View
                },
                item_id: market.items(0)[*item as usize].item_id.clone(),
                occurred_at_us: Some(begins_us + events.len() as i64 * 1_000),
                quantity: None,
                price_minor: None,
                rating: None,
                surface: None,
                list_id: None,
            });
        }
    }
    Ok(events)
}

fn shopper_id(shopper: usize) -> String {
    format!("shopper-{shopper:05}")
}

fn post(address: SocketAddr, path: &str, key: &str) -> Result<JsonPost> {
    let authorization = format!("Bearer {key}");
    let headers = [("authorization", authorization.as_str())];
    Ok(JsonPost::new(address, path, &headers)?)
}

/// Requests for lists, of one shopper after the other.
struct Lists {
    post: JsonPost,
    next: usize,
    body: Vec<u8>,
}

impl Lists {
    fn new(shop: &ServedShop, address: SocketAddr) -> Result<Self> {
        Ok(Self {
            post: post(address, "/v1/recommendations", &shop.key)?,
            next: 0,
            body: Vec::new(),
        })
    }
}

impl RequestSource for Lists {
    fn next_request(&mut self, _connection: usize, request: &mut Vec<u8>) {
        let shopper = shopper_id(self.next % SHOPPERS);
        // Far from the one before, so that no memory of it helps.
        self.next = self.next.wrapping_add(2_357);
        self.body.clear();
        let body = serde_json::json!({
            "shopper_id": shopper, "count": LIST_PLACES, "filter": FILTER, "record": false,
        });
        serde_json::to_writer(&mut self.body, &body).expect("writing to a Vec cannot fail");
        self.post.render(request, &self.body);
    }

    fn check_response(
        &mut self,
        _connection: usize,
        response: accord_bench::load::Response<'_>,
    ) -> bool {
        response.status == OK
    }
}

/// Orders without end, of one item each.
struct Orders {
    post: JsonPost,
    item_ids: Vec<String>,
    next: usize,
    body: Vec<u8>,
}

impl Orders {
    fn new(shop: &ServedShop, market: &Market) -> Result<Self> {
        Ok(Self {
            post: post(shop.address, "/v1/orders", &shop.key)?,
            item_ids: market
                .items(0)
                .iter()
                .map(|item| item.item_id.clone())
                .collect(),
            next: 0,
            body: Vec::new(),
        })
    }
}

impl RequestSource for Orders {
    fn next_request(&mut self, _connection: usize, request: &mut Vec<u8>) {
        self.next += 1;
        self.body.clear();
        let body = serde_json::json!({
            "order_id": format!("order-{}", self.next),
            "shopper_id": shopper_id(self.next % SHOPPERS),
            "lines": [{ "item_id": self.item_ids[self.next % self.item_ids.len()], "quantity": 1 }],
        });
        serde_json::to_writer(&mut self.body, &body).expect("writing to a Vec cannot fail");
        self.post.render(request, &self.body);
    }

    fn check_response(
        &mut self,
        _connection: usize,
        response: accord_bench::load::Response<'_>,
    ) -> bool {
        response.status == CREATED
    }
}

/// Bytes of the body of a list, by asking for one.
async fn answer_bytes(shop: &ServedShop) -> Result<usize> {
    let bytes = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&bytes);
    let lists = Lists::new(shop, shop.address)?.checked(move |_, response| {
        seen.store(response.body.len(), Ordering::Relaxed);
        true
    });
    let once = ClosedLoop {
        warm_up: Duration::ZERO,
        requests_max: 1,
        ..ClosedLoop::new(1, Duration::from_secs(10))
    };
    let report = once.run(shop.address, lists).await?;
    ensure!(report.answers.success == 1, "no list: {report:?}");
    Ok(bytes.load(Ordering::Relaxed))
}

/// Times an event together with the list after it, and counts the lists that it changed.
async fn changes(node: &MerchantNode, market: &Market) -> Result<(LatencySummary, u32)> {
    let mut times = LatencyHistogram::new();
    let mut changed = 0;
    for number in 0..CHANGES {
        let shopper = ShopperIdentity::Shopper(shopper_id(number as usize * 13 % SHOPPERS));
        let before = list(node, &shopper).await?;
        let item = &market.items(0)[(number as usize * 61) % ITEMS as usize];
        let view = InteractionRequest {
            event_id: None,
            shopper: shopper.clone(),
            session_id: None,
            kind: InteractionKind::View,
            item_id: item.item_id.clone(),
            occurred_at_us: None,
            quantity: None,
            price_minor: None,
            rating: None,
            surface: None,
            list_id: None,
        };
        let begun = Instant::now();
        node.record_interaction(&caller(), view).await?;
        let after = list(node, &shopper).await?;
        times.record(begun.elapsed());
        changed += u32::from(before != after);
    }
    Ok((times.summary(), changed))
}

/// Items and scores of a list that nothing in it is drawn at random for.
async fn list(node: &MerchantNode, shopper: &ShopperIdentity) -> Result<Vec<(String, f64)>> {
    let query = ListQuery {
        shopper: Some(shopper.clone()),
        request: ListRequest {
            context: Surface::Home,
            count: LIST_PLACES,
            filter: Some(FILTER.to_owned()),
            exploration: Some(0.0),
            ..ListRequest::default()
        },
        record: false,
    };
    let answer = node.recommend(&caller(), query).await?;
    let places = answer.items.iter();
    Ok(places
        .map(|place| (place.item.item_id.clone(), place.score))
        .collect())
}

fn caller() -> CommandCaller {
    CommandCaller::patient(&Arc::from("bench"))
}
