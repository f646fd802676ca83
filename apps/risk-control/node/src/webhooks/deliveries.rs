//! The delivery log: what is to be sent, what was sent, and what came of it.

use std::path::Path;

use accord_event_log::Sequence;
use sqlx::{
    ConnectOptions, Row, SqlitePool,
    sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
    },
};

/// Deliveries that are kept of one subscription once they are done; older ones are forgotten.
const DONE_KEPT_MAX: i64 = 10_000;
/// After so many attempts in a row a delivery is given up; with the pauses between them that is about a day.
pub const ATTEMPTS_MAX: u32 = 10;
const FIRST_PAUSE_US: i64 = 5_000_000;
const PAUSE_MAX_US: i64 = 6 * 3_600 * 1_000_000;

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    Waiting,
    Delivered,
    GivenUp,
}

impl DeliveryState {
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::GivenUp];

    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::GivenUp => "given_up",
        }
    }
}

/// A message to one subscription. Times are epoch microseconds on the real clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub number: i64,
    pub webhook_id: String,
    /// The same for every attempt.
    pub message_id: String,
    pub sequence: Sequence,
    pub event_type: String,
    pub state: DeliveryState,
    pub attempts: u32,
    pub attempts_in_a_row: u32,
    pub created_at_us: i64,
    pub next_attempt_at_us: i64,
    pub last_attempt_at_us: Option<i64>,
    pub last_status: Option<u16>,
    pub last_error: Option<String>,
}

/// A message that some subscription is to get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    pub webhook_id: String,
    pub message_id: String,
    pub sequence: Sequence,
    pub event_type: String,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub status: Option<u16>,
    pub error: Option<String>,
}

impl Attempt {
    pub fn succeeded(&self) -> bool {
        self.status
            .is_some_and(|status| (200..300).contains(&status))
    }
}

/// The pause after an attempt that failed, before jitter: 5 seconds, then four times as long each time, at most six
/// hours.
pub fn pause_us(attempts_in_a_row: u32) -> i64 {
    let doublings = 2 * attempts_in_a_row.saturating_sub(1).min(20);
    (FIRST_PAUSE_US << doublings).min(PAUSE_MAX_US)
}

/// The delivery log of one node. Cheap to clone.
#[derive(Clone, Debug)]
pub struct DeliveryLog {
    pool: SqlitePool,
}

const COLUMNS: &str = "number, webhook_id, message_id, sequence, event_type, state, attempts, attempts_in_a_row, \
                       created_at, next_attempt_at, last_attempt_at, last_status, last_error";

