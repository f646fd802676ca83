//! What an evaluation found, as tables or as JSON.

use std::fmt::Write as _;

use accord_bench::{
    number::grouped,
    report::{Format, Report, Tabular},
};
use serde::Serialize;

/// One evaluation.
#[derive(Debug, Serialize)]
#[serde(tag = "evaluation", rename_all = "snake_case")]
pub enum Evaluation {
    /// Users that training does not know, from a part of their history.
    Strong(Findings<StrongFigures>),
    /// The next item of a session.
    Sessions(Findings<HitFigures>),
    /// The missing item of a basket.
    Baskets(Findings<HitFigures>),
}

/// Data, candidates, and what was chosen.
#[derive(Debug, Serialize)]
pub struct Findings<F> {
    /// Counts of what was read.
    pub data: Vec<Count>,
    /// What the settings were chosen on.
    pub validation: String,
    /// Everything that was compared, with the settings that validation chose for it.
    pub candidates: Vec<Candidate<F>>,
    /// The best candidate by validation.
    pub chosen: String,
    /// Its figures on the test.
    pub test: F,
    /// Alone, federated, pooled; where asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchants: Option<Merchants>,
}

/// How many there are of something.
#[derive(Debug, Serialize)]
pub struct Count {
    pub what: &'static str,
    pub count: u64,
}

/// One way to recommend.
#[derive(Clone, Debug, Serialize)]
pub struct Candidate<F> {
    pub name: &'static str,
    pub settings: String,
    pub validation: F,
    pub test: F,
    /// Content hash, where the model is an artefact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// Training users spread over merchants.
#[derive(Debug, Serialize)]
pub struct Merchants {
    pub merchants: usize,
    pub seed: u64,
    pub settings: String,
    /// Mean over the merchants, each with its own users only.
    pub alone: StrongFigures,
    pub alone_lowest_ndcg_at_100: f64,
    pub alone_highest_ndcg_at_100: f64,
    pub federated: StrongFigures,
    pub federated_model: String,
    pub pooled: StrongFigures,
    pub pooled_model: String,
    pub models_equal: bool,
}

/// Figures of strong generalisation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct StrongFigures {
    pub cases: usize,
    pub recall_at_20: f64,
    pub recall_at_50: f64,
    pub ndcg_at_100: f64,
}

/// Figures of one target a case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct HitFigures {
    pub cases: usize,
    pub hit_rate_at_20: f64,
    pub mean_reciprocal_rank_at_20: f64,
}

impl Tabular for StrongFigures {
    const HEADINGS: &'static [&'static str] = &["Recall@20", "Recall@50", "NDCG@100"];

    fn cells(&self) -> Vec<String> {
        [self.recall_at_20, self.recall_at_50, self.ndcg_at_100]
            .map(four_digits)
            .into()
    }
}

impl Tabular for HitFigures {
    const HEADINGS: &'static [&'static str] = &["HR@20", "MRR@20"];

    fn cells(&self) -> Vec<String> {
        [self.hit_rate_at_20, self.mean_reciprocal_rank_at_20]
            .map(four_digits)
            .into()
    }
}

impl HitFigures {
    /// Of the place of each case's target, from 1; `None` is a miss.
    pub fn of(places: &[Option<usize>]) -> Self {
        let cases = places.len().max(1) as f64;
        Self {
            cases: places.len(),
            hit_rate_at_20: places.iter().flatten().count() as f64 / cases,
            mean_reciprocal_rank_at_20: places
                .iter()
                .flatten()
                .map(|place| 1.0 / *place as f64)
                .sum::<f64>()
                / cases,
        }
    }
}

fn four_digits(value: f64) -> String {
    format!("{value:.4}")
}

impl Evaluation {
    /// As tables for people, or as one JSON document.
    pub fn render(&self, json: bool) -> serde_json::Result<String> {
        if json {
            return Ok(serde_json::to_string_pretty(self)? + "\n");
        }
        match self {
            Self::Strong(found) => found.render("Strong generalisation"),
            Self::Sessions(found) => found.render("Next item of a session"),
            Self::Baskets(found) => found.render("Missing item of a basket"),
        }
    }
}

impl<F: Tabular + Serialize + Copy> Findings<F> {
    fn render(&self, title: &str) -> serde_json::Result<String> {
        let counts = self
            .data
            .iter()
            .map(|count| format!("{} {}", grouped(count.count), count.what));
        let mut text = format!("{title}: {}\n\n", counts.collect::<Vec<_>>().join(", "));
        text += &table(
            &format!("Validation: {}", self.validation),
            self.candidates
                .iter()
                .map(|candidate| (candidate.name, candidate.validation)),
        )?;
        text.push('\n');
        text += &table(
            "Test",
            self.candidates
                .iter()
                .map(|candidate| (candidate.name, candidate.test)),
        )?;
        text.push_str("\nSettings by validation\n");
        let width = self
            .candidates
            .iter()
            .map(|candidate| candidate.name.len())
            .max()
            .unwrap_or(0);
        for candidate in &self.candidates {
            write!(text, "  {:<width$}  {}", candidate.name, candidate.settings)
                .expect("writing to a String cannot fail");
            if let Some(model) = &candidate.model {
                write!(text, ", model {}", short(model)).expect("writing to a String cannot fail");
            }
            text.push('\n');
        }
        write!(text, "\nChosen by validation: {}", self.chosen)
            .expect("writing to a String cannot fail");
        for (name, value) in F::HEADINGS.iter().zip(self.test.cells()) {
            write!(text, "   {name} {value}").expect("writing to a String cannot fail");
        }
        text.push('\n');
        if let Some(merchants) = &self.merchants {
            text.push('\n');
            text += &merchants.render()?;
        }
        Ok(text)
    }
}

impl Merchants {
    fn render(&self) -> serde_json::Result<String> {
        let title = format!(
            "{} merchants, training users spread at random (seed {}); {}",
            self.merchants, self.seed, self.settings
        );
        let rows = [
            ("alone (mean)", self.alone),
            ("federated", self.federated),
            ("pooled", self.pooled),
        ];
        let mut text = table(&title, rows)?;
        let verdict = if self.models_equal {
            "one model, bit for bit"
        } else {
            "THE MODELS DIFFER"
        };
        writeln!(
            text,
            "  alone: NDCG@100 from {:.4} to {:.4}\n  model, federated {}, pooled {}: {verdict}",
            self.alone_lowest_ndcg_at_100,
            self.alone_highest_ndcg_at_100,
            short(&self.federated_model),
            short(&self.pooled_model),
        )
        .expect("writing to a String cannot fail");
        Ok(text)
    }
}

fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

fn table<F: Tabular + Serialize>(
    title: &str,
    rows: impl IntoIterator<Item = (&'static str, F)>,
) -> serde_json::Result<String> {
    let mut report = Report::new(title);
    for (name, figures) in rows {
        report.add(name, figures);
    }
    report.render(Format::Table)
}
