//! SQLite files beside the process that owns them.

use std::path::Path;

use sqlx::{AssertSqlSafe, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

/// All rows of a table as SQL literals, in order.
pub fn rows(path: &Path, table: &str) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let rows = runtime.block_on(async {
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let rows = table_rows(&mut connection, table).await;
        connection.close().await?;
        rows
    });
    rows.expect("a database with this table")
}

async fn table_rows(
    connection: &mut SqliteConnection,
    table: &str,
) -> Result<Vec<String>, sqlx::Error> {
    let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info($1)")
        .bind(table)
        .fetch_all(&mut *connection)
        .await?;
    assert!(!columns.is_empty(), "no table {table}");
    let quoted: Vec<_> = columns
        .iter()
        .map(|name| format!("quote({name})"))
        .collect();
    let row = quoted.join(" || ' ' || ");
    // Names of tables and columns are our own.
    let query = format!("SELECT {row} FROM {table} ORDER BY 1");
    sqlx::query_scalar(AssertSqlSafe(query))
        .fetch_all(connection)
        .await
}

/// Changes a database whose owner has ended, as somebody with access to the file could.
pub fn execute(path: &Path, statement: &'static str) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let options = SqliteConnectOptions::new().filename(path);
    let changed = runtime.block_on(async {
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let changed = sqlx::query(statement).execute(&mut connection).await?;
        connection.close().await?;
        Ok::<_, sqlx::Error>(changed.rows_affected())
    });
    assert!(changed.expect("a database that can be changed") > 0);
}
