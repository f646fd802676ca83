//! Give a draft up.

use crate::{
    commands::Rejection,
    events::{Event, PolicyDraftClosed},
    state::ControlState,
};

/// Discards a draft, however far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscardDraft {
    pub draft: u64,
    pub expected_version: Option<u64>,
    pub by: String,
}

impl DiscardDraft {
    pub(crate) fn decide(&self, state: &ControlState) -> Result<Vec<Event>, Rejection> {
        state.draft(self.draft, self.expected_version)?;
        Ok(vec![Event::PolicyDraftClosed(PolicyDraftClosed {
            draft: self.draft,
            activated: None,
            by: self.by.clone(),
        })])
    }
}
