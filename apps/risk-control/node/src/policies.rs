//! Policies by the offset of their activation: what a decision's version number stands for.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use risk_control::Policy;

/// A policy with the offset in the control partition at which it was activated.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivePolicy {
    pub control_offset: u64,
    pub policy: Policy,
}

/// Policies never change under their offset, so they are remembered for ever; a node has few.
#[derive(Clone, Debug, Default)]
pub struct KnownPolicies {
    by_offset: Arc<RwLock<HashMap<u64, Arc<ActivePolicy>>>>,
}

impl KnownPolicies {
    pub fn get(&self, control_offset: u64) -> Option<Arc<ActivePolicy>> {
        self.by_offset
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&control_offset)
            .cloned()
    }

    pub fn remember(&self, active: ActivePolicy) -> Arc<ActivePolicy> {
        let active = Arc::new(active);
        self.by_offset
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(active.control_offset, Arc::clone(&active));
        active
    }

    /// The policy of a version, if it is known.
    pub fn of_version(&self, version: u32) -> Option<Arc<ActivePolicy>> {
        self.by_offset
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .find(|active| active.policy.version == version)
            .cloned()
    }

    /// All that are known, in no order.
    pub fn all(&self) -> Vec<Arc<ActivePolicy>> {
        self.by_offset
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }

    /// Whether a policy over this model is known.
    pub fn any_over(&self, model: &str) -> bool {
        self.by_offset
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .any(|active| active.policy.model == model)
    }

    /// Whether more than one model is or was in a policy.
    pub fn has_two_models(&self) -> bool {
        let policies = self
            .by_offset
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let mut models = policies.values().map(|active| &active.policy.model);
        let first = models.next();
        models.any(|model| Some(model) != first)
    }

    /// The policy that was activated last.
    pub fn newest(&self) -> Option<Arc<ActivePolicy>> {
        self.by_offset
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .max_by_key(|active| active.control_offset)
            .cloned()
    }
}
