//! Logistic regression as a whole: what it learns, and that the spread of rows over holders does not matter.

mod synthetic;

use accord_learning::logistic::{FeaturePlan, LogisticLearner, LogisticModel, LogisticPlan};
use accord_learning::metrics::{average_precision, calibration_line, roc_auc};
use accord_learning::{Learner, MISSING, TrainingRows, train_centrally, train_over_holders};
use proptest::prelude::*;
use synthetic::{Generator, fraud_like_rows, true_logit};

fn plan() -> LogisticPlan {
    LogisticPlan::new(vec![
        FeaturePlan::heavy_tailed("amount"),
        FeaturePlan::share("night"),
        FeaturePlan::within("distance", -4.0, 4.0),
        FeaturePlan::heavy_tailed("seconds_since_last").with_missing_indicator(),
    ])
}

fn learner(plan: LogisticPlan) -> LogisticLearner {
    LogisticLearner::new(plan).expect("a sound plan")
}

fn train(rows: &TrainingRows) -> LogisticModel {
    train_centrally(learner(plan()), rows).expect("trains")
}

fn scores(model: &LogisticModel, rows: &TrainingRows) -> Vec<f64> {
    rows.iter()
        .map(|(features, _)| model.score(features))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_spread_of_rows_gives_the_same_model(seed in any::<u64>(), row_count in 0usize..300, holders in 1usize..8) {
        let rows = fraud_like_rows(seed, row_count);
        let expected = train(&rows);
        let mut generator = Generator::new(seed ^ 1);
        // The first holder has one row (if there is any), the last has none.
        let parts = rows.split(holders + 2, |row| if row == 0 { 0 } else { 1 + generator.below(holders) });
        let holders: Vec<&TrainingRows> = parts.iter().collect();
        let model = train_over_holders(learner(plan()), &holders).expect("trains");
        prop_assert_eq!(model.content_hash(), expected.content_hash());
        prop_assert_eq!(model, expected);
    }

    #[test]
    fn contributions_add_up_to_the_log_odds(seed in any::<u64>()) {
        let rows = fraud_like_rows(seed, 200);
        let model = train(&rows);
        let mut contributions = [0.0; 4];
        for (features, _) in rows.iter() {
            model.contributions(features, &mut contributions);
            let logit = contributions.iter().fold(model.intercept, |sum, contribution| sum + contribution);
            prop_assert_eq!(logit.to_bits(), model.logit(features).to_bits());
        }
    }
}

#[test]
fn it_finds_the_weights_that_made_the_labels() {
    let mut generator = Generator::new(11);
    let mut rows = TrainingRows::new(2);
    for id in 0..40_000 {
        let features = [
            generator.uniform() * 2.0 - 1.0,
            generator.uniform() * 2.0 - 1.0,
        ];
        let logit = -3.0 + 2.0 * features[0] - 1.0 * features[1];
        let label = generator.uniform() < 1.0 / (1.0 + f64::exp(-logit));
        rows.push(id, &features, label).expect("finite");
    }
    let plan = LogisticPlan::new(vec![
        FeaturePlan::within("a", -1.0, 1.0),
        FeaturePlan::within("b", -1.0, 1.0),
    ]);
    let model = train_centrally(learner(plan), &rows).expect("trains");
    let raw_weight = |index: usize| {
        model.features[index].weight * model.features[index].standardisation.inverse_deviation
    };
    assert!((raw_weight(0) - 2.0).abs() < 0.1, "{}", raw_weight(0));
    assert!((raw_weight(1) + 1.0).abs() < 0.1, "{}", raw_weight(1));
    assert!((model.logit(&[0.0, 0.0]) + 3.0).abs() < 0.1);
}

/// At the optimum the weighted residuals vanish against every column: a reference that knows nothing of fixed point.
#[test]
fn the_result_is_the_optimum_of_the_penalised_loss() {
    let rows = fraud_like_rows(5, 20_000);
    let model = train(&rows);
    let mut gradient = [0.0; 6];
    for (features, label) in rows.iter() {
        let residual = model.score(features) - f64::from(u8::from(label));
        for (slope, (feature, raw)) in gradient.iter_mut().zip(model.features.iter().zip(features))
        {
            *slope += residual * feature.standardisation.apply(*raw).unwrap_or(0.0);
        }
        gradient[4] += residual * f64::from(u8::from(features[3] == MISSING));
        gradient[5] += residual;
    }
    for (slope, feature) in gradient.iter_mut().zip(&model.features) {
        *slope += plan().ridge * feature.weight;
    }
    gradient[4] += plan().ridge * model.features[3].missing_weight;
    for slope in gradient {
        assert!(slope.abs() / (rows.len() as f64) < 1e-5, "{gradient:?}");
    }
}

