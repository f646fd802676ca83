//! Cases: one row each for the queue, their alerts, and what happened to them.

use std::sync::Arc;

use accord_event_log::Recorded;
use accord_read_store::{Poison, Projection, ProjectionError, TableSet};
use futures::future::BoxFuture;
use risk_control::{
    AlertRaised, CaseEvent, CaseHappening, CaseId, CaseResolved, Event, MICROSECONDS_PER_DAY,
    Severity,
};
use sqlx::{AssertSqlSafe, SqliteConnection};

/// Millionths of a day, and of a doubling.
const MILLIONTHS: f64 = 1e6;
const MICROSECONDS_PER_MILLIONTH_DAY: i64 = MICROSECONDS_PER_DAY / 1_000_000;

/// State below which a case is open.
pub const CLOSED_FROM: i64 = 3;

pub fn severity_code(severity: Severity) -> i64 {
    severity as i64
}

/// Place of a case in the queue, smallest first. Waiting a day counts as much as twice the expected loss; since all
/// cases age alike, the order never changes by waiting alone and can be indexed.
pub fn queue_rank(opened_at_us: i64, expected_loss_minor: i64) -> i64 {
    let doublings = (expected_loss_minor.max(0) as f64 + 1.0).log2();
    opened_at_us / MICROSECONDS_PER_MILLIONTH_DAY - (doublings * MILLIONTHS) as i64
}

/// Points of a case at `now_us`: doublings of its expected loss in minor units, and days since it was opened.
pub fn priority(rank: i64, now_us: i64) -> f64 {
    (now_us / MICROSECONDS_PER_MILLIONTH_DAY - rank) as f64 / MILLIONTHS
}

/// Projection of cases.
pub struct Cases;

impl Projection<Event> for Cases {
    fn name(&self) -> &'static str {
        "cases"
    }

    fn version(&self) -> u32 {
        1
    }

    fn poison(&self) -> Poison {
        Poison::ParksEntity
    }

    fn create_tables(&self, tables: TableSet) -> String {
        include_str!("../../../../../migrations/risk-control/cases.sql")
            .replace("{set}", &format!("g{}", tables.generation))
    }

    fn tables(&self) -> &'static [&'static str] {
        &["cases", "case_alerts", "case_history"]
    }

    fn apply<'a>(
        &'a self,
        connection: &'a mut SqliteConnection,
        tables: TableSet,
        events: &'a [Arc<Recorded<Event>>],
    ) -> BoxFuture<'a, Result<(), ProjectionError>> {
        Box::pin(async move {
            for recorded in events {
                if let Event::Case(event) = &recorded.event {
                    apply_one(connection, tables, recorded, event).await?;
                }
            }
            Ok(())
        })
    }
}

async fn apply_one(
    connection: &mut SqliteConnection,
    tables: TableSet,
    recorded: &Recorded<Event>,
    event: &CaseEvent,
) -> Result<(), ProjectionError> {
    if let CaseHappening::AlertRaised(alert) = &event.happened {
        return alerted(connection, tables, recorded, event.case, alert).await;
    }
    match &event.happened {
        CaseHappening::Assigned(assigned) => {
            let assignee = Some(assigned.assignee.clone());
            assign(connection, tables, event.case, assignee).await?;
        }
        CaseHappening::Released(_) => assign(connection, tables, event.case, None).await?,
        CaseHappening::Escalated(_) => escalate(connection, tables, event.case).await?,
        CaseHappening::Resolved(resolved) => {
            resolve(connection, tables, event.case, resolved).await?;
        }
        CaseHappening::Reopened(_) => reopen(connection, tables, event.case).await?,
        CaseHappening::Expired(expired) => {
            expire(connection, tables, event.case, expired.expired_at_us).await?;
        }
        CaseHappening::Noted(_) | CaseHappening::AlertRaised(_) => {}
    }
    set_version(connection, tables, recorded, event.case).await?;
    history(connection, tables, recorded, event).await?;
    Ok(())
}

