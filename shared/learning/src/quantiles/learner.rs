//! Quantile bins as a state machine over sums.

use serde::{Deserialize, Serialize};

use super::bins::{CUTS_MAX, FeatureBins, QuantileBins};
use super::key::FeatureKey;
use super::plan::QuantilePlan;
use super::search::{Bucket, CHILDREN, Descent};
use super::targets::{even_ranks, tail_ranks, to_targets};
use super::workspace::{QuantileWorkspace, count_children};
use crate::content_hash::content_hash;
use crate::learner::{AbsorbError, AnswerError, Learner, Query, check_dimension};
use crate::rows::TrainingRows;

/// Finds [`QuantileBins`] in four rounds, all of one unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuantileLearner {
    plan: QuantilePlan,
    unit: u32,
    round: u32,
    rows: u64,
    positives: u64,
    features: Vec<FeatureSearch>,
    finished: Option<QuantileBins>,
}

/// What is left to look for in one feature, and what was found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct FeatureSearch {
    /// Buckets that hold wanted ranks among all rows, then among the positive rows.
    open: [Vec<Bucket>; 2],
    cuts: Vec<u32>,
}

/// Rows that are counted: all of them, or the positive ones.
const ALL: usize = 0;
const POSITIVE: usize = 1;

const ROUNDS: u32 = 4;

impl QuantileLearner {
    /// A learner at its beginning.
    ///
    /// # Panics
    /// If the plan wants more than 254 cuts.
    pub fn new(plan: QuantilePlan) -> Self {
        assert!(plan.cuts.total() <= CUTS_MAX, "bins are numbered in a byte");
        let features = vec![FeatureSearch::default(); plan.feature_count];
        Self {
            plan,
            unit: 0,
            round: 0,
            rows: 0,
            positives: 0,
            features,
            finished: None,
        }
    }

    /// All rows and positive rows, known after the first round.
    pub fn class_counts(&self) -> (u64, u64) {
        (self.rows, self.positives)
    }

    /// Coordinates before the buckets: the first round also counts all rows and the positive ones.
    fn leading_coordinates(&self) -> usize {
        if self.round == 0 { 2 } else { 0 }
    }

    fn bucket_count(&self) -> usize {
        match self.round {
            0 => 2 * self.plan.feature_count,
            _ => self
                .features
                .iter()
                .flat_map(|feature| &feature.open)
                .map(Vec::len)
                .sum(),
        }
    }

    fn absorb_first(&mut self, total: &[i64]) -> Result<(), AbsorbError> {
        let count = |coordinate: usize| {
            u64::try_from(total[coordinate]).map_err(|_| AbsorbError::Impossible {
                coordinate,
                reason: "a negative count",
            })
        };
        let classes = [count(0)?, count(1)?];
        if classes[POSITIVE] > classes[ALL] {
            return Err(AbsorbError::Impossible {
                coordinate: 1,
                reason: "more positive rows than rows",
            });
        }
        let mut features = Vec::with_capacity(self.plan.feature_count);
        let mut coordinate = 2;
        for _ in 0..self.plan.feature_count {
            let mut search = FeatureSearch::default();
            for (population, class_rows) in classes.into_iter().enumerate() {
                let counts = &total[coordinate..coordinate + CHILDREN];
                let present: u64 = counts
                    .iter()
                    .map(|count| count.unsigned_abs())
                    .fold(0, u64::saturating_add);
                let root =
                    Bucket::root(present, &to_targets(self.wanted_ranks(population, present)));
                root.check(counts, coordinate)?;
                if present > class_rows {
                    return Err(AbsorbError::Impossible {
                        coordinate,
                        reason: "more values than rows",
                    });
                }
                search.descend(population, &root, counts, 24);
                coordinate += CHILDREN;
            }
            features.push(search);
        }
        [self.rows, self.positives] = classes;
        self.features = features;
        Ok(())
    }

    fn wanted_ranks(&self, population: usize, present: u64) -> Vec<u64> {
        if population == POSITIVE {
            return even_ranks(present, self.plan.cuts.positive.into());
        }
        let even_cuts = u64::from(self.plan.cuts.even);
        let mut ranks = even_ranks(present, even_cuts);
        ranks.extend(tail_ranks(
            present,
            self.plan.cuts.tail.into(),
            present / (even_cuts + 1),
        ));
        ranks
    }

