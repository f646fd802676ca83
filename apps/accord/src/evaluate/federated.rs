//! `accord risk evaluate --federated`: what sharing a model, statistics of terminals, or both is worth.

use std::{process::ExitCode, time::Instant};

use accord_learning::entities::CellWidth;
use anyhow::ensure;
use risk_control_evaluation::{
    BANKS, FederatedReport, FederationSettings, Figures, LabelledTable, Scheme, Settings, SumPath,
    adjective, evaluate_federated,
};

use super::figure;
use crate::{
    cli::{Cells, EvaluateArguments},
    federation::random_secret,
};

pub fn measure(
    arguments: &EvaluateArguments,
    table: &LabelledTable,
    settings: Settings,
) -> anyhow::Result<ExitCode> {
    ensure!(
        BANKS.contains(&settings.banks),
        "--federated needs --banks {} to {}: fewer cannot make secure sums",
        BANKS.start(),
        BANKS.end()
    );
    ensure!(
        arguments
            .epsilon
            .iter()
            .all(|epsilon| *epsilon > 0.0 && epsilon.is_finite()),
        "--epsilon needs numbers above 0"
    );
    let begun = Instant::now();
    let mut widths: Vec<CellWidth> = arguments.cells.iter().copied().map(width).collect();
    widths.sort();
    widths.dedup();
    let federation = FederationSettings {
        widths,
        epsilons: arguments.epsilon.clone(),
        sums: if arguments.plain_sums {
            SumPath::Plain
        } else {
            SumPath::Secure
        },
        entropy: random_secret()?,
    };
    let report = evaluate_federated(table, settings, &federation, |what| {
        eprintln!("{:>6.1} s  {what} ...", begun.elapsed().as_secs_f64());
    })?;
    let seconds = begun.elapsed().as_secs_f64();
    if arguments.json {
        let document = Document {
            protocol: "handbook",
            transactions: table.rows().len(),
            training_days: settings.training_days,
            seconds,
            exact: report.is_exact(),
            report: &report,
        };
        println!("{}", serde_json::to_string_pretty(&document)?);
    } else {
        print(&report, settings, seconds);
    }
    Ok(if report.is_exact() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

#[derive(serde::Serialize)]
struct Document<'r> {
    protocol: &'static str,
    transactions: usize,
    training_days: u32,
    seconds: f64,
    exact: bool,
    #[serde(flatten)]
    report: &'r FederatedReport,
}

fn width(cells: Cells) -> CellWidth {
    match cells {
        Cells::Hourly => CellWidth::Hourly,
        Cells::SixHourly => CellWidth::SixHourly,
        Cells::Daily => CellWidth::Daily,
    }
}

fn print(report: &FederatedReport, settings: Settings, seconds: f64) {
    println!(
        "{} banks; {} days of training, 7 of waiting, 7 of test; means of {} folds\n",
        report.banks,
        settings.training_days,
        report
            .schemes
            .first()
            .map_or(0, |figures| figures.folds.len()),
    );
    println!(
        "  {:<44} {:>6} {:>6} {:>6}  {:>6}  AP by fold",
        "", "AUC", "AP", "CP@100", "slope"
    );
    for figures in &report.schemes {
        print_scheme(figures);
    }
    print_exactness(report);
    print_costs(report);
    println!("Altogether {seconds:.1} s.");
}

fn print_scheme(figures: &Figures) {
    let name = match figures.scheme {
        Scheme::Pooled => "Pooled, exact windows across banks".to_owned(),
        scheme => scheme.to_string(),
    };
    let mean = figures.mean;
    let folds: Vec<String> = figures
        .folds
        .iter()
        .map(|fold| figure(fold.average_precision))
        .collect();
    println!(
        "  {name:<44} {} {} {}  {} {}",
        figure(mean.auc),
        figure(mean.average_precision),
        figure(mean.card_precision_100),
        figure(mean.calibration_slope),
        folds.join(""),
    );
}

fn print_exactness(report: &FederatedReport) {
    println!();
    for one in &report.exactness {
        println!(
            "  {:<10} training from {}  federated {:.12}  pooled {:.12}  {}",
            adjective(one.cells),
            one.training_from,
            one.federated,
            one.pooled,
            if one.same {
                "the same model"
            } else {
                "ANOTHER MODEL"
            },
        );
    }
}

fn print_costs(report: &FederatedReport) {
    let how = match report.sums {
        SumPath::Secure => "secure sums",
        SumPath::Plain => {
            "plain sums, which are the sums of the protocol (accord federation prove)"
        }
    };
    println!("\n  Everything shared went through {how}.");
    for costs in &report.exchanges {
        println!(
            "  {} statistics: {} integers in {} sums, {:.0} MiB up for each bank, {:.1} s",
            adjective(costs.cells),
            costs.coordinates,
            costs.sums,
            mebibytes(costs.bytes_up_max),
            costs.seconds,
        );
    }
    let trainings = report.trainings;
    println!(
        "  {} shared models: {} sums, {:.0} MiB up for each bank, {:.1} s\n",
        trainings.trainings,
        trainings.sums,
        mebibytes(trainings.bytes_up_max),
        trainings.seconds,
    );
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
