//! Send a submitted draft back, as another person.

use super::approve_draft::check_second_person;
use crate::{
    commands::Rejection,
    events::{Event, PolicyDraftRejected},
    governance::{DraftStage, TITLE_BYTES_MAX},
    state::ControlState,
};

/// Rejects a draft, with the reason; it is open again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectDraft {
    pub draft: u64,
    pub reason: String,
    pub by: String,
}

impl RejectDraft {
    pub(crate) fn decide(&self, state: &ControlState) -> Result<Vec<Event>, Rejection> {
        let draft = state.draft(self.draft, None)?;
        if !matches!(draft.stage, DraftStage::Submitted(_)) {
            return Err(Rejection::NotSubmitted);
        }
        check_second_person(draft, &self.by)?;
        Ok(vec![Event::PolicyDraftRejected(PolicyDraftRejected {
            draft: self.draft,
            reason: checked_reason(&self.reason)?,
            by: self.by.clone(),
        })])
    }
}

/// A reason that says something.
pub(super) fn checked_reason(reason: &str) -> Result<String, Rejection> {
    let reason = reason.trim();
    if reason.is_empty() || reason.len() > TITLE_BYTES_MAX {
        return Err(Rejection::InvalidContent(vec![
            crate::governance::ContentFault {
                pointer: "/reason".to_owned(),
                message: format!("must have 1 to {TITLE_BYTES_MAX} bytes"),
            },
        ]));
    }
    Ok(reason.to_owned())
}
