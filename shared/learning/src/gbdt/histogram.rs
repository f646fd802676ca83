//! How the sums of one node lie in a vector.

use serde::{Deserialize, Serialize};

use crate::quantiles::QuantileBins;

/// Per column of a tree and bin of that column: the sum of first derivatives, then of second derivatives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HistogramLayout {
    pub columns: Vec<Column>,
    /// Length of the vector of one node.
    pub length: usize,
}

/// One feature that the tree may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Column {
    pub feature: u16,
    /// Bins, the one for missing values (the first) included.
    pub bins: usize,
    /// Where the column begins in the vector.
    pub offset: usize,
}

impl HistogramLayout {
    pub(super) fn of(features: &[u16], bins: &QuantileBins) -> Self {
        let mut length = 0;
        let columns = features
            .iter()
            .map(|feature| {
                let column = Column {
                    feature: *feature,
                    bins: bins.features[usize::from(*feature)].bin_count(),
                    offset: length,
                };
                length += 2 * column.bins;
                column
            })
            .collect();
        Self { columns, length }
    }
}

impl Column {
    /// The column's part of a node's vector, two numbers per bin.
    pub(super) fn of<'sums>(&self, histogram: &'sums [i64]) -> &'sums [i64] {
        &histogram[self.offset..self.offset + 2 * self.bins]
    }

    /// Sums over all bins.
    pub(super) fn total(&self, histogram: &[i64]) -> Sums {
        self.of(histogram)
            .chunks_exact(2)
            .fold(Sums::default(), |sum, bin| {
                sum + Sums {
                    first: bin[0],
                    second: bin[1],
                }
            })
    }
}

/// Sums of first and second derivatives over some rows, in fixed point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Sums {
    pub first: i64,
    pub second: i64,
}

impl core::ops::Add for Sums {
    type Output = Self;

    // Totals come from outside: a nonsensical one must not stop the process.
    fn add(self, other: Self) -> Self {
        Self {
            first: self.first.wrapping_add(other.first),
            second: self.second.wrapping_add(other.second),
        }
    }
}

impl core::ops::Sub for Sums {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            first: self.first.wrapping_sub(other.first),
            second: self.second.wrapping_sub(other.second),
        }
    }
}

/// A node's vector from its parent's and its sibling's.
pub(super) fn difference(parent: &[i64], sibling: &[i64]) -> Vec<i64> {
    parent
        .iter()
        .zip(sibling)
        .map(|(whole, part)| whole.wrapping_sub(*part))
        .collect()
}
