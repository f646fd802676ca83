//! Cases: a page of the queue, one with everything about it, and how many there are.

use accord_event_log::Sequence;
use risk_control::{CaseId, Disposition, Severity};
use sqlx::{AssertSqlSafe, QueryBuilder, Row, Sqlite, sqlite::SqliteRow};
use uuid::Uuid;

use super::transactions::TransactionRow;
use crate::{
    application::ApplicationError,
    node::BankNode,
    personal::PersonalFields,
    projections::{CASES, CLOSED_FROM, TRANSACTIONS, severity_code},
};

/// Rows in one page at the most.
pub const CASES_PAGE_MAX: u32 = 200;

const COLUMNS: &str = "c.opened_sequence, c.case_id, c.state, c.escalated, c.assignee, c.severity, c.alerts, \
     c.amount_minor, c.expected_loss_minor, c.opened_at, c.due_at, c.rank, c.version, c.disposition, c.closed_at, \
     c.resolved_by, c.undo_until, t.transaction_id, t.personal, t.reason";

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseState {
    New,
    Assigned,
    Escalated,
    Resolved,
    Expired,
}

impl CaseState {
    pub const ALL: [Self; 5] = [
        Self::New,
        Self::Assigned,
        Self::Escalated,
        Self::Resolved,
        Self::Expired,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Assigned => "assigned",
            Self::Escalated => "escalated",
            Self::Resolved => "resolved",
            Self::Expired => "expired",
        }
    }

    pub fn is_open(self) -> bool {
        (self as i64) < CLOSED_FROM
    }
}

/// A case as the read model has it.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseRow {
    pub opened_sequence: Sequence,
    pub case: CaseId,
    pub state: CaseState,
    pub escalated: bool,
    pub assignee: Option<String>,
    pub severity: Severity,
    pub alerts: u64,
    pub amount_minor: i64,
    pub expected_loss_minor: i64,
    pub opened_at_us: i64,
    pub due_at_us: i64,
    /// Place in the queue, smallest first.
    pub rank: i64,
    pub version: u64,
    pub disposition: Option<Disposition>,
    pub closed_at_us: Option<i64>,
    pub resolved_by: Option<String>,
    pub undo_until_us: Option<i64>,
    /// The bank's number of the customer; `None` once the customer's key is destroyed.
    pub customer_id: Option<String>,
    /// Strongest reason of the transaction that opened it.
    pub reason: Option<String>,
}

/// Which states a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StateFilter {
    #[default]
    Open,
    Is(CaseState),
    Any,
}

/// Whose cases a list shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssigneeFilter {
    Is(String),
    Nobody,
}

/// What a list is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseFilter {
    pub state: StateFilter,
    pub assignee: Option<AssigneeFilter>,
    pub severity: Option<Severity>,
    /// Due before this, in epoch microseconds.
    pub due_before_us: Option<i64>,
    /// Customer reference.
    pub customer: Option<u64>,
}

/// In which order a list comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CaseOrder {
    /// Expected loss and age together.
    #[default]
    Priority,
    /// Due soonest first.
    Due,
    /// Oldest first.
    Age,
    Newest,
}

impl CaseOrder {
    pub const ALL: [Self; 4] = [Self::Priority, Self::Due, Self::Age, Self::Newest];

    pub fn name(self) -> &'static str {
        match self {
            Self::Priority => "priority",
            Self::Due => "due",
            Self::Age => "age",
            Self::Newest => "newest",
        }
    }

    /// What the last row of a page leaves for the next one: its key and its sequence.
    pub fn cursor(self, row: &CaseRow) -> [i64; 2] {
        let key = match self {
            Self::Priority => row.rank,
            Self::Due => row.due_at_us,
            Self::Age | Self::Newest => 0,
        };
        [key, row.opened_sequence.0.cast_signed()]
    }
}

/// One page.
#[derive(Clone, Debug, PartialEq)]
pub struct CasePage {
    pub rows: Vec<CaseRow>,
    pub has_more: bool,
}

