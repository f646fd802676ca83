//! Rows of several simulated banks.

use std::collections::HashMap;

use accord_learning::TrainingRows;
use anyhow::Context;
use risk_control::{CustomerHistory, FEATURE_COUNT, FEATURES, Features, Purchase};
use risk_control_simulator::{Simulation, SimulationSettings};

/// Simulated days before the first row, which fill the windows of the features.
const WARM_UP_DAYS: u32 = 8;
const DAYS_MAX: u32 = 120;

/// The names of the rows' features.
pub fn feature_names() -> Vec<String> {
    FEATURES
        .iter()
        .map(|feature| feature.name.to_owned())
        .collect()
}

/// `rows` simulated transactions, each at the bank of its customer.
pub fn rows(banks: usize, rows: usize, seed: u64) -> anyhow::Result<Vec<TrainingRows>> {
    let simulation =
        Simulation::new(SimulationSettings::handbook(seed)).context("the simulation's settings")?;
    let mut customers: HashMap<u32, CustomerHistory> = HashMap::new();
    let mut all = vec![TrainingRows::new(FEATURE_COUNT); banks];
    let mut id = 0;
    for (day, transactions) in (0..).zip(simulation.days(0..DAYS_MAX)) {
        for transaction in transactions {
            let history = customers.entry(transaction.customer).or_default();
            let (at_us, amount_minor) = (transaction.occurred_at, transaction.amount_minor);
            let features = Features::of(Some(history), at_us, amount_minor);
            history.add(Purchase {
                at_us,
                amount_minor,
            });
            if day < WARM_UP_DAYS {
                continue;
            }
            let bank = transaction.customer as usize % banks;
            all[bank].push(id, &features.0, transaction.fraud.is_some())?;
            id += 1;
            if id as usize == rows {
                return Ok(all);
            }
        }
    }
    anyhow::bail!("the simulation has only {id} transactions")
}
