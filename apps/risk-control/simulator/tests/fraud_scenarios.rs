//! Each fraud scenario marks what it should, and reports arrive late.

use std::collections::HashSet;

use risk_control_simulator::{
    FraudScenario, FraudSettings, MICROSECONDS_PER_DAY, SimulatedTransaction, Simulation,
    SimulationSettings,
};

const SEED: u64 = 21;

fn miniature_with(fraud: FraudSettings) -> Simulation {
    Simulation::new(SimulationSettings {
        fraud,
        ..SimulationSettings::miniature(SEED)
    })
    .expect("the miniature is valid")
}

fn no_compromises() -> FraudSettings {
    FraudSettings {
        terminals_per_day: 0,
        customers_per_day: 0,
        ..FraudSettings::handbook()
    }
}

#[test]
fn without_compromises_only_large_amounts_are_fraud() {
    let simulation = miniature_with(no_compromises());
    let mut large = 0;
    for transaction in simulation.days(0..60).flatten() {
        let expected = (transaction.amount_minor > 22_000).then_some(FraudScenario::LargeAmount);
        assert_eq!(transaction.fraud, expected, "{transaction:?}");
        large += usize::from(expected.is_some());
    }
    assert!(large > 0, "the seed has no large amount");
}

#[test]
fn a_compromised_terminal_makes_every_transaction_fraud_for_28_days() {
    let simulation = miniature_with(FraudSettings {
        terminals_per_day: 2,
        ..no_compromises()
    });
    let mut compromised_days = HashSet::new();
    for start in 0..60 {
        for terminal in simulation.terminals_compromised_from(start) {
            compromised_days.extend((start..start + 28).map(|day| (terminal, day)));
        }
    }
    for transaction in simulation.days(0..60).flatten() {
        assert_eq!(
            transaction.fraud == Some(FraudScenario::CompromisedTerminal),
            compromised_days.contains(&(transaction.terminal, transaction.id.day())),
            "{transaction:?}"
        );
    }
}

#[test]
fn a_third_of_a_compromised_customers_transactions_is_fraud_for_14_days() {
    let simulation = miniature_with(FraudSettings::handbook());
    let transactions: Vec<SimulatedTransaction> = simulation.days(0..74).flatten().collect();
    let compromises: Vec<(u32, u32)> = (0..74)
        .flat_map(|start| {
            let customers = simulation.customers_compromised_from(start);
            customers.into_iter().map(move |customer| (customer, start))
        })
        .collect();
    let stolen =
        |transaction: &SimulatedTransaction| transaction.fraud == Some(FraudScenario::StolenCard);

    let mut compared = 0;
    for &(customer, start) in &compromises {
        let overlapping = compromises
            .iter()
            .filter(|(other, day)| *other == customer && day.abs_diff(start) < 14)
            .count();
        if overlapping > 1 || start + 14 > 74 {
            continue;
        }
        let of_customer: Vec<_> = transactions
            .iter()
            .filter(|each| each.customer == customer)
            .filter(|each| (start..start + 14).contains(&each.id.day()))
            .collect();
        let frauds = of_customer.iter().filter(|each| stolen(each)).count();
        assert_eq!(
            frauds,
            of_customer.len() / 3,
            "customer {customer}, day {start}"
        );
        compared += 1;
    }
    assert!(compared > 20, "only {compared} compromises stand alone");

    for transaction in transactions.iter().filter(|each| stolen(each)) {
        let day = transaction.id.day();
        assert!(
            compromises.iter().any(|&(customer, start)| {
                customer == transaction.customer && (start..start + 14).contains(&day)
            }),
            "{transaction:?} without a compromise"
        );
    }
}

