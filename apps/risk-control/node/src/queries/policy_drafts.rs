//! Drafts, what happened to them, and rules that wait for a second look.

use accord_event_log::Sequence;
use risk_control::Candidate;
use sqlx::{AssertSqlSafe, Row, sqlite::SqliteRow};
use uuid::Uuid;

use crate::{
    application::ApplicationError,
    node::BankNode,
    projections::{DraftStageName, POLICY_DRAFTS},
};

/// A draft as the read models have it.
#[derive(Clone, Debug)]
pub struct DraftRow {
    pub draft: u64,
    pub version: u64,
    pub title: String,
    pub stage: DraftStageName,
    pub candidate: Candidate,
    pub candidate_hash: String,
    pub back_test: Option<String>,
    /// Version of the policy that it became.
    pub activated: Option<u32>,
    pub created_at_us: i64,
    pub changed_at_us: i64,
}

/// Something that happened to a draft or a rule.
#[derive(Clone, Debug)]
pub struct GovernanceStep {
    pub step: String,
    pub person: String,
    pub detail: Option<String>,
    pub recorded_at_us: i64,
}

/// A rule that one person switched off.
#[derive(Clone, Debug)]
pub struct SwitchedOffRow {
    pub rule: String,
    /// `active` or `shadow`.
    pub was: String,
    pub reason: String,
    pub person: String,
    pub switched_off_at_us: i64,
}

const COLUMNS: &str = "draft, version, title, stage, candidate, candidate_hash, back_test, activated, created_at, changed_at";

impl BankNode {
    /// The newest drafts, newest first; `open_only` leaves out those that are activated or discarded.
    pub(crate) async fn drafts(
        &self,
        open_only: bool,
        rows_max: u32,
    ) -> Result<Vec<DraftRow>, sqlx::Error> {
        let drafts = self.tables(POLICY_DRAFTS).table("policy_drafts");
        let narrowed = if open_only {
            "WHERE stage IN ('open', 'submitted', 'approved')"
        } else {
            ""
        };
        let rows = sqlx::query(AssertSqlSafe(format!(
            "-- policy_drafts_list
             SELECT {COLUMNS} FROM {drafts} {narrowed} ORDER BY draft DESC LIMIT $1"
        )))
        .bind(i64::from(rows_max))
        .fetch_all(self.shared.store.readers())
        .await?;
        rows.iter().map(draft_row).collect()
    }

    pub(crate) async fn draft(&self, draft: u64) -> Result<Option<DraftRow>, sqlx::Error> {
        let drafts = self.tables(POLICY_DRAFTS).table("policy_drafts");
        let row = sqlx::query(AssertSqlSafe(format!(
            "-- policy_drafts_get
             SELECT {COLUMNS} FROM {drafts} WHERE draft = $1"
        )))
        .bind(draft.cast_signed())
        .fetch_optional(self.shared.store.readers())
        .await?;
        row.as_ref().map(draft_row).transpose()
    }

    /// What a draft would make of the policy.
    pub async fn candidate_of_draft(&self, draft: u64) -> Result<Option<Candidate>, sqlx::Error> {
        Ok(self.draft(draft).await?.map(|row| row.candidate))
    }

    /// What happened to a `policy-draft` or a `rule`, oldest first.
    pub(crate) async fn governance_history(
        &self,
        entity_type: &str,
        entity_id: &str,
    ) -> Result<Vec<GovernanceStep>, sqlx::Error> {
        let history = self.tables(POLICY_DRAFTS).table("governance_history");
        let rows = sqlx::query(AssertSqlSafe(format!(
            "-- governance_history_of
             SELECT step, person, detail, recorded_at FROM {history}
             WHERE entity_type = $1 AND entity_id = $2 ORDER BY sequence"
        )))
        .bind(entity_type.to_owned())
        .bind(entity_id.to_owned())
        .fetch_all(self.shared.store.readers())
        .await?;
        let step = |row: &SqliteRow| GovernanceStep {
            step: row.get(0),
            person: row.get(1),
            detail: row.get(2),
            recorded_at_us: row.get(3),
        };
        Ok(rows.iter().map(step).collect())
    }

    /// Rules that wait for a second look, oldest first.
    pub(crate) async fn switched_off(&self) -> Result<Vec<SwitchedOffRow>, sqlx::Error> {
        let table = self.tables(POLICY_DRAFTS).table("switched_off");
        let rows = sqlx::query(AssertSqlSafe(format!(
            "-- switched_off_list
             SELECT rule, was, reason, person, switched_off_at FROM {table} ORDER BY switched_off_at, rule"
        )))
        .fetch_all(self.shared.store.readers())
        .await?;
        let switched_off = |row: &SqliteRow| SwitchedOffRow {
            rule: row.get(0),
            was: row.get(1),
            reason: row.get(2),
            person: row.get(3),
            switched_off_at_us: row.get(4),
        };
        Ok(rows.iter().map(switched_off).collect())
    }

    /// The first event of a governance command, by the command's id.
    pub(crate) async fn find_governance_sequence(
        &self,
        command_id: Uuid,
    ) -> Result<Option<Sequence>, ApplicationError> {
        let history = self.tables(POLICY_DRAFTS).table("governance_history");
        let sequence: Option<i64> = sqlx::query_scalar(AssertSqlSafe(format!(
            "-- governance_history_find_command
             SELECT MIN(sequence) FROM {history} WHERE command_id = $1"
        )))
        .bind(command_id.simple().to_string())
        .fetch_one(self.shared.store.readers())
        .await?;
        Ok(sequence.map(|sequence| Sequence(sequence.cast_unsigned())))
    }
}

fn draft_row(row: &SqliteRow) -> Result<DraftRow, sqlx::Error> {
    let (stage, candidate): (String, String) = (row.get(3), row.get(4));
    let activated: Option<i64> = row.get(7);
    Ok(DraftRow {
        draft: row.get::<i64, _>(0).cast_unsigned(),
        version: row.get::<i64, _>(1).cast_unsigned(),
        title: row.get(2),
        stage: DraftStageName::parse(&stage)
            .ok_or_else(|| sqlx::Error::Decode(format!("stage {stage}").into()))?,
        candidate: serde_json::from_str(&candidate)
            .map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
        candidate_hash: row.get(5),
        back_test: row.get(6),
        activated: activated.and_then(|version| u32::try_from(version).ok()),
        created_at_us: row.get(8),
        changed_at_us: row.get(9),
    })
}
