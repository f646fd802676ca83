//! One row for each transaction, with its newest label, and one row for each label.

use std::sync::{Arc, Mutex, PoisonError};

use accord_event_log::Recorded;
use accord_read_store::{Poison, Projection, ProjectionError, RowInsert, TableSet};
use futures::future::BoxFuture;
use risk_control::{Decision, Event, Label, LabelSource, ListName, Reason, Transaction};
use sqlx::{AssertSqlSafe, SqliteConnection};

const COLUMNS: [&str; 14] = [
    "sequence",
    "transaction_hash",
    "transaction_id",
    "customer",
    "terminal_id",
    "occurred_at",
    "recorded_at",
    "amount_minor",
    "currency",
    "decision",
    "score",
    "imported",
    "reason",
    "personal",
];

/// Sequences in one run of the indexes that are looked up at random.
pub const INDEX_RUN: i64 = 32_768;

/// Beginning of a statement that looks into every run of the random indexes: `runs (run)`, newest first.
pub fn with_index_runs(table: &str) -> String {
    format!(
        "WITH RECURSIVE runs (run) AS (
             SELECT (SELECT COALESCE(MAX(sequence), 0) FROM {table}) / {INDEX_RUN}
             UNION ALL SELECT run - 1 FROM runs WHERE run > 0)"
    )
}

/// Finds a transaction by its own id: `$1` is its hash and `$2` the id; gives `columns`.
///
/// `CROSS JOIN` because SQLite keeps its order: left to itself it reads the whole table and looks up the run of each row.
pub fn find_by_id(table: &str, columns: &str) -> String {
    let with_runs = with_index_runs(table);
    format!(
        "{with_runs}
         SELECT {columns} FROM runs CROSS JOIN {table}
         WHERE sequence / {INDEX_RUN} = run AND transaction_hash = $1 AND transaction_id = $2
         LIMIT 1"
    )
}

/// Hash by which a transaction is found; the id itself is compared as well.
pub fn transaction_hash(transaction_id: &str) -> i64 {
    // FNV-1a: an index needs an even spread, not secrecy, and the value must never change.
    transaction_id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
        .cast_signed()
}

/// Numbers under which labels and their sources are stored.
pub fn label_code(label: Label) -> i64 {
    match label {
        Label::Genuine => 0,
        Label::Fraud => 1,
    }
}

pub fn label_source_code(source: LabelSource) -> i64 {
    match source {
        LabelSource::Chargeback => 0,
        LabelSource::Customer => 1,
        LabelSource::Analyst => 2,
    }
}

pub fn decision_code(decision: Decision) -> i64 {
    decision as i64
}

/// Projection of transactions and labels.
#[derive(Default)]
pub struct Transactions {
    /// The insert statement of the tables written last; it changes only with a rebuild.
    insert: Mutex<Option<(TableSet, RowInsert)>>,
}

struct Row<'event> {
    sequence: i64,
    recorded_at_us: i64,
    transaction: &'event Transaction,
    decision: Decision,
    score: Option<f64>,
    reason: Option<String>,
    personal: &'event str,
}

impl Transactions {
    fn insert(&self, tables: TableSet) -> RowInsert {
        let mut known = self.insert.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some((known_tables, insert)) if *known_tables == tables => insert.clone(),
            _ => {
                let insert = RowInsert::new(
                    "transactions_insert",
                    &tables.table("transactions"),
                    &COLUMNS,
                    "",
                );
                *known = Some((tables, insert.clone()));
                insert
            }
        }
    }
}

