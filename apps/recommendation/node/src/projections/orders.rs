//! Orders and where they stand.

use std::sync::Arc;

use accord_event_log::Recorded;
use accord_read_store::{Poison, Projection, ProjectionError, TableSet};
use futures::future::BoxFuture;
use recommendation::{Event, OrderPlaced, OrderStatus, order_total_minor};
use sqlx::{AssertSqlSafe, SqliteConnection};

/// Projection of orders.
pub struct Orders;

impl Projection<Event> for Orders {
    fn name(&self) -> &'static str {
        "orders"
    }

    fn version(&self) -> u32 {
        1
    }

    fn poison(&self) -> Poison {
        Poison::ParksEntity
    }

    fn create_tables(&self, tables: TableSet) -> String {
        include_str!("../../../../../migrations/recommendation/orders.sql")
            .replace("{set}", &format!("g{}", tables.generation))
    }

    fn tables(&self) -> &'static [&'static str] {
        &["orders"]
    }

    fn apply<'a>(
        &'a self,
        connection: &'a mut SqliteConnection,
        tables: TableSet,
        events: &'a [Arc<Recorded<Event>>],
    ) -> BoxFuture<'a, Result<(), ProjectionError>> {
        Box::pin(async move {
            for recorded in events {
                let (order_id, status, at_us) = match &recorded.event {
                    Event::OrderPlaced(event) => {
                        place(connection, tables, recorded, event).await?;
                        continue;
                    }
                    Event::OrderPaid(event) => (&event.order_id, OrderStatus::Paid, event.at_us),
                    Event::OrderShipped(event) => {
                        (&event.order_id, OrderStatus::Shipped, event.at_us)
                    }
                    Event::OrderCancelled(event) => {
                        (&event.order_id, OrderStatus::Cancelled, event.at_us)
                    }
                    Event::OrderReturned(event) => {
                        (&event.order_id, OrderStatus::Returned, event.at_us)
                    }
                    _ => continue,
                };
                step(connection, tables, order_id, status, at_us).await?;
            }
            Ok(())
        })
    }
}

async fn place(
    connection: &mut SqliteConnection,
    tables: TableSet,
    recorded: &Recorded<Event>,
    event: &OrderPlaced,
) -> Result<(), sqlx::Error> {
    let orders = tables.table("orders");
    // An id that is used again, long after its order was let go, names the new order.
    sqlx::query(AssertSqlSafe(format!(
        "-- orders_place
         INSERT OR REPLACE INTO {orders} (sequence, order_id, shopper, status, lines, total_minor, placed_at,
             changed_at, list_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    )))
    .bind(recorded.metadata.sequence.0.cast_signed())
    .bind(event.order_id.clone())
    .bind(event.shopper.0.cast_signed())
    .bind(OrderStatus::Placed.name())
    .bind(serde_json::to_string(&event.lines).expect("plain lines always serialise"))
    .bind(order_total_minor(&event.lines))
    .bind(event.placed_at_us)
    .bind(event.placed_at_us)
    .bind(event.list_id.clone())
    .execute(connection)
    .await
    .map(|_| ())
}

async fn step(
    connection: &mut SqliteConnection,
    tables: TableSet,
    order_id: &str,
    status: OrderStatus,
    at_us: i64,
) -> Result<(), sqlx::Error> {
    let orders = tables.table("orders");
    sqlx::query(AssertSqlSafe(format!(
        "-- orders_step
         UPDATE {orders} SET status = $1, changed_at = $2 WHERE order_id = $3"
    )))
    .bind(status.name())
    .bind(at_us)
    .bind(order_id.to_owned())
    .execute(connection)
    .await
    .map(|_| ())
}