impl DeliveryLog {
    /// Opens the file, creating it where there is none; a new one begins at `through`.
    pub async fn open(path: &Path, through: Sequence) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A cursor that a power cut takes back would send what was sent before.
            .synchronous(SqliteSynchronous::Full)
            .disable_statement_logging();
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await?;
        sqlx::raw_sql(include_str!(
            "../../../../../migrations/risk-control/deliveries.sql"
        ))
        .execute(&pool)
        .await?;
        sqlx::query(
            "-- dispatch_cursor_begin
             INSERT INTO dispatch_cursor (id, through) VALUES (1, $1) ON CONFLICT DO NOTHING",
        )
        .bind(through.0.cast_signed())
        .execute(&pool)
        .await?;
        Ok(Self { pool })
    }

    /// Everything up to here has its deliveries.
    pub async fn cursor(&self) -> Result<Sequence, sqlx::Error> {
        let through: i64 = sqlx::query_scalar(
            "-- dispatch_cursor_read
             SELECT through FROM dispatch_cursor WHERE id = 1",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(Sequence(through.cast_unsigned()))
    }

    /// Stores deliveries and the cursor that found them, both or neither. One that is stored already stays as it is.
    pub async fn enqueue(
        &self,
        deliveries: &[NewDelivery],
        through: Sequence,
        now_us: i64,
    ) -> Result<(), sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        for delivery in deliveries {
            sqlx::query(
                "-- deliveries_enqueue
                 INSERT INTO deliveries (webhook_id, message_id, sequence, event_type, state, attempts,
                     attempts_in_a_row, created_at, next_attempt_at)
                 VALUES ($1, $2, $3, $4, 0, 0, 0, $5, $6) ON CONFLICT DO NOTHING",
            )
            .bind(delivery.webhook_id.clone())
            .bind(delivery.message_id.clone())
            .bind(delivery.sequence.0.cast_signed())
            .bind(delivery.event_type.clone())
            .bind(now_us)
            .bind(now_us)
            .execute(&mut *transaction)
            .await?;
        }
        sqlx::query(
            "-- dispatch_cursor_move
             UPDATE dispatch_cursor SET through = $1 WHERE id = 1 AND through < $2",
        )
        .bind(through.0.cast_signed())
        .bind(through.0.cast_signed())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await
    }

    /// The deliveries of a subscription that are due, longest waiting first.
    pub async fn due(
        &self,
        webhook_id: &str,
        now_us: i64,
        rows_max: u32,
    ) -> Result<Vec<Delivery>, sqlx::Error> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "-- deliveries_due
             SELECT {COLUMNS} FROM deliveries
             WHERE state = 0 AND webhook_id = $1 AND next_attempt_at <= $2 ORDER BY next_attempt_at LIMIT $3"
        )))
        .bind(webhook_id.to_owned())
        .bind(now_us)
        .bind(i64::from(rows_max))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read_row).collect()
    }

    /// Records an attempt; one that failed is tried again after `pause_us`, or given up.
    pub async fn record(
        &self,
        delivery: &Delivery,
        attempt: &Attempt,
        now_us: i64,
        pause_us: i64,
    ) -> Result<DeliveryState, sqlx::Error> {
        let in_a_row = delivery.attempts_in_a_row + 1;
        let state = if attempt.succeeded() {
            DeliveryState::Delivered
        } else if in_a_row >= ATTEMPTS_MAX {
            DeliveryState::GivenUp
        } else {
            DeliveryState::Waiting
        };
        sqlx::query(
            "-- deliveries_record
             UPDATE deliveries SET state = $1, attempts = attempts + 1, attempts_in_a_row = $2, next_attempt_at = $3,
                 last_attempt_at = $4, last_status = $5, last_error = $6
             WHERE number = $7",
        )
        .bind(state as i64)
        .bind(i64::from(in_a_row))
        .bind(now_us.saturating_add(pause_us))
        .bind(now_us)
        .bind(attempt.status.map(i64::from))
        .bind(attempt.error.clone())
        .bind(delivery.number)
        .execute(&self.pool)
        .await?;
        Ok(state)
    }

    /// Forgets what a deleted subscription still had to get, and the oldest of what is done.
    pub async fn tidy(&self, webhook_id: &str, deleted: bool) -> Result<(), sqlx::Error> {
        if deleted {
            sqlx::query(
                "-- deliveries_drop
                 UPDATE deliveries SET state = 2, last_error = 'the subscription was deleted'
                 WHERE state = 0 AND webhook_id = $1",
            )
            .bind(webhook_id.to_owned())
            .execute(&self.pool)
            .await?;
        }
        sqlx::query(
            "-- deliveries_forget
             DELETE FROM deliveries WHERE state > 0 AND webhook_id = $1 AND number <= COALESCE(
                 (SELECT number FROM deliveries WHERE webhook_id = $2 ORDER BY number DESC LIMIT 1 OFFSET $3), 0)",
        )
        .bind(webhook_id.to_owned())
        .bind(webhook_id.to_owned())
        .bind(DONE_KEPT_MAX)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// A page of a subscription's deliveries, newest first, below a number.
    pub async fn page(
        &self,
        webhook_id: &str,
        state: Option<DeliveryState>,
        below: Option<i64>,
        rows_max: u32,
    ) -> Result<Vec<Delivery>, sqlx::Error> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "-- deliveries_page
             SELECT {COLUMNS} FROM deliveries
             WHERE webhook_id = $1 AND number < $2 AND state = COALESCE($3, state) ORDER BY number DESC LIMIT $4"
        )))
        .bind(webhook_id.to_owned())
        .bind(below.unwrap_or(i64::MAX))
        .bind(state.map(|state| state as i64))
        .bind(i64::from(rows_max))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read_row).collect()
    }

    /// Deliveries of a subscription by state: waiting, delivered, given up.
    pub async fn counts(&self, webhook_id: &str) -> Result<[u64; 3], sqlx::Error> {
        let rows: Vec<(i64, i64)> = sqlx::query_as(
            "-- deliveries_count
             SELECT state, COUNT(*) FROM deliveries WHERE webhook_id = $1 GROUP BY state",
        )
        .bind(webhook_id.to_owned())
        .fetch_all(&self.pool)
        .await?;
        let mut counts = [0; 3];
        for (state, count) in rows {
            if let Some(slot) = usize::try_from(state)
                .ok()
                .and_then(|state| counts.get_mut(state))
            {
                *slot = count.cast_unsigned();
            }
        }
        Ok(counts)
    }

    /// Lets a message be sent again now, whatever became of it, under the same id; `None` where there is none.
    pub async fn redeliver(
        &self,
        webhook_id: &str,
        message_id: &str,
        now_us: i64,
    ) -> Result<Option<Delivery>, sqlx::Error> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!(
            "-- deliveries_redeliver
             UPDATE deliveries SET state = 0, attempts_in_a_row = 0, next_attempt_at = $1
             WHERE webhook_id = $2 AND message_id = $3 RETURNING {COLUMNS}"
        )))
        .bind(now_us)
        .bind(webhook_id.to_owned())
        .bind(message_id.to_owned())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(read_row).transpose()
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }
}

