//! Policies, and how far they are adopted.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use risk_control::{Policy, Thresholds};
use sqlx::{AssertSqlSafe, Row};

use crate::{
    application::ApplicationError, node::BankNode, policies::ActivePolicy, projections::GOVERNANCE,
};

/// How long a decision's policy may take to reach the read models after a restart.
const POLICY_WAIT: Duration = Duration::from_secs(5);

/// How many data partitions use the newest policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adoption {
    pub adopted: u64,
    pub partitions: u64,
}

impl BankNode {
    /// Remembers every policy that the read models know.
    pub(crate) async fn load_policies(&self) -> Result<(), sqlx::Error> {
        let policies = self.tables(GOVERNANCE).table("policies");
        let rows = sqlx::query(AssertSqlSafe(format!(
            "-- policies_load
             SELECT control_offset, version, model, challenge, review, decline, rules FROM {policies}"
        )))
        .fetch_all(self.shared.store.readers())
        .await?;
        for row in rows {
            let control_offset: i64 = row.get(0);
            let version: i64 = row.get(1);
            let rules: String = row.get(6);
            self.shared.policies.remember(ActivePolicy {
                control_offset: control_offset.cast_unsigned(),
                policy: Policy {
                    version: u32::try_from(version).unwrap_or(u32::MAX),
                    model: row.get(2),
                    thresholds: Thresholds {
                        challenge: row.get(3),
                        review: row.get(4),
                        decline: row.get(5),
                    },
                    rules: serde_json::from_str(&rules)
                        .map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
                },
            });
        }
        Ok(())
    }

    /// The policy that a decision refers to.
    pub(crate) async fn policy(
        &self,
        control_offset: u64,
    ) -> Result<Arc<ActivePolicy>, ApplicationError> {
        if let Some(known) = self.shared.policies.get(control_offset) {
            return Ok(known);
        }
        self.wait_until_projected(self.shared.reader.last(), Instant::now() + POLICY_WAIT)
            .await?;
        self.load_policies().await?;
        self.shared
            .policies
            .get(control_offset)
            .ok_or(ApplicationError::Inconsistent)
    }

    /// The policy that decides now, if there is one.
    pub fn active_policy(&self) -> Option<Arc<ActivePolicy>> {
        self.shared.policies.newest()
    }

    /// The policy of a version, if it is known.
    pub(crate) fn policy_of_version(&self, version: u32) -> Option<Arc<ActivePolicy>> {
        self.shared.policies.of_version(version)
    }

    /// Whether a model decides or decided once.
    pub(crate) fn has_decided(&self, model: &str) -> bool {
        self.shared.policies.any_over(model)
    }

    /// Whether another model decided before the present one.
    pub(crate) fn has_earlier_model(&self) -> bool {
        self.shared.policies.has_two_models()
    }

    /// How far a policy is adopted.
    pub async fn adoption(&self, policy: &ActivePolicy) -> Result<Adoption, sqlx::Error> {
        let adoptions = self.tables(GOVERNANCE).table("adoptions");
        let adopted: i64 = sqlx::query_scalar(AssertSqlSafe(format!(
            "-- adoptions_count
             SELECT COUNT(*) FROM {adoptions} WHERE control_offset >= $1"
        )))
        .bind(policy.control_offset.cast_signed())
        .fetch_one(self.shared.store.readers())
        .await?;
        Ok(Adoption {
            adopted: adopted.cast_unsigned(),
            partitions: u64::from(self.shared.reader.header().layout.data_partitions()),
        })
    }
}
