//! Transactions: one, a page of a filtered list, and the labels of one.

use std::time::Instant;

use accord_event_log::{Recorded, Sequence};
use risk_control::{Decision, Event, Label, RiskControl};
use sqlx::{AssertSqlSafe, QueryBuilder, Row, Sqlite, sqlite::SqliteRow};
use uuid::Uuid;

use crate::{
    application::ApplicationError,
    node::BankNode,
    personal::PersonalFields,
    projections::{
        INDEX_RUN, TRANSACTIONS, decision_code, find_by_id, label_code, transaction_hash,
    },
};

/// Rows in one page at the most.
pub const PAGE_ROWS_MAX: u32 = 500;

const COLUMNS: &str = "sequence, transaction_id, customer, terminal_id, occurred_at, recorded_at, amount_minor, \
                       currency, decision, score, reason, personal, label, label_known_at";

/// A transaction as the read model has it.
#[derive(Clone, Debug, PartialEq)]
pub struct TransactionRow {
    pub sequence: Sequence,
    pub transaction_id: String,
    pub customer: u64,
    pub terminal_id: String,
    pub occurred_at_us: i64,
    pub recorded_at_us: i64,
    pub amount_minor: i64,
    pub currency: String,
    pub decision: Decision,
    /// Absent for imported transactions.
    pub score: Option<f64>,
    pub reason: Option<String>,
    pub personal: String,
    pub label: Option<Label>,
    pub label_known_at_us: Option<i64>,
}

/// A label that a transaction got.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelRow {
    /// Absent where the label before was withdrawn.
    pub label: Option<Label>,
    pub source: &'static str,
    pub known_at_us: i64,
    pub recorded_at_us: i64,
    pub actor: String,
    pub note: Option<String>,
    pub command_id: Uuid,
}

/// Something that happened to a transaction after it was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AftermathRow {
    /// reversed, refunded or challenge_answered.
    pub kind: &'static str,
    /// Of a refund, in minor units.
    pub amount_minor: Option<i64>,
    /// Who took it back, or how the challenge ended.
    pub detail: Option<String>,
    pub happened_at_us: i64,
    pub recorded_at_us: i64,
    pub actor: String,
}

/// Which labels a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelFilter {
    Is(Label),
    Unlabelled,
}

/// What a list is narrowed to. Everything that is absent does not narrow.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TransactionFilter {
    pub decision: Option<Decision>,
    pub label: Option<LabelFilter>,
    /// Customer reference.
    pub customer: Option<u64>,
    pub terminal_id: Option<String>,
    pub score_min: Option<f64>,
    /// Event time in epoch microseconds, inclusive.
    pub from_us: Option<i64>,
    /// Event time in epoch microseconds, exclusive.
    pub to_us: Option<i64>,
}

/// Where a page begins, in the order from the newest to the oldest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageStart {
    Newest,
    /// Rows older than this one.
    Below(Sequence),
    /// Rows newer than this one, the nearest ones.
    Above(Sequence),
}

/// One page, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct TransactionPage {
    pub rows: Vec<TransactionRow>,
    pub has_older: bool,
    pub has_newer: bool,
}

impl BankNode {
    /// A transaction by its own id.
    pub async fn transaction_row(
        &self,
        transaction_id: &str,
    ) -> Result<Option<TransactionRow>, sqlx::Error> {
        let transactions = self.tables(TRANSACTIONS).table("transactions");
        let row = sqlx::query(AssertSqlSafe(format!(
            "-- transactions_find
             {}",
            find_by_id(&transactions, COLUMNS)
        )))
        .bind(transaction_hash(transaction_id))
        .bind(transaction_id.to_owned())
        .fetch_optional(self.shared.store.readers())
        .await?;
        row.as_ref().map(read_row).transpose()
    }

    /// A transaction by the sequence of the event that brought it.
    pub async fn transaction_row_at(
        &self,
        sequence: Sequence,
    ) -> Result<Option<TransactionRow>, sqlx::Error> {
        let transactions = self.tables(TRANSACTIONS).table("transactions");
        let row = sqlx::query(AssertSqlSafe(format!(
            "-- transactions_at
             SELECT {COLUMNS} FROM {transactions} WHERE sequence = $1"
        )))
        .bind(sequence.0.cast_signed())
        .fetch_optional(self.shared.store.readers())
        .await?;
        row.as_ref().map(read_row).transpose()
    }

