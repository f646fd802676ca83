//! The report as tables.

use accord_bench::{
    number::{grouped, measured},
    report::{Format, Report, Tabular},
};
use serde::Serialize;

use super::{
    cost::CostOf,
    recovery::Recovery,
    report::{Measurements, SpineReport},
    storage::StorageMax,
};

pub fn render(report: &SpineReport) -> serde_json::Result<String> {
    let found = &report.measurements;
    let cost = &found.decisions.cost;
    let tables = [
        loads(report)?,
        shares(found)?,
        costs("Busy µs of each stage, for one decision", &cost.stages)?,
        costs(
            "Processor µs of each kind of thread, for one decision",
            &cost.threads,
        )?,
        figures(found)?,
        disks(found)?,
        storage(&found.decisions.storage)?,
        recoveries(&found.recoveries)?,
        table(
            "Aims",
            report.aims.iter().map(|aim| (aim.name, aim.clone())),
        )?,
    ];
    Ok(tables.join("\n"))
}

fn loads(report: &SpineReport) -> serde_json::Result<String> {
    let found = &report.measurements;
    let title = format!(
        "Loads: {} connections, {} s, answers of {} bytes",
        report.connections, report.seconds, found.response_bytes
    );
    let rows = [
        ("first decision for each customer", &found.new_customers),
        ("bare HTTP ceiling, before", &found.ceiling_before.load),
        ("decisions", &found.decisions.load),
        ("bare HTTP ceiling, after", &found.ceiling_after.load),
        ("decisions at half of that rate", &found.steady.load),
    ];
    table(&title, rows.map(|(label, load)| (label, load.clone())))
}

fn shares(found: &Measurements) -> serde_json::Result<String> {
    let rows = [
        ("decisions of requests a second", found.share),
        (
            "processor µs: a request of a decision",
            found.processor_share,
        ),
    ];
    table("Share of the ceiling", rows)
}

fn costs(title: &str, costs: &[CostOf]) -> serde_json::Result<String> {
    let rows = costs.iter().map(|cost| {
        let value = measured(cost.us_per_decision);
        (cost.name.as_str(), Figure { value })
    });
    table(title, rows)
}

fn figures(found: &Measurements) -> serde_json::Result<String> {
    let (decisions, steady, rebuild) = (&found.decisions, &found.steady, &found.rebuild);
    let (log, lag) = (&decisions.log, &decisions.lag);
    let rows = [
        (
            "processor µs for one decision, all threads",
            measured(decisions.cost.processor_us),
        ),
        (
            "memory, most, MiB",
            mebibytes(decisions.cost.usage.resident_bytes_max),
        ),
        (
            "stored bytes per event",
            measured(log.stored_bytes_per_event),
        ),
        ("events per commit", measured(log.events_per_commit)),
        (
            "stored bytes per commit",
            measured(log.stored_bytes_per_commit),
        ),
        ("lag of the read models, most, events", grouped(lag.max)),
        ("lag, mean of the first half", measured(lag.first_half_mean)),
        (
            "lag, mean of the second half",
            measured(lag.second_half_mean),
        ),
        ("lag at the end", grouped(lag.end)),
        (
            "growth of the lag, events/s",
            measured(lag.growth_per_second),
        ),
        (
            "time until the read models caught up, s",
            measured(decisions.catch_up_seconds),
        ),
        (
            "at half rate: events per commit",
            measured(steady.log.events_per_commit),
        ),
        (
            "at half rate: p99 as a multiple of fdatasync's",
            measured(steady.p99_to_disk),
        ),
        (
            "rebuild of `transactions`, events/s",
            measured(rebuild.events_per_second),
        ),
        ("rebuild of `transactions`, events", grouped(rebuild.events)),
        (
            "transactions imported for the recoveries",
            grouped(found.imported),
        ),
    ];
    table(
        "Figures",
        rows.map(|(label, value)| (label, Figure { value })),
    )
}

fn disks(found: &Measurements) -> serde_json::Result<String> {
    let rows = [
        ("before the loads", found.disk.clone()),
        (
            "after the steady load, appends of its commits' size",
            found.steady.disk.clone(),
        ),
    ];
    table(
        "The disk alone: append and fdatasync, one after the other",
        rows,
    )
}

fn storage(storage: &StorageMax) -> serde_json::Result<String> {
    let (max, end) = (&storage.max, &storage.end);
    let rows = [
        ("segments", grouped(max.segments), grouped(end.segments)),
        (
            "segments, MiB",
            mebibytes(max.segment_bytes),
            mebibytes(end.segment_bytes),
        ),
        (
            "active segment and its WAL, MiB",
            mebibytes(max.active_bytes),
            mebibytes(end.active_bytes),
        ),
        (
            "full segments that are not sealed",
            grouped(max.unsealed_segments),
            grouped(end.unsealed_segments),
        ),
        (
            "their WAL, MiB",
            mebibytes(max.unsealed_wal_bytes),
            mebibytes(end.unsealed_wal_bytes),
        ),
        (
            "read models, MiB",
            mebibytes(max.read_model_bytes),
            mebibytes(end.read_model_bytes),
        ),
        (
            "their WAL, MiB",
            mebibytes(max.read_model_wal_bytes),
            mebibytes(end.read_model_wal_bytes),
        ),
        (
            "snapshot files",
            grouped(max.snapshot_files),
            grouped(end.snapshot_files),
        ),
        (
            "snapshots, MiB",
            mebibytes(max.snapshot_bytes),
            mebibytes(end.snapshot_bytes),
        ),
    ];
    let rows = rows.map(|(label, most, end)| (label, MostAndEnd { most, end }));
    table("On the disk during the main run", rows)
}

fn recoveries(recoveries: &[Recovery]) -> serde_json::Result<String> {
    let rows = recoveries.iter().map(|recovery| {
        let label = format!("after {} s of load", measured(recovery.load_seconds));
        (label, recovery.clone())
    });
    table("Recovery after a kill under load", rows)
}

fn mebibytes(bytes: u64) -> String {
    measured(bytes as f64 / f64::from(1 << 20))
}

fn table<L, M>(title: &str, rows: impl IntoIterator<Item = (L, M)>) -> serde_json::Result<String>
where
    L: Into<String>,
    M: Tabular + Serialize,
{
    let mut report = Report::new(title);
    for (label, measurement) in rows {
        report.add(label, measurement);
    }
    report.render(Format::Table)
}

#[derive(Serialize)]
struct Figure {
    value: String,
}

impl Tabular for Figure {
    const HEADINGS: &'static [&'static str] = &["value"];

    fn cells(&self) -> Vec<String> {
        vec![self.value.clone()]
    }
}

#[derive(Serialize)]
struct MostAndEnd {
    most: String,
    end: String,
}

impl Tabular for MostAndEnd {
    const HEADINGS: &'static [&'static str] = &["most", "end"];

    fn cells(&self) -> Vec<String> {
        vec![self.most.clone(), self.end.clone()]
    }
}

impl Tabular for Recovery {
    const HEADINGS: &'static [&'static str] = &[
        "events in the log",
        "folded",
        "serving after s",
        "first decision after s",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            grouped(self.events),
            grouped(self.folded_events),
            measured(self.serving_seconds),
            measured(self.first_decision_seconds),
        ]
    }
}
