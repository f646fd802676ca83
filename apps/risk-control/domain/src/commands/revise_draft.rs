//! Change a draft. Whatever was submitted or approved is void.

use super::draft_policy::drafted;
use crate::{commands::Rejection, events::Event, governance::DraftContent, state::ControlState};

/// Replaces the content of a draft, over the policy that decides now.
#[derive(Clone, Debug, PartialEq)]
pub struct ReviseDraft {
    pub draft: u64,
    /// The version of the draft that the change was made over; `None`: whatever it is.
    pub expected_version: Option<u64>,
    pub title: String,
    pub content: DraftContent,
    pub by: String,
}

impl ReviseDraft {
    pub(crate) fn decide(&self, state: &ControlState) -> Result<Vec<Event>, Rejection> {
        state.draft(self.draft, self.expected_version)?;
        drafted(state, self.draft, &self.title, &self.content, &self.by).map(|event| vec![event])
    }
}
