//! Checkpoints: how far each projection has read, and which set of its tables is live.

use accord_event_log::Sequence;
use serde::Serialize;
use sqlx::{Row, SqliteConnection};

use crate::store::ReadStore;

/// One generation of a projection's tables. Table names end in the generation, so that two can stand side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct TableSet {
    pub generation: i64,
}

impl TableSet {
    /// The name of a table in this set.
    pub fn table(&self, name: &str) -> String {
        format!("{name}_g{}", self.generation)
    }
}

/// A projection as the read store knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProjectionStatus {
    pub name: String,
    pub generation: i64,
    pub version: i64,
    /// The last event that is in the rows.
    pub through: Sequence,
    pub live: bool,
    /// Why it stopped, if it did.
    pub stopped: Option<String>,
    /// Entities set aside because an event of theirs could not be projected.
    pub parked_entities: i64,
}

impl ReadStore {
    pub(crate) async fn create_checkpoints(&self) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(include_str!(
            "../../../migrations/read-store/0001_checkpoints.sql"
        ))
        .execute(self.writer())
        .await
        .map(|_| ())
    }

    /// All generations of all projections.
    pub async fn projections(&self) -> Result<Vec<ProjectionStatus>, sqlx::Error> {
        let rows = sqlx::query(
            "-- projections_status
             SELECT p.name, p.generation, p.version, p.through, p.live, p.stopped,
                    (SELECT COUNT(*) FROM parked_entities e
                     WHERE e.projection = p.name AND e.generation = p.generation)
             FROM projections p ORDER BY p.name, p.generation",
        )
        .fetch_all(self.readers())
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| ProjectionStatus {
                name: row.get(0),
                generation: row.get(1),
                version: row.get(2),
                through: sequence(row.get(3)),
                live: row.get::<i64, _>(4) == 1,
                stopped: row.get(5),
                parked_entities: row.get(6),
            })
            .collect())
    }

    /// The last event that is in any live table. A log that ends before it has lost its end.
    pub async fn last_seen(&self) -> Result<Sequence, sqlx::Error> {
        let last: Option<i64> = sqlx::query_scalar(
            "-- projections_last_seen
             SELECT MAX(through) FROM projections WHERE live = 1",
        )
        .fetch_one(self.readers())
        .await?;
        Ok(last.map_or(Sequence::ZERO, sequence))
    }

    /// The live tables of a projection; `None` before its first generation is complete.
    pub async fn live(&self, projection: &str) -> Result<Option<TableSet>, sqlx::Error> {
        let generation: Option<i64> = sqlx::query_scalar(
            "-- projections_live
             SELECT generation FROM projections WHERE name = $1 AND live = 1",
        )
        .bind(projection.to_owned())
        .fetch_optional(self.readers())
        .await?;
        Ok(generation.map(|generation| TableSet { generation }))
    }
}

/// Begins a new generation of a projection.
pub(crate) async fn begin_generation(
    connection: &mut SqliteConnection,
    name: &str,
    version: u32,
    live: bool,
) -> Result<TableSet, sqlx::Error> {
    let generation: i64 = sqlx::query_scalar(
        "-- projections_begin
         INSERT INTO projections (name, generation, version, through, live)
         SELECT $1, COALESCE(MAX(generation), 0) + 1, $2, 0, $3 FROM projections WHERE name = $1
         RETURNING generation",
    )
    .bind(name.to_owned())
    .bind(i64::from(version))
    .bind(i64::from(live))
    .fetch_one(connection)
    .await?;
    Ok(TableSet { generation })
}

/// Moves a checkpoint forward if it still stands where the caller believes; `false` where another writer moved it.
pub(crate) async fn advance(
    connection: &mut SqliteConnection,
    name: &str,
    tables: TableSet,
    from: Sequence,
    to: Sequence,
) -> Result<bool, sqlx::Error> {
    let moved = sqlx::query(
        "-- projections_advance
         UPDATE projections SET through = $1 WHERE name = $2 AND generation = $3 AND through = $4",
    )
    .bind(to.0.cast_signed())
    .bind(name.to_owned())
    .bind(tables.generation)
    .bind(from.0.cast_signed())
    .execute(connection)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// Makes one generation the live one.
pub(crate) async fn switch_live(
    connection: &mut SqliteConnection,
    name: &str,
    tables: TableSet,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "-- projections_switch
         UPDATE projections SET live = CASE WHEN generation = $2 THEN 1 ELSE 0 END WHERE name = $1",
    )
    .bind(name.to_owned())
    .bind(tables.generation)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Forgets a generation, once its tables are dropped.
pub(crate) async fn forget_generation(
    connection: &mut SqliteConnection,
    name: &str,
    tables: TableSet,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "-- parked_entities_forget
         DELETE FROM parked_entities WHERE projection = $1 AND generation = $2",
    )
    .bind(name.to_owned())
    .bind(tables.generation)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "-- projections_forget
         DELETE FROM projections WHERE name = $1 AND generation = $2",
    )
    .bind(name.to_owned())
    .bind(tables.generation)
    .execute(connection)
    .await
    .map(|_| ())
}

pub(crate) fn sequence(column: i64) -> Sequence {
    Sequence(column.cast_unsigned())
}
