use super::*;
use crate::ActivatePolicy;

fn activate(policy: Policy) -> Command {
    Command::ActivatePolicy(ActivatePolicy { policy })
}

fn with_thresholds([challenge, review, decline]: [f64; 3]) -> Policy {
    Policy {
        thresholds: Thresholds {
            challenge,
            review,
            decline,
        },
        ..policy(1)
    }
}

#[test]
fn the_first_policy_has_version_one() {
    given_control([published(MODEL)])
        .when(&at(NOON), &activate(policy(1)))
        .then(&[activated(policy(1))]);
    for version in [0, 2] {
        given_control([published(MODEL)])
            .when(&at(NOON), &activate(policy(version)))
            .then_rejected(&Rejection::StalePolicyVersion);
    }
}

#[test]
fn once_a_policy_decides_another_one_needs_approval() {
    let other = with_thresholds([0.2, 0.3, 0.8]);
    for next in [policy(2), other] {
        given_control([published(MODEL), activated(policy(1))])
            .when(&at(NOON), &activate(next))
            .then_rejected(&Rejection::NeedsApproval);
    }
}

#[test]
fn activating_the_active_policy_again_changes_nothing() {
    given_control([published(MODEL), activated(policy(1))])
        .when(&without_models(NOON), &activate(policy(1)))
        .then(&[]);
}

#[test]
fn a_policy_over_a_model_that_was_never_published_is_refused() {
    given_control([published("other")])
        .when(&at(NOON), &activate(policy(1)))
        .then_rejected(&Rejection::UnknownModel);
}

#[test]
fn a_policy_over_a_model_that_is_not_loaded_is_refused() {
    given_control([published(MODEL)])
        .when(&without_models(NOON), &activate(policy(1)))
        .then_rejected(&Rejection::ModelNotLoaded);
}

#[test]
fn thresholds_must_be_probabilities_in_ascending_order() {
    let valid = [
        [0.0, 0.0, 0.0],
        [1.0, 1.0, 1.0],
        [0.1, 0.1, 0.2],
        [0.0, 0.5, 1.0],
    ];
    for thresholds in valid {
        let policy = with_thresholds(thresholds);
        given_control([published(MODEL)])
            .when(&at(NOON), &activate(policy.clone()))
            .then(&[activated(policy)]);
    }
    let invalid = [
        [0.2, 0.1, 0.3],
        [0.1, 0.3, 0.2],
        [-0.1, 0.1, 0.2],
        [0.1, 0.2, 1.1],
        [f64::NEG_INFINITY, 0.1, 0.2],
        [0.1, 0.2, f64::INFINITY],
        [f64::NAN, 0.1, 0.2],
        [0.1, f64::NAN, 0.2],
        [0.1, 0.2, f64::NAN],
    ];
    for thresholds in invalid {
        given_control([published(MODEL)])
            .when(&at(NOON), &activate(with_thresholds(thresholds)))
            .then_rejected(&Rejection::InvalidThresholds);
    }
}
