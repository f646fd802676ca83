//! Measures the whole pipeline of risk control on a table of labelled transactions.
//!
//! What is measured is what decides: every transaction goes through the decider in the order of its time, confirmed
//! frauds reach it as labels when the protocol says that they became known, the features are those of the decider's
//! events, the model is trained as a node trains it and scores as a node scores.
//!
//! | file | holds |
//! |---|---|
//! | `table` | the file: columns, rows, and what is wrong with them |
//! | `folds` | which days train and which test |
//! | `rehearsal` | a bank in memory: the decider without a log |
//! | `replay` | all transactions and labels of a table through it |
//! | `fold_data` | what a bank brings to a fold |
//! | `assessment` | one fold: train, score, measure |
//! | `report` | what comes out |
//! | `federation` | banks that share a model, statistics of terminals, or both |
//!
//! Nothing is written to a disk and nothing listens on a port.

mod assessment;
mod federation;
mod fold_data;
mod folds;
mod rehearsal;
mod replay;
mod report;
mod table;

use std::time::Instant;

pub use federation::{
    BANKS, Exactness, ExchangeCosts, FederatedReport, FederationError, FederationSettings, SumPath,
    TrainingCosts, evaluate_federated,
};
pub use folds::{Fold, FoldError, folds};
pub use rehearsal::Rehearsal;
pub use report::{Figures, FoldFigures, Means, Report, Scheme, Timing, adjective};
pub use table::{LabelledTable, TableError, TableRow};

use federation::OthersCells;
use fold_data::FoldData;
use replay::Replay;

/// What is to be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Days of training, at least 7.
    pub training_days: u32,
    /// Banks over which the customers are split at random; 1 for none.
    pub banks: u32,
    pub threads: usize,
    /// Seed of the split and of the training.
    pub seed: u64,
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    #[error(transparent)]
    Folds(#[from] FoldError),
    #[error("transaction {transaction_id} was refused: {reason}")]
    Refused {
        transaction_id: String,
        reason: risk_control::Rejection,
    },
    #[error("{whose}, training from {from}: {source}")]
    Training {
        whose: String,
        from: String,
        source: risk_control::TrainingError,
    },
    #[error("the federation: {0}")]
    Federation(#[from] FederationError),
}

/// Replays the table, then trains and tests in every fold: all customers in one bank and, where they are split, every
/// bank alone.
pub fn evaluate(table: &LabelledTable, settings: Settings) -> Result<Report, EvaluationError> {
    let folds = folds(table, settings.training_days)?;
    let mut schemes = vec![measure(table, &folds, settings, Scheme::Pooled, |_| 0, 1)?];
    if settings.banks > 1 {
        let bank_of = |customer: u32| split(settings.seed, customer, settings.banks);
        schemes.push(measure(
            table,
            &folds,
            settings,
            Scheme::BanksAlone {
                banks: settings.banks,
            },
            bank_of,
            settings.banks,
        )?);
    }
    Ok(Report {
        transactions: table.rows().len() as u64,
        frauds: table.rows().iter().filter(|row| row.fraud).count() as u64,
        customers: table.customers().len() as u64,
        terminals: table.terminals().len() as u64,
        training_days: settings.training_days,
        schemes,
    })
}

fn measure(
    table: &LabelledTable,
    folds: &[Fold],
    settings: Settings,
    scheme: Scheme,
    bank_of: impl Fn(u32) -> u32,
    banks: u32,
) -> Result<Figures, EvaluationError> {
    let mut timing = Timing::default();
    let mut scored = vec![Vec::new(); folds.len()];
    for bank in 0..banks {
        let begun = Instant::now();
        let rows: Vec<u32> = (0_u32..)
            .zip(table.rows())
            .filter(|(_, row)| bank_of(row.customer) == bank)
            .map(|(index, _)| index)
            .collect();
        let replay = Replay::run(table, rows, OthersCells::none())?;
        timing.transactions += replay.rows.len() as u64;
        timing.replay_seconds += begun.elapsed().as_secs_f64();
        for (fold, scored) in folds.iter().zip(&mut scored) {
            let whose = match scheme {
                Scheme::Pooled => "all customers".to_owned(),
                _ => format!("bank {}", bank + 1),
            };
            let data = FoldData::of(table, &replay, fold, &whose)?;
            let model = assessment::train_alone(&data, fold, settings, &mut timing, &whose)?;
            if model.is_none() && scheme == Scheme::Pooled {
                return Err(EvaluationError::Training {
                    whose,
                    from: folds::date(fold.training_from).to_string(),
                    source: risk_control::TrainingError::OneClass,
                });
            }
            assessment::score(model.as_ref(), &data, scored, &mut timing);
        }
    }
    let folds = folds
        .iter()
        .zip(&scored)
        .map(|(fold, scored)| assessment::figures(fold, scored))
        .collect();
    Ok(Figures::new(scheme, folds, timing))
}

/// The bank of a customer: a hash, so that it depends on nothing but the seed and the customer (SplitMix64; Steele,
/// Lea and Flood, 2014).
fn split(seed: u64, customer: u32, banks: u32) -> u32 {
    let mut hash = (seed ^ (u64::from(customer) << 20)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((hash ^ (hash >> 31)) % u64::from(banks)) as u32
}
