use accord_learning::MISSING;
use proptest::prelude::*;

use super::*;
use crate::{
    CustomerReference, EntityKey, Label, LabelSource, LabelledPurchase, TransactionLabelled,
    state::CustomerPartition,
};

/// Sunday 2018-04-01 12:00 UTC.
const NOON: i64 = 1_522_584_000_000_000;
const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn transaction(customer: u64, terminal: &str, at_us: i64, amount_minor: i64) -> Transaction {
    Transaction {
        transaction_id: format!("{customer}/{terminal}/{at_us}"),
        customer: CustomerReference(customer),
        occurred_at_us: at_us,
        amount_minor,
        currency: "EUR".to_owned(),
        terminal_id: terminal.to_owned(),
        card: None,
        device: None,
        address: None,
    }
}

fn fraud(transaction: &Transaction, known_at_us: i64) -> TransactionLabelled {
    TransactionLabelled {
        transaction_id: transaction.transaction_id.clone(),
        customer: transaction.customer,
        purchase: Some(LabelledPurchase::of(transaction)),
        label: Label::Fraud,
        source: LabelSource::Chargeback,
        known_at_us,
        note: None,
    }
}

/// Features of a transaction after `past`, in one partition.
fn features_after(past: &[Transaction], transaction: &Transaction) -> Features {
    let mut partition = CustomerPartition::default();
    for earlier in past {
        partition.add_transaction(earlier);
    }
    features_in(&partition, transaction)
}

fn features_in(partition: &CustomerPartition, transaction: &Transaction) -> Features {
    FeatureSet::CURRENT.compute(
        partition.customers.get(&transaction.customer.0),
        &partition.known_entities(transaction),
        transaction,
    )
}

#[track_caller]
fn check(features: &Features, expected: &[(&str, f64)]) {
    for (name, value) in expected {
        assert_eq!(features.get(name), Some(*value), "{name}");
    }
}

#[test]
fn names_are_unique_and_every_set_is_found_by_its_name() {
    for set in FeatureSet::ALL {
        let mut names: Vec<_> = set.features().iter().map(|feature| feature.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), set.features().len());
        let quoted = format!("\"{}\"", set.name());
        assert_eq!(serde_json::to_string(&set).unwrap(), quoted);
    }
}

#[test]
fn a_first_transaction_knows_only_itself() {
    let features = features_after(&[], &transaction(1, "t", NOON, 2_500));
    check(
        &features,
        &[
            ("amount", 2_500.0),
            ("is_weekend", 1.0),
            ("is_night", 0.0),
            ("customer_count_30_days", 1.0),
            ("customer_mean_7_days", 2_500.0),
            ("seconds_since_previous", MISSING),
            ("amount_to_median_30_days", MISSING),
            ("terminal_is_new", 1.0),
            ("terminal_count_1_day", 1.0),
            ("terminal_frauds_30_days", 0.0),
            ("terminal_fraud_share_30_days", 0.0),
            ("seconds_since_terminal_first", MISSING),
            ("seconds_since_terminal_fraud_first", MISSING),
            ("card_count_1_hour", MISSING),
            ("device_is_new", MISSING),
            ("address_count_1_hour", MISSING),
        ],
    );
}

#[test]
fn windows_include_the_transaction_and_ratios_look_at_earlier_ones() {
    let past = [
        transaction(1, "a", NOON - 20 * DAY, 1_000),
        transaction(1, "b", NOON - 2 * HOUR, 3_000),
        transaction(1, "t", NOON - MINUTE, 2_000),
        transaction(2, "t", NOON - MINUTE, 90_000),
    ];
    let features = features_after(&past, &transaction(1, "t", NOON, 8_000));
    check(
        &features,
        &[
            ("customer_count_1_hour", 2.0),
            ("customer_count_1_day", 3.0),
            // 13,000 / 3, rounded to a cent.
            ("customer_mean_1_day", 4_333.0),
            ("customer_count_30_days", 4.0),
            ("seconds_since_previous", 60.0),
            ("amount_to_median_30_days", 4.0),
            ("amount_to_maximum_30_days", 2.667),
            ("terminal_is_new", 0.0),
            ("terminal_count_1_day", 3.0),
            ("seconds_since_terminal_first", 60.0),
        ],
    );
}

#[test]
fn an_age_ends_at_30_days_because_it_would_tell_the_date() {
    for (days, expected) in [(29, 29.0), (30, 30.0), (35, 30.0), (300, 30.0)] {
        let past = [transaction(2, "t", NOON - days * DAY, 100)];
        let features = features_after(&past, &transaction(1, "t", NOON, 100));
        check(
            &features,
            &[("seconds_since_terminal_first", expected * 86_400.0)],
        );
    }
}

