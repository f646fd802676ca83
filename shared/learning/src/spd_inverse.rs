//! The inverse of a large symmetric positive definite matrix, in a fixed order of operations.
//!
//! The method is the block form of the symmetric sweep (Goodnight, 1979, "A tutorial on the SWEEP operator"): for each
//! block of pivots K, with D = A_KK inverted through its Cholesky factor, A_RR −= A_RK·D·A_KR, A_RK ← A_RK·D and
//! A_KK ← −D; after all blocks the matrix holds −A⁻¹. It costs n³ operations, nearly all of them in one kernel. Every
//! element is computed by one thread in an order that depends on n alone, so neither the number of threads nor the
//! width of the processor's registers shows in a single bit.

use crate::{cholesky, parallel};

/// Rows of a strip, and pivots swept at a time.
const BLOCK: usize = 64;
/// Columns that the kernel handles together.
const TILE: usize = 8;
/// Rows that the kernel handles together.
const ROWS: usize = 4;

/// A symmetric matrix, its lower triangle in strips of 64 rows, padded with ones on the diagonal.
///
/// Memory: about 4·n² bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct SymmetricMatrix {
    size: usize,
    /// Strip s has 64 rows of 64·(s + 1) columns.
    strips: Vec<Vec<f64>>,
}

/// The matrix is not positive definite in floating point: it lacks a ridge, or holds something that is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the matrix is not positive definite")]
pub struct NotPositiveDefinite;

impl SymmetricMatrix {
    /// The matrix of `size` rows whose lower triangle `element(row, column)`, column ≤ row, describes.
    pub fn from_lower_triangle(size: usize, mut element: impl FnMut(usize, usize) -> f64) -> Self {
        let strips = (0..size.div_ceil(BLOCK))
            .map(|strip| {
                let width = (strip + 1) * BLOCK;
                let mut rows = vec![0.0; BLOCK * width];
                for (offset, row) in rows.chunks_exact_mut(width).enumerate() {
                    let row_index = strip * BLOCK + offset;
                    if row_index >= size {
                        row[row_index] = 1.0;
                        continue;
                    }
                    for (column, value) in row[..=row_index].iter_mut().enumerate() {
                        *value = element(row_index, column);
                    }
                }
                rows
            })
            .collect();
        Self { size, strips }
    }

    /// Number of rows.
    pub fn size(&self) -> usize {
        self.size
    }

    /// One element; both indices below [`size`](Self::size).
    #[inline]
    pub fn get(&self, row: usize, column: usize) -> f64 {
        let (row, column) = (row.max(column), row.min(column));
        let strip = row / BLOCK;
        self.strips[strip][(row % BLOCK) * (strip + 1) * BLOCK + column]
    }

    /// The inverse, computed by `threads` threads; their number does not show in the result.
    pub fn inverse(mut self, threads: usize) -> Result<Self, NotPositiveDefinite> {
        let mut panels = Panels::new(self.strips.len());
        for pivot in 0..self.strips.len() {
            let inverse = self.inverse_of_pivot(pivot).ok_or(NotPositiveDefinite)?;
            panels.gather(&self.strips, pivot, &inverse);
            update(&mut self.strips, &panels, pivot, threads);
            self.write_pivot(pivot, &panels, &inverse);
        }
        for value in self.strips.iter_mut().flatten() {
            *value = -*value;
        }
        Ok(self)
    }

    /// D, row-major and whole, of one diagonal block.
    fn inverse_of_pivot(&self, pivot: usize) -> Option<Vec<f64>> {
        let width = (pivot + 1) * BLOCK;
        let block =
            |row: usize, column: usize| self.strips[pivot][row * width + pivot * BLOCK + column];
        let mut triangle: Vec<f64> = (0..BLOCK)
            .flat_map(|row| (0..=row).map(move |column| block(row, column)))
            .collect();
        cholesky::factorise(&mut triangle, BLOCK)?;
        let mut inverse = vec![0.0; BLOCK * BLOCK];
        for column in 0..BLOCK {
            let mut unit = [0.0; BLOCK];
            unit[column] = 1.0;
            cholesky::substitute(&triangle, &mut unit);
            // Only the lower half is taken, so that the result is symmetric to the bit.
            for row in column..BLOCK {
                inverse[row * BLOCK + column] = unit[row];
                inverse[column * BLOCK + row] = unit[row];
            }
        }
        Some(inverse)
    }

    fn write_pivot(&mut self, pivot: usize, panels: &Panels, inverse: &[f64]) {
        let width = (pivot + 1) * BLOCK;
        for (offset, row) in self.strips[pivot].chunks_exact_mut(width).enumerate() {
            for (column, value) in row[..pivot * BLOCK].iter_mut().enumerate() {
                *value = panels.swept[column * BLOCK + offset];
            }
            for (value, d) in row[pivot * BLOCK..]
                .iter_mut()
                .zip(&inverse[offset * BLOCK..])
            {
                *value = -d;
            }
        }
        for (strip, rows) in self.strips.iter_mut().enumerate().skip(pivot + 1) {
            let width = (strip + 1) * BLOCK;
            for (offset, row) in rows.chunks_exact_mut(width).enumerate() {
                let swept = &panels.swept[(strip * BLOCK + offset) * BLOCK..][..BLOCK];
                row[pivot * BLOCK..][..BLOCK].copy_from_slice(swept);
            }
        }
    }
}

/// The columns of the pivots: as they were, in tiles for the kernel, and multiplied by D.
struct Panels {
    /// A_:K in tiles of 8 rows: tile, pivot, row within the tile.
    tiles: Vec<f64>,
    /// A_:K·D, row-major.
    swept: Vec<f64>,
}

