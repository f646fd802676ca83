//! Reads the log once for all projections of a node and keeps their rows up to date.

mod rebuild;
mod resume;

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use accord_event_log::{
    DecodeError, LogReader, LoggedDecider, Recorded, Sequence,
    journal::reader::ReadError,
    priority,
    stages::{Stage, StageTimes},
};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use tokio::sync::watch;

pub use rebuild::rebuild;

use crate::{
    checkpoint::{self, TableSet},
    projection::{Poison, Projection, ProjectionError},
    store::ReadStore,
};

/// Stored text projected in one SQL transaction. A projector that lags behind takes larger bites and so catches up.
const BATCH_BYTES: usize = 16 << 20;
/// A batch of at least this many events says that the node is busy: then events are left to come together.
const BUSY_EVENTS: u64 = 512;
/// How many events a busy projector lets come together, and for how long at the most.
const FULL_EVENTS: u64 = 8_192;
const COLLECT_FOR: Duration = Duration::from_millis(400);
/// How long a failed batch waits before it is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How long the tables that a rebuild has replaced are kept for queries under way.
const DROP_AFTER: Duration = Duration::from_secs(10);

/// Why projecting ended or could not begin.
#[derive(Debug, thiserror::Error)]
pub enum ProjectorError {
    #[error("read store: {0}")]
    Database(#[from] sqlx::Error),
    #[error("log: {0}")]
    Log(#[from] ReadError),
    #[error("log: {0}")]
    Decode(#[from] DecodeError),
    #[error("another process moved the checkpoint of {0}")]
    CheckpointMoved(&'static str),
    #[error("an event cannot be projected: {0}")]
    Unprojectable(String),
}

/// How far the live read models are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    pub through: Sequence,
    /// Live tables by projection, in the order in which the projections were given.
    pub tables: Vec<TableSet>,
    /// A projection that stopped, with the reason.
    pub stopped: Option<String>,
}

struct Running<E: 'static> {
    projection: Arc<dyn Projection<E>>,
    tables: TableSet,
    through: Sequence,
    parked: HashSet<String>,
    stopped: bool,
}

/// Keeps the live read models of one node up to date.
pub struct Projector<D: LoggedDecider> {
    store: ReadStore,
    reader: LogReader,
    running: Vec<Running<D::Event>>,
    stages: Arc<StageTimes>,
    progress: watch::Sender<Progress>,
    stopped: Option<String>,
    /// Rebuilt tables that are to be made live, with the last event in them.
    rebuilt: VecDeque<(&'static str, TableSet, Sequence)>,
    /// Something failed since the store was last asked how far the rows are.
    unsettled: bool,
}

impl<D: LoggedDecider> Projector<D> {
    /// Finds or begins the tables of every projection. A projection whose live tables have another version gets new
    /// ones, which are filled from the beginning of the log.
    pub async fn new(
        store: ReadStore,
        reader: LogReader,
        projections: Vec<Arc<dyn Projection<D::Event>>>,
        stages: Arc<StageTimes>,
    ) -> Result<Self, ProjectorError> {
        let known = store.projections().await?;
        let mut running = Vec::new();
        for projection in projections {
            let live = known
                .iter()
                .find(|status| status.live && status.name == projection.name());
            let usable = live.filter(|live| {
                live.version == i64::from(projection.version()) && live.through <= reader.last()
            });
            let (tables, through) = match usable {
                Some(live) => (
                    TableSet {
                        generation: live.generation,
                    },
                    live.through,
                ),
                None => {
                    let mut connection = store.writer().acquire().await?;
                    let tables =
                        begin_live_generation(&mut connection, projection.as_ref()).await?;
                    (tables, Sequence::ZERO)
                }
            };
            drop_stale_generations(&store, projection.as_ref(), tables).await?;
            let parked = parked_entities(&store, projection.name(), tables).await?;
            running.push(Running {
                projection,
                tables,
                through,
                parked,
                stopped: false,
            });
        }
        let through = behind(&running);
        let progress = watch::Sender::new(Progress {
            through,
            tables: running.iter().map(|running| running.tables).collect(),
            stopped: None,
        });
        Ok(Self {
            store,
            reader,
            running,
            stages,
            progress,
            stopped: None,
            rebuilt: VecDeque::new(),
            unsettled: false,
        })
    }

    /// Follows how far the read models are.
    pub fn subscribe(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Projects on a thread of its own until `stop` turns true; see [`Projector::run`]. Must be called inside a tokio
    /// runtime.
    ///
    /// On the threads that serve requests every statement would queue up behind requests before the next one could be
    /// prepared, and the read models would be as slow as the node is busy.
    pub fn spawn(
        self,
        stop: watch::Receiver<bool>,
        switches: tokio::sync::mpsc::Receiver<(&'static str, TableSet, Sequence)>,
    ) -> std::io::Result<std::thread::JoinHandle<()>> {
        // What the driver leaves to be done later, such as giving a connection back, outlives this thread.
        let handle = tokio::runtime::Handle::current();
        std::thread::Builder::new()
            .name("projector".into())
            .spawn(move || {
                priority::work_in_the_background();
                handle.block_on(self.run(stop, switches));
            })
    }

    /// Projects until `stop` turns true. `switches` brings tables that a rebuild has finished.
    pub async fn run(
        mut self,
        mut stop: watch::Receiver<bool>,
        mut switches: tokio::sync::mpsc::Receiver<(&'static str, TableSet, Sequence)>,
    ) {
        let mut committed = self.reader.subscribe();
        loop {
            let begun = Instant::now();
            while let Ok(switch) = switches.try_recv() {
                self.rebuilt.push_back(switch);
            }
            match self.step().await {
                Ok(projected) if projected > 0 => {
                    if *stop.borrow() {
                        return;
                    }
                    if projected >= BUSY_EVENTS {
                        self.collect(begun, &mut committed, &mut stop).await;
                    }
                }
                Ok(_) => {
                    tokio::select! {
                        changed = committed.changed() => if changed.is_err() { return },
                        switch = switches.recv() => {
                            let Some(switch) = switch else { return };
                            self.rebuilt.push_back(switch);
                        }
                        () = stopped(&mut stop) => return,
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "projecting failed; trying again");
                    self.unsettled = true;
                    self.stopped = Some(error.to_string());
                    self.publish();
                    tokio::select! {
                        () = tokio::time::sleep(RETRY_AFTER) => {}
                        () = stopped(&mut stop) => return,
                    }
                }
            }
        }
    }

    /// Does what is next; gives the events projected, 0 where there is nothing to do.
    async fn step(&mut self) -> Result<u64, ProjectorError> {
        if self.unsettled {
            self.resume().await?;
        }
        while let Some((name, tables, through)) = self.rebuilt.front().copied() {
            self.switch(name, tables, through).await?;
            self.rebuilt.pop_front();
        }
        self.project_next().await
    }

    /// Projects everything that the log holds now: for tools and tests.
    pub async fn catch_up(&mut self) -> Result<(), ProjectorError> {
        while self.project_next().await? > 0 {}
        Ok(())
    }

    /// Lets events of a busy node come together, because the rows of a large batch share the pages that they change:
    /// twice the events in one transaction cost much less than twice the writing.
    async fn collect(
        &self,
        begun: Instant,
        committed: &mut watch::Receiver<Sequence>,
        stop: &mut watch::Receiver<bool>,
    ) {
        let full = Sequence(behind(&self.running).0 + FULL_EVENTS);
        let enough = tokio::time::timeout_at(
            (begun + COLLECT_FOR).into(),
            committed.wait_for(|last| *last >= full),
        );
        tokio::select! {
            _ = enough => {}
            () = stopped(stop) => {}
        }
    }

    /// Projects the next batch and gives its number of events; 0 where there is nothing to do.
    async fn project_next(&mut self) -> Result<u64, ProjectorError> {
        let from = behind(&self.running);
        let commits = self.reader.read_after(from, BATCH_BYTES).await?;
        if commits.is_empty() {
            return Ok(0);
        }
        let start = Instant::now();
        let mut events = Vec::new();
        for commit in &commits {
            commit.each_after::<D>(from, |recorded| events.push(Arc::clone(recorded)))?;
        }
        let count = events.len() as u64;
        if !self.project_batch(&events).await? {
            self.project_one_by_one(&events).await?;
        }
        self.stages.add(Stage::Project, start.elapsed(), count);
        self.stopped = None;
        self.publish();
        Ok(count)
    }

    /// One SQL transaction for all projections; `false` where an event could not be projected and nothing was kept.
    async fn project_batch(
        &mut self,
        events: &[Arc<Recorded<D::Event>>],
    ) -> Result<bool, ProjectorError> {
        let Some(last) = events.last().map(|event| event.metadata.sequence) else {
            return Ok(true);
        };
        let mut connection = self.store.writer().acquire().await?;
        let applied = apply_to_all(&mut connection, &self.running, events, last).await;
        if !ReadStore::give_back(connection, applied).await? {
            return Ok(false);
        }
        for running in self.running.iter_mut().filter(|running| !running.stopped) {
            running.through = running.through.max(last);
        }
        Ok(true)
    }

    /// The slow path after a failed batch: finds the event that cannot be projected and sets it aside.
    async fn project_one_by_one(
        &mut self,
        events: &[Arc<Recorded<D::Event>>],
    ) -> Result<(), ProjectorError> {
        let mut connection = self.store.writer().acquire().await?;
        let mut projected = Ok(());
        for running in &mut self.running {
            if projected.is_ok() {
                projected = running.apply_one_by_one(&mut connection, events).await;
            }
        }
        ReadStore::give_back(connection, projected).await
    }

    /// Makes rebuilt tables live, drops the old ones and goes on from the rebuilt ones' last event.
    async fn switch(
        &mut self,
        name: &str,
        tables: TableSet,
        through: Sequence,
    ) -> Result<(), sqlx::Error> {
        let Some(running) = self
            .running
            .iter_mut()
            .find(|running| running.projection.name() == name)
        else {
            return Ok(());
        };
        if running.tables == tables {
            // An attempt that failed had worked all the same.
            return Ok(());
        }
        let mut connection = self.store.writer().acquire().await?;
        let switched = checkpoint::switch_live(&mut connection, name, tables).await;
        ReadStore::give_back(connection, switched).await?;
        let old = std::mem::replace(&mut running.tables, tables);
        running.through = through;
        running.parked.clear();
        running.stopped = false;
        let projection = Arc::clone(&running.projection);
        self.publish();
        let store = self.store.clone();
        tokio::spawn(async move {
            // A query that had just looked up the old tables still finishes on them.
            tokio::time::sleep(DROP_AFTER).await;
            let dropped = async {
                let mut connection = store.writer().acquire().await?;
                let dropped = drop_generation(&mut connection, projection.as_ref(), old).await;
                ReadStore::give_back(connection, dropped).await
            };
            if let Err(error) = dropped.await {
                tracing::warn!(%error, "old tables could not be dropped; the next start tries again");
            }
        });
        Ok(())
    }

    fn publish(&self) {
        let stopped = self
            .running
            .iter()
            .find(|running| running.stopped)
            .map(|running| format!("{} stopped at an event", running.projection.name()));
        self.progress.send_replace(Progress {
            through: behind(&self.running),
            tables: self.running.iter().map(|running| running.tables).collect(),
            stopped: stopped.or_else(|| self.stopped.clone()),
        });
    }
}

/// Waits until the node stops, holding nothing of the channel over the wait.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone has stopped, too.
    let _ = stop.wait_for(|stop| *stop).await.map(|stop| *stop);
}

/// One SQL transaction for all projections; `false` where an event could not be projected and nothing was kept.
async fn apply_to_all<E: Send + Sync + Clone + 'static>(
    connection: &mut SqliteConnection,
    projections: &[Running<E>],
    events: &[Arc<Recorded<E>>],
    last: Sequence,
) -> Result<bool, ProjectorError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    for running in projections.iter().filter(|running| !running.stopped) {
        match running.apply(&mut transaction, events, last).await {
            Ok(()) => {}
            Err(Failure::Projector(error)) => return Err(error),
            Err(Failure::Event(detail)) => {
                tracing::warn!(
                    projection = running.projection.name(),
                    detail,
                    "an event cannot be projected"
                );
                transaction.rollback().await?;
                return Ok(false);
            }
        }
    }
    transaction.commit().await?;
    Ok(true)
}

enum Failure {
    Projector(ProjectorError),
    Event(String),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Projector(ProjectorError::Database(error))
    }
}

impl<E: Send + Sync + 'static> Running<E> {
    /// Rows and checkpoint of a batch that ends at `last`.
    async fn apply(
        &self,
        connection: &mut SqliteConnection,
        events: &[Arc<Recorded<E>>],
        last: Sequence,
    ) -> Result<(), Failure> {
        let name = self.projection.name();
        if last <= self.through {
            return Ok(());
        }
        let start = events.partition_point(|event| event.metadata.sequence <= self.through);
        let fresh = &events[start..];
        let applied = if self.parked.is_empty() {
            self.projection.apply(connection, self.tables, fresh).await
        } else {
            let kept: Vec<_> = fresh
                .iter()
                .filter(|event| !self.parked.contains(&event.metadata.entity_id))
                .cloned()
                .collect();
            self.projection.apply(connection, self.tables, &kept).await
        };
        match applied {
            Ok(()) => {}
            // What SQLite refuses about a row (a constraint) is the event's fault; anything else is the store's.
            Err(ProjectionError::Database(error)) => {
                let constraint = error
                    .as_database_error()
                    .is_some_and(|error| error.is_unique_violation() || error.is_check_violation());
                return Err(if constraint {
                    Failure::Event(error.to_string())
                } else {
                    error.into()
                });
            }
            Err(ProjectionError::Event(detail)) => return Err(Failure::Event(detail)),
        }
        if checkpoint::advance(connection, name, self.tables, self.through, last).await? {
            Ok(())
        } else {
            Err(Failure::Projector(ProjectorError::CheckpointMoved(name)))
        }
    }

    /// Each event in a transaction of its own; one that cannot be projected is set aside.
    async fn apply_one_by_one(
        &mut self,
        connection: &mut SqliteConnection,
        events: &[Arc<Recorded<E>>],
    ) -> Result<(), ProjectorError> {
        for event in events {
            let sequence = event.metadata.sequence;
            if self.stopped || sequence <= self.through {
                continue;
            }
            let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
            let applied = self
                .apply(&mut transaction, std::slice::from_ref(event), sequence)
                .await;
            match applied {
                Ok(()) => transaction.commit().await?,
                Err(Failure::Projector(error)) => return Err(error),
                Err(Failure::Event(detail)) => {
                    transaction.rollback().await?;
                    self.set_aside(connection, event, &detail).await?;
                }
            }
            if !self.stopped {
                self.through = sequence;
            }
        }
        Ok(())
    }

    async fn set_aside(
        &mut self,
        connection: &mut SqliteConnection,
        event: &Recorded<E>,
        detail: &str,
    ) -> Result<(), ProjectorError> {
        let name = self.projection.name();
        if self.projection.poison() == Poison::StopsProjection {
            sqlx::query(
                "-- projections_stop
                 UPDATE projections SET stopped = $1 WHERE name = $2 AND generation = $3",
            )
            .bind(format!("event {}: {detail}", event.metadata.sequence))
            .bind(name)
            .bind(self.tables.generation)
            .execute(connection)
            .await?;
            self.stopped = true;
            return Ok(());
        }
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query(
            "-- parked_entities_add
             INSERT INTO parked_entities (projection, generation, entity_id, sequence, detail)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        )
        .bind(name)
        .bind(self.tables.generation)
        .bind(event.metadata.entity_id.clone())
        .bind(event.metadata.sequence.0.cast_signed())
        .bind(detail.to_owned())
        .execute(&mut *transaction)
        .await?;
        let sequence = event.metadata.sequence;
        checkpoint::advance(&mut transaction, name, self.tables, self.through, sequence).await?;
        transaction.commit().await?;
        self.parked.insert(event.metadata.entity_id.clone());
        Ok(())
    }
}

/// The last event that all running projections have. A stopped one holds nobody back.
fn behind<E: 'static>(running: &[Running<E>]) -> Sequence {
    running
        .iter()
        .filter(|running| !running.stopped)
        .map(|running| running.through)
        .min()
        .unwrap_or(Sequence(u64::MAX))
}

