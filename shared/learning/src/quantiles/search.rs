//! The descent of wanted ranks through buckets of ever fewer keys.

use serde::{Deserialize, Serialize};

use super::key::FeatureKey;
use super::targets::Target;
use crate::learner::AbsorbError;

/// Children of a bucket: each round reads eight more bits of the key.
pub(super) const CHILDREN: usize = 256;

/// A range of keys that share their leading bits and hold wanted ranks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Bucket {
    /// The lowest key.
    pub first: u32,
    /// Rows in it, of the population that is searched.
    rows: u64,
    /// Rows of that population with lower keys.
    below: u64,
    /// Wanted ranks (zero-based, among all rows of the population) with their slack, ascending.
    wanted: Vec<(u64, u64)>,
}

/// What a bucket's targets lead to once its children are counted.
#[derive(Debug, Default)]
pub(super) struct Descent {
    pub open: Vec<Bucket>,
    pub cuts: Vec<FeatureKey>,
}

impl Bucket {
    /// The bucket of all keys.
    pub(super) fn root(rows: u64, targets: &[Target]) -> Self {
        let wanted = targets
            .iter()
            .map(|target| (target.rank, target.slack))
            .collect();
        Self {
            first: 0,
            rows,
            below: 0,
            wanted,
        }
    }

    /// Follows every wanted rank into the child that holds it. `child_bits` is the number of key bits below a child: a
    /// child of zero bits is a single key.
    ///
    /// A rank is settled at a single key, or at a child with so few rows that its beginning is as good. A key that
    /// holds several wanted ranks is a value of its own weight: it gets a bin for itself.
    pub(super) fn descend(&self, counts: &[i64], child_bits: u32, into: &mut Descent) {
        let mut below = self.below;
        let mut wanted = self.wanted.as_slice();
        for (child, count) in (0u32..).zip(counts) {
            let rows = count.unsigned_abs();
            let inside = wanted.partition_point(|(rank, _)| *rank < below + rows);
            let (here, rest) = wanted.split_at(inside);
            wanted = rest;
            if !here.is_empty() {
                let bucket = Self {
                    first: self.first | child << child_bits,
                    rows,
                    below,
                    wanted: here.to_vec(),
                };
                bucket.settle_or_stay_open(child_bits, into);
            }
            below += rows;
        }
    }

    fn settle_or_stay_open(self, bits: u32, into: &mut Descent) {
        if bits == 0 {
            into.cuts.push(FeatureKey::from_bits(self.first));
            if self.wanted.len() > 1 {
                into.cuts
                    .extend(self.first.checked_add(1).map(FeatureKey::from_bits));
            }
        } else if self.wanted.iter().all(|(_, slack)| self.rows <= *slack) {
            into.cuts.push(FeatureKey::from_bits(self.first));
        } else {
            into.open.push(self);
        }
    }

    /// The best cut that is known without looking further.
    pub(super) fn settle_early(&self) -> FeatureKey {
        FeatureKey::from_bits(self.first)
    }

    /// The counts of the children must be counts, and those of this bucket's rows.
    pub(super) fn check(&self, counts: &[i64], coordinate: usize) -> Result<(), AbsorbError> {
        let mut sum = 0u64;
        for (child, count) in counts.iter().enumerate() {
            let count = u64::try_from(*count).map_err(|_| AbsorbError::Impossible {
                coordinate: coordinate + child,
                reason: "a negative count",
            })?;
            sum = sum.saturating_add(count);
        }
        if sum == self.rows {
            Ok(())
        } else {
            Err(AbsorbError::Impossible {
                coordinate,
                reason: "the counts of a bucket do not add up to its rows",
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantiles::targets::to_targets;

    fn counts(entries: &[(usize, i64)]) -> Vec<i64> {
        let mut counts = vec![0; CHILDREN];
        for (child, count) in entries {
            counts[*child] = *count;
        }
        counts
    }

    #[test]
    fn ranks_go_where_their_rows_are() {
        let root = Bucket::root(100, &to_targets(vec![10, 50, 90]));
        let mut descent = Descent::default();
        root.descend(&counts(&[(3, 40), (7, 60)]), 24, &mut descent);
        assert!(descent.cuts.is_empty());
        let found: Vec<(u32, u64, u64, usize)> = descent
            .open
            .iter()
            .map(|bucket| (bucket.first, bucket.below, bucket.rows, bucket.wanted.len()))
            .collect();
        assert_eq!(found, [(3 << 24, 0, 40, 1), (7 << 24, 40, 60, 2)]);
    }

    #[test]
    fn a_child_with_few_rows_settles_its_rank() {
        let root = Bucket::root(100, &to_targets(vec![10, 50]));
        let mut descent = Descent::default();
        root.descend(&counts(&[(1, 8), (2, 5), (3, 87)]), 24, &mut descent);
        assert_eq!(descent.cuts, [FeatureKey::from_bits(2 << 24)]);
        assert_eq!(descent.open.len(), 1);
    }

    #[test]
    fn a_key_that_holds_several_ranks_gets_a_bin_for_itself() {
        let root = Bucket {
            first: 0x4000_0000,
            rows: 100,
            below: 0,
            wanted: vec![(20, 1), (40, 1), (99, 1)],
        };
        let mut descent = Descent::default();
        root.descend(&counts(&[(4, 90), (9, 10)]), 0, &mut descent);
        assert_eq!(
            descent.cuts,
            [0x4000_0004, 0x4000_0005, 0x4000_0009].map(FeatureKey::from_bits)
        );
    }

    #[test]
    fn counts_that_do_not_add_up_are_refused() {
        let root = Bucket::root(3, &[]);
        assert_eq!(root.check(&counts(&[(0, 1), (9, 2)]), 0), Ok(()));
        assert!(root.check(&counts(&[(0, 1), (9, 1)]), 0).is_err());
        assert!(root.check(&counts(&[(0, 4), (9, -1)]), 0).is_err());
    }
}
