//! `accord federation prove`: a federated model is the pooled model, to the last bit.

use std::process::ExitCode;

use accord_federation::codec::Wire;
use accord_federation::simulation::{Fair, Figures, Simulation, Weather};
use accord_federation::{Consortium, KeyedRng, Transcript};
use accord_learning::gbdt::{GbdtLearner, GbdtPlan};
use accord_learning::{TrainingRows, train_centrally};
use anyhow::Context;
use serde::Serialize;

use super::drop_outs::DropOuts;
use super::{pooled, random_secret, simulated_banks, trees};
use crate::cli::ProveArguments;

/// What was shown.
#[derive(Debug, Serialize)]
struct Proof {
    institutions: usize,
    rows: Vec<usize>,
    trees: u32,
    /// Trained on all rows in one place.
    pooled: String,
    /// Trained through the protocol with everybody there.
    federated: String,
    figures: Figures,
    /// The same with institutions that drop out, crash and come back.
    with_drop_outs: Course,
    /// True if everything is the same.
    holds: bool,
}

#[derive(Debug, Serialize)]
struct Course {
    drop_outs: u32,
    /// Trained on concatenated rows, each sum over those who took part in it.
    pooled: String,
    federated: String,
    /// Released sums that differ from the pooled answer.
    sums_different: usize,
    figures: Figures,
}

/// Trains pooled and federated; exit code 1 if the models differ.
pub fn run(arguments: &ProveArguments) -> anyhow::Result<ExitCode> {
    let parties = usize::from(arguments.institutions);
    let banks = simulated_banks::rows(parties, arguments.rows, arguments.seed)?;
    let plan = GbdtPlan {
        trees: arguments.trees,
        depth: arguments.depth,
        ..GbdtPlan::new(simulated_banks::feature_names())
    };
    let proof = Prover {
        plan: &plan,
        banks: &banks,
        arguments,
    }
    .prove()?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&proof)?);
    } else {
        print(&proof);
    }
    Ok(if proof.holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

struct Prover<'prover> {
    plan: &'prover GbdtPlan,
    banks: &'prover [TrainingRows],
    arguments: &'prover ProveArguments,
}

impl Prover<'_> {
    fn prove(&self) -> anyhow::Result<Proof> {
        let parties = self.banks.len();
        let everybody = accord_federation::Parties::first(parties);
        let all = pooled::concatenated(self.banks, everybody);
        let pooled_model = train_centrally(self.learner()?, &all)?.content_hash();
        let (federated, figures, _) = self.train(&mut Fair)?;
        let mut weather = DropOuts::new(self.arguments.seed, parties);
        let (with_drop_outs, with_figures, transcript) = self.train(&mut weather)?;
        let pooled_course = pooled::train(&transcript, self.learner()?, self.banks)?;
        transcript
            .verify()
            .context("the transcript of the run with drop-outs")?;
        if let Some(path) = &self.arguments.transcript {
            std::fs::write(path, transcript.to_bytes())
                .with_context(|| format!("{}", path.display()))?;
        }
        let holds = pooled_model == federated
            && pooled_course.model_hash == with_drop_outs
            && pooled_course.sums_different == 0;
        Ok(Proof {
            institutions: parties,
            rows: self.banks.iter().map(TrainingRows::len).collect(),
            trees: self.plan.trees,
            pooled: pooled_model,
            federated,
            figures,
            with_drop_outs: Course {
                drop_outs: weather.count,
                pooled: pooled_course.model_hash,
                federated: with_drop_outs,
                sums_different: pooled_course.sums_different,
                figures: with_figures,
            },
            holds,
        })
    }

    fn learner(&self) -> anyhow::Result<GbdtLearner> {
        Ok(GbdtLearner::new(self.plan.clone())?)
    }

    /// Trains through the whole protocol with fresh keys; the model's hash, the costs and the transcript.
    fn train(&self, weather: &mut impl Weather) -> anyhow::Result<(String, Figures, Transcript)> {
        let rows_max = self.banks.iter().map(TrainingRows::len).max().unwrap_or(0);
        let draft = trees::draft(self.banks.len(), rows_max.max(1) as u64, self.plan)?;
        let consortium = Consortium::found(draft, &mut KeyedRng::new(&random_secret()?))?;
        let rows: Vec<_> = self.banks.iter().collect();
        let seed = random_secret()?;
        let mut simulation = Simulation::new(consortium, self.learner()?, &rows, &seed)?;
        if self.arguments.keep_masked {
            simulation = simulation.keep_masked();
        }
        let outcome = simulation.run(weather)?;
        let transcript = simulation.transcript().clone();
        Ok((outcome.model.content_hash(), outcome.figures, transcript))
    }
}

fn print(proof: &Proof) {
    let rows: usize = proof.rows.iter().sum();
    println!(
        "{} institutions, {rows} simulated rows {:?}, {} trees, every sum through the full protocol\n",
        proof.institutions, proof.rows, proof.trees
    );
    println!("everybody there");
    println!("  pooled     {}", proof.pooled);
    println!("  federated  {}", proof.federated);
    costs(&proof.figures);
    let course = &proof.with_drop_outs;
    println!(
        "\n{} drop-outs ({} units closed early, {} attempts repeated)",
        course.drop_outs, course.figures.units_closed, course.figures.attempts_abandoned
    );
    println!(
        "  pooled     {}  (each sum over the same institutions)",
        course.pooled
    );
    println!("  federated  {}", course.federated);
    costs(&course.figures);
    let verdict = if proof.holds {
        "The federated models are the pooled models, to the last bit."
    } else {
        "THE MODELS DIFFER."
    };
    println!("\n{verdict}");
}

fn costs(figures: &Figures) {
    println!(
        "  {} sums, {} KiB up and {} KiB down for each institution at most",
        figures.sums,
        figures.bytes_up_max >> 10,
        figures.bytes_down_max >> 10
    );
}
