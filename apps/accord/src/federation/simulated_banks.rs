//! Rows of several simulated banks.

use std::collections::HashMap;

use accord_learning::TrainingRows;
use anyhow::Context;
use risk_control::{
    CustomerHistory, CustomerReference, EntitySummaries, FeatureSet, Purchase, Transaction,
};
use risk_control_simulator::{Simulation, SimulationSettings};

/// Simulated days before the first row, which fill the windows of the features.
const WARM_UP_DAYS: u32 = 8;
const DAYS_MAX: u32 = 120;
/// Each row says what its customer did before; what several banks know of a terminal is not theirs to say alone.
const FEATURES: FeatureSet = FeatureSet::Customer1;

/// The names of the rows' features.
pub fn feature_names() -> Vec<String> {
    FEATURES
        .features()
        .iter()
        .map(|feature| feature.name.to_owned())
        .collect()
}

/// `rows` simulated transactions, each at the bank of its customer.
pub fn rows(banks: usize, rows: usize, seed: u64) -> anyhow::Result<Vec<TrainingRows>> {
    let simulation =
        Simulation::new(SimulationSettings::handbook(seed)).context("the simulation's settings")?;
    let mut customers: HashMap<u32, CustomerHistory> = HashMap::new();
    let mut all = vec![TrainingRows::new(FEATURES.features().len()); banks];
    let mut id = 0;
    for (day, transactions) in (0..).zip(simulation.days(0..DAYS_MAX)) {
        for transaction in transactions {
            let history = customers.entry(transaction.customer).or_default();
            let (at_us, amount_minor) = (transaction.occurred_at, transaction.amount_minor);
            let features = FEATURES.compute(
                Some(history),
                &EntitySummaries::default(),
                &Transaction {
                    transaction_id: transaction.id.to_string(),
                    customer: CustomerReference(u64::from(transaction.customer)),
                    occurred_at_us: at_us,
                    amount_minor,
                    currency: "EUR".to_owned(),
                    terminal_id: transaction.terminal.to_string(),
                    card: None,
                    device: None,
                    address: None,
                },
            );
            history.add(Purchase {
                at_us,
                amount_minor,
            });
            if day < WARM_UP_DAYS {
                continue;
            }
            let bank = transaction.customer as usize % banks;
            all[bank].push(id, features.values(), transaction.fraud.is_some())?;
            id += 1;
            if id as usize == rows {
                return Ok(all);
            }
        }
    }
    anyhow::bail!("the simulation has only {id} transactions")
}
