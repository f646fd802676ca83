//! What is learnt over institutions is what is learnt from their rows in one place: the same model, the same hash.

use accord_federation::plan::{LearnerPlan, StatisticPlan};
use accord_federation::simulation::{Fair, Simulation};
use accord_federation::{Consortium, Draft, KeyedRng, RingBits};
use accord_learning::drift::{DriftLearner, DriftPlan, DriftRows};
use accord_learning::ease::{EaseLearner, EaseSettings};
use accord_learning::entities::{
    CellWidth, EntityEvent, EntityEvents, EntityLearner, EntityNames, EntityPlan, Happening,
};
use accord_learning::evaluation::{EvaluationLearner, ScoredRow};
use accord_learning::gbdt::{GbdtLearner, GbdtPlan};
use accord_learning::gram::GramPlan;
use accord_learning::logistic::{
    AveragingLearner, AveragingPlan, FeaturePlan, LogisticLearner, LogisticPlan,
};
use accord_learning::quantiles::{CutCounts, QuantileLearner, QuantilePlan};
use accord_learning::{Histories, Learner, TrainingRows, train_centrally, train_over_holders};

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

/// The institution of each row: evenly spread, lopsided, with an empty institution, with an institution of one row.
const SPLITS: [fn(usize) -> usize; 4] = [
    |row| row % 3,
    |row| usize::from(row > 20) + usize::from(row > 30),
    |row| if row % 2 == 0 { 0 } else { 2 },
    |row| usize::from(row == 5),
];

/// Trains rows in one place and, for every split, through the whole protocol.
fn check<L>(kind: &str, learner: &L, sums: &[(&str, RingBits)])
where
    L: Learner<Rows = TrainingRows, Model: Clone + PartialEq + std::fmt::Debug> + Clone + Send,
    L::Workspace: Send,
{
    let all = rows(240);
    check_rows(kind, learner, sums, &all, |split| all.split(3, split));
}

fn check_rows<L>(
    kind: &str,
    learner: &L,
    sums: &[(&str, RingBits)],
    all: &L::Rows,
    parts_of: impl Fn(fn(usize) -> usize) -> Vec<L::Rows>,
) where
    L: Learner<Model: Clone + PartialEq + std::fmt::Debug> + Clone + Send,
    L::Rows: Sync,
    L::Workspace: Send,
{
    let pooled = train_centrally(learner.clone(), all).expect("trains");
    for split in SPLITS {
        let parts = parts_of(split);
        assert_eq!(federated(kind, learner, sums, &parts), pooled, "{kind}");
    }
}

