//! Everything that a run found: one document, or tables.

use accord_bench::report::{Format, Report};
use serde::Serialize;

use super::{sums::SumCosts, tree_growth::TreeCosts};

/// The measurements.
#[derive(Debug, Serialize)]
pub struct FederationReport {
    pub threads: usize,
    pub sums: Vec<SumCosts>,
    pub trees: Option<TreeCosts>,
}

impl FederationReport {
    /// As tables for people, or as one JSON document.
    pub fn render(&self, json: bool) -> serde_json::Result<String> {
        if json {
            return Ok(serde_json::to_string_pretty(self)? + "\n");
        }
        let title = format!("Secure sums, institutions on {} threads", self.threads);
        let mut sums = Report::new(title);
        for costs in &self.sums {
            let label = format!(
                "{} institutions, {} coordinates",
                costs.institutions, costs.dimension
            );
            sums.add(label, costs.clone());
        }
        let mut text = sums.render(Format::Table)?;
        if let Some(costs) = &self.trees {
            let mut trees = Report::new("Boosted trees");
            let label = format!(
                "{} institutions, {} rows, {} yes/no features, depth {}",
                costs.institutions, costs.rows, costs.features, costs.depth
            );
            trees.add(label, costs.clone());
            text = text + "\n" + &trees.render(Format::Table)?;
        }
        Ok(text)
    }
}