fn assert_ranks_like_the_truth(scores: &[f64], rows: &TrainingRows) {
    let truth: Vec<f64> = rows
        .iter()
        .map(|(features, _)| true_logit(features))
        .collect();
    let area = |scores: &[f64]| roc_auc(scores, rows.labels()).expect("both classes");
    let precision = |scores: &[f64]| average_precision(scores, rows.labels()).expect("positives");
    assert!(area(&truth) > 0.8, "the truth itself ranks");
    assert!(
        (area(scores) - area(&truth)).abs() < 0.005,
        "{} against {}",
        area(scores),
        area(&truth)
    );
    assert!((precision(scores) - precision(&truth)).abs() < 0.01);
}

#[test]
fn rare_positives_are_ranked_and_calibrated_within_eight_rounds() {
    let rows = fraud_like_rows(7, 60_000);
    let model = train(&rows);
    let scores = scores(&model, &rows);
    let base_rate = rows.labels().iter().filter(|label| **label).count() as f64 / rows.len() as f64;
    assert!(base_rate < 0.02);
    assert_ranks_like_the_truth(&scores, &rows);
    let line = calibration_line(&scores, rows.labels()).expect("has an answer");
    assert!(
        (line.slope - 1.0).abs() < 0.02 && line.intercept.abs() < 0.05,
        "{line:?}"
    );
}

#[test]
fn class_weights_leave_the_mean_probability_where_it_was() {
    let rows = fraud_like_rows(7, 60_000);
    let weighted = LogisticPlan {
        positive_weight: 50,
        ..plan()
    };
    let model = train_centrally(learner(weighted), &rows).expect("trains");
    let scores = scores(&model, &rows);
    let expected: f64 = scores.iter().sum();
    let actual = rows.labels().iter().filter(|label| **label).count() as f64;
    assert!(
        (expected / actual - 1.0).abs() < 0.15,
        "{expected} expected, {actual} happened"
    );
    assert_ranks_like_the_truth(&scores, &rows);
}

#[test]
fn the_loss_never_rises_between_rounds_even_where_the_classes_separate() {
    let mut separable = TrainingRows::new(1);
    for id in 0..200u32 {
        separable
            .push(u64::from(id), &[f64::from(id)], id >= 150)
            .expect("finite");
    }
    let plan_of_one = LogisticPlan {
        ridge: 1e-3,
        ..LogisticPlan::new(vec![FeaturePlan::within("x", 0.0, 200.0)])
    };
    for (plan, rows) in [
        (plan_of_one, separable),
        (plan(), fraud_like_rows(3, 5_000)),
    ] {
        let mut learner = learner(plan);
        while learner.next_query().is_some() {
            let total = learner.answer(&rows, &mut ()).expect("answers");
            learner.absorb(&total).expect("possible");
        }
        let losses = learner.losses();
        assert!(losses.len() >= 4, "{losses:?}");
        for pair in losses.windows(2) {
            assert!(pair[1] < pair[0] + 1e-6, "{losses:?}");
        }
        assert!(learner.model().is_some());
    }
}

#[test]
fn without_both_classes_the_model_is_the_smoothed_prior() {
    let none = train(&TrainingRows::new(4));
    assert_eq!(none.score(&[1.0, 0.0, 0.0, MISSING]), 0.5);
    let mut negatives = TrainingRows::new(4);
    for id in 0..99 {
        negatives
            .push(id, &[10.0, 1.0, 0.0, 3.0], false)
            .expect("finite");
    }
    let model = train(&negatives);
    assert!((model.score(&[10.0, 1.0, 0.0, 3.0]) - 0.005).abs() < 1e-9);
}

#[test]
fn a_missing_value_weighs_what_being_missing_says() {
    let mut rows = TrainingRows::new(4);
    for id in 0..4_000u32 {
        let missing = id % 4 == 0;
        let last = if missing {
            MISSING
        } else {
            f64::from(id % 100)
        };
        rows.push(
            u64::from(id),
            &[5.0, 0.0, 0.0, last],
            missing && id % 8 == 0,
        )
        .expect("finite");
    }
    let model = train(&rows);
    let missing = model.score(&[5.0, 0.0, 0.0, MISSING]);
    assert!((missing - 0.5).abs() < 0.02, "{missing}");
    assert_eq!(model.score(&[5.0, 0.0, 0.0, f64::NAN]), missing);
    assert!(model.score(&[5.0, 0.0, 0.0, 50.0]) < 0.02);
    // Without an indicator a missing value counts as the mean.
    assert_eq!(
        model.score(&[MISSING, 0.0, 0.0, 50.0]),
        model.score(&[5.0, 0.0, 0.0, 50.0])
    );
}

