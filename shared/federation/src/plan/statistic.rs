//! One kind of sum: how large, how precise, how noisy.

use accord_learning::Query;
use thiserror::Error;

use super::{NAME_BYTES_MAX, Plan};
use crate::codec::{DecodeError, Reader, Wire, Writer};
use crate::privacy::TAIL_DEVIATIONS;
use crate::ring::RingBits;

/// What the plan says about all queries whose names begin alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatisticPlan {
    /// The queries it covers: those whose names begin with it. The longest prefix counts.
    pub prefix: String,
    /// The ring they are summed in.
    pub ring: RingBits,
    /// Binary places after the point in an answer: its unit is 2^−f. For people; sums are integers.
    pub fraction_bits: u8,
    /// The clip: the most that one row can add to one coordinate, in units.
    pub row_bound: u64,
    /// The longest vector.
    pub dimension_max: u32,
    /// The most sums in the whole job.
    pub sums_max: u32,
    /// Noise, or none: exact sums.
    pub noise: Option<NoisePlan>,
}

/// Noise of every participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoisePlan {
    /// The most that one customer can change a participant's answer, as L2 norm in units.
    pub sensitivity: u64,
    /// The variance of each participant's own discrete Gaussian noise, in squared units.
    pub variance: u64,
}

/// A query that the plan does not allow.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlanBreach {
    /// No statistic covers it.
    #[error("the plan has no statistic for {0}")]
    NoStatistic(String),
    /// A longer vector than agreed.
    #[error("{actual} coordinates, the plan allows {limit}")]
    Dimension {
        /// Coordinates of the query.
        actual: usize,
        /// Coordinates of the plan.
        limit: u32,
    },
    /// A row could add more than agreed.
    #[error("a row may add {actual} to a coordinate, the plan allows {limit}")]
    RowBound {
        /// The query's bound.
        actual: u64,
        /// The plan's.
        limit: u64,
    },
    /// The statistic was summed as often as agreed.
    #[error("the plan allows {0} sums of this statistic")]
    TooManySums(u32),
}

impl StatisticPlan {
    /// The largest size of one institution's answer, in any coordinate.
    pub fn answer_max(&self, rows_max: u64) -> u128 {
        u128::from(self.row_bound) * u128::from(rows_max)
    }

    /// The largest size of a sum over `parties` institutions, noise included.
    pub fn sum_max(&self, rows_max: u64, parties: usize) -> u128 {
        let parties = parties as u128;
        let noise = self.noise.map_or(0, |noise| {
            let variance = u128::from(noise.variance) * parties;
            u128::from(TAIL_DEVIATIONS) * (variance.isqrt() + 1)
        });
        self.answer_max(rows_max)
            .saturating_mul(parties)
            .saturating_add(noise)
    }
}

impl Plan {
    /// The statistic that covers a query, if the query keeps to it.
    pub fn statistic_of(&self, query: &Query) -> Result<(usize, &StatisticPlan), PlanBreach> {
        let (place, statistic) = self
            .statistics
            .iter()
            .enumerate()
            .filter(|(_, statistic)| query.name.starts_with(&statistic.prefix))
            .max_by_key(|(_, statistic)| statistic.prefix.len())
            .ok_or_else(|| PlanBreach::NoStatistic(query.name.clone()))?;
        if query.dimension > statistic.dimension_max as usize {
            return Err(PlanBreach::Dimension {
                actual: query.dimension,
                limit: statistic.dimension_max,
            });
        }
        if query.row_bound > statistic.row_bound {
            return Err(PlanBreach::RowBound {
                actual: query.row_bound,
                limit: statistic.row_bound,
            });
        }
        Ok((place, statistic))
    }
}

impl Wire for StatisticPlan {
    fn write(&self, writer: &mut Writer) {
        writer.bytes(self.prefix.as_bytes());
        self.ring.write(writer);
        writer.u8(self.fraction_bits);
        writer.u64(self.row_bound);
        writer.u32(self.dimension_max);
        writer.u32(self.sums_max);
        match self.noise {
            None => writer.u8(0),
            Some(noise) => {
                writer.u8(1);
                writer.u64(noise.sensitivity);
                writer.u64(noise.variance);
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            prefix: reader.text("a statistic's name", NAME_BYTES_MAX)?,
            ring: RingBits::read(reader)?,
            fraction_bits: reader.u8()?,
            row_bound: reader.u64()?,
            dimension_max: reader.u32()?,
            sums_max: reader.u32()?,
            noise: match reader.u8()? {
                0 => None,
                1 => Some(NoisePlan {
                    sensitivity: reader.u64()?,
                    variance: reader.u64()?,
                }),
                _ => return Err(DecodeError::NotCanonical("noise")),
            },
        })
    }
}
