use accord_learning::{
    MISSING, TrainingRows,
    calibration::{Calibration, CalibrationLine},
    deterministic::sigmoid,
    logistic::{LogisticFeature, Standardisation, Transform},
};
use proptest::prelude::*;

use super::*;
use crate::features::Values;

fn logistic(set: FeatureSet, weights: &[[f64; 2]], intercept: f64) -> LogisticModel {
    let features = set
        .features()
        .iter()
        .zip(weights.iter().cycle())
        .map(|(feature, [weight, missing_weight])| LogisticFeature {
            name: feature.name.to_owned(),
            standardisation: Standardisation {
                transform: Transform::SignedLog1p,
                mean: 3.0,
                inverse_deviation: 0.5,
                lowest: -8.0,
                highest: 8.0,
            },
            weight: *weight,
            missing_weight: *missing_weight,
        })
        .collect();
    LogisticModel {
        features,
        intercept,
    }
}

fn logistic_model() -> LogisticModel {
    logistic(FeatureSet::CURRENT, &[[0.3, -0.1]], -4.0)
}

/// Rows whose fraud hangs on the amount and on the terminal's frauds, with something missing here and there.
fn rows(count: u64) -> TrainingRows {
    let set = FeatureSet::CURRENT;
    let index = |name: &str| {
        let mut features = set.features().iter();
        features.position(|feature| feature.name == name).unwrap()
    };
    let (amount, frauds) = (index("amount"), index("terminal_frauds_30_days"));
    let mut rows = TrainingRows::new(set.features().len());
    for row in 0..count {
        let mut values = vec![MISSING; set.features().len()];
        values[amount] = (row * 7_919 % 30_000) as f64;
        values[frauds] = (row % 5) as f64;
        let fraud = values[amount] > 22_000.0 || (row % 5 == 4 && row % 3 == 0);
        rows.push(row, &values, fraud).unwrap();
    }
    rows
}

fn features(row: &[f64]) -> Features {
    Features::Risk2(Values(row.try_into().unwrap()))
}

fn feature_value() -> impl Strategy<Value = f64> {
    prop_oneof![1 => Just(MISSING), 4 => 0.0_f64..1e7]
}

fn check_sum(model: &ScoringModel, explanation: &Explanation, features: &Features) {
    let sum: f64 = explanation.contributions.iter().sum();
    let log_odds = explanation.base + sum + explanation.calibration;
    let score = model.score(features);
    assert!(
        (sigmoid(log_odds) - score).abs() < 1e-6,
        "{log_odds} is not the log-odds of {score}"
    );
}

proptest! {
    #[test]
    fn the_base_and_the_contributions_of_a_regression_add_up_to_the_log_odds_of_the_score(
        weights in proptest::collection::vec([-2.0_f64..2.0, -2.0..2.0], 13),
        intercept in -8.0_f64..2.0,
        values in proptest::collection::vec(feature_value(), 13),
    ) {
        let set = FeatureSet::Customer1;
        let model = ScoringModel::new(set, Scorer::Logistic(logistic(set, &weights, intercept))).unwrap();
        let features = Features::Customer1(Values(values.try_into().unwrap()));
        let explanation = model.explain(&features);
        check_sum(&model, &explanation, &features);
        prop_assert_eq!(explanation.calibration, 0.0);
    }
}

#[test]
fn what_trees_say_adds_up_along_the_path_and_exactly_also_when_they_are_calibrated() {
    let rows = rows(2_000);
    let plain = train_trees(
        &rows,
        TreesPlan {
            threads: 1,
            seed: 3,
        },
    )
    .unwrap();
    let Scorer::Trees(trees) = plain.scorer() else {
        panic!("trees were trained");
    };
    let line = CalibrationLine {
        slope: 0.8,
        intercept: -0.3,
    };
    let calibrated = Scorer::Trees(trees.clone().with_calibration(Calibration::Line(line)));
    let calibrated = ScoringModel::new(plain.feature_set(), calibrated).unwrap();
    for model in [&plain, &calibrated] {
        for (row, _) in rows.iter().take(50) {
            let features = features(row);
            check_sum(model, &model.explain(&features), &features);
            check_sum(model, &model.explain_exactly(&features), &features);
        }
    }
    let (row, _) = rows.iter().next().unwrap();
    assert_ne!(calibrated.explain(&features(row)).calibration, 0.0);
}

