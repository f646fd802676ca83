//! Strong generalisation: users that training never saw, recommended to from a part of their history.

mod candidates;
mod cases;
mod tuning;

use accord_learning::Histories;
use anyhow::{Context, ensure};

use super::{
    merchants,
    progress::Progress,
    report::{Candidate, Count, Evaluation, Findings, StrongFigures},
};
use crate::{cli::RecommendEvaluateArguments, recommend::random::hash};
pub use candidates::{Fitted, Plan};
pub use cases::{Cases, Pairs};
use tuning::Tuning;

/// Of the training users, one in ten is held out for validation, but no more than this.
const HELD_OUT_MAX: usize = 500;

/// Reads the files, tunes on validation, and measures on the test.
pub fn evaluate(
    arguments: &RecommendEvaluateArguments,
    progress: &Progress,
) -> anyhow::Result<Evaluation> {
    let path = |path: &'_ Option<std::path::PathBuf>, name: &str| {
        path.clone().with_context(|| {
            format!("--{name} is missing: --train, --foldin and --target go together")
        })
    };
    let (train, foldin, target) = (
        path(&arguments.train, "train")?,
        path(&arguments.foldin, "foldin")?,
        path(&arguments.target, "target")?,
    );
    progress.say("reading");
    let training = Pairs::read(&train)?;
    ensure!(
        !training.is_empty(),
        "{}: there is no training row",
        train.display()
    );
    let catalogue = training.catalogue();
    let users: Vec<Vec<u32>> = training.histories(&catalogue);
    let test = Cases::read(&foldin, &target, &catalogue)?;
    ensure!(
        !test.is_empty(),
        "no user of {} is in {}",
        target.display(),
        foldin.display()
    );

    let given = match (&arguments.validation_foldin, &arguments.validation_target) {
        (Some(foldin), Some(target)) => Some(Cases::read(foldin, target, &catalogue)?),
        (None, None) => None,
        _ => anyhow::bail!("--validation-foldin and --validation-target go together"),
    };
    let pooled = histories(catalogue.len(), users.iter())?;
    let (description, tuning_histories, validation) = match given {
        Some(cases) => {
            ensure!(!cases.is_empty(), "there is no validation user");
            let description = format!("{} users of the validation files", cases.len());
            (description, pooled.clone(), cases)
        }
        None => {
            let (rest, cases) = hold_out(&users, arguments.seed);
            ensure!(
                !cases.is_empty(),
                "too few training users to hold some out: give --validation-foldin and --validation-target"
            );
            let description = format!(
                "{} training users held out (a fifth of each history as target)",
                cases.len()
            );
            (
                description,
                histories(catalogue.len(), rest.iter().copied())?,
                cases,
            )
        }
    };

    let mut tuning = Tuning::new(&tuning_histories, &validation, progress);
    let choices = tuning.candidates()?;
    progress.say("refitting on all training users, and testing");
    let mut candidates = Vec::new();
    for choice in &choices {
        let model = choice.plan.fit(&pooled)?;
        candidates.push(Candidate {
            name: choice.name,
            settings: choice.plan.to_string(),
            validation: choice.figures,
            test: test.measure(&model),
            model: model.content_hash(),
        });
    }
    let best = best_by_validation(&candidates).context("there is no candidate")?;
    let (chosen, figures) = (candidates[best].name, candidates[best].test);
    let merchants = match arguments.merchants {
        None => None,
        Some(count) => {
            let plan = choices.iter().filter(|choice| choice.plan.is_federable());
            let plan = plan.max_by(|left, right| {
                left.figures
                    .ndcg_at_100
                    .total_cmp(&right.figures.ndcg_at_100)
            });
            let plan = &plan
                .context("no candidate can be trained by several merchants")?
                .plan;
            Some(merchants::compare(
                &pooled,
                usize::from(count),
                arguments.seed,
                plan,
                &test,
                progress,
            )?)
        }
    };
    Ok(Evaluation::Strong(Findings {
        data: vec![
            Count {
                what: "items",
                count: catalogue.len() as u64,
            },
            Count {
                what: "training users",
                count: users.len() as u64,
            },
            Count {
                what: "training rows",
                count: pooled.event_count() as u64,
            },
            Count {
                what: "test users",
                count: test.len() as u64,
            },
            Count {
                what: "test targets unknown to training",
                count: test.unknown_targets(),
            },
        ],
        validation: description,
        candidates,
        chosen: chosen.to_owned(),
        test: figures,
        merchants,
    }))
}

fn best_by_validation(candidates: &[Candidate<StrongFigures>]) -> Option<usize> {
    // Of equals the first, which is the simpler one.
    let best = |best: usize, index: usize| {
        let better =
            candidates[index].validation.ndcg_at_100 > candidates[best].validation.ndcg_at_100;
        if better { index } else { best }
    };
    (0..candidates.len()).reduce(best)
}

fn histories<'a>(
    item_count: usize,
    users: impl Iterator<Item = &'a Vec<u32>>,
) -> anyhow::Result<Histories> {
    let mut histories = Histories::new(item_count);
    for items in users {
        histories.push(0, items)?;
    }
    Ok(histories)
}

/// The training users that stay, and cases made of the others: a fifth of the items, chosen by hash, as targets.
fn hold_out(users: &[Vec<u32>], seed: u64) -> (Vec<&Vec<u32>>, Cases) {
    let wanted = (users.len() / 10).min(HELD_OUT_MAX);
    let mut by_hash: Vec<usize> = (0..users.len())
        .filter(|user| users[*user].len() >= 2)
        .collect();
    by_hash.sort_unstable_by_key(|user| hash(seed, *user as u64));
    by_hash.truncate(wanted);
    by_hash.sort_unstable();
    let mut cases = Cases::default();
    for user in &by_hash {
        let mut items = users[*user].clone();
        items.sort_unstable_by_key(|item| hash(seed ^ *user as u64, u64::from(*item)));
        let targets = items.split_off(items.len() - (items.len() / 5).max(1));
        cases.push(items, targets);
    }
    let stays = (0..users.len()).filter(|user| by_hash.binary_search(user).is_err());
    (stays.map(|user| &users[user]).collect(), cases)
}