    /// A transaction by its own id. One that was acknowledged a moment ago may not be in the read model yet, and is not
    /// unknown for that: a miss waits for the read model to reach the log's end as it was at the question.
    pub async fn settled_transaction_row(
        &self,
        transaction_id: &str,
        deadline: Instant,
    ) -> Result<Option<TransactionRow>, ApplicationError> {
        let last = self.shared.reader.last();
        if let Some(known) = self.transaction_row(transaction_id).await? {
            return Ok(Some(known));
        }
        self.wait_until_projected(last, deadline).await?;
        Ok(self.transaction_row(transaction_id).await?)
    }

    /// Sequence of the event that brought a transaction, if it stands at or before `through`.
    pub(crate) async fn find_transaction_sequence(
        &self,
        transaction_id: &str,
        through: Sequence,
    ) -> Result<Option<Sequence>, ApplicationError> {
        let row = self.transaction_row(transaction_id).await?;
        Ok(row
            .map(|row| row.sequence)
            .filter(|sequence| *sequence <= through))
    }

    /// Sequence of the label that a command gave.
    pub(crate) async fn find_label_sequence(
        &self,
        command_id: Uuid,
    ) -> Result<Option<Sequence>, ApplicationError> {
        let labels = self.tables(TRANSACTIONS).table("transaction_labels");
        let sequence: Option<i64> = sqlx::query_scalar(AssertSqlSafe(format!(
            "-- transaction_labels_find_command
             SELECT sequence FROM {labels} WHERE command_id = $1"
        )))
        .bind(command_id.simple().to_string())
        .fetch_optional(self.shared.store.readers())
        .await?;
        Ok(sequence.map(|sequence| Sequence(sequence.cast_unsigned())))
    }

    /// The event that brought a transaction, with everything that led to its decision.
    pub async fn transaction_event(
        &self,
        sequence: Sequence,
    ) -> Result<Recorded<Event>, ApplicationError> {
        Ok(self
            .shared
            .reader
            .read_event::<RiskControl>(sequence)
            .await?)
    }

