//! Questions to the durable read models, one file each.

pub mod lists;
pub mod orders;
pub mod shoppers;

use std::time::Instant;

use accord_event_log::Sequence;
use accord_read_store::TableSet;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::{application::ApplicationError, node::MerchantNode, projections::COMMANDS};

impl MerchantNode {
    /// The live tables of a projection, by its place in [`crate::projections::all`].
    pub(crate) fn tables(&self, projection: usize) -> TableSet {
        self.shared.progress.borrow().tables[projection]
    }

    /// Waits until the read models have an event.
    pub(crate) async fn wait_until_projected(
        &self,
        sequence: Sequence,
        deadline: Instant,
    ) -> Result<(), ApplicationError> {
        let mut progress = self.shared.progress.clone();
        let reached = tokio::time::timeout_at(
            deadline.into(),
            progress.wait_for(|progress| progress.through >= sequence),
        )
        .await;
        match reached {
            Ok(Ok(_)) => Ok(()),
            _ => Err(ApplicationError::ReadModelBehind {
                lag: sequence
                    .0
                    .saturating_sub(self.shared.progress.borrow().through.0),
            }),
        }
    }

    /// Where the command of an identity stands, if there was one.
    pub(crate) async fn find_command(
        &self,
        command_id: Uuid,
    ) -> Result<Option<Sequence>, sqlx::Error> {
        let commands = self.tables(COMMANDS).table("keyed_commands");
        let sequence: Option<i64> = sqlx::query_scalar(AssertSqlSafe(format!(
            "-- keyed_commands_find
             SELECT sequence FROM {commands} WHERE command_id = $1"
        )))
        .bind(command_id.as_bytes().to_vec())
        .fetch_optional(self.shared.store.readers())
        .await?;
        Ok(sequence.map(|sequence| Sequence(sequence.cast_unsigned())))
    }
}
