//! Everything that a run found: one document, or tables.

use accord_bench::{disk::DiskReport, load::LoadReport, ratio::Ratio};
use serde::Serialize;

use super::{
    aims::{Aim, SHARE_MIN},
    ceiling::CeilingFigures,
    decisions::Decisions,
    rebuild::Rebuild,
    recovery::Recovery,
    steady::Steady,
    tables,
};

/// What was measured, in the order in which it was.
#[derive(Debug, Serialize)]
pub struct Measurements {
    pub response_bytes: usize,
    pub disk: DiskReport,
    pub new_customers: LoadReport,
    pub ceiling_before: CeilingFigures,
    pub decisions: Decisions,
    pub ceiling_after: CeilingFigures,
    /// Durable decisions beside the mean of both ceilings.
    pub share: Ratio,
    /// The same by processor time for one request, which tells more where other processes use the cores as well.
    pub processor_share: Ratio,
    pub steady: Steady,
    pub rebuild: Rebuild,
    /// Transactions that were imported for the recoveries.
    pub imported: u64,
    /// Events in the log when the node under load had stopped.
    pub events: u64,
    pub recoveries: Vec<Recovery>,
}

/// The measurements and what they mean.
#[derive(Debug, Serialize)]
pub struct SpineReport {
    pub seconds: u64,
    pub connections: usize,
    #[serde(flatten)]
    pub measurements: Measurements,
    pub aims: Vec<Aim>,
}

impl SpineReport {
    /// As tables for people, or as one JSON document.
    pub fn render(&self, json: bool) -> serde_json::Result<String> {
        if json {
            Ok(serde_json::to_string_pretty(self)? + "\n")
        } else {
            tables::render(self)
        }
    }
}

impl Measurements {
    /// Sets the decisions beside the mean of both ceilings: by rate, and by processor time.
    pub fn shares(decisions: &Decisions, ceilings: [&CeilingFigures; 2]) -> (Ratio, Ratio) {
        let mean = |of: fn(&CeilingFigures) -> f64| ceilings.map(of).iter().sum::<f64>() / 2.0;
        let by_rate = Ratio {
            value: decisions.load.rate_per_second,
            of: mean(|ceiling| ceiling.load.rate_per_second),
            floor: Some(SHARE_MIN),
        };
        let by_processor_time = Ratio {
            value: mean(|ceiling| ceiling.processor_us),
            of: decisions.cost.processor_us,
            floor: None,
        };
        (by_rate, by_processor_time)
    }
}