#[test]
fn no_row_exceeds_the_bound_its_query_declares() {
    let plan = LogisticPlan {
        positive_weight: 9,
        ..plan()
    };
    let extremes = [
        -1e300, -1e13, -1.0, 0.0, 0.5, 1.0, 3.0, 1e13, 1e300, MISSING,
    ];
    let rows = fraud_like_rows(2, 3_000);
    let mut learner = learner(plan);
    let mut single_rows = Vec::new();
    for (index, value) in extremes.iter().enumerate() {
        for label in [false, true] {
            let mut row = TrainingRows::new(4);
            let other = extremes[(index * 7 + 3) % extremes.len()];
            row.push(0, &[*value, other, *value, other], label)
                .expect("finite");
            single_rows.push(row);
        }
    }
    while let Some(query) = learner.next_query() {
        for row in &single_rows {
            let answer = learner.answer(row, &mut ()).expect("answers");
            assert!(
                answer
                    .iter()
                    .all(|value| value.unsigned_abs() <= query.row_bound),
                "{}",
                query.name
            );
        }
        let bits = query.ring_bits(query.rows_max(64)).expect("fits");
        assert_eq!(bits, 64);
        assert!(
            query.rows_max(64) >= 1_000_000,
            "{} holds a million rows",
            query.name
        );
        let total = learner.answer(&rows, &mut ()).expect("answers");
        learner.absorb(&total).expect("possible");
    }
}

#[test]
fn a_closed_unit_is_asked_again_and_changes_nothing() {
    let rows = fraud_like_rows(4, 500);
    let mut learner = learner(plan());
    let mut closed = 0;
    while let Some(query) = learner.next_query() {
        if closed < 3 {
            learner.close_unit();
            closed += 1;
            let again = learner.next_query().expect("still open");
            assert_eq!((again.name, again.dimension), (query.name, query.dimension));
            assert!(again.unit > query.unit);
        }
        let total = learner.answer(&rows, &mut ()).expect("answers");
        learner.absorb(&total).expect("possible");
    }
    assert_eq!(learner.model().expect("finished"), &train(&rows));
}

#[test]
fn a_model_survives_json_to_the_bit() {
    let model = train(&fraud_like_rows(1, 1_000));
    let text = serde_json::to_string(&model).expect("serialises");
    let read: LogisticModel = serde_json::from_str(&text).expect("reads back");
    assert_eq!(read, model);
    assert_eq!(read.content_hash(), model.content_hash());
}

#[test]
fn the_golden_model_is_the_same_on_every_machine() {
    let model = train(&fraud_like_rows(2026, 2_000));
    assert!(
        model.features.iter().all(|feature| feature.weight != 0.0),
        "the weights are worth a hash"
    );
    assert_eq!(
        model.content_hash(),
        "83e14cf1561d1388ce1760e4dcb946f859f9fc93a62022402aae393bf4324a83"
    );
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let mut learner = learner(plan());
    let before = learner.progress_hash();
    assert!(learner.absorb(&[0; 3]).is_err());
    assert!(learner.absorb(&[-5; 14]).is_err());
    let mut narrow = TrainingRows::new(2);
    narrow.push(0, &[0.0, 0.0], false).expect("finite");
    assert!(learner.answer(&narrow, &mut ()).is_err());
    assert_eq!(learner.progress_hash(), before);

    let share = FeaturePlan::share("x");
    for unsound in [
        LogisticPlan::new(vec![share.clone(), share.clone()]),
        LogisticPlan::new(vec![FeaturePlan::within("x", 1.0, 1.0)]),
        LogisticPlan {
            ridge: 0.0,
            ..LogisticPlan::new(vec![share.clone()])
        },
        LogisticPlan {
            positive_weight: 0,
            ..LogisticPlan::new(vec![share.clone()])
        },
        LogisticPlan {
            rounds_max: 0,
            ..LogisticPlan::new(vec![share])
        },
    ] {
        assert!(LogisticLearner::new(unsound).is_err());
    }
}
