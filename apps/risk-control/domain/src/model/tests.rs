use accord_learning::{
    MISSING,
    deterministic::sigmoid,
    logistic::{LogisticFeature, Standardisation, Transform},
};
use proptest::prelude::*;

use super::*;

fn logistic(weights: &[[f64; 2]; FEATURE_COUNT], intercept: f64) -> LogisticModel {
    let features = FEATURES
        .iter()
        .zip(weights)
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

fn feature_value() -> impl Strategy<Value = f64> {
    prop_oneof![1 => Just(MISSING), 4 => 0.0_f64..1e7]
}

proptest! {
    #[test]
    fn the_base_and_the_contributions_add_up_to_the_log_odds_of_the_score(
        weights in proptest::array::uniform13([-2.0_f64..2.0, -2.0..2.0]),
        intercept in -8.0_f64..2.0,
        features in proptest::array::uniform13(feature_value()),
    ) {
        let model = ScoringModel::new(logistic(&weights, intercept)).unwrap();
        let features = Features(features);
        let log_odds = model
            .contributions(&features)
            .iter()
            .fold(model.base(), |sum, contribution| sum + contribution);
        prop_assert_eq!(model.score(&features), (sigmoid(log_odds) * 1e6).round() / 1e6);
    }
}

#[test]
fn a_model_comes_back_from_its_bytes_and_scores_the_same() {
    let model = ScoringModel::new(logistic(&[[0.3, -0.1]; FEATURE_COUNT], -4.0)).unwrap();
    let read = ScoringModel::from_bytes(&model.to_bytes()).unwrap();
    assert_eq!(read, model);
    assert_eq!(read.to_bytes(), model.to_bytes());
}

#[test]
fn a_model_of_other_features_is_refused() {
    let mut reordered = logistic(&[[0.3, -0.1]; FEATURE_COUNT], -4.0);
    reordered.features.swap(0, 1);
    assert!(matches!(
        ScoringModel::new(reordered),
        Err(ModelError::OtherFeatures)
    ));

    let mut shortened = logistic(&[[0.3, -0.1]; FEATURE_COUNT], -4.0);
    shortened.features.pop();
    assert!(matches!(
        ScoringModel::new(shortened),
        Err(ModelError::OtherFeatures)
    ));

    let model = ScoringModel::new(logistic(&[[0.3, -0.1]; FEATURE_COUNT], -4.0)).unwrap();
    let renamed = String::from_utf8(model.to_bytes())
        .unwrap()
        .replace(FEATURE_SET, "customer-0");
    assert!(matches!(
        ScoringModel::from_bytes(renamed.as_bytes()),
        Err(ModelError::OtherFeatureSet { found }) if found == "customer-0"
    ));
    assert!(matches!(
        ScoringModel::from_bytes(b"{}"),
        Err(ModelError::Unreadable(_))
    ));
}
