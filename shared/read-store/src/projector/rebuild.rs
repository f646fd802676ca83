//! Rebuild: a second set of tables, filled from the beginning of the log beside the live one.

use accord_event_log::{LogReader, LoggedDecider, Sequence};
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
    projection: std::sync::Arc<dyn Projection<D::Event>>,
    mut progress: impl FnMut(Sequence),
) -> Result<(TableSet, Sequence), ProjectorError> {
    let tables = {
        let mut connection = store.writer().acquire().await?;
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
        tables
    };
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
                events.push(std::sync::Arc::clone(recorded));
            })?;
        }
        let Some(last) = events.last().map(|event| event.metadata.sequence) else {
            return Ok((tables, running.through));
        };
        let mut connection = store.writer().acquire().await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        let applied = running.apply(&mut transaction, &events, last).await;
        match applied {
            Ok(()) => {
                transaction.commit().await?;
                running.through = last;
                progress(last);
            }
            Err(Failure::Projector(error)) => {
                drop(transaction);
                drop_generation(&mut connection, running.projection.as_ref(), tables).await?;
                return Err(error);
            }
            Err(Failure::Event(detail)) => {
                drop(transaction);
                drop_generation(&mut connection, running.projection.as_ref(), tables).await?;
                return Err(ProjectorError::Unprojectable(detail));
            }
        }
    }
}
