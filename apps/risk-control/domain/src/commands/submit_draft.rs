//! Ask for approval.

use crate::{
    commands::Rejection,
    events::{Event, PolicyDraftSubmitted},
    governance::DraftStage,
    state::ControlState,
};

/// Submits a draft as it is, with the back-test that was made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmitDraft {
    pub draft: u64,
    pub expected_version: Option<u64>,
    /// Hash of the back-test; `None` where none was made.
    pub back_test: Option<String>,
    pub by: String,
}

impl SubmitDraft {
    pub(crate) fn decide(&self, state: &ControlState) -> Result<Vec<Event>, Rejection> {
        let draft = state.draft(self.draft, self.expected_version)?;
        if draft.stage != DraftStage::Open {
            return Err(Rejection::NotOpen);
        }
        let active = state.active_policy()?;
        let candidate = &draft.candidate;
        if candidate.base_version != active.version {
            return Err(Rejection::StaleDraft);
        }
        let changes_policy = candidate.model != active.model
            || candidate.thresholds != active.thresholds
            || candidate.rules != active.rules;
        if !changes_policy && candidate.list_changes.is_empty() {
            return Err(Rejection::NothingToSubmit);
        }
        Ok(vec![Event::PolicyDraftSubmitted(PolicyDraftSubmitted {
            draft: self.draft,
            candidate_hash: candidate.hash(),
            back_test: self.back_test.clone(),
            by: self.by.clone(),
        })])
    }
}
