//! Labels that wait for their transaction.

use accord_event_log::{PartitionId, Sequence};
use risk_control::{Label, LabelSource};
use sqlx::{AssertSqlSafe, Row, sqlite::SqliteRow};
use uuid::Uuid;

use crate::{
    application::ApplicationError,
    node::BankNode,
    projections::{PARKED_LABELS, label_code},
};

/// A label that waits.
#[derive(Clone, Debug, PartialEq)]
pub struct ParkedLabelRow {
    pub sequence: Sequence,
    pub transaction_id: String,
    /// Which change of its partition's parked labels it was.
    pub change: u64,
    pub partition: PartitionId,
    pub label: Label,
    pub source: LabelSource,
    pub known_at_us: i64,
    pub parked_at_us: i64,
    pub actor: String,
    pub command_id: Uuid,
}

const COLUMNS: &str = "p.sequence, p.transaction_id, p.change_number, p.partition_number, p.label, p.source, \
                       p.known_at, p.parked_at, p.actor, p.command_id";

impl BankNode {
    /// Labels that wait, oldest first, after a sequence.
    pub async fn waiting_labels(
        &self,
        after: Sequence,
        rows_max: u32,
    ) -> Result<Vec<ParkedLabelRow>, sqlx::Error> {
        let parked = self.tables(PARKED_LABELS).table("parked_labels");
        let rows = sqlx::query(AssertSqlSafe(format!(
            "-- parked_labels_list
             SELECT {COLUMNS} FROM {parked} p WHERE p.outcome IS NULL AND p.sequence > $1
             ORDER BY p.sequence LIMIT $2"
        )))
        .bind(after.0.cast_signed())
        .bind(i64::from(rows_max))
        .fetch_all(self.shared.store.readers())
        .await?;
        rows.iter().map(read_row).collect()
    }

    /// The label that waits for a transaction, if any.
    pub async fn waiting_label(
        &self,
        transaction_id: &str,
    ) -> Result<Option<ParkedLabelRow>, sqlx::Error> {
        let parked = self.tables(PARKED_LABELS).table("parked_labels");
        let row = sqlx::query(AssertSqlSafe(format!(
            "-- parked_labels_find
             SELECT {COLUMNS} FROM {parked} p
             WHERE p.outcome IS NULL AND p.transaction_hash = $1 AND p.transaction_id = $2"
        )))
        .bind(crate::projections::transaction_hash(transaction_id))
        .bind(transaction_id.to_owned())
        .fetch_optional(self.shared.store.readers())
        .await?;
        row.as_ref().map(read_row).transpose()
    }

    /// Sequence of the label that a command parked.
    pub(crate) async fn find_parked_label_sequence(
        &self,
        command_id: Uuid,
    ) -> Result<Option<Sequence>, ApplicationError> {
        let parked = self.tables(PARKED_LABELS).table("parked_labels");
        let sequence: Option<i64> = sqlx::query_scalar(AssertSqlSafe(format!(
            "-- parked_labels_find_command
             SELECT sequence FROM {parked} WHERE command_id = $1"
        )))
        .bind(command_id.simple().to_string())
        .fetch_optional(self.shared.store.readers())
        .await?;
        Ok(sequence.map(|sequence| Sequence(sequence.cast_unsigned())))
    }
}

fn read_row(row: &SqliteRow) -> Result<ParkedLabelRow, sqlx::Error> {
    let label: i64 = row.try_get(4)?;
    Ok(ParkedLabelRow {
        sequence: Sequence(row.try_get::<i64, _>(0)?.cast_unsigned()),
        transaction_id: row.try_get(1)?,
        change: row.try_get::<i64, _>(2)?.cast_unsigned(),
        partition: PartitionId(u16::try_from(row.try_get::<i64, _>(3)?).unwrap_or(u16::MAX)),
        label: if label == label_code(Label::Fraud) {
            Label::Fraud
        } else {
            Label::Genuine
        },
        source: match row.try_get::<i64, _>(5)? {
            0 => LabelSource::Chargeback,
            1 => LabelSource::Customer,
            _ => LabelSource::Analyst,
        },
        known_at_us: row.try_get(6)?,
        parked_at_us: row.try_get(7)?,
        actor: row.try_get(8)?,
        command_id: row
            .try_get::<&str, _>(9)?
            .parse()
            .unwrap_or_else(|_| Uuid::nil()),
    })
}
