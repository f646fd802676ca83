//! Drafts of the policy, rules and models that wait for a second look, and the history of all of them.

use std::sync::Arc;

use accord_event_log::Recorded;
use accord_read_store::{Poison, Projection, ProjectionError, TableSet};
use futures::future::BoxFuture;
use risk_control::{
    Event, ModelRolledBack, PolicyActivated, PolicyDrafted, RuleMode, RuleSwitchedOff,
};
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::governance::json;

/// How far a draft is, as rows and answers name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DraftStageName {
    Open,
    Submitted,
    Approved,
    Activated,
    Discarded,
}

impl DraftStageName {
    pub const ALL: [Self; 5] = [
        Self::Open,
        Self::Submitted,
        Self::Approved,
        Self::Activated,
        Self::Discarded,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Submitted => "submitted",
            Self::Approved => "approved",
            Self::Activated => "activated",
            Self::Discarded => "discarded",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }
}

/// Projection of drafts.
pub struct PolicyDrafts;

impl Projection<Event> for PolicyDrafts {
    fn name(&self) -> &'static str {
        "policy_drafts"
    }

    fn version(&self) -> u32 {
        2
    }

    fn poison(&self) -> Poison {
        Poison::StopsProjection
    }

    fn create_tables(&self, tables: TableSet) -> String {
        include_str!("../../../../../migrations/risk-control/policy_drafts.sql")
            .replace("{set}", &format!("g{}", tables.generation))
    }

    fn tables(&self) -> &'static [&'static str] {
        &[
            "policy_drafts",
            "governance_history",
            "switched_off",
            "rolled_back",
        ]
    }

    fn apply<'a>(
        &'a self,
        connection: &'a mut SqliteConnection,
        tables: TableSet,
        events: &'a [Arc<Recorded<Event>>],
    ) -> BoxFuture<'a, Result<(), ProjectionError>> {
        Box::pin(async move {
            for recorded in events {
                if recorded.metadata.partition.is_control() {
                    apply(connection, tables, recorded).await?;
                }
            }
            Ok(())
        })
    }
}

async fn apply(
    connection: &mut SqliteConnection,
    tables: TableSet,
    recorded: &Recorded<Event>,
) -> Result<(), ProjectionError> {
    let version = recorded.metadata.entity_version;
    let (step, person, detail) = match &recorded.event {
        Event::PolicyDrafted(event) => {
            drafted(connection, tables, recorded, event).await?;
            let step = if version == 1 { "drafted" } else { "revised" };
            (step, &event.by, None)
        }
        Event::PolicyDraftSubmitted(event) => {
            let stage = DraftStageName::Submitted;
            let change = Change::to(stage).with_back_test(event.back_test.as_deref());
            change
                .apply(connection, tables, event.draft, recorded)
                .await?;
            ("submitted", &event.by, None)
        }
        Event::PolicyDraftApproved(event) => {
            let change =
                Change::to(DraftStageName::Approved).with_back_test(event.back_test.as_deref());
            change
                .apply(connection, tables, event.draft, recorded)
                .await?;
            ("approved", &event.by, None)
        }
        Event::PolicyDraftRejected(event) => {
            let change = Change::to(DraftStageName::Open);
            change
                .apply(connection, tables, event.draft, recorded)
                .await?;
            ("rejected", &event.by, Some(&event.reason))
        }
        Event::PolicyDraftClosed(event) => {
            let (stage, step) = match event.activated {
                Some(_) => (DraftStageName::Activated, "activated"),
                None => (DraftStageName::Discarded, "discarded"),
            };
            let change = Change {
                activated: event.activated,
                ..Change::to(stage)
            };
            change
                .apply(connection, tables, event.draft, recorded)
                .await?;
            (step, &event.by, None)
        }
        Event::RuleSwitchedOff(event) => {
            switched_off(connection, tables, recorded, event).await?;
            ("switched_off", &event.by, Some(&event.reason))
        }
        Event::SwitchOffReviewed(event) => {
            forget_switch_off(connection, tables, &event.rule).await?;
            let step = if event.confirmed {
                "confirmed"
            } else {
                "refused"
            };
            (step, &event.by, Some(&event.reason))
        }
        Event::ShadowStarted(event) => ("shadow_started", &event.by, None),
        Event::ShadowEnded(event) => ("shadow_ended", &event.by, None),
        Event::ModelRolledBack(event) => {
            rolled_back(connection, tables, recorded, event).await?;
            ("rolled_back", &event.by, Some(&event.reason))
        }
        Event::RollBackReviewed(event) => {
            forget_roll_back(connection, tables, "").await?;
            let step = if event.confirmed {
                "confirmed"
            } else {
                "refused"
            };
            (step, &event.by, Some(&event.reason))
        }
        Event::PolicyActivated(event) => {
            forget_roll_back(connection, tables, &event.policy.model).await?;
            return forget_settled(connection, tables, event).await;
        }
        _ => return Ok(()),
    };
    history(
        connection,
        tables,
        recorded,
        step,
        person,
        detail.map(String::as_str),
    )
    .await?;
    Ok(())
}

