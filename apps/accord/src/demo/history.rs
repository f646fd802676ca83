//! Loads the simulated history into each bank's log and trains its first model on it.

use std::{sync::Arc, time::Instant};

use anyhow::Context;
use risk_control::Label;
use risk_control_node::{BankNode, HistoricalLabel, HistoricalTransaction, PersonalFields};
use risk_control_simulator::{BankTransaction, Network};
use tokio::task::JoinSet;

use super::{
    Demo,
    state::{DemoState, HISTORY_DAYS},
};

/// Who loads the history, in the log.
const ACTOR: &str = "simulator";

/// Prepares every bank that is not ready.
pub async fn prepare(
    demo: &Arc<Demo>,
    network: &Arc<Network>,
    state: &DemoState,
) -> anyhow::Result<()> {
    let unprepared: Vec<(usize, &BankNode)> = demo
        .banks
        .iter()
        .enumerate()
        .filter(|(_, bank)| !state.is_ready(&state.bank_folder(bank.name())))
        .collect();
    if unprepared.is_empty() {
        return Ok(());
    }
    eprintln!(
        "Loading {HISTORY_DAYS} days of simulated history into {} banks ...",
        unprepared.len()
    );
    // A task for each bank, so that they use all cores.
    let mut preparing = JoinSet::new();
    for (index, bank) in unprepared {
        let (bank, network, state) = (bank.clone(), Arc::clone(network), state.clone());
        preparing.spawn(async move {
            prepare_bank(&bank, index, &network, &state)
                .await
                .with_context(|| format!("history of {}", bank.name()))
        });
    }
    while let Some(prepared) = preparing.join_next().await {
        prepared??;
    }
    Ok(())
}

async fn prepare_bank(
    bank: &BankNode,
    index: usize,
    network: &Arc<Network>,
    state: &DemoState,
) -> anyhow::Result<()> {
    let begun = Instant::now();
    let actor: Arc<str> = Arc::from(ACTOR);
    let live_from_us = state.live_from_us;
    let mut transactions = 0;
    for day in 0..=HISTORY_DAYS {
        let network = Arc::clone(network);
        let (purchases, reports) = tokio::task::spawn_blocking(move || {
            (network.day(index, day), network.reported_on(index, day))
        })
        .await?;
        let mut past = Vec::with_capacity(purchases.len());
        for purchase in &purchases {
            if purchase.transaction.occurred_at < live_from_us {
                past.push(historical(purchase));
            }
        }
        transactions += bank.import(&actor, past).await?;
        let mut known = Vec::new();
        for report in &reports {
            if let Some(known_at_us) = report.transaction.reported_at
                && known_at_us < live_from_us
            {
                known.push(HistoricalLabel {
                    transaction: historical(report),
                    label: Label::Fraud,
                    known_at_us,
                });
            }
        }
        bank.import_labels(&actor, known).await?;
    }
    let report = bank.train_and_activate(&actor).await?;
    state.mark_ready(&state.bank_folder(bank.name()))?;
    eprintln!(
        "  {:<8} {transactions:>7} transactions, model of {} rows with {} frauds, {:.1} s",
        bank.name(),
        report.rows,
        report.frauds,
        begun.elapsed().as_secs_f64()
    );
    Ok(())
}

fn historical(purchase: &BankTransaction) -> HistoricalTransaction {
    HistoricalTransaction {
        transaction_id: purchase.transaction_id(),
        personal: personal(purchase),
        terminal_id: purchase.terminal_id(),
        amount_minor: purchase.transaction.amount_minor,
        occurred_at_us: purchase.transaction.occurred_at,
    }
}

pub fn personal(purchase: &BankTransaction) -> PersonalFields {
    PersonalFields {
        customer_id: purchase.customer_id(),
        card_id: Some(purchase.card_id()),
        device_id: Some(purchase.device_id()),
        ip_address: None,
    }
}
