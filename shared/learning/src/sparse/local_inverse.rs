//! Rows of the inverse of a large sparse matrix, without ever holding a dense one.

/// A symmetric positive definite matrix that can list its rows.
pub(crate) trait SymmetricRows: Sync {
    /// Calls `cell` with columns and values of a row; what it gives for one column adds up.
    fn visit(&self, row: usize, cell: impl FnMut(u32, f64));

    /// The diagonal.
    fn diagonal(&self, row: usize) -> f64;
}

const ROUNDS_MAX: usize = 60;
/// The residual at which a solution is good enough, relative to the right side.
const TOLERANCE: f64 = 1e-6;

/// Solves for rows of the inverse one after the other, using its memory again.
pub(crate) struct LocalInverse<'a, M> {
    matrix: &'a M,
    /// At most so many columns of a row take part.
    support_max: usize,
    place: Vec<u32>,
    sums: Vec<f64>,
    block: Vec<f64>,
}

impl<'a, M: SymmetricRows> LocalInverse<'a, M> {
    pub(crate) fn new(matrix: &'a M, size: usize, support_max: usize) -> Self {
        Self {
            matrix,
            support_max: support_max.max(1),
            place: vec![u32::MAX; size],
            sums: vec![0.0; size],
            block: Vec::new(),
        }
    }

    /// Row `item` of the inverse, restricted to the columns most strongly coupled to it, ascending.
    ///
    /// Solves A_SS·u = e by conjugate gradients with the diagonal as preconditioner, where S is the item itself and the
    /// columns of its row with the largest |A_ij| / √A_jj (ties by column). For the rest the inverse is taken as zero:
    /// with a ridge it falls off quickly with distance. The order of all operations depends on the matrix alone.
    pub(crate) fn row(&mut self, item: usize) -> Vec<(u32, f64)> {
        let support = self.support(item);
        for (place, column) in (0..).zip(&support) {
            self.place[*column as usize] = place;
        }
        let size = support.len();
        self.block.clear();
        self.block.resize(size * size, 0.0);
        for (row, cells) in support.iter().zip(self.block.chunks_exact_mut(size)) {
            let place = &self.place;
            self.matrix.visit(*row as usize, |column, value| {
                if let Some(cell) = cells.get_mut(place[column as usize] as usize) {
                    *cell += value;
                }
            });
        }
        for column in &support {
            self.place[*column as usize] = u32::MAX;
        }
        let own = support.partition_point(|column| (*column as usize) < item);
        let solution = conjugate_gradients(&self.block, own, size);
        support.into_iter().zip(solution).collect()
    }

    fn support(&mut self, item: usize) -> Vec<u32> {
        let (matrix, sums) = (self.matrix, &mut self.sums);
        let mut columns = Vec::new();
        matrix.visit(item, |column, value| {
            columns.push(column);
            sums[column as usize] += value;
        });
        columns.sort_unstable();
        columns.dedup();
        let mut coupled: Vec<(f64, u32)> = columns
            .into_iter()
            .map(|column| {
                let value = std::mem::take(&mut sums[column as usize]);
                (
                    value.abs() / matrix.diagonal(column as usize).sqrt(),
                    column,
                )
            })
            .filter(|(_, column)| *column as usize != item)
            .collect();
        let others = self.support_max - 1;
        if coupled.len() > others {
            coupled.sort_unstable_by(|left, right| {
                right.0.total_cmp(&left.0).then(left.1.cmp(&right.1))
            });
            coupled.truncate(others);
        }
        let mut support: Vec<u32> = coupled.into_iter().map(|(_, column)| column).collect();
        support.push(item as u32);
        support.sort_unstable();
        support
    }
}

/// Solves A·u = e_own (Hestenes and Stiefel, 1952) for a row-major A, preconditioned by its diagonal.
fn conjugate_gradients(matrix: &[f64], own: usize, size: usize) -> Vec<f64> {
    let diagonal: Vec<f64> = (0..size)
        .map(|place| matrix[place * size + place])
        .collect();
    let mut solution = vec![0.0; size];
    let mut residual = vec![0.0; size];
    residual[own] = 1.0;
    let mut direction = vec![0.0; size];
    direction[own] = 1.0 / diagonal[own];
    let mut product = vec![0.0; size];
    let mut squared = direction[own];
    let enough = squared * TOLERANCE * TOLERANCE;
    for _ in 0..ROUNDS_MAX {
        if squared <= enough {
            break;
        }
        product.fill(0.0);
        // The matrix is symmetric: its columns are its rows, and adding rows keeps the order of every sum.
        for (factor, row) in direction.iter().zip(matrix.chunks_exact(size)) {
            if *factor != 0.0 {
                for (sum, cell) in product.iter_mut().zip(row) {
                    *sum += factor * cell;
                }
            }
        }
        let curvature: f64 = direction.iter().zip(&product).map(|(d, p)| d * p).sum();
        if curvature <= 0.0 {
            break;
        }
        let step = squared / curvature;
        for place in 0..size {
            solution[place] += step * direction[place];
            residual[place] -= step * product[place];
        }
        let next: f64 = residual.iter().zip(&diagonal).map(|(r, d)| r * r / d).sum();
        let turn = next / squared;
        for place in 0..size {
            direction[place] = residual[place] / diagonal[place] + turn * direction[place];
        }
        squared = next;
    }
    solution
}
