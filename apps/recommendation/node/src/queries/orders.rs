//! Orders: one, and a page of a filtered list.

use accord_event_log::Sequence;
use recommendation::{OrderLine, OrderStatus, ShopperReference};
use sqlx::{AssertSqlSafe, QueryBuilder, Row, Sqlite, sqlite::SqliteRow};

use crate::{node::MerchantNode, projections::ORDERS};

/// Rows in one page at the most.
pub const PAGE_ROWS_MAX: u32 = 500;

const COLUMNS: &str =
    "sequence, order_id, shopper, status, lines, total_minor, placed_at, changed_at, list_id";

/// An order as the read model has it.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderRow {
    /// Of its placing.
    pub sequence: Sequence,
    pub order_id: String,
    pub shopper: ShopperReference,
    pub status: OrderStatus,
    pub lines: Vec<OrderLine>,
    /// In minor units.
    pub total_minor: i64,
    /// Epoch microseconds.
    pub placed_at_us: i64,
    pub changed_at_us: i64,
    pub list_id: Option<String>,
}

/// What a list is narrowed to. Everything that is absent does not narrow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderFilter {
    pub status: Option<OrderStatus>,
    pub shopper: Option<ShopperReference>,
}

/// One page, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderPage {
    pub rows: Vec<OrderRow>,
    pub has_older: bool,
}

impl MerchantNode {
    /// An order by its own id.
    pub async fn order(&self, order_id: &str) -> Result<Option<OrderRow>, sqlx::Error> {
        let orders = self.tables(ORDERS).table("orders");
        let row = sqlx::query(AssertSqlSafe(format!(
            "-- orders_find
             SELECT {COLUMNS} FROM {orders} WHERE order_id = $1"
        )))
        .bind(order_id.to_owned())
        .fetch_optional(self.shared.store.readers())
        .await?;
        row.as_ref().map(read_row).transpose()
    }

    /// A page of orders, newest first, placed before `before` where it is given.
    pub async fn orders(
        &self,
        filter: OrderFilter,
        before: Option<Sequence>,
        limit: u32,
    ) -> Result<OrderPage, sqlx::Error> {
        let orders = self.tables(ORDERS).table("orders");
        let before = before.map_or(i64::MAX, |before| before.0.cast_signed());
        let mut query = QueryBuilder::<Sqlite>::new(format!(
            "-- orders_page
             SELECT {COLUMNS} FROM {orders} WHERE sequence < "
        ));
        query.push_bind(before);
        if let Some(status) = filter.status {
            query.push(" AND status = ").push_bind(status.name());
        }
        if let Some(shopper) = filter.shopper {
            query
                .push(" AND shopper = ")
                .push_bind(shopper.0.cast_signed());
        }
        query
            .push(" ORDER BY sequence DESC LIMIT ")
            .push_bind(i64::from(limit) + 1);
        let rows = query.build().fetch_all(self.shared.store.readers()).await?;
        let has_older = rows.len() > limit as usize;
        let rows = rows
            .iter()
            .take(limit as usize)
            .map(read_row)
            .collect::<Result<_, _>>()?;
        Ok(OrderPage { rows, has_older })
    }
}

fn read_row(row: &SqliteRow) -> Result<OrderRow, sqlx::Error> {
    let unreadable = |what: &str| sqlx::Error::Decode(format!("{what} of an order").into());
    let status: String = row.try_get("status")?;
    let lines: String = row.try_get("lines")?;
    Ok(OrderRow {
        sequence: Sequence(row.try_get::<i64, _>("sequence")?.cast_unsigned()),
        order_id: row.try_get("order_id")?,
        shopper: ShopperReference(row.try_get::<i64, _>("shopper")?.cast_unsigned()),
        status: OrderStatus::ALL
            .into_iter()
            .find(|known| known.name() == status)
            .ok_or_else(|| unreadable("the status"))?,
        lines: serde_json::from_str(&lines).map_err(|_| unreadable("the lines"))?,
        total_minor: row.try_get("total_minor")?,
        placed_at_us: row.try_get("placed_at")?,
        changed_at_us: row.try_get("changed_at")?,
        list_id: row.try_get("list_id")?,
    })
}
