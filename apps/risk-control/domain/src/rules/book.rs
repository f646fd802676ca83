//! Compiled rules, and which of them a transaction fulfils.

use std::sync::Arc;

use accord_expressions::{Condition, Value};

use super::{Evidence, Rule, RuleHit, RuleMode, rule_fields};
use crate::policy::Decision;

/// Rules that are ready to be evaluated.
#[derive(Debug, Default)]
pub struct RuleBook {
    rules: Vec<CompiledRule>,
    broken: Vec<Arc<str>>,
}

#[derive(Debug)]
struct CompiledRule {
    hit: RuleHit,
    condition: Condition,
    outcome: Decision,
    shadow: bool,
}

/// What the rules say of a transaction.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleMatches {
    /// Active rules that are fulfilled, in the policy's order.
    pub hits: Vec<RuleHit>,
    /// Shadow rules that are fulfilled.
    pub shadow_hits: Vec<RuleHit>,
    /// The strictest outcome that an active rule demands, *approve* aside.
    pub(crate) demanded: Option<Decision>,
    /// Whether an active rule lifts what the score alone would have done.
    pub(crate) lifted: bool,
}

impl RuleBook {
    pub(super) fn compile(rules: &[Rule]) -> Self {
        let mut book = Self::default();
        for rule in rules.iter().filter(|rule| rule.mode != RuleMode::Off) {
            match Condition::compile(&rule.condition, rule_fields()) {
                Ok(condition) => book.rules.push(CompiledRule {
                    hit: RuleHit(Arc::clone(&rule.id), rule.version),
                    condition,
                    outcome: rule.outcome,
                    shadow: rule.mode == RuleMode::Shadow,
                }),
                Err(_) => book.broken.push(Arc::clone(&rule.id)),
            }
        }
        book
    }

    /// Rules that this binary cannot read, because a field that they use has gone. They are never fulfilled, and show
    /// in the list of rules.
    pub fn broken(&self) -> &[Arc<str>] {
        &self.broken
    }

    /// Evaluates every rule. A condition that comes to "unknown" is not fulfilled.
    pub fn matches(&self, evidence: &Evidence<'_>) -> RuleMatches {
        let mut matches = RuleMatches::default();
        if self.rules.is_empty() {
            return matches;
        }
        let mut record: Vec<Value<'_>> = Vec::with_capacity(rule_fields().fields().len());
        evidence.fill(&mut record);
        for rule in &self.rules {
            if !rule.condition.evaluate(&record).holds() {
                continue;
            }
            if rule.shadow {
                matches.shadow_hits.push(rule.hit.clone());
                continue;
            }
            matches.hits.push(rule.hit.clone());
            if rule.outcome == Decision::Approve {
                matches.lifted = true;
            } else {
                matches.demanded = matches.demanded.max(Some(rule.outcome));
            }
        }
        matches
    }
}
