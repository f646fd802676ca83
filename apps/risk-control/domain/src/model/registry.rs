//! The models that a node knows, as its control partition does.

use std::collections::BTreeMap;

use accord_decider::PartitionOffset;
use serde::{Deserialize, Serialize};

/// Models that may score in shadow at once, beside the one that decides.
pub const SHADOWS_MAX: usize = 4;

/// Published models by hash.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelRegistry {
    models: BTreeMap<String, RegisteredModel>,
}

/// A published model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredModel {
    /// Offset at which it was published.
    pub published_at: PartitionOffset,
    /// Whether it scores beside the model that decides.
    pub in_shadow: bool,
    /// Events of it so far.
    pub events: u64,
}

impl ModelRegistry {
    pub fn get(&self, model: &str) -> Option<&RegisteredModel> {
        self.models.get(model)
    }

    pub fn contains(&self, model: &str) -> bool {
        self.models.contains_key(model)
    }

    /// Hashes of the models that score in shadow, in their order.
    pub fn in_shadow(&self) -> impl Iterator<Item = &str> {
        self.models
            .iter()
            .filter(|(_, model)| model.in_shadow)
            .map(|(hash, _)| hash.as_str())
    }

    pub(crate) fn publish(&mut self, model: &str, published_at: PartitionOffset) {
        let registered = RegisteredModel {
            published_at,
            in_shadow: false,
            events: 1,
        };
        self.models.insert(model.to_owned(), registered);
    }

    pub(crate) fn shadow(&mut self, model: &str, in_shadow: bool) {
        if let Some(registered) = self.models.get_mut(model) {
            registered.in_shadow = in_shadow;
            registered.events += 1;
        }
    }

    /// Another model decides: whatever decides needs no shadow.
    pub(crate) fn decides(&mut self, model: &str) {
        if let Some(registered) = self.models.get_mut(model) {
            registered.in_shadow = false;
        }
    }

    /// Counts an event of a model that changes nothing else of it.
    pub(crate) fn count(&mut self, model: &str) {
        if let Some(registered) = self.models.get_mut(model) {
            registered.events += 1;
        }
    }

    pub(crate) fn version(&self, model: &str) -> u64 {
        self.models.get(model).map_or(1, |model| model.events)
    }
}
