//! Who was met, with the name sealed.

use std::sync::Arc;

use accord_event_log::Recorded;
use accord_read_store::{Poison, Projection, ProjectionError, RowInsert, TableSet};
use futures::future::BoxFuture;
use recommendation::Event;
use sqlx::SqliteConnection;

/// Projection of shoppers.
pub struct Shoppers;

const COLUMNS: [&str; 6] = [
    "sequence",
    "shopper",
    "guest",
    "personal",
    "command_id",
    "met_at",
];

impl Projection<Event> for Shoppers {
    fn name(&self) -> &'static str {
        "shoppers"
    }

    fn version(&self) -> u32 {
        1
    }

    fn poison(&self) -> Poison {
        Poison::ParksEntity
    }

    fn create_tables(&self, tables: TableSet) -> String {
        include_str!("../../../../../migrations/recommendation/shoppers.sql")
            .replace("{set}", &format!("g{}", tables.generation))
    }

    fn tables(&self) -> &'static [&'static str] {
        &["shoppers"]
    }

    fn apply<'a>(
        &'a self,
        connection: &'a mut SqliteConnection,
        tables: TableSet,
        events: &'a [Arc<Recorded<Event>>],
    ) -> BoxFuture<'a, Result<(), ProjectionError>> {
        Box::pin(async move {
            let met: Vec<_> = events
                .iter()
                .filter_map(|recorded| match &recorded.event {
                    Event::ShopperIntroduced(event) => Some((&recorded.metadata, event)),
                    _ => None,
                })
                .collect();
            let insert = RowInsert::new("shoppers_insert", &tables.table("shoppers"), &COLUMNS, "");
            insert
                .insert(connection, &met, |query, (metadata, event)| {
                    query
                        .bind(metadata.sequence.0.cast_signed())
                        .bind(event.shopper.0.cast_signed())
                        .bind(i64::from(event.guest))
                        .bind(event.personal.clone())
                        .bind(metadata.command_id.as_bytes().to_vec())
                        .bind(metadata.recorded_at_us)
                })
                .await?;
            Ok(())
        })
    }
}
