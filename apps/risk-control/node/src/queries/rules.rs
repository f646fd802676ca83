//! How often rules were fulfilled, who is on the lists, and earlier policies.

use std::collections::HashMap;

use risk_control::{ListName, MICROSECONDS_PER_DAY};
use sqlx::{AssertSqlSafe, Row, sqlite::SqliteRow};

use crate::{
    node::BankNode,
    projections::{GOVERNANCE, RULE_HITS},
};

/// How often a rule was fulfilled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HitCounts {
    /// On the current and the previous day of event time, UTC.
    pub recent: u64,
    /// Ever, over all versions of the rule.
    pub total: u64,
}

/// An entry of a list as the read models have it.
#[derive(Clone, Debug)]
pub struct ListEntryRow {
    pub list: String,
    pub kind: String,
    pub fingerprint: String,
    pub hint: String,
    pub expires_at_us: Option<i64>,
    pub comment: String,
    pub added_at_us: i64,
    pub actor: String,
}

/// A policy that decides or decided.
#[derive(Clone, Debug)]
pub struct PolicyRow {
    pub version: u32,
    pub control_offset: u64,
    pub activated_at_us: i64,
    pub actor: String,
}

impl BankNode {
    /// Hits of every rule that was ever fulfilled, by id.
    pub(crate) async fn rule_hits(&self) -> Result<HashMap<String, HitCounts>, sqlx::Error> {
        let hits = self.tables(RULE_HITS).table("rule_hits");
        let today =
            self.shared.clock.now_us().div_euclid(MICROSECONDS_PER_DAY) * MICROSECONDS_PER_DAY;
        let rows = sqlx::query(AssertSqlSafe(format!(
            "-- rule_hits_totals
             SELECT rule, SUM(hits), SUM(CASE WHEN day >= $1 THEN hits ELSE 0 END) FROM {hits} GROUP BY rule"
        )))
        .bind(today - MICROSECONDS_PER_DAY)
        .fetch_all(self.shared.store.readers())
        .await?;
        let counts = |row: &SqliteRow| {
            let counts = HitCounts {
                total: row.get::<i64, _>(1).cast_unsigned(),
                recent: row.get::<i64, _>(2).cast_unsigned(),
            };
            (row.get(0), counts)
        };
        Ok(rows.iter().map(counts).collect())
    }

    /// The newest entries of the lists, of one list or of all.
    pub(crate) async fn list_entries(
        &self,
        list: Option<ListName>,
        rows_max: u32,
    ) -> Result<Vec<ListEntryRow>, sqlx::Error> {
        let entries = self.tables(GOVERNANCE).table("list_entries");
        let rows = sqlx::query(AssertSqlSafe(format!(
            "-- list_entries_list
             SELECT list, kind, fingerprint, hint, expires_at, comment, added_at, actor FROM {entries}
             WHERE $1 = '' OR list = $1
             ORDER BY added_at DESC, list, kind, fingerprint LIMIT $2"
        )))
        .bind(list.map_or("", ListName::name))
        .bind(i64::from(rows_max))
        .fetch_all(self.shared.store.readers())
        .await?;
        let entry = |row: &SqliteRow| ListEntryRow {
            list: row.get(0),
            kind: row.get(1),
            fingerprint: row.get(2),
            hint: row.get(3),
            expires_at_us: row.get(4),
            comment: row.get(5),
            added_at_us: row.get(6),
            actor: row.get(7),
        };
        Ok(rows.iter().map(entry).collect())
    }

    /// The newest policies, newest first.
    pub(crate) async fn policy_rows(&self, rows_max: u32) -> Result<Vec<PolicyRow>, sqlx::Error> {
        let policies = self.tables(GOVERNANCE).table("policies");
        let rows = sqlx::query(AssertSqlSafe(format!(
            "-- policies_list
             SELECT version, control_offset, activated_at, actor FROM {policies} ORDER BY version DESC LIMIT $1"
        )))
        .bind(i64::from(rows_max))
        .fetch_all(self.shared.store.readers())
        .await?;
        let policy = |row: &SqliteRow| PolicyRow {
            version: u32::try_from(row.get::<i64, _>(0)).unwrap_or(u32::MAX),
            control_offset: row.get::<i64, _>(1).cast_unsigned(),
            activated_at_us: row.get(2),
            actor: row.get(3),
        };
        Ok(rows.iter().map(policy).collect())
    }
}