async fn drafted(
    connection: &mut SqliteConnection,
    tables: TableSet,
    recorded: &Recorded<Event>,
    event: &PolicyDrafted,
) -> Result<(), sqlx::Error> {
    let drafts = tables.table("policy_drafts");
    sqlx::query(AssertSqlSafe(format!(
        "-- policy_drafts_upsert
         INSERT INTO {drafts} (draft, version, title, stage, candidate, candidate_hash, created_at, changed_at)
         VALUES ($1, $2, $3, 'open', $4, $5, $6, $6)
         ON CONFLICT (draft) DO UPDATE SET
             version = excluded.version, title = excluded.title, stage = 'open', candidate = excluded.candidate,
             candidate_hash = excluded.candidate_hash, back_test = NULL, changed_at = excluded.changed_at"
    )))
    .bind(event.draft.cast_signed())
    .bind(recorded.metadata.entity_version.cast_signed())
    .bind(event.title.clone())
    .bind(json(&event.candidate))
    .bind(event.candidate.hash())
    .bind(recorded.metadata.recorded_at_us)
    .execute(connection)
    .await
    .map(|_| ())
}

/// What an event changes of a draft's row.
struct Change<'a> {
    stage: DraftStageName,
    back_test: Option<&'a str>,
    activated: Option<u32>,
}

impl<'a> Change<'a> {
    fn to(stage: DraftStageName) -> Self {
        Self {
            stage,
            back_test: None,
            activated: None,
        }
    }

    fn with_back_test(self, back_test: Option<&'a str>) -> Self {
        Self { back_test, ..self }
    }

    async fn apply(
        self,
        connection: &mut SqliteConnection,
        tables: TableSet,
        draft: u64,
        recorded: &Recorded<Event>,
    ) -> Result<(), sqlx::Error> {
        let drafts = tables.table("policy_drafts");
        sqlx::query(AssertSqlSafe(format!(
            "-- policy_drafts_change
             UPDATE {drafts} SET version = $1, stage = $2, back_test = $3, activated = $4, changed_at = $5
             WHERE draft = $6"
        )))
        .bind(recorded.metadata.entity_version.cast_signed())
        .bind(self.stage.name())
        .bind(self.back_test.map(str::to_owned))
        .bind(self.activated.map(i64::from))
        .bind(recorded.metadata.recorded_at_us)
        .bind(draft.cast_signed())
        .execute(connection)
        .await
        .map(|_| ())
    }
}

