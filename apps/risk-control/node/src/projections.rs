//! The read models of a bank's node, one file each.

mod activity;
mod governance;
mod transactions;

use std::sync::Arc;

use accord_read_store::Projection;
pub use activity::INTERVAL_US;
use risk_control::Event;
pub use transactions::{INDEX_RUN, decision_code, find_by_id, label_code, transaction_hash};

/// Places of the projections in [`all`].
pub const TRANSACTIONS: usize = 0;
pub const ACTIVITY: usize = 1;
pub const GOVERNANCE: usize = 2;

/// All projections of a node.
pub fn all() -> Vec<Arc<dyn Projection<Event>>> {
    vec![
        Arc::new(transactions::Transactions::default()),
        Arc::new(activity::Activity),
        Arc::new(governance::Governance),
    ]
}
