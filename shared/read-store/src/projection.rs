//! What a projection has to tell.

use std::sync::Arc;

use accord_event_log::Recorded;
use futures::future::BoxFuture;
use sqlx::SqliteConnection;

use crate::checkpoint::TableSet;

/// What happens with an event that cannot be projected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poison {
    /// Rows belong to one entity: the entity is set aside and shown, all others go on.
    ParksEntity,
    /// Rows sum over entities: the projection stops and shows, because a wrong sum looks like a right one.
    StopsProjection,
}

/// Why events could not be projected.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionError {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error("{0}")]
    Event(String),
}

/// Events of type `E` to rows.
pub trait Projection<E: 'static>: Send + Sync + 'static {
    fn name(&self) -> &'static str;

    /// Counts up whenever tables or rows change shape; another version is rebuilt from the log.
    fn version(&self) -> u32;

    fn poison(&self) -> Poison;

    /// Statements that create the tables of a set.
    fn create_tables(&self, tables: TableSet) -> String;

    /// Names of the tables, without their generation.
    fn tables(&self) -> &'static [&'static str];

    /// Writes the rows of some events, inside the caller's SQL transaction.
    fn apply<'a>(
        &'a self,
        connection: &'a mut SqliteConnection,
        tables: TableSet,
        events: &'a [Arc<Recorded<E>>],
    ) -> BoxFuture<'a, Result<(), ProjectionError>>;
}
