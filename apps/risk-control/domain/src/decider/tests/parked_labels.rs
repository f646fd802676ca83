use proptest::prelude::*;

use super::*;
use crate::{
    FUTURE_TOLERANCE_US, Label, LabelParked, LabelSource, PARKED_LABELS_MAX, ParkLabel,
    ParkedLabelSettled, ParkedOutcome, SettleParkedLabel,
};

fn park(transaction_id: &str, known_at_us: Option<i64>) -> Command {
    Command::ParkLabel(ParkLabel {
        transaction_id: transaction_id.to_owned(),
        label: Label::Fraud,
        source: LabelSource::Chargeback,
        known_at_us,
    })
}

fn parked(transaction_id: &str) -> Event {
    Event::LabelParked(LabelParked {
        transaction_id: transaction_id.to_owned(),
        label: Label::Fraud,
        source: LabelSource::Chargeback,
        known_at_us: NOON,
    })
}

fn settle(transaction_id: &str, change: Option<u64>) -> Command {
    Command::SettleParkedLabel(SettleParkedLabel {
        transaction_id: transaction_id.to_owned(),
        change,
        outcome: ParkedOutcome::Applied,
    })
}

fn settled(transaction_id: &str) -> Event {
    Event::ParkedLabelSettled(ParkedLabelSettled {
        transaction_id: transaction_id.to_owned(),
        outcome: ParkedOutcome::Applied,
    })
}

pub(super) fn some_command() -> impl Strategy<Value = Command> {
    let transaction = proptest::sample::select(vec!["early-1", "early-2"]);
    (transaction, any::<bool>(), proptest::option::of(0_u64..5)).prop_map(
        |(transaction, parks, change)| {
            if parks {
                park(transaction, None)
            } else {
                settle(transaction, change)
            }
        },
    )
}

#[test]
fn a_label_whose_transaction_is_not_known_waits() {
    given_data([])
        .when(&at(NOON), &park("t-1", None))
        .then(&[parked("t-1")]);
    given_data([])
        .when(
            &at(NOON),
            &park("t-1", Some(NOON + FUTURE_TOLERANCE_US + 1)),
        )
        .then_rejected(&Rejection::OccurredInFuture);
}

#[test]
fn it_is_settled_once() {
    given_data([parked("t-1")])
        .when(&at(NOON), &settle("t-1", Some(1)))
        .then(&[settled("t-1")]);
    given_data([parked("t-1"), settled("t-1")])
        .when(&at(NOON), &settle("t-1", Some(1)))
        .then(&[]);
}

#[test]
fn a_label_that_took_its_place_is_not_settled_with_it() {
    given_data([parked("t-1"), parked("t-1")])
        .when(&at(NOON), &settle("t-1", Some(1)))
        .then(&[]);
    given_data([parked("t-1"), parked("t-1")])
        .when(&at(NOON), &settle("t-1", Some(2)))
        .then(&[settled("t-1")]);
}

#[test]
fn one_too_many_is_refused_but_a_correction_is_not() {
    let full = || (0..PARKED_LABELS_MAX).map(|index| parked(&format!("t-{index}")));
    given_data(full())
        .when(&at(NOON), &park("one more", None))
        .then_rejected(&Rejection::TooManyParkedLabels);
    given_data(full())
        .when(&at(NOON), &park("t-0", None))
        .then(&[parked("t-0")]);
}