async fn begin_live_generation<E: 'static>(
    connection: &mut SqliteConnection,
    projection: &dyn Projection<E>,
) -> Result<TableSet, sqlx::Error> {
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
    checkpoint::switch_live(&mut transaction, projection.name(), tables).await?;
    transaction.commit().await?;
    Ok(tables)
}

/// Drops what an interrupted rebuild or an older version left behind.
async fn drop_stale_generations<E: 'static>(
    store: &ReadStore,
    projection: &dyn Projection<E>,
    keep: TableSet,
) -> Result<(), sqlx::Error> {
    for status in store.projections().await? {
        if status.name != projection.name() || status.generation == keep.generation {
            continue;
        }
        let tables = TableSet {
            generation: status.generation,
        };
        let mut connection = store.writer().acquire().await?;
        drop_generation(&mut connection, projection, tables).await?;
    }
    Ok(())
}

async fn drop_generation<E: 'static>(
    connection: &mut SqliteConnection,
    projection: &dyn Projection<E>,
    tables: TableSet,
) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    for table in projection.tables() {
        let statement = format!("DROP TABLE IF EXISTS {}", tables.table(table));
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut *transaction)
            .await?;
    }
    checkpoint::forget_generation(&mut transaction, projection.name(), tables).await?;
    transaction.commit().await
}

async fn parked_entities(
    store: &ReadStore,
    name: &'static str,
    tables: TableSet,
) -> Result<HashSet<String>, sqlx::Error> {
    let parked: Vec<String> = sqlx::query_scalar(
        "-- parked_entities_list
         SELECT entity_id FROM parked_entities WHERE projection = $1 AND generation = $2",
    )
    .bind(name)
    .bind(tables.generation)
    .fetch_all(store.readers())
    .await?;
    Ok(parked.into_iter().collect())
}
