//! Settings that make no sense are refused before anything is drawn.

use risk_control_simulator::{InvalidSettings, Simulation, SimulationSettings};

fn check(expected: Option<InvalidSettings>, change: impl FnOnce(&mut SimulationSettings)) {
    let mut settings = SimulationSettings::miniature(1);
    change(&mut settings);
    let shown = format!("{settings:?}");
    assert_eq!(Simulation::new(settings).err(), expected, "{shown}");
}

#[test]
fn settings_are_checked() {
    use InvalidSettings::*;
    check(None, |_| ());
    check(None, |settings| settings.fraud.customer_days = 0);
    check(None, |settings| settings.fraud.terminal_days = 0);
    check(Some(Start), |settings| settings.starts_at += 1);
    check(Some(Start), |settings| settings.starts_at = i64::MIN);
    check(Some(Customers), |settings| settings.customer_groups.clear());
    check(Some(Customers), |settings| {
        settings.customer_groups[0].customers = u32::MAX;
    });
    check(Some(Terminals), |settings| settings.terminals = 0);
    check(Some(Radius), |settings| settings.radius = 0.0);
    check(Some(Radius), |settings| settings.radius = f64::NAN);
    check(Some(CompromisedPerDay), |settings| {
        settings.fraud.terminals_per_day = 401;
    });
    check(Some(CompromisedPerDay), |settings| {
        settings.fraud.customers_per_day = 201;
    });
    check(Some(CompromiseDays), |settings| {
        settings.fraud.terminal_days = 367;
    });
    check(Some(CompromiseDays), |settings| {
        settings.fraud.customer_days = u32::MAX;
    });
    check(Some(StolenCard), |settings| settings.fraud.one_in = 0);
    check(Some(StolenCard), |settings| {
        settings.fraud.amount_factor = -5;
    });
}

#[test]
fn ranges_are_checked() {
    let amount = InvalidSettings::Range {
        name: "mean_amount",
        limit: 1_000_000,
    };
    for range in [-1.0..5.0, 6.0..5.0, 0.0..1e7, f64::NAN..5.0, 0.0..f64::NAN] {
        check(Some(amount.clone()), |settings| {
            settings.customer_groups[0].mix.mean_amount = range;
        });
    }
    let rate = InvalidSettings::Range {
        name: "transactions_per_day",
        limit: 100,
    };
    check(Some(rate), |settings| {
        settings.customer_groups[0].mix.transactions_per_day = 0.0..101.0;
    });
}

#[test]
fn compromises_without_days_leave_only_large_amounts() {
    let mut settings = SimulationSettings::miniature(2);
    settings.fraud.customer_days = 0;
    settings.fraud.terminal_days = 0;
    let simulation = Simulation::new(settings).expect("valid");
    for transaction in simulation.days(0..10).flatten() {
        assert_eq!(
            transaction.fraud.is_some(),
            transaction.amount_minor > 22_000
        );
    }
}

#[test]
fn a_customer_who_reaches_no_terminal_buys_nothing() {
    let mut settings = SimulationSettings::miniature(3);
    settings.radius = 2.0;
    let simulation = Simulation::new(settings).expect("valid");
    let stranded = |customer: &u32| simulation.reachable_terminals(*customer).is_empty();
    assert!((0..200).any(|customer| stranded(&customer)));
    assert!(!(0..200).all(|customer| stranded(&customer)));
    for transaction in simulation.days(0..10).flatten() {
        assert!(!stranded(&transaction.customer), "{transaction:?}");
    }
}