impl Panels {
    fn new(strips: usize) -> Self {
        Self {
            tiles: vec![0.0; strips * BLOCK * BLOCK],
            swept: vec![0.0; strips * BLOCK * BLOCK],
        }
    }

    fn gather(&mut self, strips: &[Vec<f64>], pivot: usize, inverse: &[f64]) {
        for row in 0..strips.len() * BLOCK {
            let strip = row / BLOCK;
            let mut old = [0.0; BLOCK];
            if strip < pivot {
                let width = (pivot + 1) * BLOCK;
                for (k, value) in old.iter_mut().enumerate() {
                    *value = strips[pivot][k * width + row];
                }
            } else {
                let width = (strip + 1) * BLOCK;
                let start = (row % BLOCK) * width + pivot * BLOCK;
                // The pivots' own rows are not used; their upper half is not even filled.
                old.copy_from_slice(&strips[strip][start..start + BLOCK]);
            }
            let mut swept = [0.0; BLOCK];
            for (k, value) in old.iter().enumerate() {
                self.tiles[(row / TILE * BLOCK + k) * TILE + row % TILE] = *value;
                for (sum, d) in swept.iter_mut().zip(&inverse[k * BLOCK..(k + 1) * BLOCK]) {
                    *sum += value * d;
                }
            }
            self.swept[row * BLOCK..(row + 1) * BLOCK].copy_from_slice(&swept);
        }
    }
}

/// A_RR −= A_RK·D·A_KR, the strips dealt out to the threads in turn, the longest first.
fn update(strips: &mut [Vec<f64>], panels: &Panels, pivot: usize, threads: usize) {
    let threads = threads.clamp(1, strips.len().max(1));
    let mut hands: Vec<Vec<(usize, &mut Vec<f64>)>> = (0..threads).map(|_| Vec::new()).collect();
    let others = strips
        .iter_mut()
        .enumerate()
        .filter(|(strip, _)| *strip != pivot);
    for (turn, strip) in others.rev().enumerate() {
        // There and back, so that no thread always gets the longer one of a pair.
        let place = turn % (2 * threads);
        hands[place.min(2 * threads - 1 - place)].push(strip);
    }
    parallel::run_all(hands.into_iter().map(|hand| {
        move || {
            for (strip, rows) in hand {
                update_strip(rows, panels, strip, pivot);
            }
        }
    }));
}

fn update_strip(rows: &mut [f64], panels: &Panels, strip: usize, pivot: usize) {
    let width = (strip + 1) * BLOCK;
    let swept = &panels.swept[strip * BLOCK * BLOCK..][..BLOCK * BLOCK];
    // Factors of four rows side by side, as the kernel reads them.
    let mut packed = [[[0.0; ROWS]; BLOCK]; BLOCK / ROWS];
    for (row, values) in swept.chunks_exact(BLOCK).enumerate() {
        for (k, value) in values.iter().enumerate() {
            packed[row / ROWS][k][row % ROWS] = *value;
        }
    }
    let (tiles, _) = panels.tiles.as_chunks::<TILE>();
    for block in (0..=strip).filter(|block| *block != pivot) {
        for tile in block * BLOCK / TILE..(block + 1) * BLOCK / TILE {
            let columns = &tiles[tile * BLOCK..(tile + 1) * BLOCK];
            for (group, factors) in packed.iter().enumerate() {
                kernel(
                    &mut rows[group * ROWS * width + tile * TILE..],
                    width,
                    factors,
                    columns,
                );
            }
        }
    }
}

/// Subtracts the product of 4 rows and 8 columns, 64 deep.
#[inline(always)]
fn kernel(
    target: &mut [f64],
    width: usize,
    factors: &[[f64; ROWS]; BLOCK],
    columns: &[[f64; TILE]],
) {
    let mut sums = [[0.0; TILE]; ROWS];
    for (factor, column) in factors.iter().zip(columns) {
        for (sum, f) in sums.iter_mut().zip(factor) {
            for (s, c) in sum.iter_mut().zip(column) {
                *s += f * c;
            }
        }
    }
    for (row, sum) in sums.iter().enumerate() {
        for (value, s) in target[row * width..][..TILE].iter_mut().zip(sum) {
            *value -= s;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(size: usize) -> SymmetricMatrix {
        // Diagonally dominant, hence positive definite.
        SymmetricMatrix::from_lower_triangle(size, |row, column| {
            if row == column {
                size as f64
            } else {
                ((row * 31 + column * 17) % 13) as f64 / 13.0 - 0.3
            }
        })
    }

    #[test]
    fn a_matrix_times_its_inverse_is_the_identity() {
        for size in [0, 1, 5, 63, 64, 65, 200] {
            let matrix = example(size);
            let inverse = matrix.clone().inverse(2).expect("positive definite");
            for row in 0..size {
                for column in 0..size {
                    let product: f64 = (0..size)
                        .map(|k| matrix.get(row, k) * inverse.get(k, column))
                        .sum();
                    let expected = f64::from(u8::from(row == column));
                    assert!(
                        (product - expected).abs() < 1e-12,
                        "{size}: {row}, {column}: {product}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_number_of_threads_does_not_show() {
        let one = example(300).inverse(1).expect("positive definite");
        for threads in [2, 3, 7] {
            assert_eq!(
                example(300).inverse(threads).as_ref(),
                Ok(&one),
                "{threads} threads"
            );
        }
    }

    #[test]
    fn what_is_not_positive_definite_is_refused() {
        for wrong in [0.0, -1.0, f64::NAN] {
            let matrix = SymmetricMatrix::from_lower_triangle(100, |row, column| {
                if row != column {
                    0.0
                } else if row == 70 {
                    wrong
                } else {
                    1.0
                }
            });
            assert_eq!(matrix.inverse(1), Err(NotPositiveDefinite), "{wrong}");
        }
    }
}