    /// All labels of a transaction, oldest first.
    pub async fn transaction_labels(
        &self,
        transaction: &TransactionRow,
    ) -> Result<Vec<LabelRow>, sqlx::Error> {
        let labels = self.tables(TRANSACTIONS).table("transaction_labels");
        let rows = sqlx::query(AssertSqlSafe(format!(
            "-- transaction_labels_list
             SELECT label, source, known_at, recorded_at, actor, note, command_id FROM {labels}
             WHERE transaction_sequence = $1 ORDER BY sequence"
        )))
        .bind(transaction.sequence.0.cast_signed())
        .fetch_all(self.shared.store.readers())
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| LabelRow {
                label: row.get::<Option<i64>, _>(0).map(label_from),
                source: match row.get::<i64, _>(1) {
                    0 => "chargeback",
                    1 => "customer",
                    _ => "analyst",
                },
                known_at_us: row.get(2),
                recorded_at_us: row.get(3),
                actor: row.get(4),
                note: row.get(5),
                command_id: row
                    .get::<&str, _>(6)
                    .parse()
                    .unwrap_or_else(|_| Uuid::nil()),
            })
            .collect())
    }

    /// What happened to a transaction after it was decided, oldest first.
    pub async fn transaction_aftermath(
        &self,
        transaction: &TransactionRow,
    ) -> Result<Vec<AftermathRow>, sqlx::Error> {
        let aftermath = self.tables(TRANSACTIONS).table("transaction_aftermath");
        let rows = sqlx::query(AssertSqlSafe(format!(
            "-- transaction_aftermath_list
             SELECT kind, amount_minor, detail, happened_at, recorded_at, actor FROM {aftermath}
             WHERE transaction_sequence = $1 ORDER BY sequence"
        )))
        .bind(transaction.sequence.0.cast_signed())
        .fetch_all(self.shared.store.readers())
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| AftermathRow {
                kind: match row.get::<&str, _>(0) {
                    "reversed" => "reversed",
                    "refunded" => "refunded",
                    _ => "challenge_answered",
                },
                amount_minor: row.get(1),
                detail: row.get(2),
                happened_at_us: row.get(3),
                recorded_at_us: row.get(4),
                actor: row.get(5),
            })
            .collect())
    }

    /// Sequence of what a command said of a transaction after it was decided.
    pub(crate) async fn find_aftermath_sequence(
        &self,
        command_id: Uuid,
    ) -> Result<Option<Sequence>, ApplicationError> {
        let aftermath = self.tables(TRANSACTIONS).table("transaction_aftermath");
        let sequence: Option<i64> = sqlx::query_scalar(AssertSqlSafe(format!(
            "-- transaction_aftermath_find_command
             SELECT sequence FROM {aftermath} WHERE command_id = $1"
        )))
        .bind(command_id.simple().to_string())
        .fetch_optional(self.shared.store.readers())
        .await?;
        Ok(sequence.map(|sequence| Sequence(sequence.cast_unsigned())))
    }

    /// A page of transactions.
    pub async fn transaction_page(
        &self,
        filter: &TransactionFilter,
        start: PageStart,
        rows_max: u32,
    ) -> Result<TransactionPage, sqlx::Error> {
        let rows_max = rows_max.clamp(1, PAGE_ROWS_MAX);
        // One row more than asked for tells whether there is a further page.
        let wanted = rows_max as usize + 1;
        let mut rows = Vec::new();
        if filter.customer.is_some() || filter.terminal_id.is_some() {
            for run in self.index_runs(start).await? {
                let missing = wanted - rows.len();
                rows.extend(self.rows_of(filter, start, Some(run), missing).await?);
                if rows.len() >= wanted {
                    break;
                }
            }
        } else {
            rows = self.rows_of(filter, start, None, wanted).await?;
        }
        let more = rows.len() > rows_max as usize;
        rows.truncate(rows_max as usize);
        let upwards = matches!(start, PageStart::Above(_));
        if upwards {
            rows.reverse();
        }
        Ok(TransactionPage {
            rows,
            has_older: more || upwards,
            has_newer: if upwards {
                more
            } else {
                start != PageStart::Newest
            },
        })
    }

    /// The runs of the random indexes in which a page's rows can be, in the order of the page.
    async fn index_runs(&self, start: PageStart) -> Result<Vec<i64>, sqlx::Error> {
        let table = self.tables(TRANSACTIONS).table("transactions");
        let newest: i64 = sqlx::query_scalar(AssertSqlSafe(format!(
            "-- transactions_newest
             SELECT COALESCE(MAX(sequence), 0) FROM {table}"
        )))
        .fetch_one(self.shared.store.readers())
        .await?;
        let run = |sequence: i64| sequence.min(newest) / INDEX_RUN;
        Ok(match start {
            PageStart::Newest => (0..=run(newest)).rev().collect(),
            PageStart::Below(sequence) => (0..=run(sequence.0.cast_signed())).rev().collect(),
            PageStart::Above(sequence) => (run(sequence.0.cast_signed())..=run(newest)).collect(),
        })
    }

    /// Rows from a start on, at most `rows_max`, of one run of the random indexes or of all.
    async fn rows_of(
        &self,
        filter: &TransactionFilter,
        start: PageStart,
        run: Option<i64>,
        rows_max: usize,
    ) -> Result<Vec<TransactionRow>, sqlx::Error> {
        let table = self.tables(TRANSACTIONS).table("transactions");
        let mut query = QueryBuilder::<Sqlite>::new(format!(
            "-- transactions_page\nSELECT {COLUMNS} FROM {table} WHERE 1 = 1"
        ));
        if let Some(run) = run {
            // Says what the index says, so that it is used.
            query
                .push(format!(" AND sequence / {INDEX_RUN} = "))
                .push_bind(run);
        }
        push_filter(&mut query, filter);
        match start {
            PageStart::Newest => query.push(" ORDER BY sequence DESC"),
            PageStart::Below(sequence) => query
                .push(" AND sequence < ")
                .push_bind(sequence.0.cast_signed())
                .push(" ORDER BY sequence DESC"),
            PageStart::Above(sequence) => query
                .push(" AND sequence > ")
                .push_bind(sequence.0.cast_signed())
                .push(" ORDER BY sequence"),
        };
        query.push(" LIMIT ").push_bind(rows_max as i64);
        let found = query.build().fetch_all(self.shared.store.readers()).await?;
        found.iter().map(read_row).collect()
    }

    /// Decisions strictly between two sequences.
    pub async fn count_decisions(
        &self,
        after: Sequence,
        before: Sequence,
    ) -> Result<u64, sqlx::Error> {
        let transactions = self.tables(TRANSACTIONS).table("transactions");
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(format!(
            "-- transactions_count_between
             SELECT COUNT(*) FROM {transactions} WHERE sequence > $1 AND sequence < $2 AND imported = 0"
        )))
        .bind(after.0.cast_signed())
        .bind(before.0.cast_signed())
        .fetch_one(self.shared.store.readers())
        .await?;
        Ok(count.cast_unsigned())
    }

    /// The model of a hash, if this binary can score with it.
    pub(crate) fn model(&self, hash: &str) -> Option<std::sync::Arc<risk_control::ScoringModel>> {
        self.shared.models.get(hash)
    }

    /// The newest transactions of a customer up to a sequence, newest first.
    pub async fn customer_transactions(
        &self,
        customer: u64,
        below: Sequence,
        rows_max: u32,
    ) -> Result<Vec<TransactionRow>, sqlx::Error> {
        let filter = TransactionFilter {
            customer: Some(customer),
            ..TransactionFilter::default()
        };
        let page = self
            .transaction_page(&filter, PageStart::Below(below), rows_max)
            .await?;
        Ok(page.rows)
    }

    /// The personal fields of a transaction; `None` once the customer's key is destroyed.
    pub fn personal(&self, row: &TransactionRow) -> Option<PersonalFields> {
        let subject = self.shared.keys.by_reference(row.customer)?;
        PersonalFields::open(
            &row.personal,
            &subject,
            self.transaction_identity(&row.transaction_id),
        )
    }

    /// A label's note; `None` where there is none or the customer's key is destroyed.
    pub fn note(&self, customer: u64, label: &LabelRow) -> Option<String> {
        let subject = self.shared.keys.by_reference(customer)?;
        let plain = subject.open(label.note.as_deref()?, label.command_id.as_bytes())?;
        String::from_utf8(plain.to_vec()).ok()
    }

    /// The reference of a customer, if this node knows one of that number.
    pub fn customer_reference(&self, customer_id: &str) -> Option<u64> {
        self.shared
            .keys
            .find(customer_id)
            .map(|subject| subject.reference)
    }
}

