//! Solving a small positive definite system in a fixed order of operations.

/// Solves A·x = b for a symmetric positive definite A of `b.len()` rows.
///
/// `triangle` is A's lower triangle packed by rows: (0,0), (1,0), (1,1), (2,0), … It is overwritten by its factor, and
/// `b` by the solution. Every sum runs in index order, so equal input bits give equal output bits. `None` if A is not
/// positive definite in floating point.
pub(crate) fn solve(triangle: &mut [f64], b: &mut [f64]) -> Option<()> {
    debug_assert_eq!(triangle.len(), packed_length(b.len()));
    factorise(triangle, b.len())?;
    substitute(triangle, b);
    Some(())
}

/// Solves A·x = b in place, given the factor of A that [`factorise`] left.
pub(crate) fn substitute(factor: &[f64], b: &mut [f64]) {
    substitute_forward(factor, b);
    substitute_backward(factor, b);
}

/// The length of a packed lower triangle of `size` rows.
pub(crate) const fn packed_length(size: usize) -> usize {
    size * (size + 1) / 2
}

/// Where (row, column), column ≤ row, lies in a packed lower triangle.
pub(crate) const fn packed_index(row: usize, column: usize) -> usize {
    packed_length(row) + column
}

/// Overwrites a packed lower triangle by its Cholesky factor; `None` if it is not positive definite.
pub(crate) fn factorise(a: &mut [f64], size: usize) -> Option<()> {
    for row in 0..size {
        for column in 0..=row {
            let mut value = a[packed_index(row, column)];
            for k in 0..column {
                value -= a[packed_index(row, k)] * a[packed_index(column, k)];
            }
            a[packed_index(row, column)] = if column < row {
                value / a[packed_index(column, column)]
            } else if value > 0.0 && value.is_finite() {
                value.sqrt()
            } else {
                return None;
            };
        }
    }
    Some(())
}

fn substitute_forward(factor: &[f64], b: &mut [f64]) {
    for row in 0..b.len() {
        let mut value = b[row];
        for k in 0..row {
            value -= factor[packed_index(row, k)] * b[k];
        }
        b[row] = value / factor[packed_index(row, row)];
    }
}

fn substitute_backward(factor: &[f64], b: &mut [f64]) {
    for row in (0..b.len()).rev() {
        let mut value = b[row];
        for k in row + 1..b.len() {
            value -= factor[packed_index(k, row)] * b[k];
        }
        b[row] = value / factor[packed_index(row, row)];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_system_is_solved() {
        // [4 2 1; 2 5 3; 1 3 6] · [1 -2 3] = [3 1 13]
        let mut a = [4.0, 2.0, 5.0, 1.0, 3.0, 6.0];
        let mut b = [3.0, 1.0, 13.0];
        solve(&mut a, &mut b).expect("positive definite");
        for (actual, expected) in b.iter().zip([1.0, -2.0, 3.0]) {
            assert!((actual - expected).abs() < 1e-14, "{b:?}");
        }
    }

    #[test]
    fn an_indefinite_matrix_is_refused() {
        assert_eq!(solve(&mut [1.0, 2.0, 1.0], &mut [1.0, 1.0]), None);
        assert_eq!(solve(&mut [f64::NAN], &mut [1.0]), None);
    }
}
