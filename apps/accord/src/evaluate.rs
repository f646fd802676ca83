//! `accord risk evaluate`: measure the pipeline on a table of labelled transactions.

mod federated;

use std::{fs::File, process::ExitCode, time::Instant};

use anyhow::Context;
use risk_control_evaluation::{Figures, FoldFigures, LabelledTable, Report, Settings, evaluate};

use crate::cli::EvaluateArguments;

/// Runs the evaluation and prints what came out.
pub async fn run(arguments: EvaluateArguments) -> anyhow::Result<ExitCode> {
    // Minutes of arithmetic have no place on the threads that drive tasks.
    tokio::task::spawn_blocking(move || measure(&arguments)).await?
}

fn measure(arguments: &EvaluateArguments) -> anyhow::Result<ExitCode> {
    let path = arguments.transactions.display();
    let begun = Instant::now();
    let file = File::open(&arguments.transactions).with_context(|| format!("{path}"))?;
    let table = LabelledTable::read(file).with_context(|| format!("{path}"))?;
    let read_seconds = begun.elapsed().as_secs_f64();
    if !arguments.json {
        eprintln!(
            "{path}: {} transactions of {} customers at {} terminals, read in {read_seconds:.1} s",
            table.rows().len(),
            table.customers().len(),
            table.terminals().len(),
        );
    }
    let settings = Settings {
        training_days: arguments.training_days,
        banks: arguments.banks,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        seed: arguments.seed,
    };
    if arguments.federated {
        return federated::measure(arguments, &table, settings);
    }
    let report = evaluate(&table, settings)?;
    let seconds = begun.elapsed().as_secs_f64();
    if arguments.json {
        let document = Document {
            protocol: "handbook",
            read_seconds,
            seconds,
            report: &report,
        };
        println!("{}", serde_json::to_string_pretty(&document)?);
    } else {
        print(&report, seconds);
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(serde::Serialize)]
struct Document<'r> {
    protocol: &'static str,
    read_seconds: f64,
    seconds: f64,
    #[serde(flatten)]
    report: &'r Report,
}

fn print(report: &Report, seconds: f64) {
    println!(
        "{} transactions, {} frauds ({:.3} %); {} days of training, 7 of waiting, 7 of test.",
        report.transactions,
        report.frauds,
        100.0 * report.frauds as f64 / report.transactions as f64,
        report.training_days,
    );
    for figures in &report.schemes {
        print_scheme(figures);
    }
    println!("\nAltogether {seconds:.1} s.");
}

fn print_scheme(figures: &Figures) {
    println!("\n{}\n", figures.scheme);
    println!(
        "  {:<13}  {:<24}  {:>12}  {:>6}  {:>6} {:>6} {:>6}  {:>6}",
        "training from", "test", "transactions", "frauds", "AUC", "AP", "CP@100", "slope",
    );
    for fold in &figures.folds {
        print_fold(fold);
    }
    let mean = figures.mean;
    println!(
        "  {:<61}  {} {} {}  {}",
        "mean",
        figure(mean.auc),
        figure(mean.average_precision),
        figure(mean.card_precision_100),
        figure(mean.calibration_slope),
    );
    let timing = figures.timing;
    println!(
        "\n  decider {:.1} s ({:.0} transactions a second), training {:.1} s ({} rows), scoring {:.1} s",
        timing.replay_seconds,
        timing.transactions as f64 / timing.replay_seconds.max(1e-9),
        timing.training_seconds,
        timing.training_rows,
        timing.scoring_seconds,
    );
}

fn print_fold(fold: &FoldFigures) {
    println!(
        "  {:<13}  {} to {}  {:>12}  {:>6}  {} {} {}  {}",
        fold.training_from,
        fold.test_from,
        fold.test_to,
        fold.transactions,
        fold.frauds,
        figure(fold.auc),
        figure(fold.average_precision),
        figure(fold.card_precision_100),
        figure(fold.calibration_slope),
    );
}

/// Three decimals, as the handbook gives them; a dash where there is no figure.
fn figure(value: Option<f64>) -> String {
    value.map_or_else(|| format!("{:>6}", "-"), |value| format!("{value:>6.3}"))
}
