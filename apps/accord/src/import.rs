//! `accord risk import`: a bank's own history from a file into the log of a node that is not running.

use std::{
    fs::File,
    io::{IsTerminal, Write},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use accord_event_log::data_directory::DataDirectory;
use accord_service::Clock;
use anyhow::{Context, bail};
use risk_control_node::{
    BankNode, BankSettings, HistoryFormat, HistoryImportProgress, HistoryImportReport,
    HistoryImportSettings, import_history,
};
use serde_json::json;

use crate::{cli::ImportArguments, node_location::NodeLocation};

const DAY_US: i64 = 86_400_000_000;
/// How often the bar is drawn on a terminal, and how often a line is written elsewhere.
const DRAWN_EVERY: Duration = Duration::from_millis(200);
const WRITTEN_EVERY: Duration = Duration::from_secs(5);
const BAR_WIDTH: u64 = 30;

/// Imports the file and brings the read models up to it.
pub async fn run(arguments: ImportArguments) -> anyhow::Result<ExitCode> {
    let location = NodeLocation::find(&arguments.node).await?;
    let format = format_of(&arguments)?;
    let path = arguments.file.display().to_string();
    let file = File::open(&arguments.file).with_context(|| path.clone())?;
    let bytes = file.metadata().with_context(|| path.clone())?.len();
    let directory = DataDirectory::open(&location.data_directory)?;
    let settings = HistoryImportSettings {
        institution: location.institution.clone(),
        folder: location.folder.clone(),
        currency: location.currency.clone(),
        format,
        label_delay_us: i64::from(arguments.label_delay_days) * DAY_US,
        skip_bad: arguments.skip_bad,
    };
    let progress = Arc::new(HistoryImportProgress::default());
    let begun = Instant::now();
    let bar = Bar::start(Arc::clone(&progress), bytes);
    let imported = {
        let progress = Arc::clone(&progress);
        // Minutes of reading and deciding have no place on the threads that drive tasks.
        tokio::task::spawn_blocking(move || import_history(&settings, file, &progress)).await?
    };
    bar.stop();
    let seconds = begun.elapsed().as_secs_f64();
    let report = match imported {
        Ok(report) => report,
        Err(error) => {
            let durable = progress.durable_events.load(Ordering::Relaxed);
            bail!(
                "{path}: {error}\n{durable} events of this run are in the log and stay there; run the command again to \
                 go on, with --skip-bad to leave out bad lines"
            );
        }
    };
    let read_models_seconds = if arguments.skip_read_models {
        None
    } else {
        Some(fill_read_models(&location).await?)
    };
    drop(directory);
    tell(&arguments, &report, seconds, read_models_seconds)?;
    Ok(ExitCode::SUCCESS)
}

fn format_of(arguments: &ImportArguments) -> anyhow::Result<HistoryFormat> {
    let extension = arguments.file.extension().and_then(|name| name.to_str());
    match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("csv") => Ok(HistoryFormat::Csv),
        Some("ndjson" | "jsonl") => Ok(HistoryFormat::Ndjson),
        _ => bail!(
            "{} must end in .csv or .ndjson, which says how it is written",
            arguments.file.display()
        ),
    }
}

/// Opens the node and waits until its read models hold the whole log.
async fn fill_read_models(location: &NodeLocation) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let settings = BankSettings {
        currency: location.currency.clone(),
        ..BankSettings::new(&location.institution, location.folder.clone())
    };
    let node = BankNode::open(settings, |_| Clock::system()).await?;
    let mut told = Instant::now();
    while node.lag() > 0 {
        if told.elapsed() >= WRITTEN_EVERY {
            told = Instant::now();
            eprintln!("read models: {} events to go", node.lag());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    node.stop().await;
    Ok(begun.elapsed().as_secs_f64())
}

fn tell(
    arguments: &ImportArguments,
    report: &HistoryImportReport,
    seconds: f64,
    read_models_seconds: Option<f64>,
) -> anyhow::Result<()> {
    let rate = report.transactions as f64 / seconds.max(f64::EPSILON);
    if arguments.json {
        let bad: Vec<_> = report
            .bad_lines
            .iter()
            .map(|bad| json!({ "line": bad.line, "detail": bad.detail }))
            .collect();
        let document = json!({
            "transactions": report.transactions,
            "labels": report.labels,
            "known_transactions": report.known_transactions,
            "bad_lines": report.bad_line_count,
            "bad_lines_told": bad,
            "through": report.through.0,
            "seconds": seconds,
            "transactions_per_second": rate,
            "read_models_seconds": read_models_seconds,
        });
        println!("{document}");
        return Ok(());
    }
    for bad in &report.bad_lines {
        eprintln!("left out: {bad}");
    }
    println!(
        "{} transactions and {} labels imported in {seconds:.1} s ({rate:.0} transactions a second); {} were there already, \
         {} lines left out",
        report.transactions, report.labels, report.known_transactions, report.bad_line_count
    );
    if let Some(seconds) = read_models_seconds {
        println!("read models filled in {seconds:.1} s");
    }
    Ok(())
}

/// Draws how far the import is, on standard error.
struct Bar {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<()>,
}

impl Bar {
    fn start(progress: Arc<HistoryImportProgress>, bytes: u64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let begun = Instant::now();
            let terminal = std::io::stderr().is_terminal();
            let mut written = Instant::now();
            while !stopped.load(Ordering::Relaxed) {
                std::thread::park_timeout(DRAWN_EVERY);
                let line = line(&progress, bytes, begun.elapsed());
                if terminal {
                    eprint!("\r{line}");
                    // Drawing is a courtesy: a terminal that does not take it changes nothing.
                    let _ = std::io::stderr().flush();
                } else if written.elapsed() >= WRITTEN_EVERY {
                    written = Instant::now();
                    eprintln!("{line}");
                }
            }
            if terminal {
                eprintln!("\r{}", line(&progress, bytes, begun.elapsed()));
            }
        });
        Self { stop, thread }
    }

    fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        // A bar that could not be drawn is no fault of the import.
        let _ = self.thread.join();
    }
}

fn line(progress: &HistoryImportProgress, bytes: u64, elapsed: Duration) -> String {
    let read = progress.bytes_read.load(Ordering::Relaxed).min(bytes);
    let events = progress.durable_events.load(Ordering::Relaxed);
    let known = progress.known.load(Ordering::Relaxed);
    let filled = (read * BAR_WIDTH).checked_div(bytes).unwrap_or(BAR_WIDTH);
    let bar: String = (0..BAR_WIDTH)
        .map(|place| if place < filled { '#' } else { '.' })
        .collect();
    let percent = (read * 100).checked_div(bytes).unwrap_or(100);
    let rate = events as f64 / elapsed.as_secs_f64().max(0.001);
    format!(
        "[{bar}] {percent:>3} %  {events} events durable, {known} were there already, {rate:.0}/s   "
    )
}
