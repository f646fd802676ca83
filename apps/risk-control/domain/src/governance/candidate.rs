//! What a draft would make of the policy.

use accord_learning::content_hash;
use serde::{Deserialize, Serialize};

use crate::{
    lists::ListChange,
    policy::{Policy, Thresholds},
    rules::RuleSet,
};

/// A policy that does not decide yet, and what would change on the lists with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Version of the policy that it was made from. Once another one decides, the draft must be revised.
    pub base_version: u32,
    /// Hash of the model's artefact.
    pub model: String,
    pub thresholds: Thresholds,
    pub rules: RuleSet,
    pub list_changes: Vec<ListChange>,
}

impl Candidate {
    /// SHA-256 over everything that it says: what an approval is bound to.
    pub fn hash(&self) -> String {
        content_hash(self)
    }

    /// The policy that it would be, following its base.
    pub fn policy(&self) -> Policy {
        Policy {
            version: self.base_version + 1,
            model: self.model.clone(),
            thresholds: self.thresholds,
            rules: self.rules.clone(),
        }
    }
}
