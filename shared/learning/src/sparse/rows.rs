//! Rows of columns and values.

use serde::{Deserialize, Serialize};

/// A square matrix by rows; the columns of a row ascend.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SparseRows {
    ends: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<i64>,
}

impl SparseRows {
    /// Appends a row, columns ascending.
    pub fn push(&mut self, row: impl IntoIterator<Item = (u32, i64)>) {
        for (column, value) in row {
            self.columns.push(column);
            self.values.push(value);
        }
        self.ends.push(self.columns.len());
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True if there is no row.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Cells that are stored.
    pub fn cell_count(&self) -> usize {
        self.columns.len()
    }

    /// Columns and values of one row.
    pub fn row(&self, row: usize) -> (&[u32], &[i64]) {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        let range = start..self.ends[row];
        (&self.columns[range.clone()], &self.values[range])
    }

    /// One cell; 0 where nothing is stored.
    pub fn get(&self, row: usize, column: u32) -> i64 {
        let (columns, values) = self.row(row);
        columns
            .binary_search(&column)
            .map_or(0, |place| values[place])
    }

    /// A lower triangle with its upper half added.
    pub(crate) fn mirrored(&self) -> Self {
        let mut rows: Vec<Vec<(u32, i64)>> = vec![Vec::new(); self.len()];
        for row in 0..self.len() {
            let (columns, values) = self.row(row);
            for (column, value) in columns.iter().zip(values) {
                rows[row].push((*column, *value));
                if *column as usize != row {
                    // Rows come in order, so the mirrored columns ascend and follow the row's own.
                    rows[*column as usize].push((row as u32, *value));
                }
            }
        }
        let mut mirrored = Self::default();
        for row in rows {
            mirrored.push(row);
        }
        mirrored
    }
}
