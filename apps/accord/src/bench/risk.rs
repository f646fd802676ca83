//! `accord bench risk`: full decisions beside the bare HTTP ceiling, import, back-tests, training and memory, in one run.

mod history;
mod lightgbm;
mod memory;
mod rules;
mod training;

use std::{process::ExitCode, time::Duration};

use accord_bench::{load::LoadReport, number::grouped, ratio::Ratio};
use accord_service::telemetry::{LogFormat, set_up_logging};
use serde::Serialize;

use super::spine::{
    ceiling::{self, Ceiling},
    decisions::{self, Decisions},
    folder::BenchFolder,
    node::{self, ServedNode},
    steady,
};
use crate::cli::RiskBenchArguments;

/// Least share of the bare ceiling that full decisions should reach.
const SHARE_MIN: f64 = 0.25;
/// What the rates should reach, per second.
const IMPORT_MIN: f64 = 50_000.0;
const RULE_MIN: f64 = 1_000_000.0;
const MODEL_MIN: f64 = 300_000.0;
const COUNTERFACTUAL_MIN: f64 = 100_000.0;
/// The 99th percentile at half of the maximum, in microseconds.
const P99_MAX_US: u64 = 10_000;

/// Everything that a run found.
#[derive(Debug, Serialize)]
struct RiskReport {
    rules: usize,
    trees: usize,
    ceiling_per_second: f64,
    decisions: Decisions,
    share: Ratio,
    half_rate: LoadReport,
    history: history::HistoryFigures,
    #[serde(skip_serializing_if = "Option::is_none")]
    training: Option<training::TrainingFigures>,
    memory: memory::MemoryFigures,
}

/// Measures, prints what was found, and ends well whether or not that is what was hoped for.
pub async fn run(arguments: RiskBenchArguments) -> anyhow::Result<ExitCode> {
    set_up_logging(LogFormat::Human)?;
    let folder = BenchFolder::prepare(&arguments.folder)?;
    let connections = usize::from(arguments.connections);
    say("full decisions");
    let (key, secret) = node::payment_system();
    let served = ServedNode::start(&folder.node(), &key, &secret, rules::rules()).await?;
    let trees = served.trees();
    decisions::new_customers(&served, connections).await?;
    let ceiling = Ceiling {
        connections,
        duration: Duration::from_secs((arguments.seconds / 4).clamp(2, 10)),
        response_bytes: ceiling::response_bytes(&served).await?,
    };
    let before = ceiling.measure(&secret).await?.load.rate_per_second;
    let seconds = Duration::from_secs(arguments.seconds);
    let decided = decisions::measure(&served, connections, seconds).await?;
    let after = ceiling.measure(&secret).await?.load.rate_per_second;
    say("decisions at half of that rate");
    let half = (decided.load.rate_per_second / 2.0).max(1.0) as u32;
    let steady = steady::measure(&served, connections, half, seconds).await?;
    served.stop().await?;

    let history = history::measure(folder.path(), arguments.transactions).await?;
    say("memory for each customer");
    let memory = tokio::task::spawn_blocking(memory::measure).await??;
    let training = if arguments.training_rows == 0 {
        None
    } else {
        say("training");
        let (rows, beside) = (arguments.training_rows, arguments.against_lightgbm);
        let path = folder.path().to_owned();
        Some(tokio::task::spawn_blocking(move || training::measure(rows, beside, &path)).await??)
    };
    let ceiling_per_second = f64::midpoint(before, after);
    let report = RiskReport {
        rules: rules::rules().len(),
        trees,
        ceiling_per_second,
        share: Ratio {
            value: decided.load.rate_per_second,
            of: ceiling_per_second,
            floor: Some(SHARE_MIN),
        },
        decisions: decided,
        half_rate: steady.load,
        history,
        training,
        memory,
    };
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print(&report);
    }
    Ok(ExitCode::SUCCESS)
}

fn print(report: &RiskReport) {
    let row = |what: &str, found: String, aim: String| println!("{what:<46} {found:>22}   {aim}");
    let rate = |per_second: f64| format!("{} /s", grouped(per_second as u64));
    let aim = |per_second: f64| format!("aim {} /s", grouped(per_second as u64));
    row(
        "bare HTTP ceiling",
        rate(report.ceiling_per_second),
        String::new(),
    );
    row(
        &format!(
            "full decisions, {} trees, {} rules",
            report.trees, report.rules
        ),
        rate(report.decisions.load.rate_per_second),
        format!("{} of the ceiling, aim {SHARE_MIN}", share(&report.share)),
    );
    let lag = &report.decisions.lag;
    row(
        "lag of the read models, most",
        format!("{} events", grouped(lag.max)),
        format!("grows by {:.0} a second", lag.growth_per_second),
    );
    row(
        "99th percentile at half of the maximum",
        format!("{:.2} ms", report.half_rate.latency.p99_us as f64 / 1e3),
        format!("aim {} ms", P99_MAX_US / 1_000),
    );
    let history = &report.history;
    row(
        "import into the log",
        rate(history.import_per_second),
        aim(IMPORT_MIN),
    );
    row(
        "read models after an import",
        rate(history.read_models_per_second),
        String::new(),
    );
    row(
        "columns from the log, once",
        rate(history.columns_per_second),
        String::new(),
    );
    let cores = history.threads as f64;
    row(
        "back-test of a changed rule, per core",
        rate(history.rule_per_second / cores),
        aim(RULE_MIN),
    );
    row(
        "back-test of a model",
        rate(history.model_per_second),
        aim(MODEL_MIN),
    );
    row(
        "counterfactual back-test",
        rate(history.counterfactual_per_second),
        aim(COUNTERFACTUAL_MIN),
    );
    row(
        "decisions made again",
        rate(history.derived_per_second),
        String::new(),
    );
    if let Some(training) = &report.training {
        row(
            &format!(
                "training, {} rows × {} × {} trees",
                grouped(training.rows as u64),
                training.features,
                training.trees
            ),
            format!("{:.1} s", training.seconds),
            format!("average precision {:.4}", training.average_precision),
        );
        match &training.lightgbm {
            lightgbm::Beside::Measured {
                seconds,
                average_precision,
                version,
            } => row(
                &format!("LightGBM {version} on the same rows"),
                format!("{seconds:.1} s"),
                format!(
                    "average precision {average_precision:.4}; ours takes {:.2} times as long, aim 2",
                    training.seconds / seconds
                ),
            ),
            lightgbm::Beside::Skipped(why) => {
                row(
                    "LightGBM on the same rows",
                    "SKIPPED".to_owned(),
                    why.clone(),
                );
            }
        }
    }
    row(
        "memory for a million customers",
        format!(
            "{} MiB",
            grouped(report.memory.bytes_per_million_customers >> 20)
        ),
        format!("{} purchases each", report.memory.purchases_per_customer),
    );
}

fn share(ratio: &Ratio) -> String {
    ratio
        .share()
        .map_or_else(|| "?".to_owned(), |share| format!("{share:.3}"))
}

fn say(what: &str) {
    eprintln!("measuring {what} ...");
}
