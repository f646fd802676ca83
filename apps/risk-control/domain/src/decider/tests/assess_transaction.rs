use accord_learning::MISSING;

use super::*;

#[test]
fn an_assessment_holds_everything_that_led_to_the_decision() {
    let transaction = transaction("t-1", NOON, 2_500);
    given_data([adopted(4, policy(2))])
        .when(&at(NOON), &assess(&transaction))
        .then(&[Event::TransactionAssessed(TransactionAssessed {
            transaction,
            features: Features([
                2_500.0, // amount
                1.0,     // a Sunday
                0.0,     // at noon
                1.0,     // in an hour: this one
                1.0, 2_500.0, 1.0, 2_500.0, 1.0, 2_500.0, MISSING, // no previous transaction
                MISSING, // no earlier mean
                MISSING, // no earlier maximum
            ]),
            // 1 / (1 + e^4.25), of −5 + 0.25 for the amount + 0.5 for the first transaction.
            score: 0.014064,
            decision: Decision::Approve,
            // An approval has no reasons.
            reasons: Vec::new(),
            policy: 4,
            personal: "sealed".to_owned(),
        })]);
}

#[test]
fn the_score_meets_the_thresholds_of_the_adopted_policy() {
    for (amount_minor, score, decision) in [
        (2_500, 0.014064, Decision::Approve),
        (30_000, 0.182426, Decision::Challenge),
        (45_000, 0.5, Decision::Review),
        (70_000, 0.924142, Decision::Decline),
    ] {
        let command = assess(&transaction("t-1", NOON, amount_minor));
        let event = assessed(given_data([adopted(4, policy(2))]), &command);
        assert_eq!((event.score, event.decision), (score, decision));
        // The amount spoke more for fraud than its being the first transaction (0.5).
        let reasons: &[u8] = match decision {
            Decision::Approve => &[],
            _ => &[0, 10],
        };
        assert_eq!(event.reasons, reasons);
    }
}

#[test]
fn the_newest_adopted_policy_decides_and_is_named_by_its_control_offset() {
    let lenient = Policy {
        thresholds: Thresholds {
            challenge: 0.99,
            review: 0.99,
            decline: 0.99,
        },
        ..policy(3)
    };
    let command = assess(&transaction("t-1", NOON, 70_000));
    let event = assessed(
        given_data([adopted(4, policy(2)), adopted(9, lenient)]),
        &command,
    );
    assert_eq!((event.policy, event.decision), (9, Decision::Approve));
}

#[test]
fn earlier_purchases_of_the_customer_are_the_features_and_those_of_others_are_not() {
    let stranger = Event::TransactionImported(TransactionImported {
        transaction: Transaction {
            customer: CustomerReference(7),
            ..transaction("other", NOON - MINUTE, 90_000)
        },
        features: Features::of(None, NOON - MINUTE, 90_000),
        decision: Decision::Approve,
        personal: "sealed".to_owned(),
    });
    let history = [
        adopted(4, policy(2)),
        purchased(NOON - 2 * DAY, 1_000),
        purchased(NOON - 30 * MINUTE, 3_000),
        stranger,
    ];
    let event = assessed(
        given_data(history),
        &assess(&transaction("t-1", NOON, 8_000)),
    );
    assert_eq!(feature(&event.features, "customer_count_1_hour"), 2.0);
    assert_eq!(feature(&event.features, "customer_mean_1_day"), 5_500.0);
    assert_eq!(feature(&event.features, "customer_count_7_days"), 3.0);
    assert_eq!(feature(&event.features, "seconds_since_previous"), 1_800.0);
    assert_eq!(feature(&event.features, "amount_to_mean_30_days"), 4.0);
    assert_eq!(
        feature(&event.features, "amount_to_maximum_30_days"),
        8_000.0 / 3_000.0
    );
    // −5 + 0.8 for the amount + 0.75 for four times the mean: 1 / (1 + e^3.45).
    assert_eq!(event.score, 0.030769);
}

#[test]
fn an_assessed_transaction_is_part_of_the_next_one_s_windows_whatever_was_decided() {
    let (declined, state) = given_data([adopted(4, policy(2))])
        .when(&at(NOON), &assess(&transaction("t-1", NOON, 70_000)))
        .then_state();
    assert!(
        matches!(&declined[..], [Event::TransactionAssessed(event), _alert] if event.decision == Decision::Decline)
    );
    let next = transaction("t-2", NOON + 10 * SECOND, 70_000);
    let event = assessed(given(state, []), &assess(&next));
    assert_eq!(feature(&event.features, "customer_count_1_hour"), 2.0);
    assert_eq!(feature(&event.features, "seconds_since_previous"), 10.0);
}

#[test]
fn a_label_changes_no_window() {
    let labelled = Event::TransactionLabelled(crate::TransactionLabelled {
        transaction_id: "earlier".to_owned(),
        customer: CUSTOMER,
        label: crate::Label::Fraud,
        source: crate::LabelSource::Chargeback,
        known_at_us: NOON,
        note: None,
    });
    let history = [adopted(4, policy(2)), purchased(NOON - HOUR, 3_000)];
    let command = assess(&transaction("t-1", NOON, 8_000));
    assert_eq!(
        assessed(given_data(history.clone()), &command),
        assessed(given_data(history.into_iter().chain([labelled])), &command),
    );
}

#[test]
fn without_an_adopted_policy_nothing_is_decided() {
    given_data([purchased(NOON - DAY, 1_000)])
        .when(&at(NOON), &assess(&transaction("t-1", NOON, 2_500)))
        .then_rejected(&Rejection::NoPolicy);
}

#[test]
fn a_policy_whose_model_is_not_loaded_decides_nothing() {
    given_data([adopted(4, policy(2))])
        .when(
            &without_models(NOON),
            &assess(&transaction("t-1", NOON, 2_500)),
        )
        .then_rejected(&Rejection::ModelNotLoaded);
}