/// An alerted transaction of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseTransactionRow {
    pub transaction: TransactionRow,
    pub expected_loss_minor: i64,
    pub raised_at_us: i64,
}

/// Something that happened to a case.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseHistoryRow {
    /// Event type.
    pub kind: String,
    pub recorded_at_us: i64,
    pub actor: String,
    pub assignee: Option<String>,
    pub disposition: Option<String>,
    /// Whether there was a note, and what it says unless the customer's key is destroyed.
    pub has_note: bool,
    pub note: Option<String>,
}

/// How many open cases there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaseCounts {
    pub open: u64,
    pub unassigned: u64,
    pub escalated: u64,
    pub overdue: u64,
    pub expected_loss_minor: i64,
}

impl BankNode {
    /// A page of cases, after the row that `cursor` tells of.
    pub async fn case_page(
        &self,
        filter: &CaseFilter,
        order: CaseOrder,
        cursor: Option<[i64; 2]>,
        rows_max: u32,
    ) -> Result<CasePage, sqlx::Error> {
        let rows_max = rows_max.clamp(1, CASES_PAGE_MAX);
        let mut query = self.select_cases("cases_page");
        push_filter(&mut query, filter);
        if let Some([key, sequence]) = cursor {
            match order {
                CaseOrder::Priority => query
                    .push(" AND (c.rank, c.opened_sequence) > (")
                    .push_bind(key)
                    .push(", ")
                    .push_bind(sequence)
                    .push(")"),
                CaseOrder::Due => query
                    .push(" AND (c.due_at, c.opened_sequence) > (")
                    .push_bind(key)
                    .push(", ")
                    .push_bind(sequence)
                    .push(")"),
                CaseOrder::Age => query.push(" AND c.opened_sequence > ").push_bind(sequence),
                CaseOrder::Newest => query.push(" AND c.opened_sequence < ").push_bind(sequence),
            };
        }
        query.push(match order {
            CaseOrder::Priority => " ORDER BY c.rank, c.opened_sequence",
            CaseOrder::Due => " ORDER BY c.due_at, c.opened_sequence",
            CaseOrder::Age => " ORDER BY c.opened_sequence",
            CaseOrder::Newest => " ORDER BY c.opened_sequence DESC",
        });
        // One row more than asked for tells whether there is a further page.
        query.push(" LIMIT ").push_bind(i64::from(rows_max) + 1);
        let found = query.build().fetch_all(self.shared.store.readers()).await?;
        let mut rows = found
            .iter()
            .map(|row| self.read_case(row))
            .collect::<Result<Vec<_>, _>>()?;
        let has_more = rows.len() > rows_max as usize;
        rows.truncate(rows_max as usize);
        Ok(CasePage { rows, has_more })
    }

    /// A case by its id.
    pub async fn case_row(&self, case: CaseId) -> Result<Option<CaseRow>, sqlx::Error> {
        let mut query = self.select_cases("cases_find");
        query.push(" AND c.case_id = ").push_bind(case.to_string());
        let row = query
            .build()
            .fetch_optional(self.shared.store.readers())
            .await?;
        row.as_ref().map(|row| self.read_case(row)).transpose()
    }

    /// The case that a transaction's alert belongs to.
    pub async fn case_of_transaction(
        &self,
        transaction: Sequence,
    ) -> Result<Option<CaseId>, sqlx::Error> {
        let alerts = self.tables(CASES).table("case_alerts");
        let case: Option<String> = sqlx::query_scalar(AssertSqlSafe(format!(
            "-- case_alerts_find_transaction
             SELECT case_id FROM {alerts} WHERE transaction_sequence = $1"
        )))
        .bind(transaction.0.cast_signed())
        .fetch_optional(self.shared.store.readers())
        .await?;
        Ok(case.as_deref().and_then(CaseId::parse))
    }

