//! From the sums to weights.

use super::plan::SlistSettings;
use super::sums::{SessionSums, UNIT};
use crate::item_weights::ItemWeights;
use crate::parallel;
use crate::sparse::{LocalInverse, SparseRows, SymmetricRows};
use crate::spd_inverse::{NotPositiveDefinite, SymmetricMatrix};

/// Solves for all weights: n³ operations and about 8·n² bytes for n items. The number of threads does not show.
pub fn solve(
    sums: &SessionSums,
    settings: &SlistSettings,
    threads: usize,
) -> Result<ItemWeights, NotPositiveDefinite> {
    settings.check().map_err(|_| NotPositiveDefinite)?;
    let size = sums.items.len();
    let mix = Mix::of(settings);
    let matrix = SymmetricMatrix::from_lower_triangle(size, |row, column| {
        let (similarity, past) = (
            sums.similarity.get(row, column as u32),
            sums.pasts.get(row, column as u32),
        );
        let ridge = if row == column { settings.ridge } else { 0.0 };
        mix.similarity * similarity as f64 + mix.cuts * past as f64 + ridge
    });
    let inverse = matrix.inverse(threads)?;
    let rows: Vec<usize> = (0..size).collect();
    let piece = size.div_ceil(threads.max(1)).max(1);
    let pieces = parallel::run_all(rows.chunks(piece).map(|rows| {
        let inverse = &inverse;
        move || {
            let mut weights = Vec::with_capacity(rows.len() * size);
            let mut sums_of_rows = vec![[0.0; ROWS]; size];
            for rows in rows.chunks(ROWS) {
                sums_of_rows.fill([0.0; ROWS]);
                for through in 0..size {
                    let mut factors = [0.0; ROWS];
                    for (factor, row) in factors.iter_mut().zip(rows) {
                        *factor = inverse.get(*row, through);
                    }
                    mix.add_targets_to_rows(sums, through, &factors, &mut sums_of_rows);
                }
                for place in 0..rows.len() {
                    weights.extend(sums_of_rows.iter().map(|row_sums| row_sums[place] as f32));
                }
            }
            weights
        }
    }));
    Ok(ItemWeights::dense(
        sums.item_count,
        sums.items.clone(),
        pieces.concat(),
    ))
}

/// How much of a large catalogue is solved for.
#[derive(Debug, Clone, Copy)]
pub struct SparseLimits<'a> {
    /// Items that take part in the solution for one, those most strongly coupled to it.
    pub support_max: usize,
    /// Weights that an item keeps, the largest (ties by item number).
    pub weights_max: usize,
    /// By item number, whether weights from the item are wanted; `None` for all. A trial needs only those of its cases.
    pub wanted: Option<&'a [bool]>,
}

/// Solves for the strongest weights of each item by conjugate gradients, without a dense matrix: for catalogues of any
/// size.
pub fn solve_sparse(
    sums: &SessionSums,
    settings: &SlistSettings,
    limits: &SparseLimits<'_>,
    threads: usize,
) -> Result<ItemWeights, NotPositiveDefinite> {
    settings.check().map_err(|_| NotPositiveDefinite)?;
    let size = sums.items.len();
    let mix = Mix::of(settings);
    let matrix = MixedMatrix {
        sums,
        mix,
        ridge: settings.ridge,
    };
    let is_wanted = |row: &usize| {
        let item = sums.items[*row] as usize;
        limits
            .wanted
            .is_none_or(|wanted| wanted.get(item).is_some_and(|wanted| *wanted))
    };
    let rows: Vec<usize> = (0..size).filter(is_wanted).collect();
    let piece = rows.len().div_ceil(threads.max(1)).max(1);
    let pieces = parallel::run_all(rows.chunks(piece).map(|rows| {
        let matrix = &matrix;
        move || {
            let mut inverse = LocalInverse::new(matrix, size, limits.support_max);
            let mut sum = vec![0.0; size];
            let mut touched = Vec::new();
            let mut kept = Vec::with_capacity(rows.len());
            for row in rows {
                for (through, factor) in inverse.row(*row) {
                    mix.note_targets(sums, through as usize, &mut touched);
                    mix.add_targets(sums, through as usize, factor, &mut sum);
                }
                kept.push(strongest(&mut sum, &mut touched, limits.weights_max));
            }
            kept
        }
    }));
    let mut weights = vec![Vec::new(); size];
    for (row, solved) in rows.iter().zip(pieces.into_iter().flatten()) {
        weights[*row] = solved;
    }
    Ok(ItemWeights::sparse(
        sums.item_count,
        sums.items.clone(),
        weights,
    ))
}

