//! What one bank brings to a fold: rows to train on, and transactions to test on.

use std::collections::HashSet;

use accord_learning::TrainingRows;
use risk_control::{Features, MICROSECONDS_PER_DAY};

use crate::{
    EvaluationError,
    folds::{DELAY_DAYS, Fold, date},
    replay::Replay,
    table::LabelledTable,
};

/// One bank's part of a fold.
#[derive(Debug)]
pub struct FoldData {
    /// Rows are numbered by their place in the table, so that several banks' rows have different numbers.
    pub training: TrainingRows,
    pub test: Vec<TestRow>,
}

/// A transaction to be scored.
#[derive(Clone, Copy, Debug)]
pub struct TestRow {
    pub day: i64,
    pub customer: u32,
    pub fraud: bool,
    pub features: Features,
}

impl FoldData {
    /// Takes training and test out of what a replay left.
    pub fn of(
        table: &LabelledTable,
        replay: &Replay,
        fold: &Fold,
        whose: &str,
    ) -> Result<Self, EvaluationError> {
        Ok(Self {
            training: training_rows(replay, fold, whose)?,
            test: test_rows(table, replay, fold),
        })
    }
}

fn training_rows(
    replay: &Replay,
    fold: &Fold,
    whose: &str,
) -> Result<TrainingRows, EvaluationError> {
    let failed = |error: accord_learning::RowError| EvaluationError::Training {
        whose: whose.to_owned(),
        from: date(fold.training_from).to_string(),
        source: risk_control::TrainingError::Learner(error.to_string()),
    };
    let day_us = |day: i64| day * MICROSECONDS_PER_DAY;
    let (numbered_here, _) = replay
        .set
        .rows_within(
            day_us(fold.training_from)..day_us(fold.training_until),
            day_us(fold.test_from),
        )
        .map_err(failed)?;
    let mut rows = TrainingRows::new(numbered_here.feature_count());
    rows.reserve(numbered_here.len());
    for (id, (features, label)) in numbered_here.ids().iter().zip(numbered_here.iter()) {
        let id = u64::from(replay.rows[*id as usize]);
        rows.push(id, features, label).map_err(failed)?;
    }
    Ok(rows)
}

fn test_rows(table: &LabelledTable, replay: &Replay, fold: &Fold) -> Vec<TestRow> {
    let defrauded = KnownDefrauded::new(table, replay, fold);
    let mut test = Vec::new();
    for (index, features) in replay.rows.iter().zip(replay.set.features()) {
        let row = &table.rows()[*index as usize];
        let day = row.occurred_at_us.div_euclid(MICROSECONDS_PER_DAY);
        if (fold.test_from..fold.test_until).contains(&day) && !defrauded.knows(row.customer, day) {
            test.push(TestRow {
                day,
                customer: row.customer,
                fraud: row.fraud,
                features: *features,
            });
        }
    }
    test
}

/// Customers whose fraud is known on a test day. They are dropped from it: their cards are blocked.
struct KnownDefrauded {
    /// Customers defrauded in the last training week or later, with the first day of it.
    customers: HashSet<(u32, i64)>,
    from: i64,
}

impl KnownDefrauded {
    fn new(table: &LabelledTable, replay: &Replay, fold: &Fold) -> Self {
        let from = fold.last_training_week();
        let customers = replay
            .rows
            .iter()
            .map(|index| &table.rows()[*index as usize])
            .filter(|row| row.fraud)
            .map(|row| {
                (
                    row.customer,
                    row.occurred_at_us.div_euclid(MICROSECONDS_PER_DAY),
                )
            })
            .filter(|(_, day)| (from..fold.test_until).contains(day))
            .collect();
        Self { customers, from }
    }

    /// Frauds are known up to eight days before the test day.
    fn knows(&self, customer: u32, day: i64) -> bool {
        (self.from..day - DELAY_DAYS).any(|earlier| self.customers.contains(&(customer, earlier)))
    }
}
