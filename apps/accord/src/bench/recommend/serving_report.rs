//! What the serving part prints.

use accord_bench::{
    load::LoadReport,
    number::{grouped, measured},
    report::{Format, Report, Tabular},
};
use serde::Serialize;

use super::serving::ServingFigures;

/// One promise, and what was found.
#[derive(Serialize)]
struct Found {
    measured: String,
    aim: &'static str,
}

impl Tabular for Found {
    const HEADINGS: &'static [&'static str] = &["measured", "aim"];

    fn cells(&self) -> Vec<String> {
        vec![self.measured.clone(), self.aim.to_owned()]
    }
}

/// The figures as a table, or as they are in JSON.
pub fn render(figures: &ServingFigures, json: bool) -> anyhow::Result<String> {
    if json {
        return Ok(format!("{}\n", serde_json::to_string_pretty(figures)?));
    }
    let mut report = Report::new(format!(
        "Serving {} items to {} shoppers with {} events each, filter on",
        grouped(u64::from(figures.items)),
        grouped(figures.shoppers as u64),
        figures.history
    ));
    let mut add = |label: &str, measured: String, aim| report.add(label, Found { measured, aim });
    let rate = |load: &LoadReport| grouped(load.rate_per_second as u64);
    let share = figures.share_of_ceiling.share().unwrap_or(f64::NAN);
    let milliseconds = |microseconds: u64| format!("{} ms", measured(microseconds as f64 / 1e3));
    add("lists a second", rate(&figures.lists), "");
    add("bare HTTP echo a second", rate(&figures.ceiling), "");
    add("share of the ceiling", format!("{share:.3}"), "0.4");
    add(
        "lists without an answer",
        grouped(figures.lists.failures.total()),
        "0",
    );
    add(
        "p99 at half of the most, open loop",
        milliseconds(figures.steady.latency.p99_us),
        "5 ms",
    );
    add(
        "event to the list made with it, p50",
        milliseconds(figures.event_to_list.p50_us),
        "",
    );
    add(
        "event to the list made with it, p99",
        milliseconds(figures.event_to_list.p99_us),
        "10 ms",
    );
    add(
        "of so many events, lists changed",
        format!(
            "{} of {}",
            figures.changed_lists, figures.event_to_list.count
        ),
        "",
    );
    add("orders a second", rate(&figures.orders), "1,000");
    add(
        "orders without an answer",
        grouped(figures.orders.failures.total()),
        "0.01 %",
    );
    add(
        "events imported a second",
        grouped(figures.import_events_per_second as u64),
        "50,000",
    );
    add(
        "training on them",
        format!("{} s", measured(figures.training_seconds)),
        "",
    );
    Ok(report.render(Format::Table)?)
}
