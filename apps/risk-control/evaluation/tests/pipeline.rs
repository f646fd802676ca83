//! The whole pipeline on a small simulated table, in which fraud is frequent.

use std::collections::HashSet;

use risk_control::MICROSECONDS_PER_DAY;
use risk_control_evaluation::{LabelledTable, Report, Scheme, Settings, evaluate, folds};
use risk_control_simulator::{Simulation, SimulationSettings, write_handbook_csv};

const DAYS: u32 = 63;

fn table(seed: u64) -> LabelledTable {
    let simulation = Simulation::new(SimulationSettings::miniature(seed)).expect("sound settings");
    let mut file = Vec::new();
    write_handbook_csv(&mut file, simulation.days(0..DAYS).flatten()).expect("memory takes all");
    LabelledTable::read(file.as_slice()).expect("a sound table")
}

fn settings(banks: u32, threads: usize) -> Settings {
    Settings {
        training_days: 14,
        banks,
        threads,
        seed: 5,
    }
}

/// Everything but the time that it took.
fn without_timing(mut report: Report) -> Report {
    for figures in &mut report.schemes {
        figures.timing = Default::default();
    }
    report
}

#[test]
fn fraud_is_found_far_better_than_by_chance_and_the_same_way_every_time() {
    let table = table(11);
    let report = evaluate(&table, settings(1, 1)).expect("an evaluation");
    let [pooled] = &report.schemes[..] else {
        panic!("one scheme, because nothing was split");
    };
    assert_eq!(pooled.scheme, Scheme::Pooled);
    for fold in &pooled.folds {
        let by_chance = fold.frauds as f64 / fold.transactions as f64;
        let found = fold.average_precision.expect("frauds");
        assert!(found > 2.0 * by_chance, "{found} against {by_chance}");
        assert!(fold.auc.expect("both classes") > 0.7);
    }
    let mean = pooled
        .folds
        .iter()
        .map(|fold| fold.auc.expect("both classes"))
        .sum::<f64>()
        / 4.0;
    assert_eq!(pooled.mean.auc, Some(mean));

    let again = evaluate(&table, settings(1, 2)).expect("an evaluation");
    assert_eq!(without_timing(again), without_timing(report));
}

#[test]
fn customers_who_are_known_as_defrauded_are_not_tested() {
    let table = table(12);
    let report = evaluate(&table, settings(1, 1)).expect("an evaluation");
    let day_of = |at_us: i64| at_us.div_euclid(MICROSECONDS_PER_DAY);
    for (fold, figures) in folds(&table, 14)
        .expect("long enough")
        .iter()
        .zip(&report.schemes[0].folds)
    {
        let mut tested = 0;
        for day in fold.test_from..fold.test_until {
            let known: HashSet<u32> = table
                .rows()
                .iter()
                .filter(|row| row.fraud)
                // From the first of the last seven training days up to eight days before.
                .filter(|row| {
                    (fold.training_until - 7..=day - 8).contains(&day_of(row.occurred_at_us))
                })
                .map(|row| row.customer)
                .collect();
            let of_day = table
                .rows()
                .iter()
                .filter(|row| day_of(row.occurred_at_us) == day);
            tested += of_day.filter(|row| !known.contains(&row.customer)).count() as u64;
        }
        assert_eq!(figures.transactions, tested, "{}", figures.test_from);
    }
}

#[test]
fn banks_alone_are_measured_on_the_same_transactions() {
    let table = table(13);
    let report = evaluate(&table, settings(3, 1)).expect("an evaluation");
    let [pooled, alone] = &report.schemes[..] else {
        panic!("all customers, and banks alone");
    };
    assert_eq!(alone.scheme, Scheme::BanksAlone { banks: 3 });
    for (together, apart) in pooled.folds.iter().zip(&alone.folds) {
        assert_eq!(
            (together.transactions, together.frauds),
            (apart.transactions, apart.frauds)
        );
    }
    assert!(
        pooled.mean.average_precision > alone.mean.average_precision,
        "terminals are seen by every bank, so banks know less alone"
    );
    assert_eq!(alone.timing.transactions, table.rows().len() as u64);
}