/// What three institutions learn together.
fn federated<L>(kind: &str, learner: &L, sums: &[(&str, RingBits)], parts: &[L::Rows]) -> L::Model
where
    L: Learner<Model: Clone> + Clone + Send,
    L::Rows: Sync,
    L::Workspace: Send,
{
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
    let consortium = Consortium::found(draft, &mut KeyedRng::new(&seed(2))).expect("a sound plan");
    let parts: Vec<_> = parts.iter().collect();
    let mut simulation =
        Simulation::new(consortium, learner.clone(), &parts, &seed(4)).expect("sound");
    simulation.run(&mut Fair).expect("trains").model
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

#[test]
fn evaluation() {
    let all: Vec<ScoredRow> = rows(240)
        .iter()
        .map(|(features, label)| ScoredRow {
            log_odds: features[0] / 10.0 - 6.0,
            label,
        })
        .collect();
    let learner = EvaluationLearner::default();
    let sums = [("evaluation", RingBits::Bits48)];
    check_rows("evaluation", &learner, &sums, &all, |split| {
        let mut parts = vec![Vec::new(); 3];
        for (row, scored) in all.iter().enumerate() {
            parts[split(row)].push(*scored);
        }
        parts
    });
}

#[test]
fn drift() {
    let all = DriftRows {
        earlier: rows(240),
        later: rows(120),
    };
    let quantiles = QuantileLearner::new(QuantilePlan {
        feature_count: FEATURES,
        cuts: CutCounts::only_even(9),
    });
    let bins = train_centrally(quantiles, &all.earlier).expect("finds bins");
    let feature_names = ["amount", "night", "distance"].map(str::to_owned).to_vec();
    let plan = DriftPlan {
        feature_names,
        bins,
    };
    let learner = DriftLearner::new(plan).expect("as many names as bins");
    let sums = [("drift", RingBits::Bits32)];
    check_rows("drift", &learner, &sums, &all, |split| {
        let later = all.later.split(3, split);
        let earlier = all.earlier.split(3, split).into_iter();
        earlier
            .zip(later)
            .map(|(earlier, later)| DriftRows { earlier, later })
            .collect()
    });
}

#[test]
fn entity_statistics() {
    const PLACES: usize = 5;
    let hour = CellWidth::Hourly.microseconds();
    let events: Vec<EntityEvent> = rows(240)
        .iter()
        .enumerate()
        .map(|(row, (features, fraud))| {
            let learnt_us = (features[0] * hour as f64) as i64;
            EntityEvent {
                place: (row % PLACES) as u32,
                learnt_us,
                happening: if fraud {
                    Happening::FraudConfirmed {
                        happened_us: learnt_us - 7 * 24 * hour,
                    }
                } else {
                    Happening::Used { amount_minor: 1 }
                },
            }
        })
        .collect();
    let collected = |events: &[EntityEvent]| {
        let mut collected = EntityEvents::new(PLACES);
        for event in events {
            collected.push(*event).expect("a known place");
        }
        collected
    };
    let names = EntityNames::hashed("salt", PLACES as u32);
    let plan = EntityPlan::new(names, CellWidth::Hourly, 0, 100);
    let learner = EntityLearner::new(plan).expect("a sound plan");
    let sums = [("entities", RingBits::Bits32)];
    let all = collected(&events);
    check_rows("entities", &learner, &sums, &all, |split| {
        let mut parts = vec![Vec::new(); 3];
        for (row, event) in events.iter().enumerate() {
            parts[split(row)].push(*event);
        }
        parts.iter().map(|events| collected(events)).collect()
    });
}

#[test]
fn item_item_weights() {
    const ITEMS: usize = 12;
    let mut all = Histories::new(ITEMS);
    for row in 0..240_u32 {
        let items: Vec<u32> = (0..row % 6).map(|at| (row * 7 + at * at) % 12).collect();
        all.push(row % 30, &items).expect("known items");
    }
    let learner =
        EaseLearner::new(GramPlan::new(ITEMS), EaseSettings::plain(2.0), 1).expect("a sound plan");
    let sums = [("gram", RingBits::Bits64)];
    check_rows("ease", &learner, &sums, &all, |split| all.split(3, split));
}

/// Averaging depends on who holds which rows, so the rows in one place give another model; but a secure sum is a plain
/// one.
#[test]
fn averages_of_what_institutions_learnt_by_themselves() {
    let logistic = LogisticPlan::new(vec![
        FeaturePlan::heavy_tailed("amount"),
        FeaturePlan::share("night"),
        FeaturePlan::within("distance", -1.0, 1.0),
    ]);
    let plan = AveragingPlan {
        rounds: 4,
        proximal: 0.1,
        ..AveragingPlan::new(logistic)
    };
    let learner = AveragingLearner::new(plan).expect("a sound plan");
    let all = rows(240);
    for split in SPLITS {
        let parts = all.split(3, split);
        let plain: Vec<_> = parts.iter().collect();
        let plain = train_over_holders(learner.clone(), &plain).expect("trains");
        let secure = federated(
            "averaging",
            &learner,
            &[("averaging", RingBits::Bits64)],
            &parts,
        );
        assert_eq!(secure, plain);
    }
}
