//! Let the first policy decide, without the approval of anybody: a node that decides nothing yet has nothing to protect.
//! Whatever comes later comes by a draft, from the node as from people.

use crate::{
    commands::Rejection,
    decider::Context,
    events::{Event, PolicyActivated},
    policy::Policy,
    state::ControlState,
};

/// Activates the first policy over a published model.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivatePolicy {
    pub policy: Policy,
}

impl ActivatePolicy {
    pub(crate) fn decide(
        &self,
        state: &ControlState,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        let active = state.active.as_ref().map(|(_, policy)| policy);
        if active == Some(&self.policy) {
            return Ok(Vec::new());
        }
        if active.is_some() {
            return Err(Rejection::NeedsApproval);
        }
        if !self.policy.thresholds.are_valid() {
            return Err(Rejection::InvalidThresholds);
        }
        if !state.models.contains(&self.policy.model) {
            return Err(Rejection::UnknownModel);
        }
        if context.models.get(&self.policy.model).is_none() {
            return Err(Rejection::ModelNotLoaded);
        }
        if self.policy.version != 1 {
            return Err(Rejection::StalePolicyVersion);
        }
        Ok(vec![Event::PolicyActivated(PolicyActivated {
            policy: self.policy.clone(),
            list_changes: Vec::new(),
        })])
    }
}
