//! What a node keeps in memory for its customers.

use accord_bench::process::ProcessUsage;
use accord_decider::{Decider, LoggedDecider, PartitionId};
use risk_control::{
    CustomerReference, Decision, EntityKey, EntitySummaries, Event, FeatureSet, RiskControl,
    Transaction, TransactionImported,
};
use serde::Serialize;

const CUSTOMERS: u64 = 100_000;
const PURCHASES: u64 = 20;
const DAY_US: i64 = 86_400_000_000;

/// Memory of a partition's state.
#[derive(Debug, Serialize)]
pub struct MemoryFigures {
    pub customers: u64,
    /// Within the longest window.
    pub purchases_per_customer: u64,
    /// Histories, cards and terminals; the keys of the customers take some 120 bytes each beside.
    pub bytes_per_million_customers: u64,
}

/// Folds the purchases of many customers, each with a card and at one of a thousand terminals, and looks at what this
/// process has grown by.
pub fn measure() -> anyhow::Result<MemoryFigures> {
    let before = ProcessUsage::now()?.resident_bytes;
    let mut state = RiskControl::initial(PartitionId(1));
    for purchase in 0..PURCHASES {
        for customer in 0..CUSTOMERS {
            let transaction = Transaction {
                transaction_id: String::new(),
                customer: CustomerReference(customer),
                occurred_at_us: (purchase * 30 / PURCHASES) as i64 * DAY_US + customer as i64,
                amount_minor: 1_000 + purchase as i64,
                currency: "EUR".to_owned(),
                terminal_id: format!("terminal-{}", (customer * 31 + purchase * 7) % 1_000),
                card: Some(EntityKey::from_hash((customer + 1) << 24)),
                device: None,
                address: None,
            };
            let features =
                FeatureSet::CURRENT.compute(None, &EntitySummaries::default(), &transaction);
            let event = Event::TransactionImported(TransactionImported {
                transaction,
                features,
                decision: Decision::Approve,
                personal: String::new(),
            });
            RiskControl::evolve(&mut state, &event);
        }
    }
    let grown = ProcessUsage::now()?.resident_bytes.saturating_sub(before);
    drop(state);
    Ok(MemoryFigures {
        customers: CUSTOMERS,
        purchases_per_customer: PURCHASES,
        bytes_per_million_customers: grown * (1_000_000 / CUSTOMERS),
    })
}
