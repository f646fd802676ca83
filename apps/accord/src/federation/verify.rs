//! `accord federation verify`: checks a transcript without trusting whoever made it.

use std::process::ExitCode;

use accord_federation::codec::Wire;
use accord_federation::{Findings, Transcript, replay};
use accord_learning::Learner;
use accord_learning::gbdt::{GbdtLearner, GbdtPlan};
use anyhow::Context;
use serde::Serialize;

use super::trees;
use crate::cli::VerifyTranscriptArguments;

/// What holds.
#[derive(Debug, Serialize)]
struct Verdict {
    job: String,
    learner: String,
    plan: String,
    findings: Findings,
    /// The hash of the model that the sums lead to, where the learner is known here.
    model: Option<String>,
}

/// Exit code 1 if anything does not hold.
pub fn run(arguments: &VerifyTranscriptArguments) -> anyhow::Result<ExitCode> {
    let path = &arguments.transcript;
    let bytes = std::fs::read(path).with_context(|| format!("{}", path.display()))?;
    let transcript = Transcript::from_bytes(&bytes)
        .context("this is no transcript, or its plan or a signature under it does not hold")?;
    let findings = match transcript.verify() {
        Ok(findings) => findings,
        Err(error) => {
            eprintln!("accord: the transcript does not hold: {error}");
            return Ok(ExitCode::FAILURE);
        }
    };
    let plan = transcript.agreed.plan();
    let verdict = Verdict {
        job: plan.job.clone(),
        learner: plan.learner.kind.clone(),
        plan: transcript.agreed.hash().to_string(),
        findings,
        model: model_hash(&transcript)?,
    };
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&verdict)?);
    } else {
        print(&verdict);
    }
    Ok(ExitCode::SUCCESS)
}

/// Learns again from the released sums.
fn model_hash(transcript: &Transcript) -> anyhow::Result<Option<String>> {
    let learner = &transcript.agreed.plan().learner;
    if learner.kind != trees::KIND {
        return Ok(None);
    }
    let plan: GbdtPlan =
        serde_json::from_str(&learner.parameters).context("the learner's hyper-parameters")?;
    let learnt = replay(transcript, GbdtLearner::new(plan)?)?;
    Ok(learnt.model().map(|_| learnt.progress_hash()))
}

fn print(verdict: &Verdict) {
    let found = &verdict.findings;
    println!(
        "job `{}`, learner `{}`, plan {}",
        verdict.job, verdict.learner, verdict.plan
    );
    println!(
        "  holds  the plan is signed by all {} institutions",
        found.institutions
    );
    println!(
        "  holds  {} key set-ups: every key and share summary is signed",
        found.batches
    );
    println!(
        "  holds  {} sums: survivors signed by at least t of themselves, enough of them, one set a unit, each key once",
        found.sums
    );
    if found.units_closed + found.attempts_abandoned > 0 {
        println!(
            "  seen   {} units closed early, {} attempts abandoned before anything was opened",
            found.units_closed, found.attempts_abandoned
        );
    }
    println!(
        "  holds  {} sums computed again from kept vectors",
        found.sums_recomputed
    );
    if found.sums > found.sums_recomputed {
        println!(
            "  TRUST  {} sums are trusted to the coordinator (their vectors were not kept)",
            found.sums - found.sums_recomputed
        );
    }
    match found.epsilon {
        Some(epsilon) => println!("  holds  privacy spent: ε = {epsilon:.3}, within the budget"),
        None => {
            println!("  seen   sums without noise: no ε protects against what they themselves tell")
        }
    }
    match &verdict.model {
        Some(model) => println!("  holds  the sums lead to model {model}"),
        None => println!("  seen   the sums do not lead to a finished model that is known here"),
    }
}
