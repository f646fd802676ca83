//! The rules that a demo bank starts with, from `data/risk-control/starter-rules.json`.

use risk_control::{Decision, DraftContent, Rule, RuleContent, RuleMode, Thresholds};
use serde::Deserialize;

const STARTER_RULES: &str = include_str!("../../../../data/risk-control/starter-rules.json");

/// Why a pack of rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RulePackError {
    #[error("the rules are not readable: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("{pointer}: {message}")]
    Invalid { pointer: String, message: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PackedRule {
    id: String,
    condition: String,
    outcome: Decision,
    mode: RuleMode,
    reason: String,
}

/// The starter pack, checked.
pub fn starter_rules() -> Result<Vec<Rule>, RulePackError> {
    parse(STARTER_RULES)
}

fn parse(text: &str) -> Result<Vec<Rule>, RulePackError> {
    let packed: Vec<PackedRule> = serde_json::from_str(text)?;
    let content = DraftContent {
        model: None,
        thresholds: Thresholds {
            challenge: 0.0,
            review: 0.0,
            decline: 0.0,
        },
        rules: packed
            .into_iter()
            .map(|rule| RuleContent {
                id: rule.id,
                condition: rule.condition,
                outcome: rule.outcome,
                mode: rule.mode,
                reason: rule.reason,
            })
            .collect(),
        list_changes: Vec::new(),
    };
    if let Some(fault) = content.faults().into_iter().next() {
        return Err(RulePackError::Invalid {
            pointer: fault.pointer,
            message: fault.message,
        });
    }
    let first_version = |rule: RuleContent| Rule {
        id: rule.id.into(),
        version: 1,
        condition: rule.condition,
        outcome: rule.outcome,
        mode: rule.mode,
        reason: rule.reason,
    };
    Ok(content.rules.into_iter().map(first_version).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_starter_pack_is_valid_and_decides_something() {
        let rules = starter_rules().unwrap();
        assert!(rules.iter().any(|rule| rule.mode == RuleMode::Active));
        assert!(rules.iter().any(|rule| rule.mode == RuleMode::Shadow));
    }

    #[test]
    fn a_faulty_pack_says_where() {
        let error = parse(
            r#"[{"id":"x","condition":"amuont > 1.0","outcome":"review","mode":"active","reason":"r"}]"#,
        )
        .unwrap_err();
        assert!(
            error.to_string().starts_with("/rules/0/condition:"),
            "{error}"
        );
    }
}