async fn switched_off(
    connection: &mut SqliteConnection,
    tables: TableSet,
    recorded: &Recorded<Event>,
    event: &RuleSwitchedOff,
) -> Result<(), sqlx::Error> {
    let table = tables.table("switched_off");
    sqlx::query(AssertSqlSafe(format!(
        "-- switched_off_upsert
         INSERT INTO {table} (rule, was, reason, person, switched_off_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (rule) DO UPDATE SET was = excluded.was, reason = excluded.reason,
             person = excluded.person, switched_off_at = excluded.switched_off_at"
    )))
    .bind(event.rule.to_string())
    .bind(event.was.name())
    .bind(event.reason.clone())
    .bind(event.by.clone())
    .bind(recorded.metadata.recorded_at_us)
    .execute(connection)
    .await
    .map(|_| ())
}

async fn rolled_back(
    connection: &mut SqliteConnection,
    tables: TableSet,
    recorded: &Recorded<Event>,
    event: &ModelRolledBack,
) -> Result<(), sqlx::Error> {
    let table = tables.table("rolled_back");
    sqlx::query(AssertSqlSafe(format!(
        "-- rolled_back_insert
         INSERT INTO {table} (model, restored, reason, person, rolled_back_at) VALUES ($1, $2, $3, $4, $5)"
    )))
    .bind(event.model.clone())
    .bind(event.restored.clone())
    .bind(event.reason.clone())
    .bind(event.by.clone())
    .bind(recorded.metadata.recorded_at_us)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Nobody asks any more, unless the model that decides is the one that was put back.
async fn forget_roll_back(
    connection: &mut SqliteConnection,
    tables: TableSet,
    decides: &str,
) -> Result<(), sqlx::Error> {
    let table = tables.table("rolled_back");
    sqlx::query(AssertSqlSafe(format!(
        "-- rolled_back_delete
         DELETE FROM {table} WHERE restored <> $1"
    )))
    .bind(decides.to_owned())
    .execute(connection)
    .await
    .map(|_| ())
}

async fn forget_switch_off(
    connection: &mut SqliteConnection,
    tables: TableSet,
    rule: &str,
) -> Result<(), sqlx::Error> {
    let table = tables.table("switched_off");
    sqlx::query(AssertSqlSafe(format!(
        "-- switched_off_delete
         DELETE FROM {table} WHERE rule = $1"
    )))
    .bind(rule.to_owned())
    .execute(connection)
    .await
    .map(|_| ())
}

/// A rule that is in force again, or has gone, needs no second look any more.
async fn forget_settled(
    connection: &mut SqliteConnection,
    tables: TableSet,
    event: &PolicyActivated,
) -> Result<(), ProjectionError> {
    let table = tables.table("switched_off");
    let waiting: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!(
        "-- switched_off_rules
         SELECT rule FROM {table}"
    )))
    .fetch_all(&mut *connection)
    .await?;
    for rule in waiting {
        let is_off = event
            .policy
            .rules
            .find(&rule)
            .is_some_and(|rule| rule.mode == RuleMode::Off);
        if !is_off {
            forget_switch_off(connection, tables, &rule).await?;
        }
    }
    Ok(())
}

async fn history(
    connection: &mut SqliteConnection,
    tables: TableSet,
    recorded: &Recorded<Event>,
    step: &str,
    person: &str,
    detail: Option<&str>,
) -> Result<(), sqlx::Error> {
    let table = tables.table("governance_history");
    let metadata = &recorded.metadata;
    sqlx::query(AssertSqlSafe(format!(
        "-- governance_history_insert
         INSERT INTO {table} (sequence, command_id, entity_type, entity_id, step, person, detail, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    )))
    .bind(metadata.sequence.0.cast_signed())
    .bind(metadata.command_id.simple().to_string())
    .bind(metadata.entity_type.to_string())
    .bind(metadata.entity_id.clone())
    .bind(step.to_owned())
    .bind(person.to_owned())
    .bind(detail.map(str::to_owned))
    .bind(metadata.recorded_at_us)
    .execute(connection)
    .await
    .map(|_| ())
}
