//! A draft on its way to a policy.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Candidate;
use crate::events::{PolicyDraftApproved, PolicyDraftSubmitted, PolicyDrafted};

/// How far a draft is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DraftStage {
    Open,
    Submitted(Submission),
    Approved(Submission),
}

/// What was submitted, and so what can be approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    pub candidate_hash: String,
    /// Hash of the back-test that was shown, if there was one.
    pub back_test: Option<String>,
}

/// A proposed change of the policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    pub title: String,
    pub candidate: Candidate,
    /// Everybody who wrote, revised or submitted it: none of them may approve it.
    pub authors: BTreeSet<String>,
    pub stage: DraftStage,
    /// Events of the draft so far.
    pub version: u64,
}

impl Draft {
    pub(super) fn new(event: &PolicyDrafted) -> Self {
        Self {
            title: event.title.clone(),
            candidate: event.candidate.clone(),
            authors: BTreeSet::from([event.by.clone()]),
            stage: DraftStage::Open,
            version: 1,
        }
    }

    pub(super) fn revise(&mut self, event: &PolicyDrafted) {
        self.title.clone_from(&event.title);
        self.candidate = event.candidate.clone();
        self.authors.insert(event.by.clone());
        self.stage = DraftStage::Open;
        self.version += 1;
    }

    pub(super) fn submit(&mut self, event: &PolicyDraftSubmitted) {
        self.authors.insert(event.by.clone());
        self.stage = DraftStage::Submitted(Submission {
            candidate_hash: event.candidate_hash.clone(),
            back_test: event.back_test.clone(),
        });
        self.version += 1;
    }

    pub(super) fn approve(&mut self, event: &PolicyDraftApproved) {
        self.stage = DraftStage::Approved(Submission {
            candidate_hash: event.candidate_hash.clone(),
            back_test: event.back_test.clone(),
        });
        self.version += 1;
    }

    pub(super) fn reject(&mut self) {
        self.stage = DraftStage::Open;
        self.version += 1;
    }
}
