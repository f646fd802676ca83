//! `accord log tail | show | verify`: reads the files of a log, also while a node writes to them.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use accord_event_log::{
    EventMetadata, LogReader, Sequence, StoredCommit, commit::inspect_event, verify as log_verify,
};
use anyhow::{Context, bail};
use chrono::{DateTime, SecondsFormat};
use serde_json::{json, value::RawValue};

use crate::cli::{LogLocation, ShowArguments, TailArguments, VerifyArguments};

const READ_BYTES: usize = 1 << 20;
/// How often a followed log is looked at again.
const FOLLOW_EVERY: Duration = Duration::from_millis(200);

/// Prints the newest events.
pub async fn tail(arguments: TailArguments) -> anyhow::Result<ExitCode> {
    let reader = open(&arguments.log).await?;
    let mut printed = Sequence(reader.last().0.saturating_sub(arguments.lines));
    loop {
        let commits = reader.read_after(printed, READ_BYTES).await?;
        if commits.is_empty() {
            if !arguments.follow {
                return Ok(ExitCode::SUCCESS);
            }
            tokio::time::sleep(FOLLOW_EVERY).await;
            reader.refresh().await?;
        }
        for commit in commits {
            print_commit(&commit, printed, arguments.log.json)?;
            printed = commit.last_sequence();
        }
    }
}

/// Prints one event.
pub async fn show(arguments: ShowArguments) -> anyhow::Result<ExitCode> {
    let reader = open(&arguments.log).await?;
    let sequence = Sequence(arguments.sequence);
    if sequence == Sequence::ZERO || sequence > reader.last() {
        bail!(
            "there is no event {sequence}: the log holds 1 to {}",
            reader.last()
        );
    }
    let commits = reader.read_after(Sequence(sequence.0 - 1), 1).await?;
    let commit = commits.first().context("the log ends before the event")?;
    let events = commit.stored_events()?;
    let index = usize::try_from(sequence.0 - commit.first_sequence.0)?;
    let stored = events
        .get(index)
        .context("the commit ends before the event")?;
    let (metadata, payload) = inspect_event(stored.get(), sequence, commit.recorded_at_us)?;
    let document = document(&reader, &metadata, &payload);
    if arguments.log.json {
        println!("{document}");
    } else {
        println!("{}", serde_json::to_string_pretty(&document)?);
    }
    Ok(ExitCode::SUCCESS)
}

/// Checks the log.
pub async fn verify(arguments: VerifyArguments) -> anyhow::Result<ExitCode> {
    let reader = open(&arguments.log).await?;
    let found = log_verify::verify(&reader, |_| {}).await?;
    if arguments.log.json {
        println!("{}", serde_json::to_string(&found)?);
    } else {
        println!(
            "{}: {} events in {} commits, {} bytes",
            reader.header().institution,
            found.events,
            found.commits,
            found.stored_bytes
        );
        for (partition, head) in &found.heads {
            println!("  partition {partition}: {head}");
        }
        for fault in &found.faults {
            println!("  FAULT at event {}: {}", fault.sequence, fault.detail);
        }
        let verdict = if found.faults.is_empty() {
            "every chain holds"
        } else {
            "the log contradicts itself"
        };
        println!("{verdict}");
    }
    Ok(if found.faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn open(location: &LogLocation) -> anyhow::Result<LogReader> {
    let folder = log_folder(location)?;
    let reader = LogReader::open(&folder)
        .await
        .with_context(|| format!("the log in {}", folder.display()))?;
    let owner = &reader.header().institution;
    match &location.institution {
        Some(wanted) if wanted != owner => bail!(
            "the log in {} belongs to {owner}, not to {wanted}",
            folder.display()
        ),
        _ => Ok(reader),
    }
}

/// The log of a node's data directory, or of one institution in a demo's.
fn log_folder(location: &LogLocation) -> anyhow::Result<PathBuf> {
    let own = location.data_dir.join("log");
    if own.is_dir() {
        return Ok(own);
    }
    let kinds = ["banks", "merchants"].map(|kind| location.data_dir.join(kind));
    let mut folders: Vec<PathBuf> = Vec::new();
    for kind in kinds.iter().filter(|kind| kind.is_dir()) {
        folders.extend(std::fs::read_dir(kind)?.filter_map(|entry| Some(entry.ok()?.path())));
    }
    if folders.is_empty() {
        bail!(
            "{} holds no log: it is neither a node's data directory, which has a folder `log`, nor a demo's, which has \
             a folder `banks`; say which one is meant with --data-dir",
            location.data_dir.display()
        );
    }
    let name = |folder: &PathBuf| {
        let name = folder.file_name().map(|name| name.to_string_lossy());
        name.unwrap_or_default().into_owned()
    };
    folders.sort();
    let names: Vec<String> = folders.iter().map(name).collect();
    let chosen = match &location.institution {
        Some(wanted) => match names.iter().position(|name| name == wanted) {
            Some(place) => place,
            None => bail!("there is no {wanted} here, only {}", names.join(", ")),
        },
        None if folders.len() == 1 => 0,
        None => bail!(
            "several institutions are here; say which with --institution: {}",
            names.join(", ")
        ),
    };
    Ok(folders[chosen].join("log"))
}

fn print_commit(commit: &StoredCommit, after: Sequence, json: bool) -> anyhow::Result<()> {
    for (index, stored) in (0..).zip(commit.stored_events()?) {
        let sequence = Sequence(commit.first_sequence.0 + index);
        if sequence <= after {
            continue;
        }
        let (metadata, payload) = inspect_event(stored.get(), sequence, commit.recorded_at_us)?;
        if json {
            println!("{}", summary(&metadata, &payload));
        } else {
            println!(
                "{:>9}  {}  {:>2}/{:<8} {:<20} {} {}",
                sequence,
                time(metadata.recorded_at_us),
                metadata.partition,
                metadata.offset,
                metadata.event_type,
                metadata.entity_type,
                metadata.entity_id
            );
        }
    }
    Ok(())
}

fn summary(metadata: &EventMetadata, payload: &RawValue) -> serde_json::Value {
    json!({ "event_id": metadata.event_id(), "metadata": metadata, "payload": payload })
}

/// The event with CloudEvents names beside the log's own.
fn document(reader: &LogReader, metadata: &EventMetadata, payload: &RawValue) -> serde_json::Value {
    json!({
        "specversion": "1.0",
        "id": metadata.event_id(),
        "source": format!("/institutions/{}", reader.header().institution),
        "type": metadata.event_type,
        "time": time(metadata.recorded_at_us),
        "subject": format!("{}/{}", metadata.entity_type, metadata.entity_id),
        "datacontenttype": "application/json",
        "metadata": metadata,
        "data": payload,
    })
}

fn time(at_us: i64) -> String {
    DateTime::from_timestamp_micros(at_us).map_or_else(
        || at_us.to_string(),
        |time| time.to_rfc3339_opts(SecondsFormat::Millis, true),
    )
}
