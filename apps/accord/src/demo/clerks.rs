//! The shops' clerks: orders are paid, shipped, now and then cancelled or returned, and what runs out is ordered anew.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use accord_service::Shutdown;
use recommendation::{Item, OrderChange, OrderStatus};
use recommendation_node::{ApplicationError, CommandCaller, MerchantNode, OrderFilter, OrderRow};

use super::Demo;

/// Between two rounds of a shop's clerks, on the demo's clock.
const ROUND_US: i64 = 30 * 60_000_000;
/// However fast the demo's clock runs.
const PAUSE_MIN: Duration = Duration::from_millis(250);
const HOUR_US: i64 = 3_600_000_000;
/// How long after its last step an order is paid, shipped, returned.
const PAID_AFTER_US: i64 = HOUR_US / 4;
const SHIPPED_AFTER_US: i64 = 8 * HOUR_US;
const RETURNED_AFTER_US: i64 = 48 * HOUR_US;
/// Of so many orders one is cancelled instead of paid, and one comes back.
const CANCELLED_ONE_IN: u64 = 20;
const RETURNED_ONE_IN: u64 = 25;
/// Orders that are looked at in one round, of each state.
const ORDERS_MAX: u32 = 300;
/// An item with fewer units is ordered anew, so many at a time.
const UNITS_LOW: u32 = 8;
const UNITS_ORDERED: u32 = 120;
const DEADLINE: Duration = Duration::from_secs(10);

/// Starts one task for each merchant.
pub fn start(demo: &Arc<Demo>, shutdown: &Shutdown) {
    for merchant in &demo.merchants {
        let (merchant, shutdown) = (merchant.clone(), shutdown.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = run(&merchant) => {}
                () = shutdown.begun() => {}
            }
        });
    }
}

async fn run(merchant: &MerchantNode) {
    loop {
        let next = merchant.clock().now_us() + ROUND_US;
        if let Err(error) = round(merchant).await {
            tracing::warn!(merchant = merchant.name(), %error, "a simulated clerk was refused");
        }
        tokio::join!(
            merchant.clock().sleep_until(next),
            tokio::time::sleep(PAUSE_MIN)
        );
    }
}

async fn round(merchant: &MerchantNode) -> Result<(), ApplicationError> {
    for (status, after_us) in [
        (OrderStatus::Placed, PAID_AFTER_US),
        (OrderStatus::Paid, SHIPPED_AFTER_US),
        (OrderStatus::Shipped, RETURNED_AFTER_US),
    ] {
        let filter = OrderFilter {
            status: Some(status),
            shopper: None,
        };
        let found = merchant.orders(filter, None, ORDERS_MAX).await?;
        let due_us = merchant.clock().now_us() - after_us;
        for order in found
            .rows
            .iter()
            .filter(|order| order.changed_at_us <= due_us)
        {
            if let Some(change) = next_step(order) {
                merchant
                    .change_order(&caller(), &order.order_id, change)
                    .await?;
            }
        }
    }
    restock(merchant).await
}

fn next_step(order: &OrderRow) -> Option<OrderChange> {
    let drawn = drawn(&order.order_id);
    match order.status {
        OrderStatus::Placed if drawn.is_multiple_of(CANCELLED_ONE_IN) => Some(OrderChange::Cancel),
        OrderStatus::Placed => Some(OrderChange::Pay),
        OrderStatus::Paid => Some(OrderChange::Ship),
        OrderStatus::Shipped if (drawn / CANCELLED_ONE_IN).is_multiple_of(RETURNED_ONE_IN) => {
            Some(OrderChange::Return { restocked: true })
        }
        OrderStatus::Shipped | OrderStatus::Cancelled | OrderStatus::Returned => None,
    }
}

async fn restock(merchant: &MerchantNode) -> Result<(), ApplicationError> {
    let low: Vec<Item> = {
        let view = merchant.view();
        let described = view.catalogue().after(None);
        let low = described.filter_map(|(_, known)| {
            let record = view.records().items.get(&known.item.item_id)?;
            let stock = record.stock.filter(|_| !record.deleted)?;
            (record.units_left()? < UNITS_LOW).then(|| Item {
                stock: Some(stock + UNITS_ORDERED),
                ..Item::clone(&known.item)
            })
        });
        low.collect()
    };
    for item in low {
        merchant.upsert_item(&caller(), item).await?;
    }
    Ok(())
}

fn caller() -> CommandCaller {
    CommandCaller {
        actor: Arc::from("clerk"),
        deadline: Instant::now() + DEADLINE,
        traceparent: None,
    }
}

/// A number that an order keeps (FNV-1a).
fn drawn(order_id: &str) -> u64 {
    order_id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