#[test]
fn high_amounts_are_high_for_this_customer() {
    let mut past: Vec<_> = (2..12)
        .map(|day| transaction(1, "a", NOON - day * DAY, 1_000))
        .collect();
    past.push(transaction(1, "a", NOON - DAY, 2_500));
    past.push(transaction(1, "a", NOON - HOUR, 3_500));
    let features = features_after(&past, &transaction(1, "a", NOON, 1_000));
    check(
        &features,
        &[
            ("customer_above_2_medians_14_days", 2.0),
            ("customer_above_3_medians_14_days", 1.0),
        ],
    );
}

#[test]
fn a_terminal_s_delayed_counts_end_a_week_ago() {
    let days = [0, 3, 7, 8, 13, 14, 36, 37];
    let past = days.map(|day| transaction(day, "t", NOON - i64::try_from(day).unwrap() * DAY, 100));
    let features = features_after(&past, &transaction(99, "t", NOON, 100));
    check(
        &features,
        &[
            // 7, 8 and 13 days ago; 14 days ago is the open end of the window.
            ("terminal_delayed_count_7_days", 3.0),
            ("terminal_delayed_count_30_days", 5.0),
            ("terminal_count_1_day", 2.0),
        ],
    );
}

#[test]
fn frauds_of_a_terminal_count_from_the_time_at_which_they_were_known() {
    let past = [8, 9, 10].map(|day| transaction(5, "t", NOON - day * DAY, 100));
    let mut partition = CustomerPartition::default();
    for earlier in &past {
        partition.add_transaction(earlier);
    }
    partition.label_transaction(&fraud(&past[0], NOON - DAY));
    partition.label_transaction(&fraud(&past[2], NOON - 3 * DAY));
    let features = features_in(&partition, &transaction(1, "t", NOON, 100));
    check(
        &features,
        &[
            ("terminal_frauds_7_days", 2.0),
            ("terminal_frauds_30_days", 2.0),
            // Two frauds of the three transactions that can have been reported.
            ("terminal_fraud_share_30_days", 0.6667),
            ("seconds_since_terminal_fraud_last", 8.0 * 86_400.0),
            ("seconds_since_terminal_fraud_first", 10.0 * 86_400.0),
        ],
    );
    // The purchase between them was not reported within a week, so only the last fraud is a run.
    check(
        &features,
        &[
            ("terminal_fraud_run", 1.0),
            ("seconds_since_terminal_fraud_run", 8.0 * 86_400.0),
        ],
    );
    let earlier = features_in(&partition, &transaction(1, "t", NOON - 2 * DAY, 100));
    check(&earlier, &[("terminal_frauds_30_days", 1.0)]);
}

#[test]
fn a_run_of_frauds_ends_with_a_genuine_transaction_once_nobody_reported_it_for_a_week() {
    let past = [12, 11, 10, 9].map(|day| transaction(5, "t", NOON - day * DAY, 100));
    let mut partition = CustomerPartition::default();
    for earlier in &past {
        partition.add_transaction(earlier);
    }
    for defrauded in &past[1..] {
        partition.label_transaction(&fraud(defrauded, NOON - DAY));
    }
    let run = |partition: &CustomerPartition| {
        let features = features_in(partition, &transaction(1, "t", NOON, 100));
        ["terminal_fraud_run", "seconds_since_terminal_fraud_run"]
            .map(|name| features.get(name).unwrap())
    };
    assert_eq!(run(&partition), [3.0, 11.0 * 86_400.0]);
    partition.add_transaction(&transaction(6, "t", NOON - 7 * DAY + MINUTE, 100));
    assert_eq!(
        run(&partition),
        [3.0, 11.0 * 86_400.0],
        "it may yet be reported"
    );
    partition.add_transaction(&transaction(6, "t", NOON - 7 * DAY, 100));
    assert_eq!(run(&partition), [0.0, MISSING]);
}

#[test]
fn cards_devices_and_addresses_are_watched_where_they_are_named() {
    let named = |customer: u64, at_us: i64| Transaction {
        card: EntityKey::parse(&format!("{customer:012}")),
        device: EntityKey::parse("00000000000d"),
        address: EntityKey::parse("00000000000a"),
        ..transaction(customer, "t", at_us, 100)
    };
    let past = [
        named(1, NOON - 6 * DAY),
        named(2, NOON - 2 * DAY),
        named(3, NOON - 10 * MINUTE),
        named(1, NOON - 5 * MINUTE),
    ];
    check(
        &features_after(&past, &named(1, NOON)),
        &[
            ("card_count_1_hour", 2.0),
            ("card_amount_1_day", 200.0),
            ("seconds_since_card_first", 6.0 * 86_400.0),
            ("device_is_new", 0.0),
            ("device_other_customers_7_days", 2.0),
            ("address_count_1_hour", 3.0),
            ("address_other_customers_1_day", 1.0),
        ],
    );
    check(
        &features_after(&past, &named(4, NOON)),
        &[
            ("device_is_new", 1.0),
            ("seconds_since_card_first", MISSING),
        ],
    );
}

