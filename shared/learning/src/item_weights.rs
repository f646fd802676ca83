//! A linear item-item model: what each item of a history adds to the score of every other.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// Weights from item to item. A score is a sum over the history, so its shares are exact.
///
/// Weights are stored as `f32`; scores are summed in `f64`, in the order of the history.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemWeights {
    item_count: usize,
    /// The item numbers of the columns, ascending.
    items: Vec<u32>,
    /// The row of each item, `u32::MAX` where it has none.
    rows_of: Vec<u32>,
    rows: Rows,
}

#[derive(Debug, Clone, PartialEq)]
enum Rows {
    /// Row-major, whole.
    Dense(Vec<f32>),
    /// Of each row the columns with a weight, ascending.
    Sparse {
        ends: Vec<usize>,
        columns: Vec<u32>,
        weights: Vec<f32>,
    },
}

/// One item of a history and what it counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeightedItem {
    /// The item's number in the catalogue.
    pub item: u32,
    /// What it counts; 1 for an item as good as any other.
    pub weight: f64,
}

impl WeightedItem {
    /// Every item with weight 1.
    pub fn all(items: &[u32]) -> Vec<Self> {
        items
            .iter()
            .map(|item| Self {
                item: *item,
                weight: 1.0,
            })
            .collect()
    }
}

impl ItemWeights {
    /// Weights between the items `items` (ascending) of a catalogue of `item_count`, row-major.
    ///
    /// # Panics
    /// If there are not `items.len()²` weights, or an item is not in the catalogue.
    pub fn dense(item_count: usize, items: Vec<u32>, weights: Vec<f32>) -> Self {
        assert_eq!(
            weights.len(),
            items.len() * items.len(),
            "a weight for each pair"
        );
        Self {
            rows_of: rows_of(item_count, &items),
            item_count,
            items,
            rows: Rows::Dense(weights),
        }
    }

    /// Weights of which each row names only some: `rows` gives, for each of `items`, columns (places in `items`,
    /// ascending) with their weights.
    ///
    /// # Panics
    /// If there is not one row for each item, or a column lies outside.
    pub fn sparse(item_count: usize, items: Vec<u32>, rows: Vec<Vec<(u32, f32)>>) -> Self {
        assert_eq!(rows.len(), items.len(), "a row for each item");
        let total = rows.iter().map(Vec::len).sum();
        let mut ends = Vec::with_capacity(rows.len());
        let mut columns = Vec::with_capacity(total);
        let mut weights = Vec::with_capacity(total);
        for row in rows {
            for (column, weight) in row {
                assert!((column as usize) < items.len(), "a column for each item");
                columns.push(column);
                weights.push(weight);
            }
            ends.push(columns.len());
        }
        Self {
            rows_of: rows_of(item_count, &items),
            item_count,
            items,
            rows: Rows::Sparse {
                ends,
                columns,
                weights,
            },
        }
    }

    /// Items in the shared catalogue, those without weights included.
    pub fn item_count(&self) -> usize {
        self.item_count
    }

    /// The items that have weights, ascending.
    pub fn items(&self) -> &[u32] {
        &self.items
    }

    /// Bytes of the weights in memory.
    pub fn bytes(&self) -> usize {
        match &self.rows {
            Rows::Dense(weights) => weights.len() * 4,
            Rows::Sparse { ends, columns, .. } => ends.len() * 8 + columns.len() * 8,
        }
    }

    /// Adds the scores of all items to `scores`, of one place for each item of the catalogue.
    ///
    /// Items of the history that the model does not know add nothing. The history's own items are scored as well.
    pub fn add_scores(&self, history: &[WeightedItem], scores: &mut [f64]) {
        for entry in history {
            let Some(row) = self.row_of(entry.item) else {
                continue;
            };
            match &self.rows {
                Rows::Dense(weights) => {
                    let row = &weights[row * self.items.len()..(row + 1) * self.items.len()];
                    if self.items.len() == scores.len() {
                        // Every item takes part: places and item numbers are the same.
                        for (score, weight) in scores.iter_mut().zip(row) {
                            *score += entry.weight * f64::from(*weight);
                        }
                    } else {
                        for (item, weight) in self.items.iter().zip(row) {
                            scores[*item as usize] += entry.weight * f64::from(*weight);
                        }
                    }
                }
                Rows::Sparse {
                    columns, weights, ..
                } => {
                    let range = self.range_of(row);
                    for (column, weight) in columns[range.clone()].iter().zip(&weights[range]) {
                        let item = self.items[*column as usize] as usize;
                        scores[item] += entry.weight * f64::from(*weight);
                    }
                }
            }
        }
    }

