//! Published models, policies, and which partition has adopted what.

use std::sync::Arc;

use accord_event_log::Recorded;
use accord_read_store::{Poison, Projection, ProjectionError, TableSet};
use futures::future::BoxFuture;
use risk_control::{ContextAdopted, Event, ListChange, ModelPublished, PolicyActivated};
use sqlx::{AssertSqlSafe, SqliteConnection};

/// Projection of governance.
pub struct Governance;

impl Projection<Event> for Governance {
    fn name(&self) -> &'static str {
        "governance"
    }

    fn version(&self) -> u32 {
        3
    }

    fn poison(&self) -> Poison {
        Poison::StopsProjection
    }

    fn create_tables(&self, tables: TableSet) -> String {
        include_str!("../../../../../migrations/risk-control/governance.sql")
            .replace("{set}", &format!("g{}", tables.generation))
    }

    fn tables(&self) -> &'static [&'static str] {
        &["models", "policies", "adoptions", "list_entries"]
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
                    Event::ModelPublished(event) => {
                        model(connection, tables, recorded, event).await?;
                    }
                    Event::ShadowStarted(event) => {
                        shadow(connection, tables, &event.model, true).await?;
                    }
                    Event::ShadowEnded(event) => {
                        shadow(connection, tables, &event.model, false).await?;
                    }
                    Event::PolicyActivated(event) => {
                        policy(connection, tables, recorded, event).await?;
                        // Whatever decides needs no shadow.
                        shadow(connection, tables, &event.policy.model, false).await?;
                        for change in &event.list_changes {
                            list_change(connection, tables, recorded, change).await?;
                        }
                    }
                    Event::ContextAdopted(event) => {
                        adoption(connection, tables, recorded, event).await?;
                    }
                    _ => {}
                }
            }
            Ok(())
        })
    }
}

async fn model(
    connection: &mut SqliteConnection,
    tables: TableSet,
    recorded: &Recorded<Event>,
    event: &ModelPublished,
) -> Result<(), sqlx::Error> {
    let models = tables.table("models");
    sqlx::query(AssertSqlSafe(format!(
        "-- models_insert
         INSERT INTO {models} (model, training_rows, training_frauds, trained_through, training_auc, card, in_shadow, published_at, actor)
         VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8)"
    )))
    .bind(event.model.clone())
    .bind(event.training_rows.cast_signed())
    .bind(event.training_frauds.cast_signed())
    .bind(event.trained_through.cast_signed())
    .bind(event.training_auc)
    .bind(event.card.as_ref().map(json))
    .bind(recorded.metadata.recorded_at_us)
    .bind(recorded.metadata.actor.to_string())
    .execute(connection)
    .await
    .map(|_| ())
}

async fn shadow(
    connection: &mut SqliteConnection,
    tables: TableSet,
    model: &str,
    in_shadow: bool,
) -> Result<(), sqlx::Error> {
    let models = tables.table("models");
    sqlx::query(AssertSqlSafe(format!(
        "-- models_shadow
         UPDATE {models} SET in_shadow = $1 WHERE model = $2"
    )))
    .bind(i64::from(in_shadow))
    .bind(model.to_owned())
    .execute(connection)
    .await
    .map(|_| ())
}

async fn policy(
    connection: &mut SqliteConnection,
    tables: TableSet,
    recorded: &Recorded<Event>,
    event: &PolicyActivated,
) -> Result<(), sqlx::Error> {
    let policies = tables.table("policies");
    sqlx::query(AssertSqlSafe(format!(
        "-- policies_insert
         INSERT INTO {policies} (control_offset, version, model, challenge, review, decline, rules, activated_at, actor)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    )))
    .bind(recorded.metadata.offset.cast_signed())
    .bind(i64::from(event.policy.version))
    .bind(event.policy.model.clone())
    .bind(event.policy.thresholds.challenge)
    .bind(event.policy.thresholds.review)
    .bind(event.policy.thresholds.decline)
    .bind(json(&event.policy.rules))
    .bind(recorded.metadata.recorded_at_us)
    .bind(recorded.metadata.actor.to_string())
    .execute(connection)
    .await
    .map(|_| ())
}

async fn adoption(
    connection: &mut SqliteConnection,
    tables: TableSet,
    recorded: &Recorded<Event>,
    event: &ContextAdopted,
) -> Result<(), sqlx::Error> {
    let adoptions = tables.table("adoptions");
    sqlx::query(AssertSqlSafe(format!(
        "-- adoptions_upsert
         INSERT INTO {adoptions} (partition_number, control_offset, adopted_at) VALUES ($1, $2, $3)
         ON CONFLICT (partition_number) DO UPDATE SET
             control_offset = excluded.control_offset, adopted_at = excluded.adopted_at"
    )))
    .bind(i64::from(recorded.metadata.partition.0))
    .bind(event.control_offset.cast_signed())
    .bind(recorded.metadata.recorded_at_us)
    .execute(connection)
    .await
    .map(|_| ())
}

async fn list_change(
    connection: &mut SqliteConnection,
    tables: TableSet,
    recorded: &Recorded<Event>,
    change: &ListChange,
) -> Result<(), sqlx::Error> {
    let entries = tables.table("list_entries");
    let (list, kind, fingerprint) = change.place();
    sqlx::query(AssertSqlSafe(format!(
        "-- list_entries_delete
         DELETE FROM {entries} WHERE list = $1 AND kind = $2 AND fingerprint = $3"
    )))
    .bind(list.name())
    .bind(kind.name())
    .bind(fingerprint.to_string())
    .execute(&mut *connection)
    .await?;
    let ListChange::Add(entry) = change else {
        return Ok(());
    };
    sqlx::query(AssertSqlSafe(format!(
        "-- list_entries_insert
         INSERT INTO {entries} (list, kind, fingerprint, hint, expires_at, comment, added_at, actor)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    )))
    .bind(list.name())
    .bind(kind.name())
    .bind(fingerprint.to_string())
    .bind(entry.hint.clone())
    .bind(entry.expires_at_us)
    .bind(entry.comment.clone())
    .bind(recorded.metadata.recorded_at_us)
    .bind(recorded.metadata.actor.to_string())
    .execute(connection)
    .await
    .map(|_| ())
}

/// Plain data of the domain as text.
pub(super) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("plain data of the domain always serialises")
}