fn push_filter(query: &mut QueryBuilder<Sqlite>, filter: &TransactionFilter) {
    if let Some(decision) = filter.decision {
        query
            .push(" AND decision = ")
            .push_bind(decision_code(decision));
        if decision != Decision::Approve {
            // Says what the partial index says, so that it is used.
            query.push(" AND decision > 0");
        }
    }
    match filter.label {
        Some(LabelFilter::Is(label)) => {
            query
                .push(" AND label IS NOT NULL AND label = ")
                .push_bind(label_code(label));
        }
        Some(LabelFilter::Unlabelled) => {
            query.push(" AND label IS NULL");
        }
        None => {}
    }
    if let Some(customer) = filter.customer {
        query
            .push(" AND customer = ")
            .push_bind(customer.cast_signed());
    }
    if let Some(terminal_id) = &filter.terminal_id {
        query
            .push(" AND terminal_id = ")
            .push_bind(terminal_id.clone());
    }
    if let Some(score_min) = filter.score_min {
        query.push(" AND score >= ").push_bind(score_min);
    }
    if let Some(from_us) = filter.from_us {
        query.push(" AND occurred_at >= ").push_bind(from_us);
    }
    if let Some(to_us) = filter.to_us {
        query.push(" AND occurred_at < ").push_bind(to_us);
    }
}

fn read_row(row: &SqliteRow) -> Result<TransactionRow, sqlx::Error> {
    let sequence: i64 = row.try_get(0)?;
    let customer: i64 = row.try_get(2)?;
    let decision: i64 = row.try_get(8)?;
    Ok(TransactionRow {
        sequence: Sequence(sequence.cast_unsigned()),
        transaction_id: row.try_get(1)?,
        customer: customer.cast_unsigned(),
        terminal_id: row.try_get(3)?,
        occurred_at_us: row.try_get(4)?,
        recorded_at_us: row.try_get(5)?,
        amount_minor: row.try_get(6)?,
        currency: row.try_get(7)?,
        decision: Decision::ALL
            .into_iter()
            .find(|known| decision_code(*known) == decision)
            .ok_or_else(|| sqlx::Error::Decode("a decision of no known kind".into()))?,
        score: row.try_get(9)?,
        reason: row.try_get(10)?,
        personal: row.try_get(11)?,
        label: row.try_get::<Option<i64>, _>(12)?.map(label_from),
        label_known_at_us: row.try_get(13)?,
    })
}

fn label_from(code: i64) -> Label {
    if code == label_code(Label::Fraud) {
        Label::Fraud
    } else {
        Label::Genuine
    }
}
