//! A second hand on a segment file, beside its writer: to look, to lock, to break.

use std::path::Path;

use sqlx::{ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};

pub async fn connect(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new()
        .filename(path)
        .connect()
        .await
        .unwrap()
}

pub async fn execute(path: &Path, sql: &'static str) {
    let mut connection = connect(path).await;
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    sqlx::Connection::close(connection).await.unwrap();
}

/// From now on commits whose text contains `text` fail before they are stored; the writer cannot tell.
pub async fn lose_commits_with(path: &Path, text: &str) {
    create_trigger(path, "BEFORE", "ABORT", text).await;
}

/// From now on commits whose text contains `text` are stored, and yet reported as failed.
pub async fn store_and_fail_commits_with(path: &Path, text: &str) {
    create_trigger(path, "AFTER", "FAIL", text).await;
}

pub async fn accept_all_commits(path: &Path) {
    execute(path, "DROP TRIGGER faulty").await;
}

async fn create_trigger(path: &Path, moment: &str, action: &str, text: &str) {
    let mut connection = connect(path).await;
    let sql = format!(
        "CREATE TRIGGER faulty {moment} INSERT ON commits WHEN NEW.events LIKE '%{text}%'
         BEGIN SELECT RAISE({action}, 'injected'); END"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::Connection::close(connection).await.unwrap();
}