async fn alerted(
    connection: &mut SqliteConnection,
    tables: TableSet,
    recorded: &Recorded<Event>,
    case: CaseId,
    alert: &AlertRaised,
) -> Result<(), ProjectionError> {
    let (cases, alerts) = (tables.table("cases"), tables.table("case_alerts"));
    let sequence = recorded.metadata.sequence.0.cast_signed();
    if recorded.metadata.entity_version == 1 {
        sqlx::query(AssertSqlSafe(format!(
            "-- cases_open
             INSERT INTO {cases} (opened_sequence, case_id, customer, state, escalated, severity, alerts, amount_minor,
                 expected_loss_minor, opened_at, due_at, rank, version)
             VALUES ($1, $2, $3, 0, 0, $4, 1, $5, $6, $7, $8, $9, 1)"
        )))
        .bind(sequence)
        .bind(case.to_string())
        .bind(case.customer.0.cast_signed())
        .bind(severity_code(alert.severity))
        .bind(alert.amount_minor)
        .bind(alert.expected_loss_minor)
        .bind(alert.raised_at_us)
        .bind(alert.due_at_us)
        .bind(queue_rank(alert.raised_at_us, alert.expected_loss_minor))
        .execute(&mut *connection)
        .await?;
    } else {
        grow(connection, &cases, recorded, case, alert).await?;
    }
    // The assessment is the first event of the command that raised the alert.
    let transaction = sequence - i64::from(recorded.metadata.index);
    sqlx::query(AssertSqlSafe(format!(
        "-- case_alerts_insert
         INSERT INTO {alerts} (sequence, case_id, transaction_sequence, expected_loss_minor, raised_at)
         VALUES ($1, $2, $3, $4, $5)"
    )))
    .bind(sequence)
    .bind(case.to_string())
    .bind(transaction)
    .bind(alert.expected_loss_minor)
    .bind(alert.raised_at_us)
    .execute(connection)
    .await?;
    Ok(())
}

