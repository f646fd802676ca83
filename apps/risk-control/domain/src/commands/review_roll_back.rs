//! Look at a model that one person has put back, as another person.

use super::{reject_draft::checked_reason, roll_back_model::with_model};
use crate::{
    commands::Rejection,
    decider::Context,
    events::{Event, RollBackReviewed},
    state::ControlState,
};

/// Agrees that the previous model stays, or lets the one decide again that two people had approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewRollBack {
    pub confirmed: bool,
    pub reason: String,
    pub by: String,
}

impl ReviewRollBack {
    pub(crate) fn decide(
        &self,
        state: &ControlState,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        let active = state.active_policy()?;
        let rolled_back = state
            .governance
            .rolled_back
            .as_ref()
            .ok_or(Rejection::NoRollBackToReview)?;
        if rolled_back.by == self.by {
            return Err(Rejection::SamePerson);
        }
        let mut events = vec![Event::RollBackReviewed(RollBackReviewed {
            model: rolled_back.model.clone(),
            confirmed: self.confirmed,
            reason: checked_reason(&self.reason)?,
            by: self.by.clone(),
        })];
        if !self.confirmed {
            if context.models.get(&rolled_back.model).is_none() {
                return Err(Rejection::ModelNotLoaded);
            }
            events.push(with_model(
                active,
                &rolled_back.model,
                rolled_back.thresholds,
            ));
        }
        Ok(events)
    }
}
