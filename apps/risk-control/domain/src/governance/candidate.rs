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
    /// What speaks for the model, where it is another than the base's. Absent in what was written before models could be
    /// drafted.
    #[serde(default)]
    pub evidence: Option<ModelEvidence>,
}

/// What was shown of a model when it was proposed. It is part of the candidate, so an approval is bound to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelEvidence {
    /// Hash of the model's card.
    pub card: String,
    /// Hash of the stored comparison with the model that decided then; `None` where none could be made.
    pub comparison: Option<String>,
}

impl Candidate {
    /// SHA-256 over everything that it says: what an approval is bound to.
    pub fn hash(&self) -> String {
        // As it was hashed before there was evidence, so that drafts of that time can still be approved.
        let Self {
            base_version,
            model,
            thresholds,
            rules,
            list_changes,
            evidence,
        } = self;
        match evidence {
            Some(_) => content_hash(self),
            None => content_hash(&WithoutEvidence {
                base_version: *base_version,
                model,
                thresholds: *thresholds,
                rules,
                list_changes,
            }),
        }
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

#[derive(Serialize)]
struct WithoutEvidence<'a> {
    base_version: u32,
    model: &'a str,
    thresholds: Thresholds,
    rules: &'a RuleSet,
    list_changes: &'a [ListChange],
}