async fn grow(
    connection: &mut SqliteConnection,
    cases: &str,
    recorded: &Recorded<Event>,
    case: CaseId,
    alert: &AlertRaised,
) -> Result<(), ProjectionError> {
    let grown: Option<(i64, i64)> = sqlx::query_as(AssertSqlSafe(format!(
        "-- cases_grow
         UPDATE {cases} SET alerts = alerts + 1, amount_minor = amount_minor + $1,
             expected_loss_minor = expected_loss_minor + $2, severity = $3, due_at = $4, version = $5
         WHERE case_id = $6 RETURNING opened_at, expected_loss_minor"
    )))
    .bind(alert.amount_minor)
    .bind(alert.expected_loss_minor)
    .bind(severity_code(alert.severity))
    .bind(alert.due_at_us)
    .bind(recorded.metadata.entity_version.cast_signed())
    .bind(case.to_string())
    .fetch_optional(&mut *connection)
    .await?;
    let Some((opened_at_us, expected_loss_minor)) = grown else {
        return Err(ProjectionError::Event(
            "an alert of a case that the log did not open".into(),
        ));
    };
    sqlx::query(AssertSqlSafe(format!(
        "-- cases_rank
         UPDATE {cases} SET rank = $1 WHERE case_id = $2"
    )))
    .bind(queue_rank(opened_at_us, expected_loss_minor))
    .bind(case.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

async fn assign(
    connection: &mut SqliteConnection,
    tables: TableSet,
    case: CaseId,
    assignee: Option<String>,
) -> Result<(), sqlx::Error> {
    let cases = tables.table("cases");
    sqlx::query(AssertSqlSafe(format!(
        "-- cases_assign
         UPDATE {cases} SET assignee = $1,
             state = CASE WHEN escalated = 1 THEN 2 WHEN $2 = 1 THEN 1 ELSE 0 END
         WHERE case_id = $3"
    )))
    .bind(assignee.clone())
    .bind(i64::from(assignee.is_some()))
    .bind(case.to_string())
    .execute(connection)
    .await
    .map(|_| ())
}

async fn escalate(
    connection: &mut SqliteConnection,
    tables: TableSet,
    case: CaseId,
) -> Result<(), sqlx::Error> {
    let cases = tables.table("cases");
    sqlx::query(AssertSqlSafe(format!(
        "-- cases_escalate
         UPDATE {cases} SET state = 2, escalated = 1, assignee = NULL WHERE case_id = $1"
    )))
    .bind(case.to_string())
    .execute(connection)
    .await
    .map(|_| ())
}

async fn resolve(
    connection: &mut SqliteConnection,
    tables: TableSet,
    case: CaseId,
    resolved: &CaseResolved,
) -> Result<(), sqlx::Error> {
    let cases = tables.table("cases");
    sqlx::query(AssertSqlSafe(format!(
        "-- cases_resolve
         UPDATE {cases} SET state = 3, disposition = $1, closed_at = $2, resolved_by = $3, undo_until = $4
         WHERE case_id = $5"
    )))
    .bind(resolved.disposition.name())
    .bind(resolved.resolved_at_us)
    .bind(resolved.by.clone())
    .bind(resolved.undo_until_us)
    .bind(case.to_string())
    .execute(connection)
    .await
    .map(|_| ())
}

async fn reopen(
    connection: &mut SqliteConnection,
    tables: TableSet,
    case: CaseId,
) -> Result<(), sqlx::Error> {
    let cases = tables.table("cases");
    sqlx::query(AssertSqlSafe(format!(
        "-- cases_reopen
         UPDATE {cases} SET disposition = NULL, closed_at = NULL, resolved_by = NULL, undo_until = NULL,
             state = CASE WHEN escalated = 1 THEN 2 WHEN assignee IS NOT NULL THEN 1 ELSE 0 END
         WHERE case_id = $1"
    )))
    .bind(case.to_string())
    .execute(connection)
    .await
    .map(|_| ())
}

async fn expire(
    connection: &mut SqliteConnection,
    tables: TableSet,
    case: CaseId,
    expired_at_us: i64,
) -> Result<(), sqlx::Error> {
    let cases = tables.table("cases");
    sqlx::query(AssertSqlSafe(format!(
        "-- cases_expire
         UPDATE {cases} SET state = 4, closed_at = $1 WHERE case_id = $2"
    )))
    .bind(expired_at_us)
    .bind(case.to_string())
    .execute(connection)
    .await
    .map(|_| ())
}

async fn set_version(
    connection: &mut SqliteConnection,
    tables: TableSet,
    recorded: &Recorded<Event>,
    case: CaseId,
) -> Result<(), ProjectionError> {
    let cases = tables.table("cases");
    let set = sqlx::query(AssertSqlSafe(format!(
        "-- cases_set_version
         UPDATE {cases} SET version = $1 WHERE case_id = $2"
    )))
    .bind(recorded.metadata.entity_version.cast_signed())
    .bind(case.to_string())
    .execute(connection)
    .await?;
    if set.rows_affected() == 1 {
        Ok(())
    } else {
        Err(ProjectionError::Event(
            "an event of a case that the log did not open".into(),
        ))
    }
}

async fn history(
    connection: &mut SqliteConnection,
    tables: TableSet,
    recorded: &Recorded<Event>,
    event: &CaseEvent,
) -> Result<(), sqlx::Error> {
    let history = tables.table("case_history");
    let (assignee, disposition) = match &event.happened {
        CaseHappening::Assigned(assigned) => (Some(assigned.assignee.clone()), None),
        CaseHappening::Resolved(resolved) => (None, Some(resolved.disposition.name())),
        _ => (None, None),
    };
    sqlx::query(AssertSqlSafe(format!(
        "-- case_history_insert
         INSERT INTO {history} (sequence, case_id, kind, recorded_at, actor, assignee, disposition, note, command_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    )))
    .bind(recorded.metadata.sequence.0.cast_signed())
    .bind(event.case.to_string())
    .bind(event.happened.event_type())
    .bind(recorded.metadata.recorded_at_us)
    .bind(recorded.metadata.actor.to_string())
    .bind(assignee)
    .bind(disposition)
    .bind(event.happened.note().map(str::to_owned))
    .bind(recorded.metadata.command_id.simple().to_string())
    .execute(connection)
    .await
    .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = MICROSECONDS_PER_DAY;

    #[test]
    fn waiting_a_day_counts_as_much_as_twice_the_loss() {
        let day = 20_000 * DAY;
        let older = queue_rank(day, 9_999);
        let twice_the_loss = queue_rank(day + DAY, 19_999);
        assert_eq!(older, twice_the_loss);
        assert!(queue_rank(day, 10_500) < older, "more to lose comes first");
        assert!(
            queue_rank(day - DAY / 24, 9_999) < older,
            "older comes first"
        );
    }

    #[test]
    fn points_are_doublings_of_the_loss_and_days() {
        let opened = 20_000 * DAY;
        let rank = queue_rank(opened, 1_023);
        assert_eq!(priority(rank, opened), 10.0);
        assert_eq!(priority(rank, opened + 3 * DAY), 13.0);
        assert_eq!(priority(queue_rank(opened, 0), opened), 0.0);
    }
}
