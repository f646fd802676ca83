//! Opening a sum, and giving one up.

use accord_learning::Query;
use thiserror::Error;

use super::event::ClosureReason;
use super::{BatchState, Coordinator, CoordinatorEvent, RoundState};
use crate::hash::Hash;
use crate::message::{QueryForm, RoundOpening, UnitClosure};
use crate::parties::Parties;
use crate::plan::PlanBreach;

/// Why nothing can be opened now.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CannotOpen {
    /// Something is open already.
    #[error("a batch or round is open already")]
    Busy,
    /// Keys must be set up first: there are none left, or not of those that are needed.
    #[error("keys must be set up first")]
    NeedsBatch,
    /// Too few institutions are there.
    #[error("{actual} institutions are present, {needed} are needed")]
    TooFewPresent {
        /// Present.
        actual: usize,
        /// The plan's fewest survivors.
        needed: usize,
    },
    /// An institution of the open unit is not there: wait for it, or close the unit.
    #[error("an institution of the open unit is missing: wait for it, or close the unit")]
    UnitIncomplete,
    /// The statistic may have been opened over other institutions, and is not summed over others.
    #[error("the statistic may have been opened over other institutions: wait for exactly those")]
    StatisticBound,
    /// The plan does not allow the query.
    #[error(transparent)]
    Plan(#[from] PlanBreach),
}

impl Coordinator {
    /// Opens the sum that the learner asks for, over those `present` whom the cohort governor allows.
    pub fn open_round(
        &mut self,
        query: &Query,
        model: Hash,
        present: Parties,
    ) -> Result<Vec<CoordinatorEvent>, CannotOpen> {
        if !matches!(self.state.round, RoundState::None) {
            return Err(CannotOpen::Busy);
        }
        let (place, statistic) = self.agreed.plan().statistic_of(query)?;
        if self.state.sums.get(&place) >= Some(&statistic.sums_max) {
            return Err(PlanBreach::TooManySums(statistic.sums_max).into());
        }
        let members = self.members_for(query, present)?;
        let BatchState::Ready(ready) = &self.state.batch else {
            return Err(CannotOpen::NeedsBatch);
        };
        let opening = RoundOpening {
            round: self.rounds(),
            attempt: self.state.abandoned,
            batch: ready.number,
            slot: ready.slot_next,
            query: QueryForm(query.clone()),
            members,
            model,
        };
        let event = CoordinatorEvent::RoundOpened {
            opening: self.sign(opening),
        };
        self.apply(&event);
        Ok(vec![event])
    }

    fn members_for(&self, query: &Query, present: Parties) -> Result<Parties, CannotOpen> {
        let ready = match &self.state.batch {
            BatchState::Ready(ready) if ready.slot_next < self.agreed.plan().slots_per_batch => {
                Some(ready.members)
            }
            BatchState::None | BatchState::Ready(_) => None,
            _ => return Err(CannotOpen::Busy),
        };
        if let Some(bound) = self.bound_to(query) {
            if !bound.is_subset(present) {
                let in_unit = self.frozen_in(query).is_some();
                return Err(if in_unit {
                    CannotOpen::UnitIncomplete
                } else {
                    CannotOpen::StatisticBound
                });
            }
            return match ready {
                Some(members) if bound.is_subset(members) => Ok(bound),
                _ => Err(CannotOpen::NeedsBatch),
            };
        }
        self.check_enough(present.and(self.agreed.parties()))?;
        let members = ready.ok_or(CannotOpen::NeedsBatch)?.and(present);
        if members.len() < self.survivors_min() {
            return Err(CannotOpen::NeedsBatch);
        }
        Ok(members)
    }

    fn frozen_in(&self, query: &Query) -> Option<Parties> {
        self.state
            .frozen
            .filter(|(unit, _)| *unit == query.unit)
            .map(|(_, survivors)| survivors)
    }

    /// True if a query may only be summed over one set: its unit is under way, or it may have been opened before.
    pub fn is_bound(&self, query: &Query) -> bool {
        self.bound_to(query).is_some()
    }

    /// The one set over which a query may be summed, if it is bound to one.
    pub(super) fn bound_to(&self, query: &Query) -> Option<Parties> {
        self.frozen_in(query)
            .or_else(|| self.state.opened.get(&query.name).copied())
    }

    /// Ends the learner's open unit, because an institution of it is gone. Only between rounds.
    pub fn close_unit(&mut self, query: &Query) -> Result<Vec<CoordinatorEvent>, CannotOpen> {
        if !matches!(self.state.round, RoundState::None) {
            return Err(CannotOpen::Busy);
        }
        let event = self.closure(query.unit, ClosureReason::DropOut);
        self.apply(&event);
        Ok(vec![event])
    }

    /// Gives up a round whose opened shares are lost for good: the unit closes, and the sum is never asked again over
    /// other institutions, because those answers may have opened it to somebody.
    pub fn give_up(&mut self) -> Vec<CoordinatorEvent> {
        let RoundState::CollectingUnmasking(collected) = &self.state.round else {
            return Vec::new();
        };
        let unit = collected.attempt.opening.body.query.0.unit;
        let event = self.closure(unit, ClosureReason::AnswersLost);
        self.apply(&event);
        vec![event]
    }

    pub(super) fn closure(&self, unit: u32, reason: ClosureReason) -> CoordinatorEvent {
        CoordinatorEvent::UnitClosed {
            closure: self.sign(UnitClosure {
                round: self.rounds(),
                unit,
            }),
            reason,
        }
    }
}
