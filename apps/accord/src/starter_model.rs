//! A first model for a bank that has no history: trained on simulated transactions, replaced as soon as there are
//! labels of its own.

use std::collections::HashMap;

use anyhow::Context;
use risk_control::{
    CustomerHistory, CustomerReference, Decision, Event, Features, Label, LabelSource, Purchase,
    TrainingSet, Transaction, TransactionImported, TransactionLabelled,
};
use risk_control_node::TrainedModel;
use risk_control_simulator::{MICROSECONDS_PER_DAY, Simulation, SimulationSettings};

/// Simulated days: 30 to fill the windows, then as many to learn from.
const DAYS: u32 = 45;

/// Trains the starter model. Takes a second or two.
pub fn train(seed: u64) -> anyhow::Result<TrainedModel> {
    let settings = SimulationSettings::handbook(seed);
    let end_us = settings.starts_at + i64::from(DAYS) * MICROSECONDS_PER_DAY;
    let simulation = Simulation::new(settings).context("the simulation's settings")?;
    let mut customers: HashMap<u32, CustomerHistory> = HashMap::new();
    let mut set = TrainingSet::default();
    for transaction in simulation.days(0..DAYS).flatten() {
        let history = customers.entry(transaction.customer).or_default();
        let (at_us, amount_minor) = (transaction.occurred_at, transaction.amount_minor);
        let features = Features::of(Some(history), at_us, amount_minor);
        history.add(Purchase {
            at_us,
            amount_minor,
        });
        let transaction_id = transaction.id.to_string();
        set.add(&Event::TransactionImported(TransactionImported {
            transaction: Transaction {
                transaction_id: transaction_id.clone(),
                customer: CustomerReference(u64::from(transaction.customer)),
                occurred_at_us: at_us,
                amount_minor,
                currency: "EUR".to_owned(),
                terminal_id: String::new(),
            },
            features,
            decision: Decision::Approve,
            personal: String::new(),
        }));
        if let Some(known_at_us) = transaction.reported_at.filter(|known| *known <= end_us) {
            set.add(&Event::TransactionLabelled(TransactionLabelled {
                transaction_id,
                customer: CustomerReference(u64::from(transaction.customer)),
                label: Label::Fraud,
                source: LabelSource::Chargeback,
                known_at_us,
                note: None,
            }));
        }
    }
    Ok(TrainedModel::train(&set, end_us)?)
}
