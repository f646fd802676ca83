//! Keep a label until its transaction arrives.

use super::{LabelParked, PARKED_LABELS_MAX};
use crate::{
    commands::Rejection,
    decider::Context,
    events::Event,
    state::CustomerPartition,
    transaction::{FUTURE_TOLERANCE_US, Label, LabelSource},
};

/// Parks a label: the caller has looked, and there is no such transaction yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkLabel {
    pub transaction_id: String,
    pub label: Label,
    pub source: LabelSource,
    /// When it became known, in epoch microseconds; absent: now.
    pub known_at_us: Option<i64>,
}

impl ParkLabel {
    pub(crate) fn decide(
        &self,
        state: &CustomerPartition,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        let known_at_us = self.known_at_us.unwrap_or(context.now_us);
        if known_at_us > context.now_us.saturating_add(FUTURE_TOLERANCE_US) {
            return Err(Rejection::OccurredInFuture);
        }
        let parked = &state.parked_labels;
        if parked.len() >= PARKED_LABELS_MAX && parked.get(&self.transaction_id).is_none() {
            return Err(Rejection::TooManyParkedLabels);
        }
        Ok(vec![Event::LabelParked(LabelParked {
            transaction_id: self.transaction_id.clone(),
            label: self.label,
            source: self.source,
            known_at_us,
        })])
    }
}
