//! A holder's working memory for counting.

use std::ops::Range;

use super::key::FeatureKey;
use super::search::CHILDREN;
use crate::parallel::run_all;
use crate::rows::TrainingRows;

/// One holder's keys, sorted, per feature: of all rows and of the positive ones.
#[derive(Debug, Default)]
pub struct QuantileWorkspace {
    threads: usize,
    sorted_keys: Vec<[Vec<u32>; 2]>,
}

impl QuantileWorkspace {
    /// An empty workspace that sorts with `threads` threads. The answers do not depend on it.
    pub fn with_threads(threads: usize) -> Self {
        Self {
            threads,
            sorted_keys: Vec::new(),
        }
    }

    /// Sorts the keys of all features, unless that was done before.
    pub(super) fn sort(&mut self, rows: &TrainingRows, feature_count: usize) {
        if self.sorted_keys.len() != feature_count {
            let piece = feature_count.div_ceil(self.threads.max(1)).max(1);
            let pieces = (0..feature_count)
                .step_by(piece)
                .map(|first| first..feature_count.min(first + piece));
            let keys = run_all(pieces.map(|features| move || sorted_keys(rows, features)));
            self.sorted_keys = keys.into_iter().flatten().collect();
        }
    }

    /// Per feature: of all rows, then of the positive ones.
    pub(super) fn sorted_keys(&self) -> &[[Vec<u32>; 2]] {
        &self.sorted_keys
    }
}

/// Per feature, the sorted keys of all rows and of the positive ones.
fn sorted_keys(rows: &TrainingRows, features: Range<usize>) -> Vec<[Vec<u32>; 2]> {
    let mut keys: Vec<[Vec<u32>; 2]> = features
        .clone()
        .map(|_| [Vec::with_capacity(rows.len()), Vec::new()])
        .collect();
    for (values, label) in rows.iter() {
        for ([all, positive], value) in keys.iter_mut().zip(&values[features.clone()]) {
            if let Some(key) = FeatureKey::of(*value) {
                all.push(key.bits());
                if label {
                    positive.push(key.bits());
                }
            }
        }
    }
    keys.iter_mut()
        .flatten()
        .for_each(|keys| keys.sort_unstable());
    keys
}

/// Appends how many of the sorted `keys` lie in each of the 256 children of the bucket that begins at `first`.
pub(super) fn count_children(keys: &[u32], first: u32, child_bits: u32, answer: &mut Vec<i64>) {
    let last = first | (((CHILDREN as u64) << child_bits) - 1) as u32;
    let begin = keys.partition_point(|key| *key < first);
    let end = begin + keys[begin..].partition_point(|key| *key <= last);
    let mut inside = &keys[begin..end];
    for child in 0..CHILDREN as u32 {
        let child_last = (first | child << child_bits) | ((1u64 << child_bits) - 1) as u32;
        let count = inside.partition_point(|key| *key <= child_last);
        answer.push(count as i64);
        inside = &inside[count..];
    }
}
