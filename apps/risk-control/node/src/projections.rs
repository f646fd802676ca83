//! The read models of a bank's node, one file each.

mod activity;
mod cases;
mod governance;
mod parked_labels;
mod policy_drafts;
mod rule_hits;
mod transactions;
mod webhooks;

use std::sync::Arc;

use accord_read_store::Projection;
pub use activity::INTERVAL_US;
pub use cases::{CLOSED_FROM, priority, severity_code};
pub use policy_drafts::DraftStageName;
use risk_control::Event;
pub use transactions::{INDEX_RUN, decision_code, find_by_id, label_code, transaction_hash};
pub use webhooks::webhook_event_type;

/// Places of the projections in [`all`].
pub const TRANSACTIONS: usize = 0;
pub const ACTIVITY: usize = 1;
pub const GOVERNANCE: usize = 2;
pub const CASES: usize = 3;
pub const PARKED_LABELS: usize = 4;
pub const WEBHOOKS: usize = 5;
pub const POLICY_DRAFTS: usize = 6;
pub const RULE_HITS: usize = 7;

/// All projections of a node.
pub fn all() -> Vec<Arc<dyn Projection<Event>>> {
    vec![
        Arc::new(transactions::Transactions::default()),
        Arc::new(activity::Activity),
        Arc::new(governance::Governance),
        Arc::new(cases::Cases),
        Arc::new(parked_labels::ParkedLabels),
        Arc::new(webhooks::Webhooks),
        Arc::new(policy_drafts::PolicyDrafts),
        Arc::new(rule_hits::RuleHits),
    ]
}
