//! Drift: the same for any spread of rows, and where something moved.

mod synthetic;

use accord_learning::drift::{DriftLearner, DriftPlan, DriftRows};
use accord_learning::quantiles::{CutCounts, QuantileBins, QuantileLearner, QuantilePlan};
use accord_learning::{Learner, TrainingRows, train_centrally, train_over_holders};
use proptest::prelude::*;
use synthetic::{Generator, fraud_like_rows};

fn bins(rows: &TrainingRows) -> QuantileBins {
    let plan = QuantilePlan {
        feature_count: rows.feature_count(),
        cuts: CutCounts::only_even(9),
    };
    train_centrally(QuantileLearner::new(plan), rows).expect("finds bins")
}

fn learner(bins: QuantileBins) -> DriftLearner {
    let feature_names = ["amount", "night", "distance", "recency"].map(str::to_owned);
    DriftLearner::new(DriftPlan {
        feature_names: feature_names.into(),
        bins,
    })
    .expect("as many names as bins")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_spread_of_rows_gives_the_same_drift(seed in any::<u64>(), holders in 1_usize..6) {
        let rows = DriftRows {
            earlier: fraud_like_rows(seed, 500),
            later: fraud_like_rows(seed ^ 7, 300),
        };
        let learner = learner(bins(&rows.earlier));
        let mut generator = Generator::new(seed);
        let mut spread = |rows: &TrainingRows| {
            rows.split(holders + 2, |row| if row == 0 { 1 } else { 2 + generator.below(holders) })
        };
        let parts: Vec<_> = spread(&rows.earlier)
            .into_iter()
            .zip(spread(&rows.later))
            .map(|(earlier, later)| DriftRows { earlier, later })
            .collect();
        let parts: Vec<_> = parts.iter().collect();
        let together = train_centrally(learner.clone(), &rows).expect("sums");
        let apart = train_over_holders(learner, &parts).expect("sums");
        prop_assert_eq!(together.content_hash(), apart.content_hash());
    }
}

#[test]
fn the_feature_that_moved_is_found() {
    let earlier = fraud_like_rows(1, 20_000);
    let mut later = TrainingRows::new(4);
    for (id, (values, label)) in (0..).zip(fraud_like_rows(2, 20_000).iter()) {
        let moved = [values[0], values[1], values[2] + 1.0, values[3]];
        later.push(id, &moved, label).expect("finite");
    }
    let learner = learner(bins(&earlier));
    let drift = train_centrally(learner, &DriftRows { earlier, later }).expect("sums");
    for feature in &drift.features {
        let index = feature.index.expect("rows");
        let moved = feature.name == "distance";
        assert_eq!(index > 0.25, moved, "{}: {index}", feature.name);
        assert_eq!(index < 0.01, !moved, "{}: {index}", feature.name);
    }
}

#[test]
fn totals_and_plans_without_sense_are_refused() {
    let rows = fraud_like_rows(3, 100);
    let bins = bins(&rows);
    let names = vec!["amount".to_owned()];
    let refused = DriftLearner::new(DriftPlan {
        feature_names: names,
        bins: bins.clone(),
    });
    assert!(refused.is_err());
    let mut learner = learner(bins);
    let mut total = vec![0; learner.next_query().expect("a query").dimension];
    total[5] = -1;
    assert!(learner.absorb(&total).is_err());
    assert!(learner.absorb(&[0]).is_err());
    total[5] = 1;
    assert_eq!(learner.absorb(&total), Ok(()));
    let other = DriftRows {
        earlier: TrainingRows::new(4),
        later: TrainingRows::new(4),
    };
    assert!(learner.answer(&other, &mut ()).is_err(), "it has finished");
}