/// The `weights_max` largest sums by absolute value, columns ascending; empties the sums.
fn strongest(sum: &mut [f64], touched: &mut Vec<u32>, weights_max: usize) -> Vec<(u32, f32)> {
    touched.sort_unstable();
    touched.dedup();
    let mut cells: Vec<(u32, f32)> = touched
        .drain(..)
        .map(|column| (column, std::mem::take(&mut sum[column as usize]) as f32))
        .filter(|(_, weight)| *weight != 0.0)
        .collect();
    if cells.len() > weights_max {
        cells.sort_unstable_by(|left, right| {
            right
                .1
                .abs()
                .total_cmp(&left.1.abs())
                .then(left.0.cmp(&right.0))
        });
        cells.truncate(weights_max);
        cells.sort_unstable_by_key(|(column, _)| *column);
    }
    cells
}

/// Rows that are multiplied together: one look at a cell of the sums serves all of them.
const ROWS: usize = 8;

/// What a unit of each sum counts.
#[derive(Clone, Copy)]
struct Mix {
    similarity: f64,
    cuts: f64,
}

impl Mix {
    fn of(settings: &SlistSettings) -> Self {
        Self {
            similarity: settings.similarity_share * UNIT,
            cuts: (1.0 - settings.similarity_share) * UNIT,
        }
    }

    /// Adds `factor` times row `row` of α·S + (1 − α)·T.
    fn add_targets(self, sums: &SessionSums, row: usize, factor: f64, sum: &mut [f64]) {
        for (rows, share) in [
            (&sums.similarity, self.similarity),
            (&sums.transitions, self.cuts),
        ] {
            let (columns, values) = rows.row(row);
            let factor = factor * share;
            for (column, value) in columns.iter().zip(values) {
                sum[*column as usize] += factor * *value as f64;
            }
        }
    }

    /// The same for several rows, each with a factor of its own.
    fn add_targets_to_rows(
        self,
        sums: &SessionSums,
        row: usize,
        factors: &[f64; ROWS],
        to: &mut [[f64; ROWS]],
    ) {
        for (rows, share) in [
            (&sums.similarity, self.similarity),
            (&sums.transitions, self.cuts),
        ] {
            let (columns, values) = rows.row(row);
            let factors = factors.map(|factor| factor * share);
            for (column, value) in columns.iter().zip(values) {
                let value = *value as f64;
                for (sum, factor) in to[*column as usize].iter_mut().zip(&factors) {
                    *sum += factor * value;
                }
            }
        }
    }

    fn note_targets(self, sums: &SessionSums, row: usize, touched: &mut Vec<u32>) {
        touched.extend_from_slice(sums.similarity.row(row).0);
        touched.extend_from_slice(sums.transitions.row(row).0);
    }
}

/// α·S + (1 − α)·Z + λ·I.
struct MixedMatrix<'a> {
    sums: &'a SessionSums,
    mix: Mix,
    ridge: f64,
}

impl SymmetricRows for MixedMatrix<'_> {
    fn visit(&self, row: usize, mut cell: impl FnMut(u32, f64)) {
        let parts = [
            (&self.sums.similarity, self.mix.similarity),
            (&self.sums.pasts, self.mix.cuts),
        ];
        for (rows, share) in parts {
            let (columns, values) = rows.row(row);
            for (column, value) in columns.iter().zip(values) {
                cell(*column, share * *value as f64);
            }
        }
        cell(row as u32, self.ridge);
    }

    fn diagonal(&self, row: usize) -> f64 {
        let own = |rows: &SparseRows| rows.get(row, row as u32) as f64;
        self.mix.similarity * own(&self.sums.similarity)
            + self.mix.cuts * own(&self.sums.pasts)
            + self.ridge
    }
}
