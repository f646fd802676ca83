//! Plans that can be carried out safely, and no others.

use thiserror::Error;

use super::{NAME_BYTES_MAX, Plan, SLOTS_MAX, STATISTICS_MAX, StatisticPlan};
use crate::parties::PARTIES_MAX;
use crate::privacy::{VARIANCE_MAX, VARIANCE_MIN};
use crate::ring::DIMENSION_MAX;

/// Why a plan is refused.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum PlanError {
    /// A name is empty, too long, or has other characters than a-z, 0-9, `-`, `_`, `.` and `/`.
    #[error("`{0}` is not a name: 1 to 64 of a-z, 0-9, -, _, . and / are")]
    Name(String),
    /// Fewer than 3 or more than 50 institutions.
    #[error("{0} institutions: 3 to 50 can sum")]
    RosterSize(usize),
    /// The roster is not in ascending order of names, or a name occurs twice.
    #[error("the roster is not in ascending order of names at `{0}`")]
    RosterOrder(String),
    /// Two members (or a member and the coordinator) have the same key.
    #[error("`{0}` has the key of somebody else")]
    SharedKey(String),
    /// t, c or the fewest survivors are too small, or more than there are institutions.
    #[error("these thresholds are not safe for so many institutions")]
    Thresholds,
    /// No key slots, or more than [`SLOTS_MAX`].
    #[error("{0} sums to a batch: 1 to 1024 are allowed")]
    Slots(u16),
    /// No rows may be used.
    #[error("an institution must be allowed at least one row")]
    NoRows,
    /// No statistics, too many, or two with the same prefix.
    #[error("a plan has 1 to 64 statistics, each with a prefix of its own")]
    Statistics,
    /// A statistic without coordinates, sums or row bound, or with too long a vector.
    #[error("statistic `{0}` needs a dimension (up to 2^24), a row bound and a number of sums")]
    EmptyStatistic(String),
    /// The ring is too small: a sum could wrap around.
    #[error(
        "statistic `{prefix}`: sums reach {largest}, a ring of {bits} bits holds {holds}; use fewer rows or more bits"
    )]
    WouldSaturate {
        /// The statistic.
        prefix: String,
        /// The largest sum, noise included.
        largest: u128,
        /// k.
        bits: u32,
        /// 2^(k−1) − 1.
        holds: u128,
    },
    /// Noise without sensitivity, or with a variance that cannot be sampled.
    #[error("statistic `{0}`: noise needs a sensitivity and a variance of 4 to 2^52")]
    Noise(String),
    /// Noise without a budget, or a budget that is none.
    #[error("noise needs a budget: an ε above 0 and a δ between 0 and 1")]
    Budget,
    /// The statistics would spend more than the budget.
    #[error("the job may spend ε = {spends:.3}, the budget is {budget:.3}")]
    WouldOverspend {
        /// ε if every statistic is summed as often as the plan allows.
        spends: f64,
        /// The plan's ε.
        budget: f64,
    },
    /// The learner's start is not a hash.
    #[error("the learner's start must be 64 hexadecimal digits")]
    LearnerStart,
}

impl Plan {
    /// Refuses a plan that is not safe, would saturate or would overspend.
    pub fn check(&self) -> Result<(), PlanError> {
        self.check_roster()?;
        for name in [&self.job, &self.learner.kind] {
            check_name(name)?;
        }
        if !self.thresholds.are_safe(self.roster.len()) {
            return Err(PlanError::Thresholds);
        }
        if !(1..=SLOTS_MAX).contains(&self.slots_per_batch) {
            return Err(PlanError::Slots(self.slots_per_batch));
        }
        if self.rows_max == 0 {
            return Err(PlanError::NoRows);
        }
        let start = &self.learner.start;
        if start.len() != 64 || hex::decode(start).is_err() {
            return Err(PlanError::LearnerStart);
        }
        self.check_statistics()?;
        self.check_budget()
    }

    fn check_roster(&self) -> Result<(), PlanError> {
        if !(3..=PARTIES_MAX).contains(&self.roster.len()) {
            return Err(PlanError::RosterSize(self.roster.len()));
        }
        let mut keys = vec![self.coordinator.key_bytes()];
        for (place, institution) in self.roster.iter().enumerate() {
            check_name(&institution.name)?;
            if place > 0 && self.roster[place - 1].name >= institution.name {
                return Err(PlanError::RosterOrder(institution.name.clone()));
            }
            let key = institution.identity.key_bytes();
            if keys.contains(&key) {
                return Err(PlanError::SharedKey(institution.name.clone()));
            }
            keys.push(key);
        }
        Ok(())
    }

    fn check_statistics(&self) -> Result<(), PlanError> {
        if !(1..=STATISTICS_MAX).contains(&self.statistics.len()) {
            return Err(PlanError::Statistics);
        }
        for (place, statistic) in self.statistics.iter().enumerate() {
            let same = |other: &StatisticPlan| other.prefix == statistic.prefix;
            if self.statistics[..place].iter().any(same) {
                return Err(PlanError::Statistics);
            }
            self.check_statistic(statistic)?;
        }
        Ok(())
    }

    fn check_statistic(&self, statistic: &StatisticPlan) -> Result<(), PlanError> {
        let prefix = &statistic.prefix;
        check_name(prefix)?;
        if statistic.row_bound == 0
            || statistic.sums_max == 0
            || !(1..=DIMENSION_MAX).contains(&(statistic.dimension_max as usize))
        {
            return Err(PlanError::EmptyStatistic(prefix.clone()));
        }
        if let Some(noise) = statistic.noise
            && (noise.sensitivity == 0 || !(VARIANCE_MIN..=VARIANCE_MAX).contains(&noise.variance))
        {
            return Err(PlanError::Noise(prefix.clone()));
        }
        let largest = statistic.sum_max(self.rows_max, self.roster.len());
        let holds = statistic.ring.largest_sum();
        if largest > holds {
            return Err(PlanError::WouldSaturate {
                prefix: prefix.clone(),
                largest,
                bits: statistic.ring.bits(),
                holds,
            });
        }
        Ok(())
    }

    fn check_budget(&self) -> Result<(), PlanError> {
        let Some(privacy) = self.privacy else {
            let noisy = self.statistics.iter().any(|one| one.noise.is_some());
            return if noisy {
                Err(PlanError::Budget)
            } else {
                Ok(())
            };
        };
        let is_budget = privacy.epsilon_max > 0.0
            && privacy.epsilon_max.is_finite()
            && privacy.delta > 0.0
            && privacy.delta < 1.0;
        if !is_budget {
            return Err(PlanError::Budget);
        }
        let spends = self.epsilon();
        if spends > privacy.epsilon_max {
            return Err(PlanError::WouldOverspend {
                spends,
                budget: privacy.epsilon_max,
            });
        }
        Ok(())
    }
}

fn check_name(name: &str) -> Result<(), PlanError> {
    let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/');
    if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(allowed) {
        return Err(PlanError::Name(name.to_owned()));
    }
    Ok(())
}
