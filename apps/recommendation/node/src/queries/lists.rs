//! Lists that were shown.

use accord_event_log::Sequence;
use recommendation::{Event, ListServed, Recommendation};
use sqlx::AssertSqlSafe;

use crate::{application::ApplicationError, node::MerchantNode, projections::LISTS};

impl MerchantNode {
    /// A list that was shown, as the log has it; `None` where it was not recorded, or not yet.
    pub async fn list(&self, list_id: &str) -> Result<Option<ListServed>, ApplicationError> {
        let lists = self.tables(LISTS).table("lists");
        let sequence: Option<i64> = sqlx::query_scalar(AssertSqlSafe(format!(
            "-- lists_find
             SELECT sequence FROM {lists} WHERE list_id = $1"
        )))
        .bind(list_id.to_owned())
        .fetch_optional(self.shared.store.readers())
        .await?;
        let Some(sequence) = sequence else {
            return Ok(None);
        };
        let sequence = Sequence(sequence.cast_unsigned());
        let recorded = self
            .shared
            .reader
            .read_event::<Recommendation>(sequence)
            .await?;
        match recorded.event {
            Event::ListServed(served) => Ok(Some(served)),
            _ => Err(ApplicationError::Inconsistent),
        }
    }
}