    /// What each item of the history adds to the score of `item`: summed in order they are the score, to the bit.
    pub fn shares(&self, history: &[WeightedItem], item: u32) -> Vec<f64> {
        history
            .iter()
            .map(|entry| entry.weight * f64::from(self.weight(entry.item, item)))
            .collect()
    }

    /// What `from` adds to the score of `to`; 0 where the model knows nothing.
    pub fn weight(&self, from: u32, to: u32) -> f32 {
        let (Some(row), Some(column)) = (self.row_of(from), self.row_of(to)) else {
            return 0.0;
        };
        match &self.rows {
            Rows::Dense(weights) => weights[row * self.items.len() + column],
            Rows::Sparse {
                columns, weights, ..
            } => {
                let range = self.range_of(row);
                let found = columns[range.clone()].binary_search(&(column as u32));
                found.map_or(0.0, |offset| weights[range.start + offset])
            }
        }
    }

    fn row_of(&self, item: u32) -> Option<usize> {
        let row = *self.rows_of.get(item as usize)?;
        (row != u32::MAX).then_some(row as usize)
    }

    fn range_of(&self, row: usize) -> Range<usize> {
        match &self.rows {
            Rows::Sparse { ends, .. } => {
                let start = if row == 0 { 0 } else { ends[row - 1] };
                start..ends[row]
            }
            Rows::Dense(_) => row * self.items.len()..(row + 1) * self.items.len(),
        }
    }
}

fn rows_of(item_count: usize, items: &[u32]) -> Vec<u32> {
    let mut rows_of = vec![u32::MAX; item_count];
    for (row, item) in (0..).zip(items) {
        rows_of[*item as usize] = row;
    }
    rows_of
}

/// The stored form's first line: what follows it in bytes.
#[derive(Serialize, Deserialize)]
struct Heading {
    format: String,
    item_count: usize,
    items: usize,
    /// Weights that are stored, where not all are.
    sparse: Option<usize>,
}

const FORMAT: &str = "accord-item-weights-1";

/// Bytes are not a stored model.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a stored item-item model: {0}")]
pub struct StoredModelError(&'static str);

impl ItemWeights {
    /// The model's name: SHA-256, hexadecimal, of [`to_bytes`](Self::to_bytes).
    pub fn content_hash(&self) -> String {
        let mut hash = Sha256::new();
        self.write(&mut |bytes| hash.update(bytes));
        hex::encode(hash.finalize())
    }

    /// The stored form: a line of JSON, then item numbers, row ends, columns and weights, little endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut stored = Vec::with_capacity(self.bytes() + self.items.len() * 4 + 128);
        self.write(&mut |bytes| stored.extend_from_slice(bytes));
        stored
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// Where the bytes were not written by [`to_bytes`](Self::to_bytes).
    pub fn from_bytes(stored: &[u8]) -> Result<Self, StoredModelError> {
        let end = stored
            .iter()
            .position(|byte| *byte == b'\n')
            .ok_or(StoredModelError("no heading"))?;
        let heading: Heading = serde_json::from_slice(&stored[..end])
            .map_err(|_| StoredModelError("an unknown heading"))?;
        if heading.format != FORMAT || heading.items > heading.item_count {
            return Err(StoredModelError("an unknown format"));
        }
        let mut words = Words {
            bytes: &stored[end + 1..],
        };
        let items = words.take(heading.items)?;
        let ascending = items.is_sorted_by(|left, right| left < right);
        if !ascending
            || items
                .last()
                .is_some_and(|last| *last as usize >= heading.item_count)
        {
            return Err(StoredModelError("item numbers out of order"));
        }
        let model = match heading.sparse {
            None => {
                let cells = heading
                    .items
                    .checked_mul(heading.items)
                    .ok_or(StoredModelError("too many items"))?;
                let weights = words.take(cells)?.into_iter().map(f32::from_bits).collect();
                Self::dense(heading.item_count, items, weights)
            }
            Some(stored) => {
                let lengths = words.take(heading.items)?;
                let columns = words.take(stored)?;
                let weights = words.take(stored)?;
                if lengths.iter().map(|length| *length as usize).sum::<usize>() != stored
                    || columns
                        .iter()
                        .any(|column| *column as usize >= heading.items)
                {
                    return Err(StoredModelError("rows that do not fit"));
                }
                let mut cells = columns
                    .into_iter()
                    .zip(weights.into_iter().map(f32::from_bits));
                let rows = lengths
                    .iter()
                    .map(|length| cells.by_ref().take(*length as usize).collect());
                Self::sparse(heading.item_count, items, rows.collect())
            }
        };
        if words.bytes.is_empty() {
            Ok(model)
        } else {
            Err(StoredModelError("bytes left over"))
        }
    }

    fn write(&self, to: &mut impl FnMut(&[u8])) {
        let sparse = match &self.rows {
            Rows::Dense(_) => None,
            Rows::Sparse { columns, .. } => Some(columns.len()),
        };
        let heading = Heading {
            format: FORMAT.to_owned(),
            item_count: self.item_count,
            items: self.items.len(),
            sparse,
        };
        to(&serde_json::to_vec(&heading).expect("a heading is a plain structure"));
        to(b"\n");
        let mut words = |words: &mut dyn Iterator<Item = u32>| {
            let mut buffer = Vec::with_capacity(1 << 14);
            for word in words {
                buffer.extend_from_slice(&word.to_le_bytes());
                if buffer.len() == 1 << 14 {
                    to(&buffer);
                    buffer.clear();
                }
            }
            to(&buffer);
        };
        words(&mut self.items.iter().copied());
        match &self.rows {
            Rows::Dense(weights) => words(&mut weights.iter().map(|weight| weight.to_bits())),
            Rows::Sparse {
                ends,
                columns,
                weights,
            } => {
                let starts = std::iter::once(&0).chain(ends);
                words(&mut starts.zip(ends).map(|(start, end)| (end - start) as u32));
                words(&mut columns.iter().copied());
                words(&mut weights.iter().map(|weight| weight.to_bits()));
            }
        }
    }
}

struct Words<'a> {
    bytes: &'a [u8],
}

