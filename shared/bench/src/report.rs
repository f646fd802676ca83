//! One set of measurements, printed as an aligned table for people or as JSON for programs.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// A measurement that fills one row of a table.
pub trait Tabular {
    /// The column headings, without the leading label column.
    const HEADINGS: &'static [&'static str];

    /// One cell per heading, in the same order.
    fn cells(&self) -> Vec<String>;
}

/// How a report is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A title and aligned columns.
    Table,
    /// One JSON object: `{"title": …, "rows": [{"label": …, …measurement}]}`.
    Json,
}

/// A titled list of labelled measurements of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report<M> {
    /// What was measured, and where.
    pub title: String,
    /// The measurements in the order in which they were taken.
    pub rows: Vec<Row<M>>,
}

/// One measurement and what it is called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row<M> {
    /// What this row measured, for example `64 connections`.
    pub label: String,
    /// The measurement itself, flattened into the row in JSON.
    #[serde(flatten)]
    pub measurement: M,
}

impl<M: Tabular + Serialize> Report<M> {
    /// An empty report.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            rows: Vec::new(),
        }
    }

    /// Adds a measurement below those already there.
    pub fn add(&mut self, label: impl Into<String>, measurement: M) {
        self.rows.push(Row {
            label: label.into(),
            measurement,
        });
    }

    /// The report as text, ending in a line break.
    ///
    /// # Errors
    ///
    /// JSON fails where the measurement's own serialisation does; a table never fails.
    pub fn render(&self, format: Format) -> serde_json::Result<String> {
        match format {
            Format::Table => Ok(self.table()),
            Format::Json => serde_json::to_string_pretty(self).map(|json| json + "\n"),
        }
    }

    fn table(&self) -> String {
        let headings = std::iter::once("").chain(M::HEADINGS.iter().copied());
        let mut lines = vec![headings.map(str::to_owned).collect::<Vec<_>>()];
        for row in &self.rows {
            let mut line = vec![row.label.clone()];
            line.extend(row.measurement.cells());
            lines.push(line);
        }
        format!("{}\n{}", self.title, aligned(&lines))
    }
}

/// Pads every column to its widest cell: the first to the left, numbers to the right.
fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = lines.iter().filter_map(|line| line.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for line in lines {
        let mut written = String::new();
        for (column, (cell, &width)) in line.iter().zip(&widths).enumerate() {
            let result = if column == 0 {
                write!(written, "  {cell:<width$}")
            } else {
                write!(written, "  {cell:>width$}")
            };
            result.expect("writing to a String cannot fail");
        }
        text.push_str(written.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Weight {
        kilograms: u32,
    }

    impl Tabular for Weight {
        const HEADINGS: &'static [&'static str] = &["kilograms"];

        fn cells(&self) -> Vec<String> {
            vec![self.kilograms.to_string()]
        }
    }

    fn weights() -> Report<Weight> {
        let mut report = Report::new("Parcels");
        report.add("small", Weight { kilograms: 2 });
        report.add("very large", Weight { kilograms: 1_500 });
        report
    }

    #[test]
    fn a_table_has_its_title_headings_and_aligned_columns() {
        let expected = [
            "Parcels",
            "              kilograms",
            "  small               2",
            "  very large       1500",
            "",
        ];
        assert_eq!(
            weights().render(Format::Table).expect("a table renders"),
            expected.join("\n")
        );
    }

    #[test]
    fn json_carries_the_same_measurements() {
        let json = weights().render(Format::Json).expect("integers serialise");
        let parsed: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
        assert_eq!(
            parsed,
            serde_json::json!({
                "title": "Parcels",
                "rows": [
                    {"label": "small", "kilograms": 2},
                    {"label": "very large", "kilograms": 1500},
                ],
            })
        );
    }

    #[test]
    fn letters_beyond_ascii_count_as_one_column_each() {
        let lines = vec![
            vec!["µs".to_owned(), "1".to_owned()],
            vec!["ms".to_owned(), "2".to_owned()],
        ];
        assert_eq!(aligned(&lines), "  µs  1\n  ms  2\n");
    }
}
