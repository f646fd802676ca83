//! Rules: what people write down beside what a model has learned.
//!
//! How a transaction is decided, strictest first (see [`Policy::verdict`](crate::Policy::verdict)):
//!
//! 1. A **block** entry for its customer, terminal, card or device declines it. Nothing overrides a block: an
//!    allow-listed customer whose card was stolen is not let through.
//! 2. An **allow** entry approves it, whatever score and rules say.
//! 3. Otherwise the strictest of the score's thresholds and of all active rules that are fulfilled decides. A rule with
//!    outcome *approve* lifts what the **score alone** would have done; it never overrides another rule.
//!
//! Shadow rules are evaluated and recorded, and decide nothing.

mod book;
mod fields;
mod hit;

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::policy::Decision;

pub use book::{RuleBook, RuleMatches};
pub use fields::{Evidence, rule_fields};
pub use hit::RuleHit;

/// Most rules of a policy, whatever their mode.
pub const RULES_MAX: usize = 100;
/// Most steps that all rules of a policy may take for one transaction (see [`accord_expressions::limits`]).
pub const RULES_COST_MAX: u32 = 4_000;
/// Longest id of a rule, in bytes.
pub const RULE_ID_BYTES_MAX: usize = 40;
/// Longest reason, in bytes.
pub const RULE_REASON_BYTES_MAX: usize = 200;

/// Whether a rule decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleMode {
    Active,
    /// Evaluated and recorded, but decides nothing.
    Shadow,
    /// Kept, but not evaluated.
    Off,
}

impl RuleMode {
    pub const ALL: [Self; 3] = [Self::Active, Self::Shadow, Self::Off];

    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Shadow => "shadow",
            Self::Off => "off",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }
}

/// A rule of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Lower-case letters, digits and dashes.
    pub id: Arc<str>,
    /// 1 for the first rule of this id, one more with every change of anything but its mode.
    pub version: u32,
    /// In the Common Expression Language, over [`rule_fields`].
    pub condition: String,
    /// What a transaction that fulfils it gets at least; *approve* lifts what the score alone would have done.
    pub outcome: Decision,
    pub mode: RuleMode,
    /// For the analyst who sees the transaction.
    pub reason: String,
}

impl Rule {
    /// Whether two rules say the same, whatever their version and mode.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        self.id == other.id
            && self.condition == other.condition
            && self.outcome == other.outcome
            && self.reason == other.reason
    }
}

/// The rules of a policy, in order. Cheap to clone; compiled once, when they are first needed, for all clones.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    shared: Arc<SharedRules>,
}

#[derive(Debug, Default)]
struct SharedRules {
    rules: Vec<Rule>,
    book: OnceLock<RuleBook>,
}

impl RuleSet {
    pub fn new(rules: Vec<Rule>) -> Self {
        Self {
            shared: Arc::new(SharedRules {
                rules,
                book: OnceLock::new(),
            }),
        }
    }

    pub fn rules(&self) -> &[Rule] {
        &self.shared.rules
    }

    pub fn find(&self, id: &str) -> Option<&Rule> {
        self.rules().iter().find(|rule| &*rule.id == id)
    }

    /// The compiled rules.
    pub fn book(&self) -> &RuleBook {
        self.shared
            .book
            .get_or_init(|| RuleBook::compile(self.rules()))
    }
}

impl PartialEq for RuleSet {
    fn eq(&self, other: &Self) -> bool {
        self.rules() == other.rules()
    }
}

impl Serialize for RuleSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.rules().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RuleSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::new)
    }
}
