//! Prints how long it takes to score one row of 30 features.
//!
//! `cargo run --release -p accord-learning --example scoring_speed`

use std::hint::black_box;
use std::time::Instant;

use accord_learning::gbdt::{GbdtLearner, GbdtModel, GbdtPlan};
use accord_learning::logistic::{FeaturePlan, LogisticLearner, LogisticModel, LogisticPlan};
use accord_learning::{TrainingRows, train_centrally};

const FEATURES: usize = 30;

fn main() {
    let rows = rows(20_000);
    let model = logistic_model(&rows);
    report(
        "logistic, half of the features logarithmic",
        &rows,
        |features| model.score(features),
    );

    for depth in [4, 6] {
        let model = gbdt_model(&rows, depth);
        let forest = format!("{} trees of depth {depth}", model.trees().len());
        let values = &mut [0.0; FEATURES];
        report(&format!("{forest}: score"), &rows, |features| {
            model.score(features)
        });
        report(&format!("{forest}: contributions"), &rows, |features| {
            model.contributions(features, values)
        });
        let few = rows.split(2, |row| usize::from(row >= 50)).swap_remove(0);
        report(&format!("{forest}: Shapley values"), &few, |features| {
            model.shapley_values(features, values)
        });
    }
}

fn gbdt_model(rows: &TrainingRows, depth: u32) -> GbdtModel {
    let names = (0..FEATURES)
        .map(|index| format!("feature_{index}"))
        .collect();
    let plan = GbdtPlan {
        depth,
        child_weight_min: 0.0,
        learning_rate: 0.02,
        ..GbdtPlan::new(names)
    };
    let learner = GbdtLearner::new(plan).expect("a sound plan");
    train_centrally(learner, rows).expect("trains")
}

fn logistic_model(rows: &TrainingRows) -> LogisticModel {
    let features = (0..FEATURES).map(|index| match index % 2 {
        0 => FeaturePlan::heavy_tailed(format!("amount_{index}")),
        _ => FeaturePlan::within(format!("share_{index}"), 0.0, 1000.0),
    });
    let learner =
        LogisticLearner::new(LogisticPlan::new(features.collect())).expect("a sound plan");
    train_centrally(learner, rows).expect("trains")
}

fn rows(row_count: u64) -> TrainingRows {
    let mut rows = TrainingRows::new(FEATURES);
    let mut state = 1u64;
    for id in 0..row_count {
        let mut features = [0.0; FEATURES];
        for value in &mut features {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            *value = (state >> 54) as f64;
        }
        let label = features[0] + features[1] > 1_900.0;
        rows.push(id, &features, label).expect("finite features");
    }
    rows
}

/// The fastest of many passes: other work on the machine can only slow a pass down.
fn report<T>(what: &str, rows: &TrainingRows, mut score: impl FnMut(&[f64]) -> T) {
    const PASSES: usize = 30;
    let nanoseconds = (0..PASSES)
        .map(|_| {
            let start = Instant::now();
            for (features, _) in rows.iter() {
                black_box(score(black_box(features)));
            }
            start.elapsed().as_nanos() / rows.len() as u128
        })
        .min();
    println!("{what}: {} ns a row", nanoseconds.unwrap_or_default());
}
