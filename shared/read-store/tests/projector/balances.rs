//! A projection that sums deposits by account, and fails as it is told.

use std::sync::{Arc, Mutex};

use accord_event_log::Recorded;
use accord_read_store::{Poison, Projection, ProjectionError, ReadStore, TableSet};
use futures::{FutureExt, future::BoxFuture};
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::support::accounts::Event;

pub const NAME: &str = "balances";

/// How a batch fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// As on a full disk: SQLite has ended the transaction, and the driver does not know.
    RolledBack,
    /// The commit is in the file, and reported as failed.
    CommittedAllTheSame,
}

/// One row for each account.
#[derive(Clone, Debug, Default)]
pub struct Balances {
    /// Faults to come, the next one last.
    pub faults: Arc<Mutex<Vec<Fault>>>,
}

impl Projection<Event> for Balances {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> u32 {
        1
    }

    fn poison(&self) -> Poison {
        Poison::StopsProjection
    }

    fn create_tables(&self, tables: TableSet) -> String {
        format!(
            "CREATE TABLE {} (account BIGINT PRIMARY KEY, balance BIGINT NOT NULL)",
            tables.table(NAME)
        )
    }

    fn tables(&self) -> &'static [&'static str] {
        &[NAME]
    }

    fn apply<'a>(
        &'a self,
        connection: &'a mut SqliteConnection,
        tables: TableSet,
        events: &'a [Arc<Recorded<Event>>],
    ) -> BoxFuture<'a, Result<(), ProjectionError>> {
        async move {
            for event in events {
                if let Event::Deposited(movement) = &event.event {
                    add(connection, tables, movement.account, movement.amount).await?;
                }
            }
            let fault = self.faults.lock().unwrap().pop();
            match fault {
                None => return Ok(()),
                Some(Fault::RolledBack) => execute(connection, "ROLLBACK".to_owned()).await?,
                Some(Fault::CommittedAllTheSame) => {
                    let through = events.last().unwrap().metadata.sequence;
                    let generation = tables.generation;
                    execute(
                        connection,
                        format!(
                            "UPDATE projections SET through = {through}
                             WHERE name = '{NAME}' AND generation = {generation};
                             COMMIT"
                        ),
                    )
                    .await?;
                }
            }
            Err(sqlx::Error::Io(std::io::Error::other("injected")).into())
        }
        .boxed()
    }
}

async fn add(
    connection: &mut SqliteConnection,
    tables: TableSet,
    account: u64,
    amount: u64,
) -> Result<(), sqlx::Error> {
    let table = tables.table(NAME);
    let statement = format!(
        "INSERT INTO {table} (account, balance) VALUES ({account}, {amount})
         ON CONFLICT (account) DO UPDATE SET balance = balance + excluded.balance"
    );
    execute(connection, statement).await
}

async fn execute(connection: &mut SqliteConnection, statement: String) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(connection)
        .await
        .map(|_| ())
}

/// The balance of every account in the live tables.
pub async fn balances(store: &ReadStore) -> Vec<(i64, i64)> {
    let table = store.live(NAME).await.unwrap().unwrap().table(NAME);
    let query = format!("SELECT account, balance FROM {table} ORDER BY account");
    sqlx::query_as(AssertSqlSafe(query))
        .fetch_all(store.readers())
        .await
        .unwrap()
}
