//! The cohort governor: whose answers may be summed together.
//!
//! Two sums of one statistic over different sets differ by somebody's answer. So the set is frozen with the first sum of
//! a unit, and a statistic that this participant ever helped to open is opened again for the same set only. Any two sets
//! of signers large enough to open something share an honest participant (see
//! [`Thresholds::smallest`](crate::plan::Thresholds::smallest)), which refuses the second.

use accord_learning::Query;

use super::{Participant, Refusal};
use crate::parties::Parties;

impl Participant {
    /// The set that a query is bound to, if it is.
    fn bound_to(&self, query: &Query) -> Option<Parties> {
        let frozen = self
            .state
            .frozen
            .filter(|(unit, _)| *unit == query.unit)
            .map(|(_, survivors)| survivors);
        frozen.or_else(|| self.state.opened.get(&query.name).copied())
    }

    /// Refuses to mask among `members` (U2) where no allowed survivor set can come of it.
    pub(super) fn check_members(&self, query: &Query, members: Parties) -> Result<(), Refusal> {
        self.check_set(members)?;
        match self.bound_to(query) {
            Some(bound) if !bound.is_subset(members) => Err(Refusal::OtherCohort),
            _ => Ok(()),
        }
    }

    /// Refuses a survivor set (U3) that must not be opened.
    pub(super) fn check_survivors(
        &self,
        query: &Query,
        members: Parties,
        survivors: Parties,
    ) -> Result<(), Refusal> {
        self.check_set(survivors)?;
        if !survivors.is_subset(members) {
            return Err(Refusal::Members("a survivor was no member"));
        }
        match self.bound_to(query) {
            Some(bound) if bound != survivors => Err(Refusal::OtherCohort),
            _ => Ok(()),
        }
    }

    fn check_set(&self, set: Parties) -> Result<(), Refusal> {
        let needed = self.agreed.plan().thresholds.survivors_min();
        if set.len() < needed {
            return Err(Refusal::TooFew {
                actual: set.len(),
                needed,
            });
        }
        if !set.contains(self.me) {
            return Err(Refusal::Members("this participant is not in the set"));
        }
        Ok(())
    }
}
