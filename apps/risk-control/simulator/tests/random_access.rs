//! A day is a function of the settings and its index, and of nothing else.

use proptest::prelude::*;
use risk_control_simulator::{MICROSECONDS_PER_DAY, Simulation, SimulationSettings};

fn miniature(seed: u64) -> Simulation {
    Simulation::new(SimulationSettings::miniature(seed)).expect("the miniature is valid")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_order_of_calls_gives_the_same_days(
        seed: u64,
        order in Just((0_u32..20).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let asked_in_order: Vec<_> = miniature(seed).days(0..20).collect();
        let shuffled = miniature(seed);
        for day in order {
            prop_assert_eq!(&shuffled.day(day), &asked_in_order[day as usize]);
        }
    }

    #[test]
    fn a_stream_resumed_at_any_day_goes_on_as_if_never_stopped(seed: u64, day in 0_u32..3_000) {
        let resumed: Vec<_> = miniature(seed).days(day..day + 3).collect();
        let never_stopped = miniature(seed);
        never_stopped.day(day.saturating_sub(1));
        for (index, transactions) in (day..).zip(resumed) {
            prop_assert!(!transactions.is_empty());
            prop_assert_eq!(transactions, never_stopped.day(index));
        }
    }

    #[test]
    fn a_day_is_sorted_and_its_ids_are_unique(seed: u64, day in 0_u32..400) {
        let transactions = miniature(seed).day(day);
        let keys: Vec<_> = transactions.iter().map(|each| (each.occurred_at, each.id)).collect();
        prop_assert!(keys.is_sorted());
        let mut ids: Vec<String> = transactions.iter().map(|each| each.id.to_string()).collect();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), transactions.len());
    }
}

#[test]
fn the_nominal_length_limits_nothing() {
    let settings = |days| SimulationSettings {
        days,
        ..SimulationSettings::miniature(5)
    };
    let short = Simulation::new(settings(1)).expect("valid");
    let long = Simulation::new(settings(1_000)).expect("valid");
    assert_eq!(short.day(900), long.day(900));
}

#[test]
fn days_far_beyond_the_nominal_length_are_as_busy_and_as_fraudulent() {
    let simulation = miniature(6);
    let totals = |first: u32| {
        let days: Vec<_> = simulation.days(first..first + 60).flatten().collect();
        let frauds = days.iter().filter(|each| each.fraud.is_some()).count();
        (days.len() as f64, frauds as f64)
    };
    let (transactions, frauds) = totals(40);
    let (later_transactions, later_frauds) = totals(1_000_000);
    assert!((later_transactions / transactions - 1.0).abs() < 0.05);
    assert!((later_frauds / frauds - 1.0).abs() < 0.25);
}

#[test]
fn another_seed_gives_other_transactions() {
    assert_ne!(miniature(1).day(0), miniature(2).day(0));
}

#[test]
fn another_start_moves_the_times_and_nothing_else() {
    let settings = SimulationSettings::miniature(8);
    let moved = Simulation::new(SimulationSettings {
        starts_at: settings.starts_at + 1_000 * MICROSECONDS_PER_DAY,
        ..settings.clone()
    })
    .expect("valid");
    let mut expected = Simulation::new(settings).expect("valid").day(20);
    for transaction in &mut expected {
        transaction.occurred_at += 1_000 * MICROSECONDS_PER_DAY;
        transaction.reported_at = transaction
            .reported_at
            .map(|at| at + 1_000 * MICROSECONDS_PER_DAY);
    }
    assert_eq!(moved.day(20), expected);
}
