//! End the wait of a parked label.

use super::{ParkedLabelSettled, ParkedOutcome};
use crate::{events::Event, state::CustomerPartition};

/// Settles a parked label. One that was replaced or settled meanwhile is left as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettleParkedLabel {
    pub transaction_id: String,
    /// The change that brought the label; `None` settles whichever waits.
    pub change: Option<u64>,
    pub outcome: ParkedOutcome,
}

impl SettleParkedLabel {
    pub(crate) fn decide(&self, state: &CustomerPartition) -> Vec<Event> {
        let waits = state
            .parked_labels
            .get(&self.transaction_id)
            .is_some_and(|parked| self.change.is_none_or(|change| change == parked.change));
        if !waits {
            return Vec::new();
        }
        vec![Event::ParkedLabelSettled(ParkedLabelSettled {
            transaction_id: self.transaction_id.clone(),
            outcome: self.outcome,
        })]
    }
}
