//! Published models, and a roll-back that waits for a second look.

use risk_control::ModelCard;
use sqlx::{AssertSqlSafe, Row, sqlite::SqliteRow};

use crate::{
    node::BankNode,
    projections::{GOVERNANCE, POLICY_DRAFTS},
};

/// A published model as the read models have it.
#[derive(Clone, Debug)]
pub struct ModelRow {
    /// Hash of its artefact.
    pub model: String,
    /// Absent of models that were published before there were cards.
    pub card: Option<ModelCard>,
    pub training_rows: u64,
    pub training_frauds: u64,
    pub training_auc: Option<f64>,
    pub in_shadow: bool,
    pub published_at_us: i64,
    pub actor: String,
}

/// A model that one person took off, and that waits for a second one.
#[derive(Clone, Debug)]
pub struct RolledBackRow {
    pub model: String,
    pub restored: String,
    pub reason: String,
    pub person: String,
    pub rolled_back_at_us: i64,
}

/// Models in a list.
const MODELS_SHOWN_MAX: i64 = 200;
const COLUMNS: &str =
    "model, card, training_rows, training_frauds, training_auc, in_shadow, published_at, actor";

impl BankNode {
    /// The newest models, newest first.
    pub(crate) async fn model_rows(&self) -> Result<Vec<ModelRow>, sqlx::Error> {
        let models = self.tables(GOVERNANCE).table("models");
        let rows = sqlx::query(AssertSqlSafe(format!(
            "-- models_list
             SELECT {COLUMNS} FROM {models} ORDER BY published_at DESC, model LIMIT $1"
        )))
        .bind(MODELS_SHOWN_MAX)
        .fetch_all(self.shared.store.readers())
        .await?;
        rows.iter().map(model_row).collect()
    }

    /// The model that decides and those in shadow.
    pub(crate) async fn contender_rows(
        &self,
        champion: &str,
    ) -> Result<Vec<ModelRow>, sqlx::Error> {
        let models = self.tables(GOVERNANCE).table("models");
        let rows = sqlx::query(AssertSqlSafe(format!(
            "-- models_contenders
             SELECT {COLUMNS} FROM {models} WHERE in_shadow = 1 OR model = $1 ORDER BY model"
        )))
        .bind(champion.to_owned())
        .fetch_all(self.shared.store.readers())
        .await?;
        rows.iter().map(model_row).collect()
    }

    /// One model, by the hash of its artefact.
    pub(crate) async fn registered_model(
        &self,
        hash: &str,
    ) -> Result<Option<ModelRow>, sqlx::Error> {
        let models = self.tables(GOVERNANCE).table("models");
        let row = sqlx::query(AssertSqlSafe(format!(
            "-- models_get
             SELECT {COLUMNS} FROM {models} WHERE model = $1"
        )))
        .bind(hash.to_owned())
        .fetch_optional(self.shared.store.readers())
        .await?;
        row.as_ref().map(model_row).transpose()
    }

    /// The roll-back that waits for a second look, if there is one.
    pub(crate) async fn rolled_back(&self) -> Result<Option<RolledBackRow>, sqlx::Error> {
        let table = self.tables(POLICY_DRAFTS).table("rolled_back");
        let row = sqlx::query(AssertSqlSafe(format!(
            "-- rolled_back_get
             SELECT model, restored, reason, person, rolled_back_at FROM {table}"
        )))
        .fetch_optional(self.shared.store.readers())
        .await?;
        Ok(row.map(|row| RolledBackRow {
            model: row.get(0),
            restored: row.get(1),
            reason: row.get(2),
            person: row.get(3),
            rolled_back_at_us: row.get(4),
        }))
    }
}

fn model_row(row: &SqliteRow) -> Result<ModelRow, sqlx::Error> {
    let card: Option<String> = row.get(1);
    Ok(ModelRow {
        model: row.get(0),
        card: card
            .map(|card| serde_json::from_str(&card))
            .transpose()
            .map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
        training_rows: row.get::<i64, _>(2).cast_unsigned(),
        training_frauds: row.get::<i64, _>(3).cast_unsigned(),
        training_auc: row.get(4),
        in_shadow: row.get::<i64, _>(5) != 0,
        published_at_us: row.get(6),
        actor: row.get(7),
    })
}
