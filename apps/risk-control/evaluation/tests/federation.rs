//! What federation is worth, on a small simulated table in which fraud is frequent.

use accord_federation::Secret;
use accord_learning::entities::CellWidth;
use risk_control_evaluation::{
    FederatedReport, FederationSettings, LabelledTable, Scheme, Settings, SumPath, evaluate,
    evaluate_federated,
};
use risk_control_simulator::{Simulation, SimulationSettings, write_handbook_csv};

const DAYS: u32 = 63;

fn table(seed: u64) -> LabelledTable {
    let simulation = Simulation::new(SimulationSettings::miniature(seed)).expect("sound settings");
    let mut file = Vec::new();
    write_handbook_csv(&mut file, simulation.days(0..DAYS).flatten()).expect("memory takes all");
    LabelledTable::read(file.as_slice()).expect("a sound table")
}

fn settings(banks: u32) -> Settings {
    Settings {
        training_days: 14,
        banks,
        threads: 1,
        seed: 5,
    }
}

fn federated(table: &LabelledTable, widths: &[CellWidth]) -> FederatedReport {
    let federation = FederationSettings {
        widths: widths.to_vec(),
        epsilons: Vec::new(),
        sums: SumPath::Plain,
        entropy: Secret::from_bytes([1; 32]),
    };
    evaluate_federated(table, settings(3), &federation, |_| ()).expect("an evaluation")
}

#[test]
fn a_federation_is_exactly_its_rows_in_one_place_and_better_than_banks_alone() {
    let table = table(21);
    let cells = CellWidth::Hourly;
    let report = federated(&table, &[cells]);
    assert_eq!(report.exactness.len(), 4);
    assert!(report.is_exact(), "{:?}", report.exactness);
    let schemes: Vec<Scheme> = report.schemes.iter().map(|one| one.scheme).collect();
    let banks = 3;
    let expected = [
        Scheme::BanksAlone { banks },
        Scheme::SharedModel { banks },
        Scheme::SharedStatistics { banks, cells },
        Scheme::Federation { banks, cells },
        Scheme::PooledRows { cells },
        Scheme::Pooled,
    ];
    assert_eq!(schemes, expected);

    let figures = |wanted: Scheme| {
        let found = report.schemes.iter().find(|one| one.scheme == wanted);
        found.expect("measured")
    };
    let precision = |scheme| figures(scheme).mean.average_precision.expect("frauds");
    let full = figures(Scheme::Federation { banks, cells });
    assert_eq!(
        full.folds,
        figures(Scheme::PooledRows { cells }).folds,
        "the same model on the same transactions"
    );
    let alone = precision(Scheme::BanksAlone { banks });
    let together = precision(Scheme::Federation { banks, cells });
    assert!(together > alone, "{together} against {alone}");
    // The same transactions are tested everywhere.
    for one in &report.schemes {
        for (fold, other) in one.folds.iter().zip(&full.folds) {
            assert_eq!(
                (fold.transactions, fold.frauds),
                (other.transactions, other.frauds),
                "{}",
                one.scheme
            );
        }
    }
}

#[test]
fn banks_alone_and_pooled_are_those_of_the_plain_evaluation() {
    let table = table(22);
    let report = federated(&table, &[]);
    let plain = evaluate(&table, settings(3)).expect("an evaluation");
    for scheme in &plain.schemes {
        let found = report
            .schemes
            .iter()
            .find(|one| one.scheme == scheme.scheme)
            .expect("measured as well");
        assert_eq!(found.folds, scheme.folds, "{}", scheme.scheme);
    }
}
