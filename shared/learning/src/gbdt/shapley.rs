//! Exact Shapley values of a tree.
//!
//! Knowing the features S of a row, a tree is expected to say v(S): at a split on a feature of S the row goes its way,
//! at any other split it goes both ways, weighted by cover. v is a sum over leaves, and a leaf's part is a product over
//! the different features on its path: each gives 1 or 0 if known (does the row fit all conditions on it?), and the
//! product of the cover shares of its conditions if not. The Shapley values of a product follow from the coefficients
//! of a polynomial, so a leaf with m features on its path costs m³ operations, and no set S is ever listed.

use super::contributions::{child_of, left_share};
use super::tree::{Node, Tree};

/// Adds the tree's Shapley values for one row to `values`.
pub(super) fn add_values(tree: &Tree, features: &[f64], values: &mut [f64]) {
    let mut path = Vec::new();
    visit(tree, 0, features, &mut path, values);
}

/// All conditions on one feature along a path.
#[derive(Debug, Clone, Copy)]
struct Factor {
    feature: u16,
    /// 1 if the row fits all of them, else 0.
    known: f64,
    /// The share of rows that do, among those that come to them.
    unknown: f64,
}

fn visit(tree: &Tree, node: usize, features: &[f64], path: &mut Vec<Factor>, values: &mut [f64]) {
    match &tree.nodes[node] {
        Node::Leaf { value, .. } => add_leaf(*value, path, values),
        split @ Node::Split { feature, left, .. } => {
            let taken = child_of(split, features);
            let share = left_share(tree, *left);
            for (child, share) in [(*left as usize, share), (*left as usize + 1, 1.0 - share)] {
                let known = f64::from(u8::from(child == taken));
                let before = path.clone();
                match path.iter_mut().find(|factor| factor.feature == *feature) {
                    Some(factor) => {
                        factor.known *= known;
                        factor.unknown *= share;
                    }
                    None => path.push(Factor {
                        feature: *feature,
                        known,
                        unknown: share,
                    }),
                }
                visit(tree, child, features, path, values);
                *path = before;
            }
        }
    }
}

/// φ_j = value · (known_j − unknown_j) · Σ_s s!(m − 1 − s)!/m! · [t^s] Π_{k ≠ j} (unknown_k + known_k · t).
fn add_leaf(value: f64, path: &[Factor], values: &mut [f64]) {
    for (index, factor) in path.iter().enumerate() {
        let mut polynomial = vec![1.0];
        for other in path
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != index)
            .map(|(_, other)| other)
        {
            polynomial.push(0.0);
            for power in (0..polynomial.len()).rev() {
                let lower = if power > 0 {
                    polynomial[power - 1]
                } else {
                    0.0
                };
                polynomial[power] = polynomial[power] * other.unknown + lower * other.known;
            }
        }
        // 1/m for s = 0, then times s / (m − s): the chance that a random order of the m features puts exactly
        // those s before j.
        let features = path.len() as f64;
        let mut chance = 1.0 / features;
        let mut sum = 0.0;
        for (size, coefficient) in polynomial.iter().enumerate() {
            if size > 0 {
                chance *= size as f64 / (features - size as f64);
            }
            sum += chance * coefficient;
        }
        values[usize::from(factor.feature)] += value * (factor.known - factor.unknown) * sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// v(S) by its definition.
    fn expectation(tree: &Tree, node: usize, features: &[f64], known: u32) -> f64 {
        match &tree.nodes[node] {
            Node::Leaf { value, .. } => *value,
            split @ Node::Split { feature, left, .. } => {
                if known >> feature & 1 == 1 {
                    return expectation(tree, child_of(split, features), features, known);
                }
                let share = left_share(tree, *left);
                share * expectation(tree, *left as usize, features, known)
                    + (1.0 - share) * expectation(tree, *left as usize + 1, features, known)
            }
        }
    }

    /// Shapley values by their definition: every subset of the other features.
    fn brute_force(tree: &Tree, features: &[f64]) -> Vec<f64> {
        let count = features.len() as u32;
        let factorial = |n: u32| (1..=n).map(f64::from).product::<f64>();
        (0..count)
            .map(|feature| {
                (0..1u32 << count)
                    .filter(|subset| subset >> feature & 1 == 0)
                    .map(|subset| {
                        let size = subset.count_ones();
                        let weight =
                            factorial(size) * factorial(count - 1 - size) / factorial(count);
                        let with = expectation(tree, 0, features, subset | 1 << feature);
                        weight * (with - expectation(tree, 0, features, subset))
                    })
                    .sum()
            })
            .collect()
    }

    fn split(feature: u16, threshold: f32, left: u32, cover: f64) -> Node {
        Node::Split {
            feature,
            threshold,
            missing_left: feature == 0,
            left,
            cover,
        }
    }

    fn leaf(value: f64, cover: f64) -> Node {
        Node::Leaf { value, cover }
    }

    /// Feature 0 comes twice on one path, feature 3 never.
    fn tree() -> Tree {
        let nodes = vec![
            split(0, 1.0, 1, 20.0),
            split(1, 0.0, 3, 12.0),
            split(2, 5.0, 5, 8.0),
            leaf(-1.0, 9.0),
            split(0, -2.0, 7, 3.0),
            leaf(0.25, 2.0),
            split(1, 3.0, 9, 6.0),
            leaf(4.0, 1.0),
            leaf(-0.5, 2.0),
            leaf(2.0, 5.0),
            leaf(-3.0, 1.0),
        ];
        Tree { nodes }
    }

    #[test]
    fn they_equal_the_definition() {
        for x in [-3.0, 0.0, 2.0, crate::MISSING] {
            for y in [-1.0, 1.0, 4.0, crate::MISSING] {
                for z in [4.0, 6.0] {
                    let row = [x, y, z, 1.0];
                    let mut values = [0.0; 4];
                    add_values(&tree(), &row, &mut values);
                    for (actual, expected) in values.iter().zip(brute_force(&tree(), &row)) {
                        assert!((actual - expected).abs() < 1e-12, "{row:?}: {values:?}");
                    }
                    assert_eq!(values[3], 0.0);
                }
            }
        }
    }

    #[test]
    fn they_add_up_to_the_leaf_less_the_mean() {
        let row = [2.0, 4.0, 6.0, 0.0];
        let mut values = [0.0; 4];
        add_values(&tree(), &row, &mut values);
        let mean = expectation(&tree(), 0, &row, 0);
        assert!((values.iter().sum::<f64>() - (-3.0 - mean)).abs() < 1e-12);
    }
}
