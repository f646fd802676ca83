//! Let an approved draft decide.

use crate::{
    commands::Rejection,
    decider::Context,
    events::{Event, PolicyActivated, PolicyDraftClosed},
    governance::DraftStage,
    state::ControlState,
};

/// Makes an approved draft the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivateDraft {
    pub draft: u64,
    pub by: String,
}

impl ActivateDraft {
    pub(crate) fn decide(
        &self,
        state: &ControlState,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        let draft = state.draft(self.draft, None)?;
        let DraftStage::Approved(approval) = &draft.stage else {
            return Err(Rejection::NotApproved);
        };
        let candidate = &draft.candidate;
        if approval.candidate_hash != candidate.hash() {
            return Err(Rejection::OtherCandidate);
        }
        if candidate.base_version != state.active_policy()?.version {
            return Err(Rejection::StaleDraft);
        }
        if context.models.get(&candidate.model).is_none() {
            return Err(Rejection::ModelNotLoaded);
        }
        let policy = candidate.policy();
        Ok(vec![
            Event::PolicyDraftClosed(PolicyDraftClosed {
                draft: self.draft,
                activated: Some(policy.version),
                by: self.by.clone(),
            }),
            Event::PolicyActivated(PolicyActivated {
                policy,
                list_changes: candidate.list_changes.clone(),
            }),
        ])
    }
}
