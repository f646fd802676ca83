//! All transactions of one bank in a table, in the order of time, and its frauds when they became known.

use std::collections::VecDeque;

use risk_control::{CustomerReference, MICROSECONDS_PER_DAY, Rejection, TrainingSet, Transaction};

use crate::{
    EvaluationError,
    federation::OthersCells,
    folds::DELAY_DAYS,
    rehearsal::Rehearsal,
    table::{LabelledTable, TableRow},
};

/// What the replay of one bank left.
pub struct Replay {
    /// Indexes into the table, in the order of time.
    pub rows: Vec<u32>,
    /// Features of these rows in the same order, with the labels as they became known.
    pub set: TrainingSet,
}

impl Replay {
    /// Imports the given rows of the table in the order of time. Every fraud is reported seven days after it happened,
    /// and what other banks share of a cell of time is known once the cell is over.
    pub fn run(
        table: &LabelledTable,
        rows: Vec<u32>,
        mut others: OthersCells<'_>,
    ) -> Result<Self, EvaluationError> {
        let mut bank = Rehearsal::default();
        let mut unreported: VecDeque<&TableRow> = VecDeque::new();
        for index in &rows {
            let row = &table.rows()[*index as usize];
            for (terminal, cell) in others.over_by(row.occurred_at_us) {
                bank.learn_shared(&table.terminals()[*terminal as usize], cell);
            }
            while let Some(fraud) = unreported.front()
                && known_at_us(fraud) <= row.occurred_at_us
            {
                report(&mut bank, table, fraud)?;
                unreported.pop_front();
            }
            bank.import(transaction(table, row))
                .map_err(|reason| refused(row, reason))?;
            if row.fraud {
                unreported.push_back(row);
            }
        }
        for fraud in unreported {
            report(&mut bank, table, fraud)?;
        }
        Ok(Self {
            rows,
            set: bank.into_training_set(),
        })
    }
}

/// When a fraud is reported.
pub fn known_at_us(row: &TableRow) -> i64 {
    row.occurred_at_us + DELAY_DAYS * MICROSECONDS_PER_DAY
}

fn report(
    bank: &mut Rehearsal,
    table: &LabelledTable,
    row: &TableRow,
) -> Result<(), EvaluationError> {
    bank.report(&transaction(table, row), known_at_us(row))
        .map_err(|reason| refused(row, reason))
}

fn refused(row: &TableRow, reason: Rejection) -> EvaluationError {
    EvaluationError::Refused {
        transaction_id: row.transaction_id.to_string(),
        reason,
    }
}

fn transaction(table: &LabelledTable, row: &TableRow) -> Transaction {
    Transaction {
        transaction_id: row.transaction_id.to_string(),
        customer: CustomerReference(u64::from(row.customer)),
        occurred_at_us: row.occurred_at_us,
        amount_minor: row.amount_minor,
        currency: "EUR".to_owned(),
        terminal_id: table.terminals()[row.terminal as usize].to_string(),
        card: None,
        device: None,
        address: None,
    }
}