impl Words<'_> {
    fn take(&mut self, count: usize) -> Result<Vec<u32>, StoredModelError> {
        let length = count
            .checked_mul(4)
            .filter(|length| *length <= self.bytes.len());
        let (taken, rest) = self
            .bytes
            .split_at(length.ok_or(StoredModelError("cut short"))?);
        self.bytes = rest;
        let (words, _) = taken.as_chunks::<4>();
        Ok(words.iter().map(|word| u32::from_le_bytes(*word)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dense() -> ItemWeights {
        ItemWeights::dense(
            5,
            vec![0, 2, 4],
            (0..9).map(|weight| weight as f32 / 7.0).collect(),
        )
    }

    fn sparse() -> ItemWeights {
        let rows = vec![vec![(1, 0.5)], vec![], vec![(0, -1.5), (1, 0.25)]];
        ItemWeights::sparse(5, vec![0, 2, 4], rows)
    }

    #[test]
    fn shares_add_up_to_the_score_to_the_bit() {
        for model in [dense(), sparse()] {
            let history: Vec<_> = [(4, 0.3), (1, 1.0), (0, 0.7), (4, 1.1)]
                .map(|(item, weight)| WeightedItem { item, weight })
                .into();
            let mut scores = [0.0; 5];
            model.add_scores(&history, &mut scores);
            for (item, score) in (0..).zip(scores) {
                let sum = model
                    .shares(&history, item)
                    .iter()
                    .fold(0.0, |sum: f64, share| sum + share);
                assert_eq!(sum.to_bits(), score.to_bits(), "item {item}");
            }
        }
    }

    #[test]
    fn stored_models_come_back_and_keep_their_name() {
        for model in [dense(), sparse()] {
            let stored = model.to_bytes();
            assert_eq!(ItemWeights::from_bytes(&stored).as_ref(), Ok(&model));
            assert_eq!(hex::encode(Sha256::digest(&stored)), model.content_hash());
        }
        assert_ne!(dense().content_hash(), sparse().content_hash());
    }

    #[test]
    fn damaged_bytes_are_refused() {
        for model in [dense(), sparse()] {
            let stored = model.to_bytes();
            for length in 0..stored.len() {
                assert!(
                    ItemWeights::from_bytes(&stored[..length]).is_err(),
                    "{length} bytes"
                );
            }
            let longer = [&stored[..], b"x"].concat();
            assert!(ItemWeights::from_bytes(&longer).is_err());
        }
    }
}
