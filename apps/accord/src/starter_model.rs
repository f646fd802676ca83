//! A first model for a bank that has no history: trained on simulated transactions, replaced as soon as there are
//! labels of its own.

use std::collections::BTreeMap;

use anyhow::Context;
use risk_control::{
    CustomerReference, ModelOrigin, TrainedModel, TrainingData, TrainingOrder, Transaction,
};
use risk_control_evaluation::Rehearsal;
use risk_control_simulator::{
    MICROSECONDS_PER_DAY, SimulatedTransaction, Simulation, SimulationSettings,
};

/// Days that fill the windows.
const WARM_UP_DAYS: u32 = 38;
/// All simulated days: after the warm-up, a week to learn from and another to wait for its last labels.
const DAYS: u32 = WARM_UP_DAYS + 14;

/// Trains the starter model. Takes some seconds.
pub fn train(seed: u64) -> anyhow::Result<TrainedModel> {
    let settings = SimulationSettings::handbook(seed);
    let day_us = |day: u32| settings.starts_at + i64::from(day) * MICROSECONDS_PER_DAY;
    let (learned_from_us, end_us) = (day_us(WARM_UP_DAYS), day_us(DAYS));
    let simulation = Simulation::new(settings).context("the simulation's settings")?;
    let mut bank = Rehearsal::default();
    // By the time at which each becomes known.
    let mut unreported: BTreeMap<(i64, usize), Transaction> = BTreeMap::new();
    for (number, simulated) in simulation.days(0..DAYS).flatten().enumerate() {
        while let Some(report) = unreported.first_entry()
            && report.key().0 <= simulated.occurred_at
        {
            let ((known_at_us, _), fraud) = report.remove_entry();
            bank.report(&fraud, known_at_us)?;
        }
        let transaction = transaction(&simulated);
        if let Some(known_at_us) = simulated.reported_at {
            unreported.insert((known_at_us, number), transaction.clone());
        }
        bank.import(transaction)?;
    }
    let set = bank.into_training_set();
    let data = TrainingData {
        set: &set,
        occurred_us: learned_from_us..end_us,
        cutoff_us: end_us,
        through: 0,
        champion: None,
    };
    let order = TrainingOrder::standard(ModelOrigin::Simulated);
    Ok(TrainedModel::train(&data, &order, &mut |_| true)?)
}

/// The simulation knows neither cards nor devices, so the model asks about neither.
fn transaction(simulated: &SimulatedTransaction) -> Transaction {
    Transaction {
        transaction_id: simulated.id.to_string(),
        customer: CustomerReference(u64::from(simulated.customer)),
        occurred_at_us: simulated.occurred_at,
        amount_minor: simulated.amount_minor,
        currency: "EUR".to_owned(),
        terminal_id: simulated.terminal.to_string(),
        card: None,
        device: None,
        address: None,
    }
}