#[test]
fn trees_learn_what_fraud_hangs_on_whatever_the_number_of_threads() {
    let rows = rows(3_000);
    let one = train_trees(
        &rows,
        TreesPlan {
            threads: 1,
            seed: 3,
        },
    )
    .unwrap();
    let two = train_trees(
        &rows,
        TreesPlan {
            threads: 2,
            seed: 3,
        },
    )
    .unwrap();
    assert_eq!(one.to_bytes(), two.to_bytes());
    let mut scores = [Vec::new(), Vec::new()];
    for (row, fraud) in rows.iter() {
        scores[usize::from(fraud)].push(one.score(&features(row)));
    }
    let mean = |scores: &[f64]| scores.iter().sum::<f64>() / scores.len() as f64;
    let [genuine, fraud] = scores.map(|scores| mean(&scores));
    assert!(fraud > 0.8 && genuine < 0.1, "{fraud} {genuine}");
}

#[test]
fn rows_of_one_kind_teach_nothing() {
    let mut one_class = TrainingRows::new(FeatureSet::CURRENT.features().len());
    for (row, fraud) in rows(500).iter() {
        if !fraud {
            one_class.push(one_class.len() as u64, row, false).unwrap();
        }
    }
    let trained = train_trees(
        &one_class,
        TreesPlan {
            threads: 1,
            seed: 3,
        },
    );
    assert!(matches!(trained, Err(TrainingError::OneClass)));
}

#[test]
fn a_model_comes_back_from_its_bytes_and_scores_the_same() {
    let trees = train_trees(
        &rows(1_000),
        TreesPlan {
            threads: 1,
            seed: 3,
        },
    )
    .unwrap();
    let logistic = ScoringModel::new(FeatureSet::CURRENT, Scorer::Logistic(logistic_model()));
    for model in [trees, logistic.unwrap()] {
        let read = ScoringModel::from_bytes(&model.to_bytes()).unwrap();
        assert_eq!(read, model);
        assert_eq!(read.to_bytes(), model.to_bytes());
    }
}

#[test]
fn an_artefact_of_the_first_version_keeps_its_bytes_and_so_its_hash() {
    let set = FeatureSet::Customer1;
    let model =
        ScoringModel::new(set, Scorer::Logistic(logistic(set, &[[0.3, -0.1]], -4.0))).unwrap();
    let text = String::from_utf8(model.to_bytes()).unwrap();
    let start = r#"{"feature_set":"customer-1","logistic":{"features":[{"name":"amount","#;
    assert!(text.starts_with(start), "{text}");
}

#[test]
fn a_model_of_other_features_is_refused() {
    let mut reordered = logistic_model();
    reordered.features.swap(0, 1);
    let mut shortened = logistic_model();
    shortened.features.pop();
    for other in [reordered, shortened] {
        assert!(matches!(
            ScoringModel::new(FeatureSet::CURRENT, Scorer::Logistic(other)),
            Err(ModelError::OtherFeatures { set: "risk-2" })
        ));
    }

    let model = ScoringModel::new(FeatureSet::CURRENT, Scorer::Logistic(logistic_model())).unwrap();
    let renamed = String::from_utf8(model.to_bytes())
        .unwrap()
        .replace("risk-2", "risk-9");
    assert!(matches!(
        ScoringModel::from_bytes(renamed.as_bytes()),
        Err(ModelError::OtherFeatureSet { found }) if found == "risk-9"
    ));
    assert!(matches!(
        ScoringModel::from_bytes(b"{}"),
        Err(ModelError::Unreadable(_))
    ));
}
