//! `accord recommend evaluate`: how good recommendations are on any files.
//!
//! ```text
//!  files ─► catalogue of the training items ─► candidates ─► tuned on validation ─► refitted ─► figures on the test
//! ```
//!
//! Nothing is ever chosen by a test figure. Where no validation files are given, a part of the training is held out.

mod baskets;
mod catalogue;
mod in_parallel;
mod merchants;
mod progress;
mod report;
mod sessions;
mod strong;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use anyhow::bail;

use crate::cli::RecommendEvaluateArguments;
use progress::Progress;
use report::Evaluation;

/// Evaluates what the arguments name and prints it.
pub fn run(arguments: &RecommendEvaluateArguments) -> anyhow::Result<ExitCode> {
    let progress = Progress::new();
    let evaluation = evaluate(arguments, &progress)?;
    print!("{}", evaluation.render(arguments.json)?);
    Ok(ExitCode::SUCCESS)
}

fn evaluate(
    arguments: &RecommendEvaluateArguments,
    progress: &Progress,
) -> anyhow::Result<Evaluation> {
    let protocols = [
        arguments.foldin.is_some() || arguments.target.is_some(),
        arguments.sessions.is_some() || arguments.cases.is_some(),
        arguments.baskets.is_some(),
    ];
    match protocols {
        [true, false, false] => strong::evaluate(arguments, progress),
        [false, true, false] => sessions::evaluate(arguments, progress),
        [false, false, true] => baskets::evaluate(arguments, progress),
        [false, false, false] => bail!(
            "nothing to evaluate: give --train, --foldin and --target, or --sessions and --cases, or --baskets \
             (accord recommend evaluate --help)"
        ),
        _ => bail!(
            "--foldin and --target, --sessions and --cases, and --baskets are three evaluations: give one"
        ),
    }
}
