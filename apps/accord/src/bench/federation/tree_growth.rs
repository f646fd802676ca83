//! Boosted trees through secure sums, beside the same trees with sums in the clear.

use std::time::Instant;

use accord_bench::{number::measured, report::Tabular};
use accord_federation::simulation::Simulation;
use accord_federation::{Consortium, KeyedRng};
use accord_learning::gbdt::{GbdtLearner, GbdtPlan};
use accord_learning::quantiles::CutCounts;
use accord_learning::{TrainingRows, train_over_holders};
use anyhow::ensure;
use serde::Serialize;

use super::watch::Watch;
use crate::{
    bench::spine::random::Random,
    federation::{random_secret, trees},
};

const BANKS: usize = 5;
const ROWS: usize = 32_000;
/// Yes/no features, as of a data set in one-hot form.
const FEATURES: usize = 123;
const DEPTH: u32 = 6;
const AIM_SECONDS: f64 = 0.1;

/// What a tree costs.
#[derive(Debug, Clone, Serialize)]
pub struct TreeCosts {
    pub institutions: usize,
    pub rows: usize,
    pub features: usize,
    pub depth: u32,
    pub trees: u32,
    /// With the bins and the set-up of keys spread over the trees.
    pub seconds_per_tree: f64,
    /// The same training with sums in the clear, on one thread.
    pub seconds_per_tree_in_the_clear: f64,
    pub aim_seconds: f64,
    /// Bytes that one bank sends for one tree.
    pub bytes_up_per_tree: f64,
    pub sums: u64,
}

/// Grows trees both ways.
pub fn measure(tree_count: u32, threads: usize) -> anyhow::Result<TreeCosts> {
    let banks = rows()?;
    let plan = GbdtPlan {
        cuts: CutCounts::only_even(1),
        trees: tree_count,
        depth: DEPTH,
        ..GbdtPlan::new(
            (0..FEATURES)
                .map(|number| format!("flag-{number}"))
                .collect(),
        )
    };
    let learner = GbdtLearner::new(plan.clone())?;
    let parts: Vec<_> = banks.iter().collect();
    let start = Instant::now();
    let clear = train_over_holders(learner.clone(), &parts)?;
    let in_the_clear = start.elapsed().as_secs_f64();
    let draft = trees::draft(BANKS, ROWS as u64, &plan)?;
    let consortium = Consortium::found(draft, &mut KeyedRng::new(&random_secret()?))?;
    let mut simulation =
        Simulation::new(consortium, learner, &parts, &random_secret()?)?.with_threads(threads);
    let start = Instant::now();
    let outcome = simulation.run(&mut Watch::default())?;
    let seconds = start.elapsed().as_secs_f64();
    ensure!(
        outcome.model.content_hash() == clear.content_hash(),
        "the federated model is not the pooled model"
    );
    Ok(TreeCosts {
        institutions: BANKS,
        rows: ROWS,
        features: FEATURES,
        depth: DEPTH,
        trees: tree_count,
        seconds_per_tree: seconds / f64::from(tree_count),
        seconds_per_tree_in_the_clear: in_the_clear / f64::from(tree_count),
        aim_seconds: AIM_SECONDS,
        bytes_up_per_tree: outcome.figures.bytes_up_max as f64 / f64::from(tree_count),
        sums: outcome.figures.sums,
    })
}

fn rows() -> anyhow::Result<Vec<TrainingRows>> {
    let mut random = Random::new(7);
    let mut all = TrainingRows::new(FEATURES);
    all.reserve(ROWS);
    for id in 0..ROWS as u64 {
        let flags: Vec<f64> = (0..FEATURES as u32)
            .map(|number| f64::from(u8::from(random.below(12) < 1 + number % 5)))
            .collect();
        let log_odds = 2.0 * flags[0] + flags[1] * flags[2] * 3.0 - flags[3] - 2.0;
        let chance = 1.0 / (1.0 + (-log_odds).exp());
        let label = f64::from(random.below(1 << 20)) < chance * f64::from(1 << 20);
        all.push(id, &flags, label)?;
    }
    Ok(all.split(BANKS, |row| row % BANKS))
}

impl Tabular for TreeCosts {
    const HEADINGS: &'static [&'static str] = &[
        "trees",
        "s a tree",
        "aim s",
        "in the clear s",
        "KiB up a tree and bank",
        "sums",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.trees.to_string(),
            measured(self.seconds_per_tree),
            measured(self.aim_seconds),
            measured(self.seconds_per_tree_in_the_clear),
            measured(self.bytes_up_per_tree / 1_024.0),
            self.sums.to_string(),
        ]
    }
}
