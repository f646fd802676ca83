//! Going on after a failure.

use accord_event_log::LoggedDecider;

use super::{Projector, ProjectorError, parked_entities};
use crate::checkpoint::TableSet;

impl<D: LoggedDecider> Projector<D> {
    /// Takes over from the store how far the rows are. A commit that failed may be in the file all the same, and then
    /// the checkpoints have moved, and other tables may be live.
    pub(super) async fn resume(&mut self) -> Result<(), ProjectorError> {
        let known = self.store.projections().await?;
        for running in &mut self.running {
            let name = running.projection.name();
            let live = known
                .iter()
                .find(|status| status.live && status.name == name)
                .ok_or(sqlx::Error::RowNotFound)?;
            let tables = TableSet {
                generation: live.generation,
            };
            running.parked = parked_entities(&self.store, name, tables).await?;
            if tables != running.tables {
                running.tables = tables;
                running.stopped = false;
            }
            running.through = live.through;
        }
        self.unsettled = false;
        self.stopped = None;
        self.publish();
        Ok(())
    }
}
