use super::*;
use crate::{
    CustomerReference, Decision, LabelSource, Transaction, TransactionAssessed,
    TransactionImported, TransactionLabelled, Values,
};

const DAY: i64 = MICROSECONDS_PER_DAY;
const CUTOFF: i64 = 1_000 * DAY;

fn features(value: f64) -> Features {
    Features::Risk2(Values([value; _]))
}

fn transaction(transaction_id: &str, occurred_at_us: i64) -> Transaction {
    Transaction {
        transaction_id: transaction_id.to_owned(),
        customer: CustomerReference(1),
        occurred_at_us,
        amount_minor: 100,
        currency: "EUR".to_owned(),
        terminal_id: "terminal-1".to_owned(),
        card: None,
        device: None,
        address: None,
    }
}

fn assessed(transaction_id: &str, occurred_at_us: i64) -> Event {
    Event::TransactionAssessed(TransactionAssessed {
        transaction: transaction(transaction_id, occurred_at_us),
        features: features(1.0),
        score: 0.5,
        decision: Decision::Review,
        reasons: Vec::new(),
        policy: 1,
        personal: "sealed".to_owned(),
        lists: crate::Memberships::default(),
        hits: Vec::new(),
        shadow_hits: Vec::new(),
    })
}

fn imported(transaction_id: &str, occurred_at_us: i64) -> Event {
    Event::TransactionImported(TransactionImported {
        transaction: transaction(transaction_id, occurred_at_us),
        features: features(2.0),
        decision: Decision::Approve,
        personal: "sealed".to_owned(),
    })
}

fn labelled(transaction_id: &str, label: Label, known_at_us: i64) -> Event {
    Event::TransactionLabelled(TransactionLabelled {
        transaction_id: transaction_id.to_owned(),
        customer: CustomerReference(1),
        purchase: None,
        label,
        source: LabelSource::Chargeback,
        known_at_us,
        note: None,
    })
}

/// First feature and label of every row as of `cutoff_us`, and the number of frauds.
fn rows(events: &[Event], cutoff_us: i64) -> (Vec<(f64, bool)>, u64) {
    let mut set = TrainingSet::default();
    for event in events {
        set.add(event);
    }
    let (rows, frauds) = set.rows(cutoff_us).unwrap();
    let rows = rows
        .iter()
        .map(|(features, fraud)| (features[0], fraud))
        .collect();
    (rows, frauds)
}

#[test]
fn transactions_carry_their_own_features_and_the_labels_that_were_reported() {
    let events = [
        imported("old", CUTOFF - 100 * DAY),
        assessed("fraud", CUTOFF - 20 * DAY),
        assessed("genuine", CUTOFF - 10 * DAY),
        labelled("fraud", Label::Fraud, CUTOFF - 2 * DAY),
        labelled("genuine", Label::Genuine, CUTOFF - DAY),
    ];
    assert_eq!(
        rows(&events, CUTOFF),
        (vec![(2.0, false), (1.0, true), (1.0, false)], 1)
    );
}

#[test]
fn an_unreported_transaction_counts_as_genuine_after_seven_days_and_is_left_out_before() {
    let boundary = CUTOFF - 7 * DAY;
    assert_eq!(
        rows(&[assessed("t", boundary)], CUTOFF),
        (vec![(1.0, false)], 0)
    );
    assert_eq!(rows(&[assessed("t", boundary + 1)], CUTOFF), (vec![], 0));
}

#[test]
fn a_young_transaction_is_left_out_whatever_is_known_of_it() {
    for label in [Label::Fraud, Label::Genuine] {
        let events = [
            assessed("t", CUTOFF - 7 * DAY + 1),
            labelled("t", label, CUTOFF - 1),
        ];
        assert_eq!(rows(&events, CUTOFF), (vec![], 0));
    }
}

#[test]
fn a_label_that_became_known_after_the_cutoff_is_not_known_yet() {
    let events = [
        assessed("t", CUTOFF - 30 * DAY),
        labelled("t", Label::Fraud, CUTOFF + 1),
    ];
    assert_eq!(rows(&events, CUTOFF), (vec![(1.0, false)], 0));
    assert_eq!(rows(&events, CUTOFF + 1), (vec![(1.0, true)], 1));
}

#[test]
fn the_last_label_that_was_known_at_the_cutoff_holds() {
    let events = [
        assessed("t", CUTOFF - 30 * DAY),
        labelled("t", Label::Fraud, CUTOFF - 20 * DAY),
        labelled("t", Label::Genuine, CUTOFF - 10 * DAY),
        labelled("t", Label::Fraud, CUTOFF + 10 * DAY),
    ];
    for (cutoff_us, fraud) in [
        (CUTOFF - 15 * DAY, true),
        (CUTOFF, false),
        (CUTOFF + 10 * DAY, true),
    ] {
        assert_eq!(
            rows(&events, cutoff_us),
            (vec![(1.0, fraud)], u64::from(fraud)),
            "as of {cutoff_us}"
        );
    }
}

#[test]
fn a_correction_holds_although_it_names_an_earlier_time() {
    let events = [
        assessed("t", CUTOFF - 30 * DAY),
        labelled("t", Label::Fraud, CUTOFF - 10 * DAY),
        labelled("t", Label::Genuine, CUTOFF - 20 * DAY),
    ];
    assert_eq!(rows(&events, CUTOFF), (vec![(1.0, false)], 0));
}

#[test]
fn transactions_outside_a_range_of_time_are_left_out() {
    let events = [
        imported("before", CUTOFF - 21 * DAY - 1),
        assessed("in", CUTOFF - 21 * DAY),
        imported("after", CUTOFF - 14 * DAY),
    ];
    let mut set = TrainingSet::default();
    for event in &events {
        set.add(event);
    }
    let range = CUTOFF - 21 * DAY..CUTOFF - 14 * DAY;
    let (rows, frauds) = set.rows_within(range, CUTOFF).unwrap();
    assert_eq!((rows.ids(), frauds), (&[1][..], 0));
}

#[test]
fn a_transaction_of_an_earlier_feature_set_makes_no_row() {
    let Event::TransactionImported(old) = imported("old", CUTOFF - 20 * DAY) else {
        unreachable!("made as an import")
    };
    let old = Event::TransactionImported(TransactionImported {
        features: Features::Customer1(Values([1.0; _])),
        ..old
    });
    assert_eq!(rows(&[old], CUTOFF), (vec![], 0));
}

#[test]
fn a_label_of_an_unknown_transaction_makes_no_row() {
    let events = [labelled("nobody", Label::Fraud, CUTOFF - DAY)];
    assert_eq!(rows(&events, CUTOFF), (vec![], 0));
}
