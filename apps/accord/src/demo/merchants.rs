//! The demo's five merchants: how they open, their catalogues and their history.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use accord_service::{Clock, Shutdown};
use anyhow::Context;
use recommendation::{InteractionKind, Item};
use recommendation_node::{InteractionRequest, MerchantNode, MerchantSettings, ShopperIdentity};
use recommendation_simulator::{EventKind, Market, ShopEvent};
use tokio::task::JoinSet;

use super::{
    Demo,
    state::{DemoState, HISTORY_DAYS},
};

/// Who loads the history, in the log.
const ACTOR: &str = "simulator";
/// Of the demo's history, the last days are a shop's: enough to learn from.
const SHOP_HISTORY_DAYS: u32 = 21;
/// In real time: what shoppers did meanwhile is in the lists' histories at once, and in the models after this.
const RETRAIN_EVERY: Duration = Duration::from_secs(600);

/// Opens all merchants at once, each on a task of its own: folding their logs is work for every core.
pub async fn open(
    market: &Market,
    state: &DemoState,
    clock: &Clock,
) -> anyhow::Result<Vec<MerchantNode>> {
    let opening: Vec<_> = (0..market.merchants())
        .map(|merchant| {
            let name = market.merchant_name(merchant).to_owned();
            let folder = state.merchant_folder(&name);
            let clock = clock.clone();
            tokio::spawn(async move {
                let settings = MerchantSettings {
                    retrain_every: Some(RETRAIN_EVERY),
                    ..MerchantSettings::new(&name, folder)
                };
                MerchantNode::open(settings, move |_| clock)
                    .await
                    .with_context(|| format!("merchant {name}"))
            })
        })
        .collect();
    let mut merchants = Vec::with_capacity(opening.len());
    for merchant in opening {
        merchants.push(merchant.await??);
    }
    Ok(merchants)
}

/// Prepares every merchant that is not ready.
pub async fn prepare(
    demo: &Arc<Demo>,
    market: &Arc<Market>,
    state: &DemoState,
) -> anyhow::Result<()> {
    let mut preparing = JoinSet::new();
    for (index, merchant) in demo.merchants.iter().enumerate() {
        if state.is_ready(&state.merchant_folder(merchant.name())) {
            continue;
        }
        let (merchant, market, state) = (merchant.clone(), Arc::clone(market), state.clone());
        preparing.spawn(async move {
            prepare_merchant(&merchant, index, &market, &state)
                .await
                .with_context(|| format!("history of {}", merchant.name()))
        });
    }
    if preparing.is_empty() {
        return Ok(());
    }
    eprintln!(
        "Loading {SHOP_HISTORY_DAYS} days of simulated history into {} merchants ...",
        preparing.len()
    );
    while let Some(prepared) = preparing.join_next().await {
        prepared??;
    }
    Ok(())
}

/// Trains the first model of every merchant that has none, one after the other, while the shops are open: until then they
/// recommend what is popular and alike.
pub fn train_first_models(demo: &Arc<Demo>, shutdown: &Shutdown) {
    let (demo, shutdown) = (Arc::clone(demo), shutdown.clone());
    tokio::spawn(async move {
        let train = async {
            for merchant in &demo.merchants {
                if merchant.view().control().active_model.is_some() {
                    continue;
                }
                if let Err(error) = merchant.train_and_activate(&Arc::from(ACTOR)).await {
                    tracing::warn!(merchant = merchant.name(), %error, "no first model");
                }
            }
        };
        tokio::select! {
            () = train => {}
            () = shutdown.begun() => {}
        }
    });
}

async fn prepare_merchant(
    merchant: &MerchantNode,
    index: usize,
    market: &Arc<Market>,
    state: &DemoState,
) -> anyhow::Result<()> {
    let begun = Instant::now();
    let actor: Arc<str> = Arc::from(ACTOR);
    merchant
        .import_items(&actor, catalogue(market, index, merchant.currency()))
        .await?;
    let mut events = 0;
    for day in HISTORY_DAYS.saturating_sub(SHOP_HISTORY_DAYS)..=HISTORY_DAYS {
        let (of_day, live_from_us) = (Arc::clone(market), state.live_from_us);
        let interactions = tokio::task::spawn_blocking(move || {
            let past = of_day.day(index, day).into_iter();
            let past = past.filter(|event| event.occurred_at_us < live_from_us);
            past.map(|event| interaction(&of_day, index, event))
                .collect::<Vec<_>>()
        })
        .await?;
        events += merchant.import_interactions(&actor, interactions).await?;
    }
    state.mark_ready(&state.merchant_folder(merchant.name()))?;
    eprintln!(
        "  {:<8} {:>7} items, {events} events, {:.1} s",
        merchant.name(),
        market.items(index).len(),
        begun.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Everything that a merchant sells, in the node's words.
fn catalogue(market: &Market, merchant: usize, currency: &str) -> Vec<Item> {
    let items = market.items(merchant).iter();
    items
        .map(|item| Item {
            item_id: item.item_id.clone(),
            product_code: Some(item.product_code.clone()),
            title: item.title.clone(),
            price_minor: item.price_minor,
            currency: currency.to_owned(),
            stock: Some(item.stock),
            categories: item.categories.clone(),
            text: item.text.clone(),
            image: None,
            available_from_us: market.available_from_us(item),
            available_until_us: None,
        })
        .collect()
}

fn interaction(market: &Market, merchant: usize, event: ShopEvent) -> InteractionRequest {
    let item = &market.items(merchant)[event.item as usize];
    let is_purchase = event.kind == EventKind::Purchase;
    InteractionRequest {
        event_id: Some(event.event_id),
        shopper: match event.shopper_id {
            Some(shopper) => ShopperIdentity::Shopper(shopper),
            None => ShopperIdentity::Guest(event.session_id.clone()),
        },
        session_id: Some(event.session_id),
        kind: match event.kind {
            EventKind::Impression => InteractionKind::Impression,
            EventKind::View => InteractionKind::View,
            EventKind::Cart => InteractionKind::Cart,
            EventKind::Remove => InteractionKind::Remove,
            EventKind::Purchase => InteractionKind::Purchase,
            EventKind::Rating => InteractionKind::Rating,
        },
        item_id: item.item_id.clone(),
        occurred_at_us: Some(event.occurred_at_us),
        quantity: (event.quantity > 1).then_some(event.quantity),
        price_minor: is_purchase.then_some(item.price_minor),
        rating: event.rating,
        surface: None,
        list_id: None,
    }
}
