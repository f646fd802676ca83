//! A holder's rows as bin numbers, one byte per value.

use super::fixed_point::{PackedBudget, first_of, second_of};
use super::histogram::HistogramLayout;
use crate::parallel::{piece_length, run_all};
use crate::quantiles::QuantileBins;
use crate::rows::TrainingRows;

/// Bins by row, for sums over all columns, and once more by column, for the division of rows by one column.
///
/// A row is padded to a length that divides or is a multiple of a cache line, so that the bins of a short row never
/// straddle two lines.
#[derive(Debug)]
pub(super) struct BinnedRows {
    stride: usize,
    by_row: Vec<u8>,
    by_column: Vec<Vec<u8>>,
}

const CACHE_LINE: usize = 64;

impl BinnedRows {
    pub(super) fn new(rows: &TrainingRows, bins: &QuantileBins, threads: usize) -> Self {
        let features = bins.features.len();
        let stride = match features {
            0..=CACHE_LINE => features.next_power_of_two(),
            _ => features.next_multiple_of(CACHE_LINE),
        };
        let mut by_row = vec![0u8; rows.len() * stride];
        let piece = piece_length(rows.len(), threads);
        run_all(
            by_row
                .chunks_mut(piece * stride)
                .enumerate()
                .map(|(index, part)| {
                    move || {
                        for (row, binned) in (index * piece..).zip(part.chunks_exact_mut(stride)) {
                            for ((binned, value), bins) in binned
                                .iter_mut()
                                .zip(rows.features(row))
                                .zip(&bins.features)
                            {
                                *binned = bins.bin_of(*value);
                            }
                        }
                    }
                }),
        );
        let piece = features.div_ceil(threads.max(1)).max(1);
        let pieces = (0..features).step_by(piece);
        let by_column = run_all(pieces.map(|first| {
            let by_row = &by_row;
            move || {
                let column = |feature: usize| {
                    by_row
                        .iter()
                        .skip(feature)
                        .step_by(stride)
                        .copied()
                        .collect()
                };
                (first..features.min(first + piece))
                    .map(column)
                    .collect::<Vec<Vec<u8>>>()
            }
        }));
        let by_column = by_column.concat();
        Self {
            stride,
            by_row,
            by_column,
        }
    }

    /// The bins of one feature, by row.
    pub(super) fn column(&self, feature: u16) -> &[u8] {
        &self.by_column[usize::from(feature)]
    }

    /// The bins of one row, in feature order, with padding behind.
    #[inline]
    pub(super) fn row(&self, row: usize) -> &[u8] {
        &self.by_row[row * self.stride..(row + 1) * self.stride]
    }

    /// Adds up the packed derivatives of some rows per column and bin, as a node's vector. `derivatives` has an entry
    /// for every row of the table, `rows` says which to add.
    pub(super) fn histogram(
        &self,
        layout: &HistogramLayout,
        derivatives: &[i64],
        rows: &[u32],
        threads: usize,
    ) -> Vec<i64> {
        let pieces = rows.chunks(piece_length(rows.len(), threads));
        let parts = run_all(
            pieces.map(|piece| move || self.histogram_of_piece(layout, derivatives, piece)),
        );
        parts
            .into_iter()
            .reduce(|mut sum, part| {
                sum.iter_mut()
                    .zip(part)
                    .for_each(|(sum, addend)| *sum += addend);
                sum
            })
            .unwrap_or_else(|| vec![0; layout.length])
    }

    fn histogram_of_piece(
        &self,
        layout: &HistogramLayout,
        derivatives: &[i64],
        rows: &[u32],
    ) -> Vec<i64> {
        let mut histogram = vec![0i64; layout.length];
        // One word per bin holds both sums for a while: a full row of tables stays in the fastest cache.
        let mut tables = vec![[0i64; 256]; layout.columns.len()];
        let features: Vec<usize> = layout
            .columns
            .iter()
            .map(|column| column.feature.into())
            .collect();
        let mut budget = PackedBudget::default();
        for block in rows.chunks(PackedBudget::ROWS_MAX) {
            if !budget.fits(block.iter().map(|row| derivatives[*row as usize])) {
                empty_tables(layout, &mut tables, &mut histogram);
            }
            for row in block {
                let packed = derivatives[*row as usize];
                let bins = self.row(*row as usize);
                for (table, feature) in tables.iter_mut().zip(&features) {
                    table[usize::from(bins[*feature])] += packed;
                }
            }
        }
        empty_tables(layout, &mut tables, &mut histogram);
        histogram
    }
}

fn empty_tables(layout: &HistogramLayout, tables: &mut [[i64; 256]], histogram: &mut [i64]) {
    for (column, table) in layout.columns.iter().zip(tables) {
        let sums = &mut histogram[column.offset..column.offset + 2 * column.bins];
        for (sums, packed) in sums.chunks_exact_mut(2).zip(table) {
            sums[0] += first_of(*packed);
            sums[1] += second_of(*packed);
            *packed = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixed_point::Derivatives;
    use super::*;
    use crate::quantiles::{FeatureBins, FeatureKey};
    use crate::rows::MISSING;

    #[test]
    fn a_histogram_is_the_plain_sum_per_bin_for_any_number_of_threads() {
        let mut rows = TrainingRows::new(3);
        for id in 0..20_000u32 {
            let x = f64::from(id % 10);
            rows.push(
                u64::from(id),
                &[x, if id % 3 == 0 { MISSING } else { x }, -x],
                id % 2 == 0,
            )
            .expect("finite");
        }
        let cuts = |cuts: [f64; 2]| FeatureBins::new(cuts.into_iter().filter_map(FeatureKey::of));
        let bins = QuantileBins {
            features: vec![cuts([3.0, 7.0]), cuts([1.0, 2.0]), cuts([-5.0, 0.0])],
        };
        let layout = HistogramLayout::of(&[0, 1, 2], &bins);
        let binned = BinnedRows::new(&rows, &bins, 2);
        // Extreme derivatives, so that the packed sums overflow many times unless they are emptied in time.
        let derivatives: Vec<i64> = rows
            .labels()
            .iter()
            .map(|label| Derivatives::at(40.0, *label).packed())
            .collect();
        let chosen: Vec<u32> = (0..20_000).filter(|row| row % 7 != 0).collect();

        let mut expected = vec![0i64; layout.length];
        for row in &chosen {
            for column in &layout.columns {
                let feature = usize::from(column.feature);
                let bin = bins.features[feature].bin_of(rows.features(*row as usize)[feature]);
                expected[column.offset + 2 * usize::from(bin)] +=
                    first_of(derivatives[*row as usize]);
                expected[column.offset + 2 * usize::from(bin) + 1] +=
                    second_of(derivatives[*row as usize]);
            }
        }
        for threads in 1..4 {
            assert_eq!(
                binned.histogram(&layout, &derivatives, &chosen, threads),
                expected
            );
        }
        assert_eq!(
            binned.histogram(&layout, &derivatives, &[], 2),
            vec![0; layout.length]
        );
    }
}
