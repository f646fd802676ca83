//! The transactions of one part of the history, one column for each thing that is known of them.

use std::{collections::HashMap, ops::RangeInclusive, sync::Arc};

use risk_control::{FeatureSet, Label, LabelSource};

/// Texts that repeat: each row holds the place of its own in a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextColumn {
    pub places: Vec<u32>,
    pub texts: Arc<[Box<str>]>,
}

impl TextColumn {
    pub fn text(&self, row: usize) -> &str {
        self.places
            .get(row)
            .and_then(|place| self.texts.get(*place as usize))
            .map_or("", |text| text)
    }
}

/// What became known of a transaction, or that a label was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelRecord {
    /// Sequence of the label's event.
    pub sequence: u64,
    /// Hash of the transaction's id.
    pub id_hash: u64,
    /// `None`: the label was withdrawn.
    pub label: Option<Label>,
    /// `None` where it was withdrawn.
    pub source: Option<LabelSource>,
    /// Epoch microseconds.
    pub known_at_us: i64,
}

/// Transactions in the order of the log. All columns but `features` have [`Columns::rows`] values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    /// First and last sequence of the part of the log that they stand for.
    pub first_sequence: u64,
    pub last_sequence: u64,
    pub sequence: Vec<i64>,
    pub partition: Vec<i64>,
    /// The customer's random reference.
    pub customer: Vec<i64>,
    /// Hash of the transaction's id.
    pub id_hash: Vec<i64>,
    pub occurred_at_us: Vec<i64>,
    pub amount_minor: Vec<i64>,
    pub currency: TextColumn,
    pub terminal: TextColumn,
    /// The 48 bits of the keys; −1 where there is none.
    pub card: Vec<i64>,
    pub device: Vec<i64>,
    pub address: Vec<i64>,
    /// What was decided then: place in [`risk_control::Decision::ALL`].
    pub decision: Vec<i64>,
    /// Score of the model that decided; missing where it was decided elsewhere.
    pub score: Vec<f64>,
    /// Offset in the control partition of the policy that decided; −1 where it was decided elsewhere.
    pub policy: Vec<i64>,
    /// Bit n: it was on `LISTINGS[n]`.
    pub lists: Vec<i64>,
    /// What stands for its customer, terminal, card and device on the lists; 0 where there is nothing.
    pub list_fingerprints: [Vec<i64>; 4],
    /// By name, those that were asked for.
    pub features: HashMap<String, Vec<f64>>,
    pub labels: Vec<LabelRecord>,
    /// Transactions that were left out because their features are of an earlier set.
    pub left_out: u64,
}

impl Columns {
    /// Transactions.
    pub fn rows(&self) -> usize {
        self.sequence.len()
    }

    pub fn sequences(&self) -> RangeInclusive<u64> {
        self.first_sequence..=self.last_sequence
    }

    /// A feature's values; `None` where it was not asked for.
    pub fn feature(&self, name: &str) -> Option<&[f64]> {
        self.features.get(name).map(Vec::as_slice)
    }

    /// Some of the transactions, with other features: for each of `rows` its values in the order of the current set.
    pub(crate) fn rows_with(&self, rows: &[usize], features: &[Vec<f64>]) -> Self {
        let pick = |column: &[i64]| rows.iter().map(|row| column[*row]).collect::<Vec<_>>();
        let pick_text = |column: &TextColumn| TextColumn {
            places: rows.iter().map(|row| column.places[*row]).collect(),
            texts: Arc::clone(&column.texts),
        };
        let names = FeatureSet::CURRENT.features().iter();
        Self {
            first_sequence: self.first_sequence,
            last_sequence: self.last_sequence,
            sequence: pick(&self.sequence),
            partition: pick(&self.partition),
            customer: pick(&self.customer),
            id_hash: pick(&self.id_hash),
            occurred_at_us: pick(&self.occurred_at_us),
            amount_minor: pick(&self.amount_minor),
            currency: pick_text(&self.currency),
            terminal: pick_text(&self.terminal),
            card: pick(&self.card),
            device: pick(&self.device),
            address: pick(&self.address),
            decision: pick(&self.decision),
            // Other features, other scores.
            score: vec![accord_learning::MISSING; rows.len()],
            policy: vec![-1; rows.len()],
            lists: pick(&self.lists),
            list_fingerprints: self.list_fingerprints.each_ref().map(|column| pick(column)),
            features: names
                .enumerate()
                .map(|(place, feature)| {
                    let values = features.iter().map(|values| values[place]).collect();
                    (feature.name.to_owned(), values)
                })
                .collect(),
            labels: Vec::new(),
            left_out: 0,
        }
    }

    /// All features in the order of the current set; `None` for those that were not asked for.
    pub fn feature_columns(&self) -> Vec<Option<&[f64]>> {
        let features = FeatureSet::CURRENT.features().iter();
        features.map(|feature| self.feature(feature.name)).collect()
    }
}
