//! Let another policy decide, without the approval of anybody: for the node itself, when it has trained its first model.
//! People change a policy by a draft.

use crate::{
    commands::Rejection,
    decider::Context,
    events::{Event, PolicyActivated},
    policy::Policy,
    state::ControlState,
};

/// Activates a policy over a published model.
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
        if !self.policy.thresholds.are_valid() {
            return Err(Rejection::InvalidThresholds);
        }
        if !state.models.contains_key(&self.policy.model) {
            return Err(Rejection::UnknownModel);
        }
        if context.models.get(&self.policy.model).is_none() {
            return Err(Rejection::ModelNotLoaded);
        }
        if self.policy.version != active.map_or(0, |policy| policy.version) + 1 {
            return Err(Rejection::StalePolicyVersion);
        }
        Ok(vec![Event::PolicyActivated(PolicyActivated {
            policy: self.policy.clone(),
            list_changes: Vec::new(),
        })])
    }
}
