//! What a consortium that exchanges statistics of entities agrees on.

use accord_learning::Learner;
use accord_learning::entities::{EntityLearner, EntityPlan};

use super::{CannotDraft, Draft, parameters};
use crate::plan::{LearnerPlan, NoisePlan, PrivacyPlan, StatisticPlan};
use crate::ring::{DIMENSION_MAX, RingBits};

impl Draft {
    /// `parties` institutions that learn of at most `events_max` events each (in all the plan's cells) sum what they saw,
    /// each release once. With noise there must be a budget.
    pub fn entities(
        parties: usize,
        events_max: u64,
        plan: &EntityPlan,
        noise: Option<(NoisePlan, PrivacyPlan)>,
    ) -> Result<Self, CannotDraft> {
        let learner = EntityLearner::new(plan.clone())
            .map_err(|error| CannotDraft::Plan(error.to_string()))?;
        // The first release is as long as any.
        let query = learner
            .next_query()
            .ok_or_else(|| CannotDraft::Plan("there is nothing to sum".to_owned()))?;
        if query.dimension > DIMENSION_MAX {
            return Err(CannotDraft::TooLong {
                dimension: query.dimension,
            });
        }
        let mut statistic = StatisticPlan {
            prefix: "entities".to_owned(),
            ring: RingBits::Bits64,
            fraction_bits: 0,
            row_bound: query.row_bound,
            dimension_max: query.dimension as u32,
            sums_max: plan.release_count(),
            noise: noise.map(|(noise, _)| noise),
        };
        let largest = statistic.sum_max(events_max, parties);
        statistic.ring = RingBits::holding(largest).ok_or(CannotDraft::TooManyRows)?;
        Ok(Self {
            job: "entities".to_owned(),
            parties,
            colluders: 0,
            slots_per_batch: plan.release_count().clamp(1, 32) as u16,
            rows_max: events_max,
            statistics: vec![statistic],
            privacy: noise.map(|(_, budget)| budget),
            learner: LearnerPlan::of(LearnerPlan::ENTITIES, parameters(plan), &learner),
        })
    }
}
