//! Rebuild a read model from the log, beside the live one.

use std::sync::Arc;

use accord_event_log::Sequence;
use accord_read_store::ProjectorError;
use risk_control::RiskControl;

use crate::{node::BankNode, projections};

impl BankNode {
    /// Rebuilds the named read model; `None` where there is none of that name. Gives the last event in it.
    pub async fn rebuild(&self, name: &str) -> Option<Result<Sequence, ProjectorError>> {
        let projection = projections::all()
            .into_iter()
            .find(|projection| projection.name() == name)?;
        let name = projection.name();
        let rebuilt = accord_read_store::rebuild::<RiskControl>(
            &self.shared.store,
            &self.shared.reader,
            Arc::clone(&projection),
            |_| {},
        )
        .await;
        Some(match rebuilt {
            Ok((tables, through)) => {
                // A projector that is gone stopped with the node; the next start drops these tables again.
                let _ = self.shared.switches.send((name, tables, through)).await;
                Ok(through)
            }
            Err(error) => Err(error),
        })
    }
}