#[test]
fn a_stolen_card_multiplies_the_amount_by_five_each_time() {
    let plain = miniature_with(no_compromises());
    let with_fraud = miniature_with(FraudSettings::handbook());
    let mut factors_seen = HashSet::new();
    for (before, after) in plain
        .days(0..60)
        .flatten()
        .zip(with_fraud.days(0..60).flatten())
    {
        assert_eq!(before.id, after.id);
        if after.fraud != Some(FraudScenario::StolenCard) {
            assert_eq!(before.amount_minor, after.amount_minor, "{after:?}");
        } else if before.amount_minor > 0 {
            assert_eq!(after.amount_minor % before.amount_minor, 0, "{after:?}");
            factors_seen.insert(after.amount_minor / before.amount_minor);
        }
    }
    assert!(factors_seen.is_superset(&HashSet::from([5, 25])));
    assert!(factors_seen.is_subset(&HashSet::from([5, 25, 125])));
}

#[test]
fn only_a_stolen_card_overwrites_a_compromised_terminal() {
    let terminals_only = miniature_with(FraudSettings {
        customers_per_day: 0,
        ..FraudSettings::handbook()
    });
    let all = miniature_with(FraudSettings::handbook());
    let mut hidden = HashSet::new();
    for (before, after) in terminals_only
        .days(0..90)
        .flatten()
        .zip(all.days(0..90).flatten())
    {
        assert_eq!(before.id, after.id);
        if before.fraud != after.fraud {
            assert_eq!(after.fraud, Some(FraudScenario::StolenCard));
            hidden.insert(before.fraud);
        }
    }
    assert!(hidden.contains(&None));
    assert!(hidden.contains(&Some(FraudScenario::CompromisedTerminal)));
}

#[test]
fn every_fraud_is_reported_1_to_14_days_later_and_nothing_else_is() {
    let simulation = miniature_with(FraudSettings::handbook());
    let mut delays_days = Vec::new();
    for transaction in simulation.days(0..200).flatten() {
        assert_eq!(
            transaction.reported_at.is_some(),
            transaction.fraud.is_some(),
            "{transaction:?}"
        );
        if let Some(reported_at) = transaction.reported_at {
            let delay = reported_at - transaction.occurred_at;
            let days = delay as f64 / MICROSECONDS_PER_DAY as f64;
            assert!((1.0..=14.0).contains(&days), "{transaction:?}");
            assert_eq!(delay % 1_000_000, 0, "{transaction:?}");
            delays_days.push(days);
        }
    }
    let count = delays_days.len() as f64;
    let mean = delays_days.iter().sum::<f64>() / count;
    assert!((4.8..5.1).contains(&mean), "mean delay {mean} days");
    let within_a_week = delays_days.iter().filter(|&&days| days <= 7.0).count() as f64 / count;
    assert!((0.73..0.78).contains(&within_a_week), "{within_a_week}");
}

#[test]
fn the_reports_of_all_days_are_the_frauds_of_all_days() {
    let simulation = miniature_with(FraudSettings::handbook());
    let starts_at = simulation.settings().starts_at;
    let mut reports = Vec::new();
    for day in 0..40 {
        let midnight = starts_at + i64::from(day) * MICROSECONDS_PER_DAY;
        let of_day = simulation.reported_on(day);
        assert!(of_day.is_sorted_by_key(|report| report.reported_at));
        for report in &of_day {
            let reported_at = report.reported_at.expect("a report has a time");
            let since_midnight = reported_at - midnight;
            assert!(
                (0..MICROSECONDS_PER_DAY).contains(&since_midnight),
                "{report:?}"
            );
        }
        reports.extend(of_day);
    }
    let end = starts_at + 40 * MICROSECONDS_PER_DAY;
    let mut expected: Vec<SimulatedTransaction> = simulation
        .days(0..40)
        .flatten()
        .filter(|transaction| transaction.reported_at.is_some_and(|at| at < end))
        .collect();
    reports.sort_by_key(|report| report.id);
    expected.sort_by_key(|transaction| transaction.id);
    assert!(!expected.is_empty());
    assert_eq!(reports, expected);
}
