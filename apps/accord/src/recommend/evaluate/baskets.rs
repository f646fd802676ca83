//! The missing item of a basket.

mod cases;
mod models;
mod training;
mod tuning;

use anyhow::{Context, Result, ensure};

use super::{
    catalogue::Catalogue,
    progress::Progress,
    report::{Candidate, Count, Evaluation, Findings},
};
use crate::cli::RecommendEvaluateArguments;
use cases::{BasketCases, BasketFile};
use models::Trained;
use training::TrainingTable;
use tuning::Tuning;

/// Without validation baskets, one in so many of the training baskets, the latest, is for validation.
const VALIDATION_PART: usize = 10;
/// Without a training file, the first so many tenths of the baskets are the training.
const TRAINING_TENTHS: usize = 8;

/// Reads the files, tunes on validation, and measures on the baskets.
pub fn evaluate(arguments: &RecommendEvaluateArguments, progress: &Progress) -> Result<Evaluation> {
    let baskets_path = arguments.baskets.as_ref().context("--baskets is missing")?;
    progress.say("reading");
    let mut test_file = BasketFile::read(baskets_path)?;
    ensure!(
        !test_file.is_empty(),
        "{}: there is no basket",
        baskets_path.display()
    );
    let all = match &arguments.train {
        Some(path) => TrainingTable::read(path)?,
        None => {
            let late = test_file.split_off(test_file.len() * TRAINING_TENTHS / 10);
            let early = std::mem::replace(&mut test_file, late);
            progress.say("no --train: the first eight tenths of the baskets are the training, the others the test");
            TrainingTable::of_baskets(&early)
        }
    };
    let training = all.before(&test_file);
    ensure!(
        !training.is_empty(),
        "no training row is left before the first basket of {}",
        baskets_path.display()
    );

    let (early, validation_file, description) = match &arguments.validation_baskets {
        Some(path) => {
            let file = BasketFile::read(path)?;
            let description = format!("{} baskets of the validation file", file.len());
            (training.before(&file), file, description)
        }
        None => {
            let (early, held_out) = training.hold_out(VALIDATION_PART, arguments.seed);
            let description = format!(
                "{} of the latest training baskets, one item of each hidden",
                held_out.len()
            );
            (early, held_out, description)
        }
    };
    ensure!(
        !validation_file.is_empty() && !early.is_empty(),
        "too few training rows to validate on"
    );
    let catalogue = Catalogue::of(early.items());
    let validation = BasketCases::new(&validation_file, &early, &catalogue);
    let mut trained = Trained::new(&early, &catalogue)?;
    let choices = Tuning::new(&mut trained, &validation, progress).candidates()?;

    progress.say("training again on all rows before the test, and testing");
    let catalogue = Catalogue::of(training.items());
    let test = BasketCases::new(&test_file, &training, &catalogue);
    let mut trained = Trained::new(&training, &catalogue)?;
    let mut candidates = Vec::new();
    for choice in choices {
        let fitted = trained.fit(&choice.plan)?;
        candidates.push(Candidate {
            name: choice.name,
            settings: choice.plan.to_string(),
            validation: choice.figures,
            test: test.measure(&fitted),
            model: fitted.content_hash(),
        });
    }
    let value = |candidate: &Candidate<_>| tuning::value(&candidate.validation);
    let chosen = candidates.iter().reduce(|best, next| {
        if value(next) > value(best) {
            next
        } else {
            best
        }
    });
    let chosen = chosen.context("there is no candidate")?;
    Ok(Evaluation::Baskets(Findings {
        data: vec![
            Count {
                what: "items",
                count: catalogue.len() as u64,
            },
            Count {
                what: "training rows",
                count: training.len() as u64,
            },
            Count {
                what: "training rows left out, at or after the first test basket",
                count: (all.len() - training.len()) as u64,
            },
            Count {
                what: "test baskets",
                count: test.len() as u64,
            },
            Count {
                what: "targets unknown to training",
                count: test.unknown_targets(),
            },
        ],
        validation: description,
        chosen: chosen.name.to_owned(),
        test: chosen.test,
        candidates,
        merchants: None,
    }))
}