fn read_row(row: &SqliteRow) -> Result<Delivery, sqlx::Error> {
    let state = usize::try_from(row.try_get::<i64, _>(5)?).unwrap_or(usize::MAX);
    let count = |index: usize| -> Result<u32, sqlx::Error> {
        Ok(u32::try_from(row.try_get::<i64, _>(index)?).unwrap_or(u32::MAX))
    };
    Ok(Delivery {
        number: row.try_get(0)?,
        webhook_id: row.try_get(1)?,
        message_id: row.try_get(2)?,
        sequence: Sequence(row.try_get::<i64, _>(3)?.cast_unsigned()),
        event_type: row.try_get(4)?,
        state: *DeliveryState::ALL
            .get(state)
            .ok_or_else(|| sqlx::Error::Decode("a delivery of no known state".into()))?,
        attempts: count(6)?,
        attempts_in_a_row: count(7)?,
        created_at_us: row.try_get(8)?,
        next_attempt_at_us: row.try_get(9)?,
        last_attempt_at_us: row.try_get(10)?,
        last_status: row
            .try_get::<Option<i64>, _>(11)?
            .and_then(|status| u16::try_from(status).ok()),
        last_error: row.try_get(12)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(sequence: u64) -> NewDelivery {
        NewDelivery {
            webhook_id: "w-1".to_owned(),
            message_id: format!("evt_{sequence}"),
            sequence: Sequence(sequence),
            event_type: "case.resolved".to_owned(),
        }
    }

    fn failed() -> Attempt {
        Attempt {
            status: Some(500),
            error: None,
        }
    }

    async fn log(folder: &tempfile::TempDir) -> DeliveryLog {
        DeliveryLog::open(&folder.path().join("deliveries.db"), Sequence(7))
            .await
            .unwrap()
    }

    #[test]
    fn pauses_grow_and_are_bounded() {
        let seconds: Vec<i64> = (1..ATTEMPTS_MAX).map(|n| pause_us(n) / 1_000_000).collect();
        assert_eq!(
            seconds,
            [5, 20, 80, 320, 1_280, 5_120, 20_480, 21_600, 21_600]
        );
        assert_eq!(pause_us(u32::MAX), PAUSE_MAX_US);
    }

    #[tokio::test]
    async fn the_cursor_and_what_it_found_are_kept_together_over_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let first = log(&folder).await;
        assert_eq!(
            first.cursor().await.unwrap(),
            Sequence(7),
            "a new file begins here"
        );
        first
            .enqueue(&[delivery(8), delivery(9)], Sequence(10), 0)
            .await
            .unwrap();
        first.close().await;
        let again = log(&folder).await;
        assert_eq!(again.cursor().await.unwrap(), Sequence(10));
        // What is found a second time stays one message.
        again.enqueue(&[delivery(9)], Sequence(9), 0).await.unwrap();
        assert_eq!(
            again.cursor().await.unwrap(),
            Sequence(10),
            "never backwards"
        );
        assert_eq!(again.due("w-1", 0, 10).await.unwrap().len(), 2);
        assert_eq!(again.due("other", 0, 10).await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_delivery_is_tried_again_after_its_pause_and_given_up_in_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let log = log(&folder).await;
        log.enqueue(&[delivery(8)], Sequence(8), 0).await.unwrap();
        let mut now_us = 0;
        for attempt in 1..=ATTEMPTS_MAX {
            let due = log.due("w-1", now_us, 10).await.unwrap();
            assert_eq!(due.len(), 1, "attempt {attempt}");
            let state = log.record(&due[0], &failed(), now_us, 100).await.unwrap();
            assert_eq!(log.due("w-1", now_us + 99, 10).await.unwrap(), []);
            now_us += 100;
            let expected = if attempt == ATTEMPTS_MAX {
                DeliveryState::GivenUp
            } else {
                DeliveryState::Waiting
            };
            assert_eq!(state, expected);
        }
        assert_eq!(log.due("w-1", i64::MAX, 10).await.unwrap(), []);
        assert_eq!(log.counts("w-1").await.unwrap(), [0, 0, 1]);

        let again = log.redeliver("w-1", "evt_8", 5).await.unwrap().unwrap();
        assert_eq!(
            (again.state, again.attempts),
            (DeliveryState::Waiting, ATTEMPTS_MAX)
        );
        let delivered = Attempt {
            status: Some(204),
            error: None,
        };
        let state = log.record(&again, &delivered, 6, 0).await.unwrap();
        assert_eq!(state, DeliveryState::Delivered);
        assert_eq!(log.redeliver("w-1", "evt_9", 5).await.unwrap(), None);
    }

    #[tokio::test]
    async fn nothing_waits_for_a_deleted_subscription() {
        let folder = tempfile::tempdir().unwrap();
        let log = log(&folder).await;
        log.enqueue(&[delivery(8)], Sequence(8), 0).await.unwrap();
        log.tidy("w-1", true).await.unwrap();
        assert_eq!(log.counts("w-1").await.unwrap(), [0, 0, 1]);
        let page = log
            .page("w-1", Some(DeliveryState::GivenUp), None, 10)
            .await
            .unwrap();
        assert_eq!(
            page[0].last_error.as_deref(),
            Some("the subscription was deleted")
        );
    }
}
