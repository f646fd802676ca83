//! Questions to the read models, one file each.

pub mod cases;
mod governance;
pub mod lookups;
pub mod models;
pub mod overview;
pub mod parked_labels;
pub mod policy_drafts;
pub mod rules;
pub mod transactions;
pub mod webhooks;

use std::time::Instant;

use accord_event_log::Sequence;
use accord_read_store::TableSet;

use crate::{application::ApplicationError, node::BankNode};

impl BankNode {
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
}
