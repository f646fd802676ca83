//! The handbook's setting gives the handbook's numbers.
//!
//! Bands are about four standard deviations around the means over 60 seeds: transactions 1,775,000
//! ± 14,000 (seeds differ because the customers' rates do), large amounts 1,008 ± 53, compromised
//! terminals 9,167 ± 149, stolen cards 4,611 ± 146. The published run lies within all of them.

use std::ops::Range;

use risk_control_simulator::{
    FraudScenario, SECONDS_PER_DAY, SimulatedTransaction, Simulation, SimulationSettings,
};

const PUBLISHED_TRANSACTIONS: f64 = 1_754_155.0;

#[test]
fn a_whole_year_of_the_handbook_looks_like_the_published_run() {
    let seed = 7;
    let simulation = handbook(seed);
    let transactions: Vec<SimulatedTransaction> = simulation.days(0..183).flatten().collect();
    let count = |scenario| {
        let of_scenario = |transaction: &&SimulatedTransaction| transaction.fraud == Some(scenario);
        transactions.iter().filter(of_scenario).count() as f64
    };
    let frauds = transactions
        .iter()
        .filter(|transaction| transaction.fraud.is_some())
        .count() as f64;

    let all = transactions.len() as f64;
    check("transactions", all / PUBLISHED_TRANSACTIONS, 0.97..1.05);
    check(
        "share of fraud in percent",
        100.0 * frauds / all,
        0.77..0.90,
    );
    check(
        "large amounts",
        count(FraudScenario::LargeAmount),
        790.0..1_230.0,
    );
    check(
        "terminals",
        count(FraudScenario::CompromisedTerminal),
        8_560.0..9_780.0,
    );
    check(
        "stolen cards",
        count(FraudScenario::StolenCard),
        4_010.0..5_210.0,
    );

    amounts_above_the_threshold_are_all_fraud(&transactions);
    times_are_spread_around_noon(&simulation, &transactions);
    genuine_amounts_follow_the_customer(&simulation, &transactions);
}

#[test]
fn every_seed_has_about_as_many_transactions() {
    for seed in [0, 1, 2, u64::MAX] {
        let days = 4;
        let simulation = handbook(seed);
        let transactions = simulation.days(0..days).flatten().count() as f64;
        let expected = PUBLISHED_TRANSACTIONS * f64::from(days) / 183.0;
        check(
            &format!("transactions with seed {seed}"),
            transactions / expected,
            0.95..1.07,
        );
    }
}

#[test]
fn customers_use_only_terminals_within_the_radius() {
    let seed = 3;
    let simulation = handbook(seed);
    for transaction in simulation.day(100) {
        let home = simulation.customer(transaction.customer).location;
        let terminal = simulation.terminals()[transaction.terminal as usize];
        let distance = home.distance(terminal);
        assert!(distance < 5.0, "{transaction:?} at distance {distance}");
    }
    let reachable: usize = (0..5_000)
        .map(|customer| simulation.reachable_terminals(customer).len())
        .sum();
    // A full circle holds 78.5 terminals; at the border of the map it is cut off.
    check(
        "reachable terminals",
        reachable as f64 / 5_000.0,
        72.0..79.0,
    );
}

#[test]
fn profiles_are_uniform_within_the_handbooks_bounds() {
    let simulation = handbook(4);
    let profiles: Vec<_> = (0..5_000)
        .map(|customer| simulation.customer(customer))
        .collect();
    let mean = |value: &dyn Fn(usize) -> f64| (0..5_000).map(value).sum::<f64>() / 5_000.0;
    check(
        "mean amount",
        mean(&|c| profiles[c].mean_amount),
        51.0..54.0,
    );
    check(
        "rate",
        mean(&|c| profiles[c].transactions_per_day),
        1.93..2.07,
    );
    check("x", mean(&|c| profiles[c].location.x), 48.4..51.6);
    check("y", mean(&|c| profiles[c].location.y), 48.4..51.6);
    for profile in profiles {
        assert!((5.0..100.0).contains(&profile.mean_amount), "{profile:?}");
        assert!(
            (0.0..4.0).contains(&profile.transactions_per_day),
            "{profile:?}"
        );
        assert_eq!(profile.amount_deviation, profile.mean_amount / 2.0);
    }
}

fn amounts_above_the_threshold_are_all_fraud(transactions: &[SimulatedTransaction]) {
    for transaction in transactions {
        if transaction.amount_minor > 22_000 {
            assert!(transaction.fraud.is_some(), "{transaction:?}");
        } else {
            assert_ne!(
                transaction.fraud,
                Some(FraudScenario::LargeAmount),
                "{transaction:?}"
            );
        }
    }
}

/// Normal times of deviation 20,000 seconds that are cut off at midnight have deviation 18,194.
fn times_are_spread_around_noon(simulation: &Simulation, transactions: &[SimulatedTransaction]) {
    let seconds: Vec<f64> = transactions
        .iter()
        .map(|transaction| {
            let since_start = transaction.occurred_at - simulation.settings().starts_at;
            assert_eq!(since_start % 1_000_000, 0, "{transaction:?}");
            let day = i64::from(transaction.id.day());
            let second = since_start / 1_000_000 - day * SECONDS_PER_DAY;
            assert!(0 < second && second < SECONDS_PER_DAY, "{transaction:?}");
            second as f64
        })
        .collect();
    let count = seconds.len() as f64;
    let mean = seconds.iter().sum::<f64>() / count;
    let variance = seconds
        .iter()
        .map(|second| (second - mean).powi(2))
        .sum::<f64>()
        / count;
    check("mean second", mean, 43_100.0..43_300.0);
    check("deviation of seconds", variance.sqrt(), 18_100.0..18_280.0);
}

/// Replacing what is negative by U(0, 2 · mean) lifts the mean amount by 2.7 %.
fn genuine_amounts_follow_the_customer(
    simulation: &Simulation,
    transactions: &[SimulatedTransaction],
) {
    let (sum, count) = transactions
        .iter()
        .filter(|transaction| transaction.fraud.is_none())
        .map(|transaction| {
            assert!(transaction.amount_minor >= 0, "{transaction:?}");
            let mean = simulation.customer(transaction.customer).mean_amount;
            transaction.amount_minor as f64 / 100.0 / mean
        })
        .fold((0.0, 0.0), |(sum, count), ratio| (sum + ratio, count + 1.0));
    check("amount over mean", sum / count, 1.022..1.030);
}

fn handbook(seed: u64) -> Simulation {
    Simulation::new(SimulationSettings::handbook(seed)).expect("the handbook's settings are valid")
}

fn check(what: &str, value: f64, band: Range<f64>) {
    assert!(band.contains(&value), "{what}: {value} is not in {band:?}");
}
