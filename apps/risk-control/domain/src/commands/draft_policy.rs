//! Propose a change of the policy.

use crate::{
    commands::Rejection,
    events::{Event, PolicyDrafted},
    governance::{ContentFault, DRAFTS_MAX, DraftContent, TITLE_BYTES_MAX},
    state::ControlState,
};

/// Opens a draft.
#[derive(Clone, Debug, PartialEq)]
pub struct DraftPolicy {
    pub title: String,
    pub content: DraftContent,
    /// The person.
    pub by: String,
}

impl DraftPolicy {
    pub(crate) fn decide(&self, state: &ControlState) -> Result<Vec<Event>, Rejection> {
        let governance = &state.governance;
        if governance.drafts.len() >= DRAFTS_MAX {
            return Err(Rejection::TooManyDrafts);
        }
        let draft = governance.drafts_so_far + 1;
        drafted(state, draft, &self.title, &self.content, &self.by).map(|event| vec![event])
    }
}

/// The event of a draft with this content, where that is valid.
pub(super) fn drafted(
    state: &ControlState,
    draft: u64,
    title: &str,
    content: &DraftContent,
    by: &str,
) -> Result<Event, Rejection> {
    let active = state.active_policy()?;
    let mut faults = content.faults();
    if title.trim().is_empty() || title.len() > TITLE_BYTES_MAX {
        faults.push(ContentFault {
            pointer: "/title".to_owned(),
            message: format!("must have 1 to {TITLE_BYTES_MAX} bytes"),
        });
    }
    faults.extend(content.check_model(&state.models));
    faults.extend(content.check_room(&state.governance));
    if !faults.is_empty() {
        return Err(Rejection::InvalidContent(faults));
    }
    Ok(Event::PolicyDrafted(PolicyDrafted {
        draft,
        title: title.to_owned(),
        candidate: content.clone().candidate(active, &state.governance),
        by: by.to_owned(),
    }))
}
