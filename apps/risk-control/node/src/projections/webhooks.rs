//! Webhook subscriptions, and where in the log there is something to deliver.
//!
//! Nothing is delivered from here: a rebuild only fills the same rows again. What was delivered is kept apart from the
//! read models (see [`crate::webhooks`]).

use std::sync::Arc;

use accord_event_log::Recorded;
use accord_read_store::{Poison, Projection, ProjectionError, TableSet};
use futures::future::BoxFuture;
use risk_control::{
    CaseHappening, Event, WebhookChange, WebhookChanged, WebhookEventType, WebhookSubscribed,
};
use sqlx::{AssertSqlSafe, SqliteConnection};

/// Projection of webhooks.
pub struct Webhooks;

/// What subscribers may be told of, if anything.
pub fn webhook_event_type(recorded: &Recorded<Event>) -> Option<WebhookEventType> {
    match &recorded.event {
        Event::TransactionLabelled(_) | Event::LabelWithdrawn(_) => {
            Some(WebhookEventType::TransactionLabelled)
        }
        Event::Case(event) => match &event.happened {
            CaseHappening::AlertRaised(_) if recorded.metadata.entity_version == 1 => {
                Some(WebhookEventType::CaseOpened)
            }
            CaseHappening::Resolved(_) => Some(WebhookEventType::CaseResolved),
            CaseHappening::Reopened(_) => Some(WebhookEventType::CaseReopened),
            _ => None,
        },
        _ => None,
    }
}

impl Projection<Event> for Webhooks {
    fn name(&self) -> &'static str {
        "webhooks"
    }

    fn version(&self) -> u32 {
        1
    }

    fn poison(&self) -> Poison {
        Poison::StopsProjection
    }

    fn create_tables(&self, tables: TableSet) -> String {
        include_str!("../../../../../migrations/risk-control/webhooks.sql")
            .replace("{set}", &format!("g{}", tables.generation))
    }

    fn tables(&self) -> &'static [&'static str] {
        &["webhook_subscriptions", "webhook_outbox"]
    }

    fn apply<'a>(
        &'a self,
        connection: &'a mut SqliteConnection,
        tables: TableSet,
        events: &'a [Arc<Recorded<Event>>],
    ) -> BoxFuture<'a, Result<(), ProjectionError>> {
        Box::pin(async move {
            for recorded in events {
                match &recorded.event {
                    Event::WebhookSubscribed(event) => {
                        subscribe(connection, tables, recorded, event).await?;
                    }
                    Event::WebhookChanged(event) => {
                        let at_us = recorded.metadata.recorded_at_us;
                        change(connection, tables, event, at_us).await?;
                    }
                    _ => {
                        if let Some(event_type) = webhook_event_type(recorded) {
                            note(connection, tables, recorded, event_type).await?;
                        }
                    }
                }
            }
            Ok(())
        })
    }
}

async fn note(
    connection: &mut SqliteConnection,
    tables: TableSet,
    recorded: &Recorded<Event>,
    event_type: WebhookEventType,
) -> Result<(), sqlx::Error> {
    let outbox = tables.table("webhook_outbox");
    sqlx::query(AssertSqlSafe(format!(
        "-- webhook_outbox_insert
         INSERT INTO {outbox} (sequence, event_type, event_id) VALUES ($1, $2, $3)"
    )))
    .bind(recorded.metadata.sequence.0.cast_signed())
    .bind(event_type.name())
    .bind(recorded.metadata.event_id().simple().to_string())
    .execute(connection)
    .await
    .map(|_| ())
}

async fn subscribe(
    connection: &mut SqliteConnection,
    tables: TableSet,
    recorded: &Recorded<Event>,
    event: &WebhookSubscribed,
) -> Result<(), sqlx::Error> {
    let subscriptions = tables.table("webhook_subscriptions");
    let event_types: Vec<&str> = event.event_types.iter().map(|known| known.name()).collect();
    sqlx::query(AssertSqlSafe(format!(
        "-- webhook_subscriptions_insert
         INSERT INTO {subscriptions} (webhook_id, sequence, event_types, target, paused, deleted, subscribed_at,
             changed_at, actor)
         VALUES ($1, $2, $3, $4, 0, 0, $5, $6, $7)"
    )))
    .bind(event.webhook_id.clone())
    .bind(recorded.metadata.sequence.0.cast_signed())
    .bind(event_types.join(","))
    .bind(event.target.clone())
    .bind(recorded.metadata.recorded_at_us)
    .bind(recorded.metadata.recorded_at_us)
    .bind(recorded.metadata.actor.to_string())
    .execute(connection)
    .await
    .map(|_| ())
}

async fn change(
    connection: &mut SqliteConnection,
    tables: TableSet,
    event: &WebhookChanged,
    at_us: i64,
) -> Result<(), sqlx::Error> {
    let subscriptions = tables.table("webhook_subscriptions");
    let (paused, deleted, target) = match &event.change {
        WebhookChange::Paused => (Some(1_i64), None, None),
        WebhookChange::Resumed => (Some(0), None, None),
        WebhookChange::Deleted => (None, Some(1_i64), Some(String::new())),
        WebhookChange::SecretRotated { target } => (None, None, Some(target.clone())),
    };
    sqlx::query(AssertSqlSafe(format!(
        "-- webhook_subscriptions_change
         UPDATE {subscriptions} SET paused = COALESCE($1, paused), deleted = COALESCE($2, deleted),
             target = COALESCE($3, target), changed_at = $4
         WHERE webhook_id = $5"
    )))
    .bind(paused)
    .bind(deleted)
    .bind(target)
    .bind(at_us)
    .bind(event.webhook_id.clone())
    .execute(connection)
    .await
    .map(|_| ())
}
