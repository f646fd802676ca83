//! What somebody writes into a draft, and what can be wrong with it.

use std::{collections::BTreeSet, sync::Arc};

use accord_expressions::Condition;

use super::{Candidate, Governance, ModelEvidence};
use crate::{
    lists::{
        LIST_CHANGES_MAX, LIST_COMMENT_BYTES_MAX, LIST_ENTRIES_MAX, LIST_HINT_BYTES_MAX, ListChange,
    },
    model::ModelRegistry,
    policy::{Decision, Policy, Thresholds},
    rules::{
        RULE_ID_BYTES_MAX, RULE_REASON_BYTES_MAX, RULES_COST_MAX, RULES_MAX, Rule, RuleMode,
        RuleSet, rule_fields,
    },
};

/// A rule as somebody writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleContent {
    pub id: String,
    pub condition: String,
    pub outcome: Decision,
    pub mode: RuleMode,
    pub reason: String,
}

/// Everything of a policy that people decide.
#[derive(Clone, Debug, PartialEq)]
pub struct DraftContent {
    /// Another model than the one that decides, with what speaks for it.
    pub model: Option<(String, ModelEvidence)>,
    pub thresholds: Thresholds,
    pub rules: Vec<RuleContent>,
    pub list_changes: Vec<ListChange>,
}

/// One thing that is wrong with a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentFault {
    /// JSON pointer into the content: `/rules/2/condition`.
    pub pointer: String,
    pub message: String,
}

impl From<&Rule> for RuleContent {
    fn from(rule: &Rule) -> Self {
        Self {
            id: rule.id.to_string(),
            condition: rule.condition.clone(),
            outcome: rule.outcome,
            mode: rule.mode,
            reason: rule.reason.clone(),
        }
    }
}

impl DraftContent {
    /// What a policy says, to start a draft from.
    pub fn of(policy: &Policy) -> Self {
        Self {
            model: None,
            thresholds: policy.thresholds,
            rules: policy.rules.rules().iter().map(RuleContent::from).collect(),
            list_changes: Vec::new(),
        }
    }

    /// Everything that is wrong.
    pub fn faults(&self) -> Vec<ContentFault> {
        let mut faults = Faults::default();
        if !self.thresholds.are_valid() {
            faults.add(
                "/thresholds",
                "must be probabilities in ascending order: challenge, review, decline",
            );
        }
        self.check_rules(&mut faults);
        self.check_list_changes(&mut faults);
        faults.0
    }

    /// The candidate that it makes of the active policy.
    pub(crate) fn candidate(self, active: &Policy, governance: &Governance) -> Candidate {
        let rules = self
            .rules
            .into_iter()
            .map(|rule| numbered(rule, active, governance))
            .collect();
        let (model, evidence) = match self.model {
            Some((model, evidence)) if model != active.model => (model, Some(evidence)),
            _ => (active.model.clone(), None),
        };
        Candidate {
            base_version: active.version,
            model,
            thresholds: self.thresholds,
            rules: RuleSet::new(rules),
            list_changes: self.list_changes,
            evidence,
        }
    }

    fn check_rules(&self, faults: &mut Faults) {
        if self.rules.len() > RULES_MAX {
            faults.add("/rules", &format!("a policy has at most {RULES_MAX} rules"));
            return;
        }
        let mut ids = BTreeSet::new();
        let mut cost = 0;
        for (index, rule) in self.rules.iter().enumerate() {
            let at = |field: &str| format!("/rules/{index}/{field}");
            if !is_rule_id(&rule.id) {
                faults.add(
                    &at("id"),
                    &format!(
                        "must be 1 to {RULE_ID_BYTES_MAX} lower-case letters, digits and dashes"
                    ),
                );
            }
            if !ids.insert(rule.id.as_str()) {
                faults.add(&at("id"), "another rule has this id");
            }
            if rule.reason.trim().is_empty() || rule.reason.len() > RULE_REASON_BYTES_MAX {
                faults.add(
                    &at("reason"),
                    &format!("must have 1 to {RULE_REASON_BYTES_MAX} bytes"),
                );
            }
            match Condition::compile(&rule.condition, rule_fields()) {
                Ok(condition) if rule.mode != RuleMode::Off => cost += condition.cost(),
                Ok(_) => {}
                Err(found) => {
                    for fault in found {
                        faults.add(&at("condition"), &fault.to_string());
                    }
                }
            }
        }
        if cost > RULES_COST_MAX {
            faults.add(
                "/rules",
                &format!(
                    "all rules together may take {RULES_COST_MAX} steps, and these take {cost}"
                ),
            );
        }
    }

    fn check_list_changes(&self, faults: &mut Faults) {
        if self.list_changes.len() > LIST_CHANGES_MAX {
            faults.add(
                "/list_changes",
                &format!("a draft changes at most {LIST_CHANGES_MAX} entries"),
            );
            return;
        }
        let mut places = BTreeSet::new();
        for (index, change) in self.list_changes.iter().enumerate() {
            let at = |field: &str| format!("/list_changes/{index}{field}");
            if !places.insert(change.place()) {
                faults.add(&at(""), "the same entry is changed twice");
            }
            if let ListChange::Add(entry) = change {
                if entry.comment.len() > LIST_COMMENT_BYTES_MAX {
                    faults.add(
                        &at("/comment"),
                        &format!("must have at most {LIST_COMMENT_BYTES_MAX} bytes"),
                    );
                }
                if entry.hint.len() > LIST_HINT_BYTES_MAX {
                    faults.add(
                        &at("/value"),
                        &format!("must have at most {LIST_HINT_BYTES_MAX} bytes"),
                    );
                }
            }
        }
    }

    /// Whether the model that it names is known.
    pub(crate) fn check_model(&self, models: &ModelRegistry) -> Vec<ContentFault> {
        let mut faults = Faults::default();
        if let Some((model, _)) = &self.model
            && !models.contains(model)
        {
            faults.add("/model", "no model of this hash was published");
        }
        faults.0
    }

    /// Whether the lists have room for the changes.
    pub(crate) fn check_room(&self, governance: &Governance) -> Vec<ContentFault> {
        let mut faults = Faults::default();
        let entries = governance.lists.len() + governance.lists.growth(&self.list_changes);
        if entries > LIST_ENTRIES_MAX {
            faults.add(
                "/list_changes",
                &format!("the lists together have room for {LIST_ENTRIES_MAX} entries"),
            );
        }
        faults.0
    }
}

/// A rule keeps its version while it says the same as the active one; otherwise it gets the next one of its id.
fn numbered(content: RuleContent, active: &Policy, governance: &Governance) -> Rule {
    let mut rule = Rule {
        id: Arc::from(content.id),
        version: 1,
        condition: content.condition,
        outcome: content.outcome,
        mode: content.mode,
        reason: content.reason,
    };
    rule.version = match active.rules.find(&rule.id) {
        Some(same) if same.says_the_same_as(&rule) => same.version,
        _ => governance
            .rule_versions
            .get(&*rule.id)
            .map_or(1, |newest| newest + 1),
    };
    rule
}

fn is_rule_id(id: &str) -> bool {
    (1..=RULE_ID_BYTES_MAX).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[derive(Default)]
struct Faults(Vec<ContentFault>);

impl Faults {
    fn add(&mut self, pointer: &str, message: &str) {
        self.0.push(ContentFault {
            pointer: pointer.to_owned(),
            message: message.to_owned(),
        });
    }
}