impl Projection<Event> for Transactions {
    fn name(&self) -> &'static str {
        "transactions"
    }

    fn version(&self) -> u32 {
        3
    }

    fn poison(&self) -> Poison {
        Poison::ParksEntity
    }

    fn create_tables(&self, tables: TableSet) -> String {
        include_str!("../../../../../migrations/risk-control/transactions.sql")
            .replace("{set}", &format!("g{}", tables.generation))
            .replace("{run}", &INDEX_RUN.to_string())
    }

    fn tables(&self) -> &'static [&'static str] {
        &[
            "transactions",
            "transaction_labels",
            "transaction_aftermath",
        ]
    }

    fn apply<'a>(
        &'a self,
        connection: &'a mut SqliteConnection,
        tables: TableSet,
        events: &'a [Arc<Recorded<Event>>],
    ) -> BoxFuture<'a, Result<(), ProjectionError>> {
        Box::pin(async move {
            let insert = self.insert(tables);
            let mut rows = Vec::with_capacity(events.len());
            for recorded in events {
                match &recorded.event {
                    Event::TransactionAssessed(event) => rows.push(Row {
                        sequence: recorded.metadata.sequence.0.cast_signed(),
                        recorded_at_us: recorded.metadata.recorded_at_us,
                        transaction: &event.transaction,
                        decision: event.decision,
                        score: Some(event.score),
                        reason: headline(event),
                        personal: &event.personal,
                    }),
                    Event::TransactionImported(event) => rows.push(Row {
                        sequence: recorded.metadata.sequence.0.cast_signed(),
                        recorded_at_us: recorded.metadata.recorded_at_us,
                        transaction: &event.transaction,
                        decision: event.decision,
                        score: None,
                        reason: None,
                        personal: &event.personal,
                    }),
                    Event::TransactionAdvised(event) => rows.push(Row {
                        sequence: recorded.metadata.sequence.0.cast_signed(),
                        recorded_at_us: recorded.metadata.recorded_at_us,
                        transaction: &event.transaction,
                        decision: event.decision,
                        score: None,
                        reason: None,
                        personal: &event.personal,
                    }),
                    Event::TransactionReversed(event) => {
                        insert_rows(&insert, connection, &rows).await?;
                        rows.clear();
                        let happened = Happened {
                            transaction_id: &event.transaction_id,
                            kind: "reversed",
                            amount_minor: None,
                            detail: Some(event.cause.name()),
                            happened_at_us: event.happened_at_us,
                        };
                        aftermath(connection, tables, recorded, &happened).await?;
                    }
                    Event::TransactionRefunded(event) => {
                        insert_rows(&insert, connection, &rows).await?;
                        rows.clear();
                        let happened = Happened {
                            transaction_id: &event.transaction_id,
                            kind: "refunded",
                            amount_minor: Some(event.amount_minor),
                            detail: None,
                            happened_at_us: event.happened_at_us,
                        };
                        aftermath(connection, tables, recorded, &happened).await?;
                    }
                    Event::ChallengeAnswered(event) => {
                        insert_rows(&insert, connection, &rows).await?;
                        rows.clear();
                        let happened = Happened {
                            transaction_id: &event.transaction_id,
                            kind: "challenge_answered",
                            amount_minor: None,
                            detail: Some(event.outcome.name()),
                            happened_at_us: event.happened_at_us,
                        };
                        aftermath(connection, tables, recorded, &happened).await?;
                    }
                    Event::TransactionLabelled(event) => {
                        // The label's transaction may be among the rows that wait.
                        insert_rows(&insert, connection, &rows).await?;
                        rows.clear();
                        let said = Said {
                            transaction_id: &event.transaction_id,
                            label: Some(event.label),
                            source: event.source,
                            known_at_us: event.known_at_us,
                            note: event.note.as_deref(),
                        };
                        label(connection, tables, recorded, &said).await?;
                    }
                    Event::LabelWithdrawn(event) => {
                        insert_rows(&insert, connection, &rows).await?;
                        rows.clear();
                        let said = Said {
                            transaction_id: &event.transaction_id,
                            label: None,
                            source: LabelSource::Analyst,
                            known_at_us: event.known_at_us,
                            note: None,
                        };
                        label(connection, tables, recorded, &said).await?;
                    }
                    _ => {}
                }
            }
            insert_rows(&insert, connection, &rows).await?;
            Ok(())
        })
    }
}

/// The strongest reason in words, for transactions that somebody will look at.
fn headline(event: &risk_control::TransactionAssessed) -> Option<String> {
    if event.decision == Decision::Approve {
        return None;
    }
    if event.lists.on(ListName::Block) {
        return Some("On the block list".to_owned());
    }
    let by_feature = event.reasons.first().and_then(|strongest| {
        Reason::new(*strongest, &event.features, &event.transaction.currency)
    });
    match by_feature {
        Some(reason) => Some(reason.text),
        None => event.hits.first().map(|hit| format!("Rule {}", hit.rule())),
    }
}

async fn insert_rows(
    insert: &RowInsert,
    connection: &mut SqliteConnection,
    rows: &[Row<'_>],
) -> Result<(), sqlx::Error> {
    insert
        .insert(connection, rows, |query, row| {
            query
                .bind(row.sequence)
                .bind(transaction_hash(&row.transaction.transaction_id))
                .bind(row.transaction.transaction_id.clone())
                .bind(row.transaction.customer.0.cast_signed())
                .bind(row.transaction.terminal_id.clone())
                .bind(row.transaction.occurred_at_us)
                .bind(row.recorded_at_us)
                .bind(row.transaction.amount_minor)
                .bind(row.transaction.currency.clone())
                .bind(decision_code(row.decision))
                .bind(row.score)
                .bind(i64::from(row.score.is_none()))
                .bind(row.reason.clone())
                .bind(row.personal.to_owned())
        })
        .await
}

/// What happened to a transaction after it was decided.
struct Happened<'event> {
    transaction_id: &'event str,
    kind: &'static str,
    amount_minor: Option<i64>,
    detail: Option<&'static str>,
    happened_at_us: i64,
}

