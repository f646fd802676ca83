//! Agree to a submitted draft, as another person.

use crate::{
    commands::Rejection,
    events::{Event, PolicyDraftApproved},
    governance::{Draft, DraftStage},
    state::ControlState,
};

/// Approves exactly what was shown: the candidate and the back-test of these hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApproveDraft {
    pub draft: u64,
    pub candidate_hash: String,
    pub back_test: Option<String>,
    pub by: String,
}

impl ApproveDraft {
    pub(crate) fn decide(&self, state: &ControlState) -> Result<Vec<Event>, Rejection> {
        let draft = state.draft(self.draft, None)?;
        let DraftStage::Submitted(submission) = &draft.stage else {
            return Err(Rejection::NotSubmitted);
        };
        check_second_person(draft, &self.by)?;
        if submission.candidate_hash != self.candidate_hash
            || submission.back_test != self.back_test
        {
            return Err(Rejection::OtherCandidate);
        }
        if draft.candidate.base_version != state.active_policy()?.version {
            return Err(Rejection::StaleDraft);
        }
        Ok(vec![Event::PolicyDraftApproved(PolicyDraftApproved {
            draft: self.draft,
            candidate_hash: self.candidate_hash.clone(),
            back_test: self.back_test.clone(),
            by: self.by.clone(),
        })])
    }
}

/// Four eyes: whoever had a hand in a draft does not decide about it.
pub(super) fn check_second_person(draft: &Draft, by: &str) -> Result<(), Rejection> {
    if draft.authors.contains(by) {
        return Err(Rejection::SamePerson);
    }
    Ok(())
}
