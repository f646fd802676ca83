//! A model trained over institutions is the model trained on their rows in one place: the same hash.

use accord_federation::plan::{LearnerPlan, StatisticPlan};
use accord_federation::simulation::{Fair, Simulation};
use accord_federation::{Consortium, Draft, KeyedRng, RingBits};
use accord_learning::gbdt::{GbdtLearner, GbdtPlan};
use accord_learning::logistic::{FeaturePlan, LogisticLearner, LogisticPlan};
use accord_learning::quantiles::{CutCounts, QuantileLearner, QuantilePlan};
use accord_learning::{Learner, TrainingRows, train_centrally};

use crate::support::seed;

const FEATURES: usize = 3;

fn rows(count: usize) -> TrainingRows {
    let mut rows = TrainingRows::new(FEATURES);
    let mut state = 17u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / f64::from(1 << 24)
    };
    for id in 0..count as u64 {
        let features = [next() * 100.0, next(), next() - 0.5];
        let label = features[0] * features[1] > 55.0 || next() < 0.02;
        rows.push(id, &features, label).expect("finite");
    }
    rows
}

/// Splits of the rows: even, lopsided, with an empty institution, with an institution of one row.
fn splits(all: &TrainingRows) -> Vec<Vec<TrainingRows>> {
    vec![
        all.split(3, |row| row % 3),
        all.split(3, |row| usize::from(row > 20) + usize::from(row > 30)),
        all.split(3, |row| if row % 2 == 0 { 0 } else { 2 }),
        all.split(3, |row| usize::from(row == 5)),
    ]
}

fn check<L>(kind: &str, learner: &L, sums: &[(&str, RingBits)])
where
    L: Learner<Rows = TrainingRows, Model: Clone + PartialEq + std::fmt::Debug> + Clone + Send,
    L::Workspace: Send,
{
    let all = rows(240);
    let pooled = train_centrally(learner.clone(), &all).expect("trains");
    for parts in splits(&all) {
        let draft = Draft {
            job: kind.to_owned(),
            parties: 3,
            colluders: 0,
            slots_per_batch: 8,
            rows_max: 1_000,
            statistics: sums
                .iter()
                .map(|(prefix, ring)| StatisticPlan {
                    prefix: (*prefix).to_owned(),
                    ring: *ring,
                    fraction_bits: 0,
                    row_bound: ((ring.largest_sum() / 3_000) as u64).max(1),
                    dimension_max: 1 << 20,
                    sums_max: 100,
                    noise: None,
                })
                .collect(),
            privacy: None,
            learner: LearnerPlan::of(kind, String::new(), learner),
        };
        let consortium =
            Consortium::found(draft, &mut KeyedRng::new(&seed(2))).expect("a sound plan");
        let parts: Vec<_> = parts.iter().collect();
        let mut simulation =
            Simulation::new(consortium, learner.clone(), &parts, &seed(4)).expect("sound");
        let outcome = simulation.run(&mut Fair).expect("trains");
        assert_eq!(outcome.model, pooled, "{kind}");
    }
}

#[test]
fn quantile_bins() {
    let plan = QuantilePlan {
        feature_count: FEATURES,
        cuts: CutCounts::only_even(7),
    };
    check(
        "quantiles",
        &QuantileLearner::new(plan),
        &[("quantiles", RingBits::Bits32)],
    );
}

#[test]
fn logistic_regression() {
    let mut plan = LogisticPlan::new(vec![
        FeaturePlan::heavy_tailed("amount"),
        FeaturePlan::share("night"),
        FeaturePlan::within("distance", -1.0, 1.0),
    ]);
    plan.rounds_max = 4;
    let learner = LogisticLearner::new(plan).expect("a sound plan");
    check("logistic", &learner, &[("logistic", RingBits::Bits64)]);
}

#[test]
fn boosted_trees() {
    let names = ["amount", "night", "distance"].map(str::to_owned).to_vec();
    let plan = GbdtPlan {
        cuts: CutCounts::only_even(15),
        trees: 3,
        depth: 3,
        ..GbdtPlan::new(names)
    };
    let learner = GbdtLearner::new(plan).expect("a sound plan");
    check(
        "gbdt",
        &learner,
        &[("quantiles", RingBits::Bits32), ("gbdt", RingBits::Bits40)],
    );
}
