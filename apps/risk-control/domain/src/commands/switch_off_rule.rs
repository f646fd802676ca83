//! Break glass: switch a rule off at once, alone. A second person must look at it afterwards.

use std::sync::Arc;

use super::reject_draft::checked_reason;
use crate::{
    commands::Rejection,
    events::{Event, PolicyActivated, RuleSwitchedOff},
    policy::Policy,
    rules::{RuleMode, RuleSet},
    state::ControlState,
};

/// Switches off a rule of the active policy. Only this direction needs no approval: a rule that harms customers at
/// night cannot wait for a second person, and what is left is a policy that others have approved, without one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchOffRule {
    pub rule: String,
    pub reason: String,
    pub by: String,
}

impl SwitchOffRule {
    pub(crate) fn decide(&self, state: &ControlState) -> Result<Vec<Event>, Rejection> {
        let active = state.active_policy()?;
        let rule = active
            .rules
            .find(&self.rule)
            .ok_or(Rejection::UnknownRule)?;
        if rule.mode == RuleMode::Off {
            return Err(Rejection::AlreadyOff);
        }
        Ok(vec![
            Event::RuleSwitchedOff(RuleSwitchedOff {
                rule: Arc::clone(&rule.id),
                version: rule.version,
                was: rule.mode,
                reason: checked_reason(&self.reason)?,
                by: self.by.clone(),
            }),
            with_mode(active, &self.rule, RuleMode::Off),
        ])
    }
}

/// The active policy with one rule in another mode, as the next version.
pub(super) fn with_mode(active: &Policy, id: &str, mode: RuleMode) -> Event {
    let mut rules = active.rules.rules().to_vec();
    for rule in rules.iter_mut().filter(|rule| &*rule.id == id) {
        rule.mode = mode;
    }
    Event::PolicyActivated(PolicyActivated {
        policy: Policy {
            version: active.version + 1,
            rules: RuleSet::new(rules),
            ..active.clone()
        },
        list_changes: Vec::new(),
    })
}
