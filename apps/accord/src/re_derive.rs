//! `accord risk re-derive`: makes every decision in a log again and compares.

use std::{process::ExitCode, time::Instant};

use accord_event_log::data_directory::DataDirectory;
use risk_control_node::{DerivationReport, Derived, re_derive};
use serde_json::json;

use crate::{cli::ReDeriveArguments, node_location::NodeLocation};

/// Derives everything and prints what came out. Exit code 1 if anything is different.
pub async fn run(arguments: ReDeriveArguments) -> anyhow::Result<ExitCode> {
    let location = NodeLocation::find_existing(&arguments.node).await?;
    let directory = DataDirectory::open(&location.data_directory)?;
    let begun = Instant::now();
    let tokio = tokio::runtime::Handle::current();
    let each = arguments.each;
    let report = tokio::task::spawn_blocking(move || {
        re_derive(&location.folder, &tokio, |decision| {
            if each {
                // Plain data always serialises.
                println!("{}", json!(decision));
            }
        })
    })
    .await??;
    drop(directory);
    let seconds = begun.elapsed().as_secs_f64();
    if arguments.json {
        let mut document = serde_json::to_value(&report)?;
        document["holds"] = json!(report.holds());
        document["seconds"] = json!(seconds);
        println!("{document}");
    } else {
        print(&report, seconds);
    }
    Ok(if report.holds() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn print(report: &DerivationReport, seconds: f64) {
    println!(
        "{} decisions in {} events derived in {seconds:.1} s ({:.0} decisions a second)",
        report.decisions,
        report.events,
        report.decisions as f64 / seconds.max(f64::EPSILON)
    );
    for derived in Derived::ALL {
        if let Some(count) = report.counts.get(&derived) {
            println!("  {count:>10}  {}", derived.name());
        }
    }
    for fault in &report.chain_faults {
        println!("  FAULT at event {}: {}", fault.sequence, fault.detail);
    }
    for decision in &report.told {
        println!(
            "  event {}, transaction {}: {}{}",
            decision.sequence,
            decision.transaction_id,
            decision.derived.name(),
            decision
                .detail
                .as_ref()
                .map_or_else(String::new, |detail| format!(" ({detail})"))
        );
    }
    println!(
        "{}",
        if report.holds() {
            "every chain holds, and nothing comes out differently"
        } else {
            "the log does not hold"
        }
    );
}