fn some_history() -> impl Strategy<Value = Vec<(Transaction, Option<i64>)>> {
    let key = || proptest::option::of((0_u64..3).prop_map(|key| EntityKey::from_hash(key << 60)));
    let one = (
        (0_u64..6, 0_u8..3, 0_i64..60 * 24 * 60, 1_i64..50_000),
        (key(), key(), key()),
        proptest::option::weighted(0.3, 1_i64..14),
    );
    proptest::collection::vec(one, 1..60).prop_map(|mut history| {
        history.sort_by_key(|((_, _, minutes, _), _, _)| *minutes);
        let transactions = history.into_iter().enumerate();
        transactions
            .map(
                |(
                    number,
                    ((customer, terminal, minutes, amount), (card, device, address), known),
                )| {
                    let at_us = NOON + minutes * MINUTE;
                    let transaction = Transaction {
                        transaction_id: number.to_string(),
                        card,
                        device,
                        address,
                        ..transaction(customer, &format!("t-{terminal}"), at_us, amount)
                    };
                    (transaction, known.map(|days| at_us + days * DAY))
                },
            )
            .collect()
    })
}

/// Features of every transaction of a history, over `partitions` partitions of customers that consult each other.
fn replay(history: &[(Transaction, Option<i64>)], partitions: u64) -> Vec<Features> {
    let mut states: Vec<CustomerPartition> = Vec::new();
    states.resize_with(partitions as usize, CustomerPartition::default);
    let home = |transaction: &Transaction| (transaction.customer.0 % partitions) as usize;
    let mut features = Vec::new();
    let mut unreported: Vec<(i64, &Transaction)> = Vec::new();
    for (transaction, known_at_us) in history {
        unreported.sort_by_key(|(known_at_us, _)| *known_at_us);
        while let Some((known_at_us, earlier)) = unreported.first().copied()
            && known_at_us <= transaction.occurred_at_us
        {
            states[home(earlier)].label_transaction(&fraud(earlier, known_at_us));
            unreported.remove(0);
        }
        let records: Vec<_> = states
            .iter()
            .map(|state| state.entities.records(transaction))
            .collect();
        let (customer, at_us) = (transaction.customer.0, transaction.occurred_at_us);
        let entities = EntitySummaries::of(&records, customer, at_us);
        let state = &mut states[home(transaction)];
        let history = state.customers.get(&transaction.customer.0);
        features.push(FeatureSet::CURRENT.compute(history, &entities, transaction));
        state.add_transaction(transaction);
        unreported.extend(known_at_us.map(|known_at_us| (known_at_us, transaction)));
    }
    features
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn partitions_that_consult_each_other_know_what_one_partition_knows(
        history in some_history(),
        partitions in 2_u64..5,
    ) {
        prop_assert_eq!(replay(&history, partitions), replay(&history, 1));
    }

    #[test]
    fn terminal_features_equal_a_brute_force_reference(history in some_history()) {
        for ((asked, _), features) in history.iter().zip(replay(&history, 1)) {
            let at_us = asked.occurred_at_us;
            let index = history.iter().position(|(other, _)| other == asked).unwrap();
            let at_terminal: Vec<_> = history[..index]
                .iter()
                .filter(|(other, _)| other.terminal_id == asked.terminal_id)
                .collect();
            let count = |after: i64, through: i64| {
                let inside = |other: &&&(Transaction, Option<i64>)| {
                    at_us - after < other.0.occurred_at_us && other.0.occurred_at_us <= at_us - through
                };
                at_terminal.iter().filter(inside).count() as f64
            };
            let known = |days: i64| {
                let inside = |known: &i64| at_us - days * DAY < *known && *known <= at_us;
                at_terminal.iter().filter_map(|other| other.1).filter(inside).count() as f64
            };
            check(
                &features,
                &[
                    ("terminal_count_1_day", count(DAY, 0) + 1.0),
                    ("terminal_delayed_count_7_days", count(14 * DAY, 7 * DAY)),
                    ("terminal_delayed_count_30_days", count(37 * DAY, 7 * DAY)),
                    ("terminal_frauds_7_days", known(7)),
                    ("terminal_frauds_30_days", known(30)),
                ],
            );
            let mut frauds: Vec<i64> = at_terminal
                .iter()
                .filter(|(_, known)| known.is_some_and(|known| at_us - 30 * DAY < known && known <= at_us))
                .map(|(fraud, _)| fraud.occurred_at_us)
                .collect();
            frauds.sort_unstable();
            // From the last fraud backwards, as long as nothing else lies after it up to the one before.
            let mut run = 0.0;
            let mut end_us = (at_us - 7 * DAY).max(frauds.last().copied().unwrap_or(i64::MIN));
            for fraud_us in frauds.into_iter().rev() {
                let since = |other: &&&(Transaction, Option<i64>)| {
                    fraud_us < other.0.occurred_at_us && other.0.occurred_at_us <= end_us
                };
                if at_terminal.iter().filter(since).count() > usize::from(run > 0.0) {
                    break;
                }
                run += 1.0;
                end_us = fraud_us;
            }
            check(&features, &[("terminal_fraud_run", run)]);
        }
    }
}