    /// The alerted transactions of a case, oldest first.
    pub async fn case_transactions(
        &self,
        case: CaseId,
    ) -> Result<Vec<CaseTransactionRow>, sqlx::Error> {
        let alerts = self.tables(CASES).table("case_alerts");
        let alerts = sqlx::query(AssertSqlSafe(format!(
            "-- case_alerts_list
             SELECT transaction_sequence, expected_loss_minor, raised_at FROM {alerts}
             WHERE case_id = $1 ORDER BY sequence"
        )))
        .bind(case.to_string())
        .fetch_all(self.shared.store.readers())
        .await?;
        let mut rows = Vec::with_capacity(alerts.len());
        for alert in alerts {
            let sequence = Sequence(alert.get::<i64, _>(0).cast_unsigned());
            // Read models of their own checkpoints: a rebuild may be between the two.
            if let Some(transaction) = self.transaction_row_at(sequence).await? {
                rows.push(CaseTransactionRow {
                    transaction,
                    expected_loss_minor: alert.get(1),
                    raised_at_us: alert.get(2),
                });
            }
        }
        Ok(rows)
    }

    /// What happened to a case, oldest first.
    pub async fn case_history(&self, case: CaseId) -> Result<Vec<CaseHistoryRow>, sqlx::Error> {
        let history = self.tables(CASES).table("case_history");
        let rows = sqlx::query(AssertSqlSafe(format!(
            "-- case_history_list
             SELECT kind, recorded_at, actor, assignee, disposition, note, command_id FROM {history}
             WHERE case_id = $1 ORDER BY sequence"
        )))
        .bind(case.to_string())
        .fetch_all(self.shared.store.readers())
        .await?;
        let subject = self.shared.keys.by_reference(case.customer.0);
        Ok(rows
            .into_iter()
            .map(|row| {
                let sealed: Option<String> = row.get(5);
                let command = row
                    .get::<&str, _>(6)
                    .parse::<Uuid>()
                    .unwrap_or_else(|_| Uuid::nil());
                let note = subject.as_ref().and_then(|subject| {
                    let plain = subject.open(sealed.as_deref()?, command.as_bytes())?;
                    String::from_utf8(plain.to_vec()).ok()
                });
                CaseHistoryRow {
                    kind: row.get(0),
                    recorded_at_us: row.get(1),
                    actor: row.get(2),
                    assignee: row.get(3),
                    disposition: row.get(4),
                    has_note: sealed.is_some(),
                    note,
                }
            })
            .collect())
    }

    /// How many open cases there are at `now_us`.
    pub async fn case_counts(&self, now_us: i64) -> Result<CaseCounts, sqlx::Error> {
        let cases = self.tables(CASES).table("cases");
        let row = sqlx::query(AssertSqlSafe(format!(
            "-- cases_count
             SELECT COUNT(*), COUNT(CASE WHEN state = 0 THEN 1 END), COUNT(CASE WHEN state = 2 THEN 1 END),
                 COUNT(CASE WHEN due_at < $1 THEN 1 END), COALESCE(SUM(expected_loss_minor), 0)
             FROM {cases} WHERE state < 3"
        )))
        .bind(now_us)
        .fetch_one(self.shared.store.readers())
        .await?;
        let count = |index: usize| row.get::<i64, _>(index).cast_unsigned();
        Ok(CaseCounts {
            open: count(0),
            unassigned: count(1),
            escalated: count(2),
            overdue: count(3),
            expected_loss_minor: row.get(4),
        })
    }

    /// Sequence of the first event of a command on a case.
    pub(crate) async fn find_case_command(
        &self,
        command_id: Uuid,
    ) -> Result<Option<Sequence>, ApplicationError> {
        let history = self.tables(CASES).table("case_history");
        let sequence: Option<i64> = sqlx::query_scalar(AssertSqlSafe(format!(
            "-- case_history_find_command
             SELECT sequence FROM {history} WHERE command_id = $1"
        )))
        .bind(command_id.simple().to_string())
        .fetch_optional(self.shared.store.readers())
        .await?;
        Ok(sequence.map(|sequence| Sequence(sequence.cast_unsigned())))
    }

