use super::*;
use crate::{FUTURE_TOLERANCE_US, Label, LabelSource, LabelTransaction, TransactionLabelled};

fn purchase() -> LabelledPurchase {
    LabelledPurchase::of(&transaction("t-1", NOON - 30 * DAY, 1_000))
}

fn labelled(label: Label, known_at_us: i64) -> TransactionLabelled {
    TransactionLabelled {
        transaction_id: "t-1".to_owned(),
        customer: CUSTOMER,
        purchase: Some(purchase()),
        label,
        source: LabelSource::Chargeback,
        known_at_us,
        note: Some("sealed".to_owned()),
    }
}

fn label(label: Label, known_at_us: Option<i64>) -> Command {
    Command::LabelTransaction(LabelTransaction {
        transaction_id: "t-1".to_owned(),
        customer: CUSTOMER,
        purchase: purchase(),
        label,
        source: LabelSource::Chargeback,
        known_at_us,
        note: Some("sealed".to_owned()),
    })
}

#[test]
fn a_label_says_when_it_became_known() {
    given_data([purchased(NOON - 30 * DAY, 1_000)])
        .when(&at(NOON), &label(Label::Fraud, Some(NOON - DAY)))
        .then(&[Event::TransactionLabelled(labelled(
            Label::Fraud,
            NOON - DAY,
        ))]);
}

#[test]
fn a_label_without_a_time_became_known_now() {
    given_data([])
        .when(&without_models(NOON), &label(Label::Genuine, None))
        .then(&[Event::TransactionLabelled(labelled(Label::Genuine, NOON))]);
}

#[test]
fn a_later_label_corrects_an_earlier_one_as_an_event_of_its_own() {
    let earlier = Event::TransactionLabelled(labelled(Label::Fraud, NOON - DAY));
    let (events, state) = given_data([purchased(NOON - 30 * DAY, 1_000), earlier])
        .when(&at(NOON), &label(Label::Genuine, None))
        .then_state();
    let correction = Event::TransactionLabelled(labelled(Label::Genuine, NOON));
    assert_eq!(events, std::slice::from_ref(&correction));
    // The purchase, the label and its correction are the customer's first three events.
    assert_eq!(RiskControl::entity_version(&state, &correction), 3);
}

#[test]
fn a_label_from_the_future_is_refused() {
    let boundary = NOON + FUTURE_TOLERANCE_US;
    given_data([])
        .when(&at(NOON), &label(Label::Fraud, Some(boundary)))
        .then(&[Event::TransactionLabelled(labelled(Label::Fraud, boundary))]);
    given_data([])
        .when(&at(NOON), &label(Label::Fraud, Some(boundary + 1)))
        .then_rejected(&Rejection::OccurredInFuture);
    given_data([])
        .when(&at(NOON), &label(Label::Fraud, Some(i64::MAX)))
        .then_rejected(&Rejection::OccurredInFuture);
}
