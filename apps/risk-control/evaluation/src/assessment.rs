//! One fold: train, score, measure.

use std::time::Instant;

use accord_learning::metrics::{
    ScoredTransaction, average_precision, calibration_line, card_precision, roc_auc,
};
use risk_control::{ScoringModel, TrainingError, TreesPlan, train_trees};

use crate::{
    EvaluationError, Settings,
    fold_data::FoldData,
    folds::{Fold, date},
    report::{FoldFigures, Timing},
};

/// Cards that can be looked at on a day.
const CARDS: usize = 100;

/// A test transaction with its day and its score.
#[derive(Clone, Copy, Debug)]
pub struct Scored {
    day: i64,
    transaction: ScoredTransaction,
}

/// Trains a bank's own model on its own rows; `None` where these are not of both kinds.
pub fn train_alone(
    data: &FoldData,
    fold: &Fold,
    settings: Settings,
    timing: &mut Timing,
    whose: &str,
) -> Result<Option<ScoringModel>, EvaluationError> {
    let begun = Instant::now();
    let plan = TreesPlan {
        threads: settings.threads,
        seed: settings.seed,
    };
    let model = match train_trees(&data.training, plan) {
        Err(TrainingError::OneClass) => None,
        trained => Some(trained.map_err(|source| EvaluationError::Training {
            whose: whose.to_owned(),
            from: date(fold.training_from).to_string(),
            source,
        })?),
    };
    timing.training_seconds += begun.elapsed().as_secs_f64();
    timing.training_rows += data.training.len() as u64;
    Ok(model)
}

/// Scores a bank's test transactions. Without a model each gets the share of frauds among the rows that it would have
/// been trained on.
pub fn score(
    model: Option<&ScoringModel>,
    data: &FoldData,
    scored: &mut Vec<Scored>,
    timing: &mut Timing,
) {
    let begun = Instant::now();
    let frauds = data.training.labels().iter().filter(|fraud| **fraud);
    let prior = (frauds.count() as f64 + 0.5) / (data.training.len() as f64 + 1.0);
    scored.extend(data.test.iter().map(|row| Scored {
        day: row.day,
        transaction: ScoredTransaction {
            customer: u64::from(row.customer),
            score: model.map_or(prior, |model| model.score(&row.features)),
            fraud: row.fraud,
        },
    }));
    timing.scoring_seconds += begun.elapsed().as_secs_f64();
}

/// Measures everything that was scored in a fold.
pub fn figures(fold: &Fold, scored: &[Scored]) -> FoldFigures {
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
