//! Webhook subscriptions, and where in the log there is something to tell.

use accord_event_log::Sequence;
use risk_control::WebhookEventType;
use sqlx::{AssertSqlSafe, Row, sqlite::SqliteRow};

use crate::{
    node::BankNode,
    projections::WEBHOOKS,
    webhooks::target::{WebhookTarget, key_name},
};

/// A subscription as the read model has it.
#[derive(Clone, Debug, PartialEq)]
pub struct WebhookRow {
    pub webhook_id: String,
    /// What happened up to here is not delivered.
    pub sequence: Sequence,
    pub event_types: Vec<WebhookEventType>,
    /// Sealed.
    pub target: String,
    pub paused: bool,
    pub subscribed_at_us: i64,
    pub changed_at_us: i64,
    pub actor: String,
}

/// A place in the log of which subscribers may be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    pub sequence: Sequence,
    pub event_type: String,
    pub event_id: String,
}

const COLUMNS: &str =
    "webhook_id, sequence, event_types, target, paused, subscribed_at, changed_at, actor";

impl BankNode {
    /// All subscriptions that are not deleted, oldest first.
    pub async fn webhook_rows(&self) -> Result<Vec<WebhookRow>, sqlx::Error> {
        let subscriptions = self.tables(WEBHOOKS).table("webhook_subscriptions");
        let rows = sqlx::query(AssertSqlSafe(format!(
            "-- webhook_subscriptions_list
             SELECT {COLUMNS} FROM {subscriptions} WHERE deleted = 0 ORDER BY sequence"
        )))
        .fetch_all(self.shared.store.readers())
        .await?;
        rows.iter().map(read_row).collect()
    }

    /// A subscription that is not deleted.
    pub async fn webhook_row(&self, webhook_id: &str) -> Result<Option<WebhookRow>, sqlx::Error> {
        let rows = self.webhook_rows().await?;
        Ok(rows.into_iter().find(|row| row.webhook_id == webhook_id))
    }

    /// Places in `(after, through]` of which subscribers may be told, in the order of the log.
    pub(crate) async fn webhook_outbox(
        &self,
        after: Sequence,
        through: Sequence,
        rows_max: u32,
    ) -> Result<Vec<OutboxRow>, sqlx::Error> {
        let outbox = self.tables(WEBHOOKS).table("webhook_outbox");
        let rows = sqlx::query(AssertSqlSafe(format!(
            "-- webhook_outbox_list
             SELECT sequence, event_type, event_id FROM {outbox} WHERE sequence > $1 AND sequence <= $2
             ORDER BY sequence LIMIT $3"
        )))
        .bind(after.0.cast_signed())
        .bind(through.0.cast_signed())
        .bind(i64::from(rows_max))
        .fetch_all(self.shared.store.readers())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(OutboxRow {
                    sequence: Sequence(row.try_get::<i64, _>(0)?.cast_unsigned()),
                    event_type: row.try_get(1)?,
                    event_id: row.try_get(2)?,
                })
            })
            .collect()
    }

    /// Where a subscription's messages go; `None` once its key is destroyed.
    pub(crate) fn webhook_target(&self, row: &WebhookRow) -> Option<WebhookTarget> {
        let subject = self.shared.keys.find(&key_name(&row.webhook_id))?;
        WebhookTarget::open(&row.target, &subject, &row.webhook_id)
    }
}

fn read_row(row: &SqliteRow) -> Result<WebhookRow, sqlx::Error> {
    Ok(WebhookRow {
        webhook_id: row.try_get(0)?,
        sequence: Sequence(row.try_get::<i64, _>(1)?.cast_unsigned()),
        event_types: row
            .try_get::<&str, _>(2)?
            .split(',')
            .filter_map(WebhookEventType::parse)
            .collect(),
        target: row.try_get(3)?,
        paused: row.try_get::<i64, _>(4)? == 1,
        subscribed_at_us: row.try_get(5)?,
        changed_at_us: row.try_get(6)?,
        actor: row.try_get(7)?,
    })
}