    fn absorb_further(&mut self, total: &[i64]) -> Result<(), AbsorbError> {
        let child_bits = 24 - 8 * self.round;
        let mut features = Vec::with_capacity(self.features.len());
        let mut counts = total.chunks_exact(CHILDREN).enumerate();
        for feature in &self.features {
            let mut search = FeatureSearch {
                open: Default::default(),
                cuts: feature.cuts.clone(),
            };
            for (population, buckets) in feature.open.iter().enumerate() {
                // The dimension was checked: there are as many chunks as buckets.
                for (bucket, (chunk, counts)) in buckets.iter().zip(&mut counts) {
                    bucket.check(counts, chunk * CHILDREN)?;
                    search.descend(population, bucket, counts, child_bits);
                }
            }
            features.push(search);
        }
        self.features = features;
        Ok(())
    }

    fn finish(&mut self) {
        let bins = |feature: &FeatureSearch| {
            let early = feature.open.iter().flatten().map(Bucket::settle_early);
            FeatureBins::new(
                feature
                    .cuts
                    .iter()
                    .map(|cut| FeatureKey::from_bits(*cut))
                    .chain(early),
            )
        };
        self.finished = Some(QuantileBins {
            features: self.features.iter().map(bins).collect(),
        });
        self.unit += 1;
    }
}

impl FeatureSearch {
    fn descend(&mut self, population: usize, bucket: &Bucket, counts: &[i64], child_bits: u32) {
        let mut descent = Descent::default();
        bucket.descend(counts, child_bits, &mut descent);
        self.open[population].extend(descent.open);
        self.cuts
            .extend(descent.cuts.into_iter().map(FeatureKey::bits));
    }
}

impl Learner for QuantileLearner {
    type Rows = TrainingRows;
    type Workspace = QuantileWorkspace;
    type Model = QuantileBins;

    /// Per feature and open bucket, the number of rows in each of its 256 children: first the buckets of all rows,
    /// then those of the positive rows.
    fn next_query(&self) -> Option<Query> {
        self.finished.is_none().then(|| Query {
            name: format!("quantiles/{}", self.round),
            unit: self.unit,
            dimension: self.leading_coordinates() + self.bucket_count() * CHILDREN,
            row_bound: 1,
        })
    }

    fn answer(
        &self,
        rows: &TrainingRows,
        workspace: &mut QuantileWorkspace,
    ) -> Result<Vec<i64>, AnswerError> {
        let query = self.next_query().ok_or(AnswerError::Finished)?;
        let expected = self.plan.feature_count;
        if !rows.is_empty() && rows.feature_count() != expected {
            return Err(AnswerError::FeatureCount {
                expected,
                actual: rows.feature_count(),
            });
        }
        workspace.sort(rows, expected);
        let mut answer = Vec::with_capacity(query.dimension);
        if self.round == 0 {
            let positives = rows.labels().iter().filter(|label| **label).count();
            answer.extend([rows.len() as i64, positives as i64]);
        }
        let child_bits = 24 - 8 * self.round;
        for (feature, keys) in self.features.iter().zip(workspace.sorted_keys()) {
            for (buckets, keys) in feature.open.iter().zip(keys) {
                if self.round == 0 {
                    count_children(keys, 0, child_bits, &mut answer);
                }
                for bucket in buckets {
                    count_children(keys, bucket.first, child_bits, &mut answer);
                }
            }
        }
        Ok(answer)
    }

    fn absorb(&mut self, total: &[i64]) -> Result<(), AbsorbError> {
        check_dimension(self.next_query().as_ref(), total)?;
        if self.round == 0 {
            self.absorb_first(total)?;
        } else {
            self.absorb_further(total)?;
        }
        self.round += 1;
        if self.round == ROUNDS || self.bucket_count() == 0 {
            self.finish();
        }
        Ok(())
    }

    /// Before the first sum nothing is known and the unit begins anew; later the search ends with the cuts as exact as
    /// they are.
    fn close_unit(&mut self) {
        if self.round == 0 {
            self.unit += 1;
        } else if self.finished.is_none() {
            self.finish();
        }
    }

    fn model(&self) -> Option<&QuantileBins> {
        self.finished.as_ref()
    }

    fn progress_hash(&self) -> String {
        content_hash(self)
    }
}
