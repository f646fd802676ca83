//! The next item of a session.
//!
//! Sessions come in time order, one a row. The last twentieth of the training is what settings and method are chosen on;
//! then everything is trained again on all of it.

mod cases;
mod methods;
mod tuning;

use anyhow::{Context, Result, ensure};

use super::{
    catalogue::Catalogue,
    progress::Progress,
    report::{Candidate, Count, Evaluation, Findings, HitFigures},
};
use crate::cli::RecommendEvaluateArguments;
use cases::{NextItemCases, Sessions};
use methods::Trained;
use tuning::Tuning;

/// Of the training sessions, one in so many is for validation.
const VALIDATION_PART: usize = 20;
/// Validation looks at no more cases than this, evenly spread.
const VALIDATION_CASES_MAX: usize = 4_000;

/// Reads the files, chooses among the methods on the end of the training, and measures on the cases.
pub fn evaluate(arguments: &RecommendEvaluateArguments, progress: &Progress) -> Result<Evaluation> {
    let together = "--sessions and --cases go together";
    let sessions_path = arguments
        .sessions
        .as_ref()
        .with_context(|| format!("--sessions is missing: {together}"))?;
    let cases_path = arguments
        .cases
        .as_ref()
        .with_context(|| format!("--cases is missing: {together}"))?;
    progress.say("reading");
    let sessions = Sessions::read(sessions_path)?;
    ensure!(
        sessions.len() >= 2,
        "{}: {} sessions are too few to learn and to validate",
        sessions_path.display(),
        sessions.len()
    );
    let kept = sessions.len() - (sessions.len() / VALIDATION_PART).max(1);

    let (early, late) = sessions.split(kept);
    let catalogue = Catalogue::of(early.items());
    let validation = NextItemCases::of_sessions(&late, &catalogue, VALIDATION_CASES_MAX);
    ensure!(
        !validation.is_empty(),
        "{}: none of the last {} sessions has two items, so there is nothing to validate on",
        sessions_path.display(),
        late.len()
    );
    let description = format!(
        "{} cases in the last {} sessions of the training",
        validation.len(),
        late.len()
    );
    let choices = Tuning::new(early.histories(&catalogue)?, &validation, progress).candidates()?;

    progress.say("training again on all sessions, and testing");
    let catalogue = Catalogue::of(sessions.items());
    let test = NextItemCases::read(cases_path, &catalogue)?;
    ensure!(
        !test.is_empty(),
        "{}: there is no case",
        cases_path.display()
    );
    let histories = sessions.histories(&catalogue)?;
    let mut trained = Trained::new(&histories)?;
    let mut candidates = Vec::new();
    for choice in &choices {
        trained.prepare(&choice.method)?;
        let test = test.measure(
            |prefix, scores| trained.add_scores(&choice.method, prefix, scores),
            catalogue.len(),
        );
        progress.say(&format!(
            "{}: HR@20 {:.4}, MRR@20 {:.4}",
            choice.name, test.hit_rate_at_20, test.mean_reciprocal_rank_at_20
        ));
        candidates.push(Candidate {
            name: choice.name,
            settings: choice.method.to_string(),
            validation: choice.figures,
            test,
            model: trained.model_hash(&choice.method),
        });
    }
    let chosen = chosen(&candidates).context("there is no method")?;
    Ok(Evaluation::Sessions(Findings {
        data: vec![
            Count {
                what: "items",
                count: catalogue.len() as u64,
            },
            Count {
                what: "sessions",
                count: sessions.len() as u64,
            },
            Count {
                what: "events",
                count: histories.event_count() as u64,
            },
            Count {
                what: "cases",
                count: test.len() as u64,
            },
            Count {
                what: "cases with a target unknown to training",
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

/// The best single method by validation, or the blend where that loses in neither figure: a gain in one is no reason to
/// give up some of the other.
fn chosen(candidates: &[Candidate<HitFigures>]) -> Option<&Candidate<HitFigures>> {
    let value = |candidate: &Candidate<_>| tuning::value(&candidate.validation);
    let single = candidates
        .iter()
        .filter(|candidate| candidate.name != tuning::BLEND);
    let best = single.reduce(|best, next| {
        if value(next) > value(best) {
            next
        } else {
            best
        }
    })?;
    let blend = candidates
        .iter()
        .find(|candidate| candidate.name == tuning::BLEND);
    let sound =
        |blend: &&Candidate<HitFigures>| tuning::loses_nothing(&blend.validation, &best.validation);
    Some(blend.filter(sound).unwrap_or(best))
}