    fn select_cases(&self, name: &str) -> QueryBuilder<Sqlite> {
        let (cases, alerts) = (
            self.tables(CASES).table("cases"),
            self.tables(CASES).table("case_alerts"),
        );
        let transactions = self.tables(TRANSACTIONS).table("transactions");
        QueryBuilder::new(format!(
            "-- {name}\nSELECT {COLUMNS} FROM {cases} c
             LEFT JOIN {alerts} a ON a.sequence = c.opened_sequence
             LEFT JOIN {transactions} t ON t.sequence = a.transaction_sequence
             WHERE 1 = 1"
        ))
    }

    fn read_case(&self, row: &SqliteRow) -> Result<CaseRow, sqlx::Error> {
        let unreadable = |what: &'static str| sqlx::Error::Decode(what.into());
        let case = CaseId::parse(row.try_get(1)?).ok_or_else(|| unreadable("no case id"))?;
        let state = usize::try_from(row.try_get::<i64, _>(2)?).unwrap_or(usize::MAX);
        let severity: i64 = row.try_get(5)?;
        let disposition: Option<&str> = row.try_get(13)?;
        let transaction_id: Option<&str> = row.try_get(17)?;
        let personal: Option<&str> = row.try_get(18)?;
        let customer_id = transaction_id.zip(personal).and_then(|(id, personal)| {
            let subject = self.shared.keys.by_reference(case.customer.0)?;
            let identity = self.transaction_identity(id);
            PersonalFields::open(personal, &subject, identity).map(|fields| fields.customer_id)
        });
        Ok(CaseRow {
            opened_sequence: Sequence(row.try_get::<i64, _>(0)?.cast_unsigned()),
            case,
            state: *CaseState::ALL
                .get(state)
                .ok_or_else(|| unreadable("a state of no known kind"))?,
            escalated: row.try_get::<i64, _>(3)? == 1,
            assignee: row.try_get(4)?,
            severity: Severity::ALL
                .into_iter()
                .find(|known| severity_code(*known) == severity)
                .ok_or_else(|| unreadable("a severity of no known kind"))?,
            alerts: row.try_get::<i64, _>(6)?.cast_unsigned(),
            amount_minor: row.try_get(7)?,
            expected_loss_minor: row.try_get(8)?,
            opened_at_us: row.try_get(9)?,
            due_at_us: row.try_get(10)?,
            rank: row.try_get(11)?,
            version: row.try_get::<i64, _>(12)?.cast_unsigned(),
            disposition: disposition.and_then(Disposition::parse),
            closed_at_us: row.try_get(14)?,
            resolved_by: row.try_get(15)?,
            undo_until_us: row.try_get(16)?,
            customer_id,
            reason: row.try_get(19)?,
        })
    }
}

fn push_filter(query: &mut QueryBuilder<Sqlite>, filter: &CaseFilter) {
    match filter.state {
        // Says what the partial indexes say, so that they are used.
        StateFilter::Open => {
            query.push(" AND c.state < 3");
        }
        StateFilter::Is(state) => {
            if state.is_open() {
                query.push(" AND c.state < 3");
            }
            query.push(" AND c.state = ").push_bind(state as i64);
        }
        StateFilter::Any => {}
    }
    match &filter.assignee {
        Some(AssigneeFilter::Is(assignee)) => {
            query.push(" AND c.assignee = ").push_bind(assignee.clone());
        }
        Some(AssigneeFilter::Nobody) => {
            query.push(" AND c.assignee IS NULL");
        }
        None => {}
    }
    if let Some(severity) = filter.severity {
        query
            .push(" AND c.severity = ")
            .push_bind(severity_code(severity));
    }
    if let Some(due_before_us) = filter.due_before_us {
        query.push(" AND c.due_at < ").push_bind(due_before_us);
    }
    if let Some(customer) = filter.customer {
        query
            .push(" AND c.customer = ")
            .push_bind(customer.cast_signed());
    }
}
