//! Labels that wait for their transaction, and those that did.

use std::sync::Arc;

use accord_event_log::Recorded;
use accord_read_store::{Poison, Projection, ProjectionError, TableSet};
use futures::future::BoxFuture;
use risk_control::{Event, LabelParked, ParkedLabelSettled};
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::transactions::{label_code, label_source_code, transaction_hash};

/// Projection of parked labels.
pub struct ParkedLabels;

impl Projection<Event> for ParkedLabels {
    fn name(&self) -> &'static str {
        "parked_labels"
    }

    fn version(&self) -> u32 {
        1
    }

    fn poison(&self) -> Poison {
        Poison::StopsProjection
    }

    fn create_tables(&self, tables: TableSet) -> String {
        include_str!("../../../../../migrations/risk-control/parked_labels.sql")
            .replace("{set}", &format!("g{}", tables.generation))
    }

    fn tables(&self) -> &'static [&'static str] {
        &["parked_labels"]
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
                    Event::LabelParked(event) => {
                        let at_us = recorded.metadata.recorded_at_us;
                        settle(connection, tables, &event.transaction_id, "replaced", at_us)
                            .await?;
                        park(connection, tables, recorded, event).await?;
                    }
                    Event::ParkedLabelSettled(ParkedLabelSettled {
                        transaction_id,
                        outcome,
                    }) => {
                        let at_us = recorded.metadata.recorded_at_us;
                        settle(connection, tables, transaction_id, outcome.name(), at_us).await?;
                    }
                    _ => {}
                }
            }
            Ok(())
        })
    }
}

async fn park(
    connection: &mut SqliteConnection,
    tables: TableSet,
    recorded: &Recorded<Event>,
    event: &LabelParked,
) -> Result<(), sqlx::Error> {
    let parked = tables.table("parked_labels");
    sqlx::query(AssertSqlSafe(format!(
        "-- parked_labels_park
         INSERT INTO {parked} (sequence, transaction_hash, transaction_id, change_number, partition_number, label,
             source, known_at, parked_at, actor, command_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    )))
    .bind(recorded.metadata.sequence.0.cast_signed())
    .bind(transaction_hash(&event.transaction_id))
    .bind(event.transaction_id.clone())
    // The entity of these events is the partition's parked labels, so its version is the number of the change.
    .bind(recorded.metadata.entity_version.cast_signed())
    .bind(i64::from(recorded.metadata.partition.0))
    .bind(label_code(event.label))
    .bind(label_source_code(event.source))
    .bind(event.known_at_us)
    .bind(recorded.metadata.recorded_at_us)
    .bind(recorded.metadata.actor.to_string())
    .bind(recorded.metadata.command_id.simple().to_string())
    .execute(connection)
    .await
    .map(|_| ())
}

async fn settle(
    connection: &mut SqliteConnection,
    tables: TableSet,
    transaction_id: &str,
    outcome: &str,
    at_us: i64,
) -> Result<(), sqlx::Error> {
    let parked = tables.table("parked_labels");
    sqlx::query(AssertSqlSafe(format!(
        "-- parked_labels_settle
         UPDATE {parked} SET outcome = $1, settled_at = $2
         WHERE transaction_hash = $3 AND transaction_id = $4 AND outcome IS NULL"
    )))
    .bind(outcome.to_owned())
    .bind(at_us)
    .bind(transaction_hash(transaction_id))
    .bind(transaction_id.to_owned())
    .execute(connection)
    .await
    .map(|_| ())
}
