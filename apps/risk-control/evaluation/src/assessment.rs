//! One fold: train, score, measure.

use std::{collections::HashSet, time::Instant};

use accord_learning::metrics::{
    ScoredTransaction, average_precision, calibration_line, card_precision, roc_auc,
};
use risk_control::{MICROSECONDS_PER_DAY, TreesPlan, train_trees};

use crate::{
    EvaluationError, Settings,
    folds::{DELAY_DAYS, Fold, date},
    replay::Replay,
    report::{FoldFigures, Timing},
    table::LabelledTable,
};

/// Cards that can be looked at on a day.
const CARDS: usize = 100;

/// A test transaction with its day and its score.
#[derive(Clone, Copy, Debug)]
pub struct Scored {
    day: i64,
    transaction: ScoredTransaction,
}

/// Trains on the fold's training days and scores its test days.
pub fn train_and_score(
    table: &LabelledTable,
    replay: &Replay,
    fold: &Fold,
    settings: Settings,
    scored: &mut Vec<Scored>,
    timing: &mut Timing,
    whose: &str,
) -> Result<(), EvaluationError> {
    let failed = |source| EvaluationError::Training {
        whose: whose.to_owned(),
        from: date(fold.training_from).to_string(),
        source,
    };
    let begun = Instant::now();
    let day_us = |day: i64| day * MICROSECONDS_PER_DAY;
    let (rows, _) = replay
        .set
        .rows_within(
            day_us(fold.training_from)..day_us(fold.training_until),
            day_us(fold.test_from),
        )
        .map_err(|error| failed(risk_control::TrainingError::Learner(error.to_string())))?;
    let plan = TreesPlan {
        threads: settings.threads,
        seed: settings.seed,
    };
    let model = train_trees(&rows, plan).map_err(failed)?;
    timing.training_seconds += begun.elapsed().as_secs_f64();
    timing.training_rows += rows.len() as u64;

    let begun = Instant::now();
    let defrauded = KnownDefrauded::new(table, replay, fold);
    for (index, features) in replay.rows.iter().zip(replay.set.features()) {
        let row = &table.rows()[*index as usize];
        let day = row.occurred_at_us.div_euclid(MICROSECONDS_PER_DAY);
        if (fold.test_from..fold.test_until).contains(&day) && !defrauded.knows(row.customer, day) {
            scored.push(Scored {
                day,
                transaction: ScoredTransaction {
                    customer: u64::from(row.customer),
                    score: model.score(features),
                    fraud: row.fraud,
                },
            });
        }
    }
    timing.scoring_seconds += begun.elapsed().as_secs_f64();
    Ok(())
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

/// Measures everything that was scored in a fold.
pub fn figures(fold: &Fold, scored: Vec<Scored>) -> FoldFigures {
    let scores: Vec<f64> = scored.iter().map(|row| row.transaction.score).collect();
    let labels: Vec<bool> = scored.iter().map(|row| row.transaction.fraud).collect();
    let days: Vec<Vec<ScoredTransaction>> = (fold.test_from..fold.test_until)
        .map(|day| {
            let of_day = scored.iter().filter(|row| row.day == day);
            of_day.map(|row| row.transaction).collect()
        })
        .collect();
    FoldFigures {
        training_from: date(fold.training_from).to_string(),
        test_from: date(fold.test_from).to_string(),
        test_to: date(fold.test_until - 1).to_string(),
        transactions: scored.len() as u64,
        frauds: labels.iter().filter(|fraud| **fraud).count() as u64,
        auc: roc_auc(&scores, &labels),
        average_precision: average_precision(&scores, &labels),
        card_precision_100: card_precision(&days, CARDS),
        calibration_slope: calibration_line(&scores, &labels).map(|line| line.slope),
    }
}
