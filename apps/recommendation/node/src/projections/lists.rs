//! Lists that were shown, and where in the log each stands.

use std::sync::Arc;

use accord_event_log::Recorded;
use accord_read_store::{Poison, Projection, ProjectionError, RowInsert, TableSet};
use futures::future::BoxFuture;
use recommendation::Event;
use sqlx::SqliteConnection;

/// Projection of lists.
pub struct Lists;

const COLUMNS: [&str; 7] = [
    "sequence",
    "list_id",
    "shopper",
    "context",
    "model",
    "places",
    "served_at",
];

impl Projection<Event> for Lists {
    fn name(&self) -> &'static str {
        "lists"
    }

    fn version(&self) -> u32 {
        1
    }

    fn poison(&self) -> Poison {
        Poison::ParksEntity
    }

    fn create_tables(&self, tables: TableSet) -> String {
        include_str!("../../../../../migrations/recommendation/lists.sql")
            .replace("{set}", &format!("g{}", tables.generation))
    }

    fn tables(&self) -> &'static [&'static str] {
        &["lists"]
    }

    fn apply<'a>(
        &'a self,
        connection: &'a mut SqliteConnection,
        tables: TableSet,
        events: &'a [Arc<Recorded<Event>>],
    ) -> BoxFuture<'a, Result<(), ProjectionError>> {
        Box::pin(async move {
            let served: Vec<_> = events
                .iter()
                .filter_map(|recorded| match &recorded.event {
                    Event::ListServed(event) => Some((recorded.metadata.sequence, event)),
                    _ => None,
                })
                .collect();
            let insert = RowInsert::new("lists_insert", &tables.table("lists"), &COLUMNS, "");
            insert
                .insert(connection, &served, |query, (sequence, event)| {
                    query
                        .bind(sequence.0.cast_signed())
                        .bind(event.list_id.clone())
                        .bind(event.shopper.0.cast_signed())
                        .bind(event.request.context.name())
                        .bind(event.model.clone())
                        .bind(event.items.len() as i64)
                        .bind(event.served_at_us)
                })
                .await?;
            Ok(())
        })
    }
}
