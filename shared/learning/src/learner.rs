//! The contract between a learner and whoever sums the answers.
//!
//! ```text
//! while let Some(query) = learner.next_query() {
//!     answers = each holder: learner.answer(its rows)      exact integers, quantised per row before summing
//!     learner.absorb(sum of the answers)                   the next query, or a finished model
//! }
//! ```

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A deterministic state machine that learns from sums.
///
/// Every party runs the same machine and absorbs the same totals, so all parties are in the same state without ever
/// exchanging one. Nothing in an implementation may depend on how rows are spread over holders.
pub trait Learner {
    /// What one holder keeps to itself and answers from.
    type Rows;
    /// A holder's private scratch memory. It is only a cache: an empty one gives the same answers, more slowly, so a
    /// holder may lose it at any time (a crash, a restart) and go on.
    type Workspace: Default;
    /// The finished model.
    type Model;

    /// What has to be summed next; `None` once the model is finished.
    fn next_query(&self) -> Option<Query>;

    /// One holder's answer to [`next_query`](Self::next_query), of exactly its dimension.
    fn answer(
        &self,
        rows: &Self::Rows,
        workspace: &mut Self::Workspace,
    ) -> Result<Vec<i64>, AnswerError>;

    /// Takes the sum of all holders' answers and moves on. On an error the state is unchanged.
    fn absorb(&mut self, total: &[i64]) -> Result<(), AbsorbError>;

    /// Ends the open unit early because its holders can no longer all answer.
    ///
    /// What was already released stays in use; the next query belongs to a new unit and may be summed over other
    /// holders. Nothing that was released is asked again within the closed unit.
    fn close_unit(&mut self);

    /// The model, once [`next_query`](Self::next_query) returns `None`.
    fn model(&self) -> Option<&Self::Model>;

    /// A hash of what has been learnt so far, hexadecimal. Two parties that absorbed the same totals agree on it.
    fn progress_hash(&self) -> String;
}

/// A question whose answer is a vector of integers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// What is asked, for instance `logistic/newton/3`. Unique within a training run together with the unit.
    pub name: String,
    /// The unit this query belongs to (a tree, a Newton step). The set of holders is frozen within a unit.
    pub unit: u32,
    /// The number of integers in an answer.
    pub dimension: usize,
    /// The largest absolute value that a single row can add to any one coordinate.
    pub row_bound: u64,
}

/// The ring sizes that a secure sum offers, in bits, smallest first.
pub const RING_BITS: [u32; 4] = [32, 40, 48, 64];

/// The sum over so many rows may not fit even the largest ring.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{rows} rows of at most {row_bound} each may overflow a 64-bit sum")]
pub struct RingOverflow {
    /// Rows over all holders.
    pub rows: u64,
    /// The query's [`Query::row_bound`].
    pub row_bound: u64,
}

impl Query {
    /// The smallest ring in which the sum over `rows` rows (of all holders together) cannot wrap around:
    /// k ≥ 1 + ⌈log2(rows · row_bound + 1)⌉. Noise, where it is added, needs its own tail on top.
    pub fn ring_bits(&self, rows: u64) -> Result<u32, RingOverflow> {
        let largest_sum = u128::from(rows) * u128::from(self.row_bound);
        RING_BITS
            .into_iter()
            .find(|bits| largest_sum < 1u128 << (bits - 1))
            .ok_or(RingOverflow {
                rows,
                row_bound: self.row_bound,
            })
    }

    /// The number of rows (of all holders together) whose sum surely fits `ring_bits`, which must be in 1..=64.
    pub fn rows_max(&self, ring_bits: u32) -> u64 {
        let largest_sum = (1u128 << (ring_bits - 1)) - 1;
        u64::try_from(largest_sum / u128::from(self.row_bound.max(1))).unwrap_or(u64::MAX)
    }
}

/// Why a holder cannot answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AnswerError {
    /// There is no open query.
    #[error("the learner has finished: there is nothing to answer")]
    Finished,
    /// The rows have another number of features than the plan.
    #[error("rows have {actual} features, the plan has {expected}")]
    FeatureCount {
        /// Features in the plan.
        expected: usize,
        /// Features in the rows.
        actual: usize,
    },
    /// So many rows may overflow the answer.
    #[error(transparent)]
    TooManyRows(#[from] RingOverflow),
}

/// Why a total cannot be absorbed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AbsorbError {
    /// There is no open query.
    #[error("the learner has finished: there is nothing to absorb")]
    Finished,
    /// The total has another length than the query's dimension.
    #[error("the total has {actual} coordinates, the query has {expected}")]
    Dimension {
        /// The query's dimension.
        expected: usize,
        /// Coordinates received.
        actual: usize,
    },
    /// No rows can give this total.
    #[error("coordinate {coordinate} of the total is impossible: {reason}")]
    Impossible {
        /// Index into the total.
        coordinate: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// Refuses a total that does not have the query's dimension.
pub(crate) fn check_dimension(query: Option<&Query>, total: &[i64]) -> Result<(), AbsorbError> {
    let query = query.ok_or(AbsorbError::Finished)?;
    if query.dimension == total.len() {
        Ok(())
    } else {
        Err(AbsorbError::Dimension {
            expected: query.dimension,
            actual: total.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(row_bound: u64) -> Query {
        Query {
            name: "test".into(),
            unit: 0,
            dimension: 1,
            row_bound,
        }
    }

    #[test]
    fn the_smallest_ring_that_cannot_wrap_is_chosen() {
        let check = |row_bound, rows, expected| {
            assert_eq!(
                query(row_bound).ring_bits(rows).ok(),
                expected,
                "{rows} rows of {row_bound}"
            );
        };
        check(1, 0, Some(32));
        check(1 << 20, 2_047, Some(32));
        check(1 << 20, 2_048, Some(40));
        check(1 << 20, 32_000, Some(40));
        check(1 << 39, 1 << 24, None);
        check(1 << 39, (1 << 24) - 1, Some(64));
        check(u64::MAX, u64::MAX, None);
    }

    #[test]
    fn the_most_rows_of_a_ring_fit_it_and_one_more_does_not() {
        for row_bound in [1, 3, 1 << 20, (1 << 39) + 5] {
            let query = query(row_bound);
            for bits in RING_BITS {
                let rows = query.rows_max(bits);
                if rows == 0 {
                    continue;
                }
                assert!(query.ring_bits(rows).expect("fits") <= bits);
                assert!(query.ring_bits(rows + 1).map_or(65, |bits| bits) > bits);
            }
        }
    }
}
