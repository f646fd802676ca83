//! That a rule was fulfilled, as decisions record it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Id and version of a rule that was fulfilled; written as `["card-testing",3]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleHit(pub Arc<str>, pub u32);

impl RuleHit {
    pub fn rule(&self) -> &str {
        &self.0
    }

    pub fn version(&self) -> u32 {
        self.1
    }
}
