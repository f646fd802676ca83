//! Transactions that arrive out of order, late, or ahead of the clock.

use super::*;
use crate::{FUTURE_TOLERANCE_US, LATENESS_MAX_US};

/// Assesses a transaction of `occurred_at_us` while the clock shows `now_us`, after `purchases` of the same customer.
#[track_caller]
fn check(purchases: &[i64], now_us: i64, occurred_at_us: i64, expected: Result<(), Rejection>) {
    let history = purchases.iter().map(|at_us| purchased(*at_us, 1_000));
    let outcome = given_data([adopted(4, policy(2))].into_iter().chain(history)).when(
        &at(now_us),
        &assess(&transaction("t-1", occurred_at_us, 2_500)),
    );
    match expected {
        Ok(()) => {
            let (events, _) = outcome.then_state();
            assert_eq!(events.len(), 1);
        }
        Err(rejection) => outcome.then_rejected(&rejection),
    }
}

#[test]
fn a_transaction_may_lie_ten_minutes_ahead_of_the_clock_and_no_more() {
    assert_eq!(FUTURE_TOLERANCE_US, 10 * MINUTE);
    check(&[], NOON, NOON + 10 * MINUTE, Ok(()));
    check(
        &[],
        NOON,
        NOON + 10 * MINUTE + 1,
        Err(Rejection::OccurredInFuture),
    );
}

#[test]
fn a_transaction_may_arrive_seven_days_late_and_no_more() {
    assert_eq!(LATENESS_MAX_US, 7 * DAY);
    check(&[], NOON, NOON - 7 * DAY, Ok(()));
    check(
        &[],
        NOON,
        NOON - 7 * DAY - 1,
        Err(Rejection::OccurredTooLongAgo),
    );
}

#[test]
fn lateness_counts_from_the_customer_s_newest_transaction_where_that_is_ahead_of_the_clock() {
    let newest = NOON + 5 * MINUTE;
    check(&[newest], NOON, newest - 7 * DAY, Ok(()));
    check(
        &[newest],
        NOON,
        newest - 7 * DAY - 1,
        Err(Rejection::OccurredTooLongAgo),
    );
}

#[test]
fn lateness_counts_from_the_clock_where_the_customer_was_away_for_long() {
    let long_ago = NOON - 100 * DAY;
    check(&[long_ago], NOON, NOON - 7 * DAY, Ok(()));
    for too_late in [NOON - 7 * DAY - 1, long_ago] {
        check(
            &[long_ago],
            NOON,
            too_late,
            Err(Rejection::OccurredTooLongAgo),
        );
    }
}

#[test]
fn a_clock_that_stepped_back_neither_widens_the_lateness_nor_forgives_the_future() {
    // The customer bought at noon; then the clock fell back by a day.
    let now_us = NOON - DAY;
    check(&[NOON], now_us, now_us, Ok(()));
    check(&[NOON], now_us, NOON - 7 * DAY, Ok(()));
    check(
        &[NOON],
        now_us,
        NOON - 7 * DAY - 1,
        Err(Rejection::OccurredTooLongAgo),
    );
    check(&[NOON], now_us, NOON, Err(Rejection::OccurredInFuture));
}

#[test]
fn no_time_that_a_client_can_name_overflows() {
    check(&[NOON], NOON, i64::MAX, Err(Rejection::OccurredInFuture));
    check(&[NOON], NOON, i64::MIN, Err(Rejection::OccurredTooLongAgo));
    check(&[], i64::MAX, i64::MAX, Ok(()));
    check(&[], i64::MIN, i64::MIN, Ok(()));
}

#[test]
fn a_late_transaction_sees_only_what_had_happened_by_its_own_time() {
    let purchases = [
        purchased(NOON - 3 * HOUR, 1_000),
        purchased(NOON - 2 * HOUR, 2_000),
        purchased(NOON, 90_000),
    ];
    let late = transaction("late", NOON - HOUR, 6_000);
    let (events, state) = given_data([adopted(4, policy(2))].into_iter().chain(purchases))
        .when(&at(NOON), &assess(&late))
        .then_state();
    let [Event::TransactionAssessed(event)] = &events[..] else {
        panic!("expected one assessment, got {events:?}");
    };
    assert_eq!(feature(&event.features, "customer_count_1_day"), 3.0);
    assert_eq!(feature(&event.features, "customer_mean_1_day"), 3_000.0);
    assert_eq!(feature(&event.features, "seconds_since_previous"), 3_600.0);
    assert_eq!(feature(&event.features, "amount_to_median_30_days"), 6.0);
    assert_eq!(feature(&event.features, "amount_to_maximum_30_days"), 3.0);

    // Later ones see it at its place in event time.
    let next = transaction("next", NOON + MINUTE, 1_000);
    let event = assessed(given(state, []), &assess(&next));
    assert_eq!(feature(&event.features, "customer_count_1_day"), 5.0);
    assert_eq!(feature(&event.features, "seconds_since_previous"), 60.0);
}
