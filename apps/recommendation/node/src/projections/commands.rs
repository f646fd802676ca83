//! Commands that came with an identity, and where in the log each stands.

use std::sync::Arc;

use accord_event_log::Recorded;
use accord_read_store::{Poison, Projection, ProjectionError, RowInsert, TableSet};
use futures::future::BoxFuture;
use recommendation::Event;
use sqlx::SqliteConnection;

/// Projection of identities.
pub struct Commands;

impl Projection<Event> for Commands {
    fn name(&self) -> &'static str {
        "commands"
    }

    fn version(&self) -> u32 {
        1
    }

    fn poison(&self) -> Poison {
        Poison::StopsProjection
    }

    fn create_tables(&self, tables: TableSet) -> String {
        include_str!("../../../../../migrations/recommendation/commands.sql")
            .replace("{set}", &format!("g{}", tables.generation))
    }

    fn tables(&self) -> &'static [&'static str] {
        &["keyed_commands"]
    }

    fn apply<'a>(
        &'a self,
        connection: &'a mut SqliteConnection,
        tables: TableSet,
        events: &'a [Arc<Recorded<Event>>],
    ) -> BoxFuture<'a, Result<(), ProjectionError>> {
        Box::pin(async move {
            let keyed: Vec<_> = events
                .iter()
                .map(|recorded| &recorded.metadata)
                .filter(|metadata| metadata.index == 0 && metadata.payload_hash != 0)
                .collect();
            let insert = RowInsert::new(
                "keyed_commands_insert",
                &tables.table("keyed_commands"),
                &["command_id", "sequence"],
                "ON CONFLICT (command_id) DO NOTHING",
            );
            insert
                .insert(connection, &keyed, |query, metadata| {
                    query
                        .bind(metadata.command_id.as_bytes().to_vec())
                        .bind(metadata.sequence.0.cast_signed())
                })
                .await?;
            Ok(())
        })
    }
}
