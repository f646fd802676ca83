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

/// A segment that nobody else can write to meanwhile.
pub struct Held(SqliteConnection);

impl Held {
    pub async fn hold(path: &Path) -> Self {
        let mut connection = connect(path).await;
        sqlx::raw_sql("BEGIN IMMEDIATE")
            .execute(&mut connection)
            .await
            .unwrap();
        Self(connection)
    }

    /// What [`lose_commits_with`] does, from the moment that the segment is let go.
    pub async fn lose_commits_with(&mut self, text: &str) {
        create_trigger_with(&mut self.0, "BEFORE", "ABORT", text).await;
    }

    pub async fn let_go(mut self) {
        sqlx::raw_sql("COMMIT").execute(&mut self.0).await.unwrap();
        sqlx::Connection::close(self.0).await.unwrap();
    }
}

async fn create_trigger(path: &Path, moment: &str, action: &str, text: &str) {
    let mut connection = connect(path).await;
    create_trigger_with(&mut connection, moment, action, text).await;
    sqlx::Connection::close(connection).await.unwrap();
}

async fn create_trigger_with(
    connection: &mut SqliteConnection,
    moment: &str,
    action: &str,
    text: &str,
) {
    let sql = format!(
        "CREATE TRIGGER faulty {moment} INSERT ON commits WHEN NEW.events LIKE '%{text}%'
         BEGIN SELECT RAISE({action}, 'injected'); END"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(connection)
        .await
        .unwrap();
}
