//! Propose to go back to an earlier policy, by the same way as any other change.

use crate::{
    commands::Rejection,
    decider::Context,
    events::{Event, PolicyDrafted},
    governance::{Candidate, DRAFTS_MAX},
    state::ControlState,
};

/// Opens a draft that says what an earlier policy said: its model, thresholds and rules. The lists stay as they are,
/// because entries come and go for reasons of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollBackPolicy {
    /// Version of the earlier policy.
    pub version: u32,
    pub by: String,
}

impl RollBackPolicy {
    pub(crate) fn decide(
        &self,
        state: &ControlState,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        let governance = &state.governance;
        let active = state.active_policy()?;
        if governance.drafts.len() >= DRAFTS_MAX {
            return Err(Rejection::TooManyDrafts);
        }
        let earlier = governance
            .policies
            .get(&self.version)
            .filter(|earlier| earlier.version != active.version)
            .ok_or(Rejection::UnknownPolicyVersion)?;
        if context.models.get(&earlier.model).is_none() {
            return Err(Rejection::ModelNotLoaded);
        }
        Ok(vec![Event::PolicyDrafted(PolicyDrafted {
            draft: governance.drafts_so_far + 1,
            title: format!("Roll back to policy {}", self.version),
            candidate: Candidate {
                base_version: active.version,
                model: earlier.model.clone(),
                thresholds: earlier.thresholds,
                rules: earlier.rules.clone(),
                list_changes: Vec::new(),
                // An earlier policy was approved once; what spoke for it is in its own draft.
                evidence: None,
            },
            by: self.by.clone(),
        })])
    }
}
