use super::*;
use crate::{FUTURE_TOLERANCE_US, ImportTransaction, LATENESS_MAX_US};

fn import(transaction: &Transaction, decision: Decision) -> Command {
    Command::ImportTransaction(ImportTransaction {
        transaction: transaction.clone(),
        decision,
        personal: "sealed".to_owned(),
    })
}

#[test]
fn an_import_keeps_its_original_decision_and_needs_neither_policy_nor_model() {
    for decision in Decision::ALL {
        let old = transaction("old", NOON - 300 * DAY, 70_000);
        given_data([])
            .when(&without_models(NOON), &import(&old, decision))
            .then(&[Event::TransactionImported(TransactionImported {
                features: first_features(&old),
                transaction: old,
                decision,
                personal: "sealed".to_owned(),
            })]);
    }
}

#[test]
fn an_import_feeds_the_windows_of_later_imports_and_assessments() {
    let (_, state) = given_data([adopted(4, policy(2))])
        .when(
            &at(NOON),
            &import(
                &transaction("i-1", NOON - 2 * HOUR, 1_000),
                Decision::Decline,
            ),
        )
        .then_state();
    let (events, state) = given::<RiskControl>(state, [])
        .when(
            &at(NOON),
            &import(&transaction("i-2", NOON - HOUR, 3_000), Decision::Approve),
        )
        .then_state();
    let [Event::TransactionImported(second)] = &events[..] else {
        panic!("expected one import, got {events:?}");
    };
    assert_eq!(feature(&second.features, "customer_count_1_day"), 2.0);
    assert_eq!(feature(&second.features, "amount_to_median_30_days"), 3.0);

    let event = assessed(given(state, []), &assess(&transaction("t-1", NOON, 8_000)));
    assert_eq!(feature(&event.features, "customer_count_1_day"), 3.0);
    assert_eq!(feature(&event.features, "amount_to_median_30_days"), 8.0);
}

#[test]
fn history_may_be_imported_out_of_order_by_seven_days_and_no_more() {
    let newest = NOON - 100 * DAY;
    let boundary = newest - LATENESS_MAX_US;
    let (events, _) = given_data([purchased(newest, 1_000)])
        .when(
            &at(NOON),
            &import(&transaction("i-1", boundary, 500), Decision::Approve),
        )
        .then_state();
    assert_eq!(events.len(), 1);
    given_data([purchased(newest, 1_000)])
        .when(
            &at(NOON),
            &import(&transaction("i-1", boundary - 1, 500), Decision::Approve),
        )
        .then_rejected(&Rejection::OccurredTooLongAgo);
}

#[test]
fn the_future_cannot_be_imported_because_it_would_shut_the_customer_out_until_then() {
    let ahead = NOON + FUTURE_TOLERANCE_US;
    let (events, _) = given_data([])
        .when(
            &at(NOON),
            &import(&transaction("i-1", ahead, 500), Decision::Approve),
        )
        .then_state();
    assert_eq!(events.len(), 1);
    given_data([])
        .when(
            &at(NOON),
            &import(&transaction("i-1", ahead + 1, 500), Decision::Approve),
        )
        .then_rejected(&Rejection::OccurredInFuture);
}
