//! Inserting many rows with few statements.
//!
//! A statement of a fixed number of rows is prepared once and used again, so rows are cut into chunks of fixed sizes.
//!
//! `OR FAIL` leaves the rows before a failing one in place, and the projector's transaction takes them back. Without it
//! SQLite keeps a copy of every page that a statement touches, to undo that statement alone: a quarter of the time. On
//! PostgreSQL the clause falls away, because there a failed statement ends the transaction by itself.

use sqlx::{AssertSqlSafe, Sqlite, SqliteConnection, query::Query, sqlite::SqliteArguments};

/// Rows in one statement, largest first.
const CHUNKS: [usize; 4] = [256, 32, 4, 1];

/// A multi-row `INSERT` into one table.
#[derive(Clone, Debug)]
pub struct RowInsert {
    statements: [String; CHUNKS.len()],
}

impl RowInsert {
    /// `name` opens every statement as a comment; `conflict` is what follows the values, such as an `ON CONFLICT`.
    pub fn new(name: &str, table: &str, columns: &[&str], conflict: &str) -> Self {
        let statements = CHUNKS.map(|rows| {
            let mut sql = format!(
                "-- {name}\nINSERT OR FAIL INTO {table} ({}) VALUES ",
                columns.join(", ")
            );
            for row in 0..rows {
                sql.push_str(if row == 0 { "(" } else { ", (" });
                for column in 0..columns.len() {
                    // Anonymous on purpose: with numbered placeholders the driver looks every one up by name, which
                    // takes time that is quadratic in their number.
                    sql.push_str(if column > 0 { ", ?" } else { "?" });
                }
                sql.push(')');
            }
            sql.push(' ');
            sql.push_str(conflict);
            sql
        });
        Self { statements }
    }

    /// Inserts all rows; `bind` binds the columns of one row in their order.
    pub async fn insert<R>(
        &self,
        connection: &mut SqliteConnection,
        mut rows: &[R],
        bind: impl for<'q> Fn(Bound<'q>, &R) -> Bound<'q>,
    ) -> Result<(), sqlx::Error> {
        for (statement, chunk) in self.statements.iter().zip(CHUNKS) {
            while rows.len() >= chunk {
                let (now, later) = rows.split_at(chunk);
                // Built from constants of this program only: table, columns and numbers.
                let mut query = sqlx::query(AssertSqlSafe(statement.as_str()));
                for row in now {
                    query = bind(query, row);
                }
                query.execute(&mut *connection).await?;
                rows = later;
            }
        }
        Ok(())
    }
}

/// A statement to which a row's columns are bound.
pub type Bound<'q> = Query<'q, Sqlite, SqliteArguments>;
