//! Rebuild: a second set of tables, filled from the beginning of the log beside the live one.

use std::sync::Arc;

use accord_event_log::{LogReader, LoggedDecider, Recorded, Sequence};
use sqlx::{AssertSqlSafe, Connection};

use super::{BATCH_BYTES, Failure, ProjectorError, Running, drop_generation};
use crate::{
    checkpoint::{self, TableSet},
    projection::Projection,
    store::ReadStore,
};

/// Fills new tables for a projection up to the end of the log.
///
/// Gives the new tables and the last event in them. The running projector is handed both and makes them live: it alone
/// knows that nothing else is being written. An event that cannot be projected ends the rebuild, and the live tables
/// stay as they are. `progress` is told the last event done.
pub async fn rebuild<D: LoggedDecider>(
    store: &ReadStore,
    reader: &LogReader,
    projection: Arc<dyn Projection<D::Event>>,
    mut progress: impl FnMut(Sequence),
) -> Result<(TableSet, Sequence), ProjectorError> {
    let tables = begin(store, projection.as_ref()).await?;
    let mut running = Running {
        projection,
        tables,
        through: Sequence::ZERO,
        parked: std::collections::HashSet::new(),
        stopped: false,
    };
    loop {
        let commits = reader.read_after(running.through, BATCH_BYTES).await?;
        let mut events = Vec::new();
        for commit in &commits {
            commit.each_after::<D>(running.through, |recorded| {
                events.push(Arc::clone(recorded));
            })?;
        }
        let Some(last) = events.last().map(|event| event.metadata.sequence) else {
            return Ok((tables, running.through));
        };
        if let Err(error) = apply(store, &running, &events, last).await {
            forget(store, &running).await;
            return Err(error);
        }
        running.through = last;
        progress(last);
    }
}

/// Makes the tables of a new generation, which nobody reads yet.
async fn begin<E: 'static>(
    store: &ReadStore,
    projection: &dyn Projection<E>,
) -> Result<TableSet, sqlx::Error> {
    let mut connection = store.writer().acquire().await?;
    let begun = async {
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        let tables = checkpoint::begin_generation(
            &mut transaction,
            projection.name(),
            projection.version(),
            false,
        )
        .await?;
        // Built from constants of this program and a number.
        sqlx::raw_sql(AssertSqlSafe(projection.create_tables(tables)))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(tables)
    }
    .await;
    ReadStore::give_back(connection, begun).await
}

/// Rows and checkpoint of one batch.
async fn apply<E: Send + Sync + Clone + 'static>(
    store: &ReadStore,
    running: &Running<E>,
    events: &[Arc<Recorded<E>>],
    last: Sequence,
) -> Result<(), ProjectorError> {
    let mut connection = store.writer().acquire().await?;
    let applied = async {
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        match running.apply(&mut transaction, events, last).await {
            Ok(()) => Ok(transaction.commit().await?),
            Err(Failure::Projector(error)) => Err(error),
            Err(Failure::Event(detail)) => Err(ProjectorError::Unprojectable(detail)),
        }
    }
    .await;
    ReadStore::give_back(connection, applied).await
}

/// Drops what a rebuild that failed has made.
async fn forget<E: 'static>(store: &ReadStore, running: &Running<E>) {
    let dropped = async {
        let mut connection = store.writer().acquire().await?;
        let projection = running.projection.as_ref();
        let dropped = drop_generation(&mut connection, projection, running.tables).await;
        ReadStore::give_back(connection, dropped).await
    };
    if let Err(error) = dropped.await {
        tracing::warn!(%error, "tables of a failed rebuild could not be dropped; the next start tries again");
    }
}
