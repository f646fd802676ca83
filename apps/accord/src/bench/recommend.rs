//! `accord bench recommend`: what training costs, for small and for large catalogues, and what a node serves.
//!
//! Every training runs on the same kind of made-up shoppers, whose items lie near each other and are popular by a power
//! law; only time and memory are of interest here. The most memory is that of the whole process, read anew for each.

mod served_shop;
mod serving;
mod serving_report;
mod shoppers;
mod training;

use std::process::ExitCode;

use accord_bench::{
    number::{grouped, measured},
    report::{Format, Report, Tabular},
};
use serde::Serialize;

use crate::{bench::spine::folder::BenchFolder, cli::BenchRecommendArguments};
use training::Training;

/// Time and memory of one training.
#[derive(Debug, Serialize)]
pub struct TrainingCost {
    items: usize,
    shoppers: usize,
    events: usize,
    /// From histories to sums; for factors, everything.
    sums_seconds: f64,
    /// From sums to weights.
    solve_seconds: f64,
    resident_bytes_max: u64,
    model_bytes: usize,
    /// What one dense matrix of all pairs would take.
    dense_bytes: u64,
}

impl Tabular for TrainingCost {
    const HEADINGS: &'static [&'static str] = &[
        "events",
        "sums s",
        "solve s",
        "most MiB",
        "model MiB",
        "n² MiB",
    ];

    fn cells(&self) -> Vec<String> {
        let mebibytes = |bytes: u64| grouped(bytes >> 20);
        vec![
            grouped(self.events as u64),
            measured(self.sums_seconds),
            measured(self.solve_seconds),
            mebibytes(self.resident_bytes_max),
            mebibytes(self.model_bytes as u64),
            mebibytes(self.dense_bytes),
        ]
    }
}

/// Measures serving or training, as asked for, and prints what was found.
pub async fn run(arguments: &BenchRecommendArguments) -> anyhow::Result<ExitCode> {
    if arguments.serving {
        let folder = BenchFolder::prepare(&arguments.folder)?;
        let figures = serving::measure(&folder.node(), arguments.seconds, arguments.seed).await?;
        print!("{}", serving_report::render(&figures, arguments.json)?);
        return Ok(ExitCode::SUCCESS);
    }
    train(arguments)
}

/// Trains on catalogues of the sizes asked for.
fn train(arguments: &BenchRecommendArguments) -> anyhow::Result<ExitCode> {
    let mut report = Report::new(format!(
        "Training on {} shoppers",
        grouped(u64::from(arguments.shoppers))
    ));
    for items in &arguments.items {
        let items = *items as usize;
        eprintln!("making shoppers of {} items ...", grouped(items as u64));
        let histories = shoppers::histories(items, arguments.shoppers as usize, arguments.seed)?;
        for training in Training::for_catalogue(items) {
            eprintln!("measuring {} ...", training.name());
            let label = format!("{} items: {}", grouped(items as u64), training.name());
            report.add(label, training.measure(&histories)?);
        }
    }
    let format = if arguments.json {
        Format::Json
    } else {
        Format::Table
    };
    print!("{}", report.render(format)?);
    Ok(ExitCode::SUCCESS)
}
