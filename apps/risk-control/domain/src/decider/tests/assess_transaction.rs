use super::*;
use crate::{EntityKey, Label, LabelSource, Memberships, TransactionLabelled};

#[test]
fn an_assessment_holds_everything_that_led_to_the_decision() {
    let transaction = transaction("t-1", NOON, 2_500);
    given_data([adopted(4, policy(2))])
        .when(&at(NOON), &assess(&transaction))
        .then(&[Event::TransactionAssessed(TransactionAssessed {
            features: first_features(&transaction),
            transaction,
            // 1 / (1 + e^4.25), of −5 + 0.25 for the amount + 0.5 for the first transaction.
            score: 0.014064,
            decision: Decision::Approve,
            // An approval has no reasons.
            reasons: Vec::new(),
            policy: 4,
            personal: "sealed".to_owned(),
            lists: Memberships::default(),
            hits: Vec::new(),
            shadow_hits: Vec::new(),
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
    let stranger = imported(Transaction {
        customer: CustomerReference(7),
        ..transaction("other", NOON - MINUTE, 90_000)
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
    // The smaller of the two earlier amounts is their lower median.
    assert_eq!(feature(&event.features, "amount_to_median_30_days"), 8.0);
    assert_eq!(
        feature(&event.features, "amount_to_maximum_30_days"),
        2.667,
        "rounded to a thousandth"
    );
    // −5 + 0.8 for the amount + 1.75 for eight times the median: 1 / (1 + e^2.45).
    assert_eq!(event.score, 0.079439);
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

/// The customer's purchase an hour ago at terminal-1 turned out to be `label`, as was known at `known_at_us`.
fn labelled(label: Label, known_at_us: i64) -> Event {
    Event::TransactionLabelled(TransactionLabelled {
        transaction_id: "earlier".to_owned(),
        customer: CUSTOMER,
        purchase: Some(LabelledPurchase::of(&transaction(
            "earlier",
            NOON - HOUR,
            3_000,
        ))),
        label,
        source: LabelSource::Chargeback,
        known_at_us,
        note: None,
    })
}

#[test]
fn a_confirmed_fraud_counts_at_its_terminal_and_customer_from_the_time_at_which_it_was_known() {
    let history = |labels: &[Event]| {
        let mut events = vec![adopted(4, policy(2)), purchased(NOON - HOUR, 3_000)];
        events.extend_from_slice(labels);
        given_data(events)
    };
    let fraud = labelled(Label::Fraud, NOON - MINUTE);
    let command = assess(&transaction("t-1", NOON, 8_000));
    let check = |labels: &[Event], command: &Command, frauds: f64| {
        let event = assessed(history(labels), command);
        for name in ["terminal_frauds_30_days", "customer_frauds_30_days"] {
            assert_eq!(feature(&event.features, name), frauds, "{name}");
        }
    };
    check(&[], &command, 0.0);
    check(std::slice::from_ref(&fraud), &command, 1.0);
    // Said twice, it is one fraud; taken back, it is none.
    check(&[fraud.clone(), fraud.clone()], &command, 1.0);
    check(
        &[fraud.clone(), labelled(Label::Genuine, NOON)],
        &command,
        0.0,
    );
    // A transaction that arrives late does not see what was not known at its own time.
    let late = assess(&transaction("late", NOON - 2 * MINUTE, 8_000));
    check(&[fraud], &late, 0.0);
}

#[test]
fn a_label_of_version_1_says_nothing_of_its_terminal() {
    let Event::TransactionLabelled(label) = labelled(Label::Fraud, NOON - MINUTE) else {
        unreachable!("made as a label")
    };
    let old = Event::TransactionLabelled(TransactionLabelled {
        purchase: None,
        ..label
    });
    let history = [adopted(4, policy(2)), purchased(NOON - HOUR, 3_000), old];
    let event = assessed(
        given_data(history),
        &assess(&transaction("t-1", NOON, 8_000)),
    );
    assert_eq!(feature(&event.features, "terminal_frauds_30_days"), 0.0);
}

#[test]
fn what_other_partitions_know_of_the_terminal_and_the_device_adds_up() {
    let device = EntityKey::parse("00000000000d");
    let purchase = |id: &str, customer: u64, minutes_ago: i64| Transaction {
        customer: CustomerReference(customer),
        device,
        ..transaction(id, NOON - minutes_ago * MINUTE, 3_000)
    };
    let asked = assess(&purchase("t-1", CUSTOMER.0, 0));
    let events = [
        purchase("a", 7, 3),
        purchase("b", 8, 2),
        purchase("c", 9, 1),
    ]
    .map(imported);

    let together = given_data([adopted(4, policy(2))].into_iter().chain(events.clone()));
    let expected = assessed(together, &asked);
    assert_eq!(
        feature(&expected.features, "device_other_customers_7_days"),
        3.0
    );

    let partitions = events.map(|event| {
        let mut state = RiskControl::initial(DATA);
        RiskControl::evolve(&mut state, &event);
        state
    });
    let context = RiskControl::consult(&at(NOON), &asked, partitions.iter()).unwrap();
    given_data([adopted(4, policy(2))])
        .when(&context, &asked)
        .then(&[Event::TransactionAssessed(expected)]);
}

#[test]
fn a_model_of_an_earlier_feature_set_goes_on_deciding_on_its_own_features() {
    let mut models = ModelLibrary::default();
    models.insert(MODEL.to_owned(), Arc::new(model_of(FeatureSet::Customer1)));
    let context = Context {
        models: Arc::new(models),
        ..at(NOON)
    };
    let (events, _) = given_data([adopted(4, policy(2)), purchased(NOON - DAY, 2_000)])
        .when(&context, &assess(&transaction("t-1", NOON, 8_000)))
        .then_state();
    let [Event::TransactionAssessed(event)] = &events[..] else {
        panic!("expected one assessment, got {events:?}");
    };
    assert_eq!(event.features.set(), FeatureSet::Customer1);
    assert_eq!(feature(&event.features, "amount_to_mean_30_days"), 4.0);
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
