//! Governance: how a policy changes. Drafts, approval by a second person, rules that are switched off at once.
//!
//! ```text
//!                     revise (anybody's approval is void)
//!                  ┌──────────────────────────────┐
//!                  ▼                              │
//! draft ────► open ────submit────► submitted ──approve──► approved ──activate──► the policy decides
//!              ▲                      │     (someone else)
//!              └───────reject─────────┘
//! ```
//!
//! **Four eyes.** Whoever wrote, revised or submitted a draft cannot approve it. What counts is the person, not the
//! caller: two keys, or two roles, of one person are one pair of eyes.
//!
//! **Bound approval.** A submission names the hash of the candidate and of the back-test that was shown; an approval
//! must name the same ones, and any revision sends the draft back to the start.

mod candidate;
mod content;
mod draft;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    events::{
        ModelRolledBack, PolicyDraftApproved, PolicyDraftRejected, PolicyDraftSubmitted,
        PolicyDrafted, RuleSwitchedOff, SwitchOffReviewed,
    },
    lists::ListRegistry,
    policy::{Policy, Thresholds},
    rules::RuleMode,
};

pub use candidate::{Candidate, ModelEvidence};
pub use content::{ContentFault, DraftContent, RuleContent};
pub use draft::{Draft, DraftStage, Submission};

/// Drafts that may be open at once.
pub const DRAFTS_MAX: usize = 50;
/// Longest title of a draft, and longest reason of a rejection or of switching a rule off, in bytes.
pub const TITLE_BYTES_MAX: usize = 200;
/// Earlier policies that can be rolled back to.
pub const POLICIES_KEPT: usize = 100;

/// What the control partition knows of changes under way and of earlier policies.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Governance {
    pub lists: ListRegistry,
    /// Drafts that are neither activated nor discarded, by number.
    pub drafts: BTreeMap<u64, Draft>,
    /// Drafts so far, which is also the number of the newest.
    pub drafts_so_far: u64,
    /// The newest policies by version.
    pub policies: BTreeMap<u32, Policy>,
    /// The newest version of every rule that was ever in a policy.
    pub rule_versions: BTreeMap<String, u32>,
    /// Rules that were switched off at once, until someone else has looked at it.
    pub switched_off: BTreeMap<String, SwitchedOff>,
    /// Events of each rule so far.
    pub rule_events: BTreeMap<String, u64>,
    /// A model that one person took off, until someone else has looked at it.
    pub rolled_back: Option<RolledBack>,
    /// The draft that came to its end last, and its events.
    pub last_closed: Option<(u64, u64)>,
}

/// A rule that one person switched off, and that waits for a second one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchedOff {
    /// How the rule was before.
    pub was: RuleMode,
    /// The person.
    pub by: String,
}

/// A model that one person took off, and that waits for a second one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RolledBack {
    pub model: String,
    pub thresholds: Thresholds,
    /// The model that decides again.
    pub restored: String,
    /// The person.
    pub by: String,
}

impl Governance {
    pub(crate) fn remember_policy(&mut self, policy: &Policy) {
        for rule in policy.rules.rules() {
            let newest = self
                .rule_versions
                .entry(rule.id.to_string())
                .or_insert(rule.version);
            *newest = rule.version.max(*newest);
        }
        // A rule that is in force again, or has gone, needs no second look any more.
        self.switched_off.retain(|id, _| {
            policy
                .rules
                .find(id)
                .is_some_and(|rule| rule.mode == RuleMode::Off)
        });
        // Once another model decides by approval, nobody asks any more.
        self.rolled_back
            .take_if(|rolled_back| rolled_back.restored != policy.model);
        self.policies.insert(policy.version, policy.clone());
        while self.policies.len() > POLICIES_KEPT {
            self.policies.pop_first();
        }
    }

    pub(crate) fn drafted(&mut self, event: &PolicyDrafted) {
        self.drafts_so_far = self.drafts_so_far.max(event.draft);
        match self.drafts.get_mut(&event.draft) {
            Some(draft) => draft.revise(event),
            None => {
                self.drafts.insert(event.draft, Draft::new(event));
            }
        }
    }

    pub(crate) fn submitted(&mut self, event: &PolicyDraftSubmitted) {
        if let Some(draft) = self.drafts.get_mut(&event.draft) {
            draft.submit(event);
        }
    }

    pub(crate) fn approved(&mut self, event: &PolicyDraftApproved) {
        if let Some(draft) = self.drafts.get_mut(&event.draft) {
            draft.approve(event);
        }
    }

    pub(crate) fn rejected(&mut self, event: &PolicyDraftRejected) {
        if let Some(draft) = self.drafts.get_mut(&event.draft) {
            draft.reject();
        }
    }

    pub(crate) fn closed(&mut self, number: u64) {
        if let Some(draft) = self.drafts.remove(&number) {
            self.last_closed = Some((number, draft.version + 1));
        }
    }

    pub(crate) fn reviewed(&mut self, event: &SwitchOffReviewed) {
        self.switched_off.remove(&*event.rule);
        self.count_rule_event(&event.rule);
    }

    pub(crate) fn draft_version(&self, number: u64) -> u64 {
        match (self.drafts.get(&number), self.last_closed) {
            (Some(draft), _) => draft.version,
            (None, Some((closed, version))) if closed == number => version,
            _ => 1,
        }
    }

    pub(crate) fn rule_version(&self, rule: &str) -> u64 {
        self.rule_events.get(rule).copied().unwrap_or(1)
    }

    fn count_rule_event(&mut self, rule: &str) {
        *self.rule_events.entry(rule.to_owned()).or_default() += 1;
    }

    pub(crate) fn rolled_back(&mut self, event: &ModelRolledBack) {
        self.rolled_back = Some(RolledBack {
            model: event.model.clone(),
            thresholds: event.thresholds,
            restored: event.restored.clone(),
            by: event.by.clone(),
        });
    }

    /// The newest earlier policy over another model than the one that decides.
    pub(crate) fn previous_model(&self, active: &Policy) -> Option<&Policy> {
        self.policies
            .values()
            .rev()
            .find(|earlier| earlier.version < active.version && earlier.model != active.model)
    }

    pub(crate) fn switched_off(&mut self, event: &RuleSwitchedOff) {
        let switched_off = SwitchedOff {
            was: event.was,
            by: event.by.clone(),
        };
        self.switched_off
            .insert(event.rule.to_string(), switched_off);
        self.count_rule_event(&event.rule);
    }
}
