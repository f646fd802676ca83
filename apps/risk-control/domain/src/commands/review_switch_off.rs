//! Look at a rule that one person has switched off, as another person.

use std::sync::Arc;

use super::{reject_draft::checked_reason, switch_off_rule::with_mode};
use crate::{
    commands::Rejection,
    events::{Event, SwitchOffReviewed},
    state::ControlState,
};

/// Agrees that a rule stays off, or puts it back to what it was, which two people had approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewSwitchOff {
    pub rule: String,
    pub confirmed: bool,
    pub reason: String,
    pub by: String,
}

impl ReviewSwitchOff {
    pub(crate) fn decide(&self, state: &ControlState) -> Result<Vec<Event>, Rejection> {
        let active = state.active_policy()?;
        let switched_off = state
            .governance
            .switched_off
            .get(&self.rule)
            .ok_or(Rejection::NothingToReview)?;
        if switched_off.by == self.by {
            return Err(Rejection::SamePerson);
        }
        let mut events = vec![Event::SwitchOffReviewed(SwitchOffReviewed {
            rule: Arc::from(self.rule.as_str()),
            confirmed: self.confirmed,
            reason: checked_reason(&self.reason)?,
            by: self.by.clone(),
        })];
        if !self.confirmed {
            events.push(with_mode(active, &self.rule, switched_off.was));
        }
        Ok(events)
    }
}