async fn aftermath(
    connection: &mut SqliteConnection,
    tables: TableSet,
    recorded: &Recorded<Event>,
    happened: &Happened<'_>,
) -> Result<(), ProjectionError> {
    let (transactions, aftermath) = (
        tables.table("transactions"),
        tables.table("transaction_aftermath"),
    );
    let inserted = sqlx::query(AssertSqlSafe(format!(
        "-- transaction_aftermath_insert
         INSERT INTO {aftermath} (transaction_sequence, sequence, kind, amount_minor, detail, happened_at, recorded_at, actor, command_id)
         SELECT found.sequence, $3, $4, $5, $6, $7, $8, $9, $10 FROM ({}) AS found",
        find_by_id(&transactions, "sequence")
    )))
    .bind(transaction_hash(happened.transaction_id))
    .bind(happened.transaction_id.to_owned())
    .bind(recorded.metadata.sequence.0.cast_signed())
    .bind(happened.kind)
    .bind(happened.amount_minor)
    .bind(happened.detail)
    .bind(happened.happened_at_us)
    .bind(recorded.metadata.recorded_at_us)
    .bind(recorded.metadata.actor.to_string())
    .bind(recorded.metadata.command_id.simple().to_string())
    .execute(connection)
    .await?;
    if inserted.rows_affected() == 1 {
        Ok(())
    } else {
        Err(ProjectionError::Event(
            "tells of a transaction that the log does not hold".into(),
        ))
    }
}

/// What somebody said of a transaction; a withdrawn label is `None`.
struct Said<'event> {
    transaction_id: &'event str,
    label: Option<Label>,
    source: LabelSource,
    known_at_us: i64,
    note: Option<&'event str>,
}

async fn label(
    connection: &mut SqliteConnection,
    tables: TableSet,
    recorded: &Recorded<Event>,
    said: &Said<'_>,
) -> Result<(), ProjectionError> {
    let (transactions, labels) = (
        tables.table("transactions"),
        tables.table("transaction_labels"),
    );
    let sequence = recorded.metadata.sequence.0.cast_signed();
    let labelled: Option<i64> = sqlx::query_scalar(AssertSqlSafe(format!(
        "-- transactions_label
         UPDATE {transactions} SET label = $3, label_known_at = $4
         WHERE sequence = ({}) RETURNING sequence",
        find_by_id(&transactions, "sequence")
    )))
    .bind(transaction_hash(said.transaction_id))
    .bind(said.transaction_id.to_owned())
    .bind(said.label.map(label_code))
    .bind(said.label.map(|_| said.known_at_us))
    .fetch_optional(&mut *connection)
    .await?;
    let Some(transaction) = labelled else {
        return Err(ProjectionError::Event(
            "labels a transaction that the log does not hold".into(),
        ));
    };
    sqlx::query(AssertSqlSafe(format!(
        "-- transaction_labels_insert
         INSERT INTO {labels} (sequence, transaction_sequence, label, source, known_at, recorded_at, actor, note, command_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    )))
    .bind(sequence)
    .bind(transaction)
    .bind(said.label.map(label_code))
    .bind(label_source_code(said.source))
    .bind(said.known_at_us)
    .bind(recorded.metadata.recorded_at_us)
    .bind(recorded.metadata.actor.to_string())
    .bind(said.note.map(str::to_owned))
    .bind(recorded.metadata.command_id.simple().to_string())
    .execute(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection, Row};

    use super::*;

    /// How SQLite goes about a statement, one line for each step.
    async fn plan(connection: &mut SqliteConnection, statement: &str) -> Vec<String> {
        sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}")))
            .fetch_all(connection)
            .await
            .unwrap()
            .iter()
            .map(|step| step.get("detail"))
            .collect()
    }

    #[tokio::test]
    async fn random_look_ups_go_by_their_index() {
        let tables = TableSet { generation: 1 };
        let mut connection = SqliteConnection::connect(":memory:").await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(Transactions::default().create_tables(tables)))
            .execute(&mut connection)
            .await
            .unwrap();
        let table = tables.table("transactions");
        let by_id = find_by_id(&table, "sequence");
        let page = |entity: &str| {
            format!(
                "SELECT * FROM {table} WHERE 1 = 1 AND sequence / {INDEX_RUN} = $1 AND {entity} = $2
                 AND sequence < $3 ORDER BY sequence DESC LIMIT 50"
            )
        };
        for (statement, index) in [
            (by_id.clone(), "by_hash"),
            (
                format!("UPDATE {table} SET label = 1 WHERE sequence = ({by_id})"),
                "by_hash",
            ),
            (page("customer"), "by_customer"),
            (page("terminal_id"), "by_terminal"),
        ] {
            let steps = plan(&mut connection, &statement).await;
            let index = format!("SEARCH {table} USING INDEX {table}_{index}");
            assert!(
                steps.iter().any(|step| step.starts_with(&index)),
                "{statement}: {steps:#?}"
            );
            let scan = format!("SCAN {table}");
            assert!(
                !steps.iter().any(|step| step.starts_with(&scan)),
                "{statement}: {steps:#?}"
            );
        }
    }
}
