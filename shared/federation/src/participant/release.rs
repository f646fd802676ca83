//! M6: a released sum, or the end of a unit.

use super::state::{Attempt, AttemptPhase};
use super::{Answer, Participant, ParticipantEvent, Refusal, Step, VaultChange};
use crate::message::{Release, UnitClosure};
use crate::parties::Parties;
use crate::signed::Signed;

impl Participant {
    /// Takes a total, whether or not this institution's answer is in it: everybody learns from the same totals.
    pub(super) fn take_release(
        &self,
        release: &Release,
        answer: Option<&Answer<'_>>,
    ) -> Result<Step, Refusal> {
        let header = self.by_coordinator(&release.header)?;
        self.check_round(header.round)?;
        let answer = answer.ok_or(Refusal::OtherQuery)?;
        if header.query.0 != *answer.query {
            return Err(Refusal::OtherQuery);
        }
        self.check_release_cohort(&header.query.0, header.survivors)?;
        let plan = self.agreed.plan();
        let (_, statistic) = plan.statistic_of(answer.query)?;
        if release.total.hash() != header.total
            || release.total.bits() != statistic.ring
            || release.total.dimension() != answer.query.dimension
        {
            return Err(Refusal::OtherTotal);
        }
        let total = release.total.to_signed();
        let largest = statistic.sum_max(plan.rows_max, header.survivors.len());
        let beyond = total
            .iter()
            .position(|sum| u128::from(sum.unsigned_abs()) > largest);
        if let Some(coordinate) = beyond {
            return Err(Refusal::ImpossibleTotal(coordinate));
        }
        Ok(Step {
            vault: self.forget_attempt(),
            events: vec![ParticipantEvent::SumReleased {
                round: header.round,
                query: answer.query.clone(),
                survivors: header.survivors,
                total,
            }],
            reply: None,
        })
    }

    pub(super) fn close_unit(
        &self,
        signed: &Signed<UnitClosure>,
        answer: Option<&Answer<'_>>,
    ) -> Result<Step, Refusal> {
        let closure = self.by_coordinator(signed)?;
        self.check_round(closure.round)?;
        let answer = answer.ok_or(Refusal::OtherQuery)?;
        if closure.unit != answer.query.unit {
            return Err(Refusal::OtherQuery);
        }
        Ok(Step {
            vault: self.forget_attempt(),
            events: vec![ParticipantEvent::UnitClosed {
                round: closure.round,
            }],
            reply: None,
        })
    }

    fn check_release_cohort(
        &self,
        query: &accord_learning::Query,
        survivors: Parties,
    ) -> Result<(), Refusal> {
        let needed = self.agreed.plan().thresholds.survivors_min();
        if survivors.len() < needed {
            return Err(Refusal::TooFew {
                actual: survivors.len(),
                needed,
            });
        }
        if !survivors.is_subset(self.agreed.parties()) {
            return Err(Refusal::Members("somebody is not in the roster"));
        }
        let frozen = self
            .state
            .frozen
            .filter(|(unit, _)| *unit == query.unit)
            .map(|(_, set)| set);
        let answered = match &self.state.attempt {
            Some(Attempt {
                phase: AttemptPhase::Answered { survivors },
                ..
            }) => Some(*survivors),
            _ => None,
        };
        if [frozen, answered]
            .iter()
            .flatten()
            .any(|set| *set != survivors)
        {
            return Err(Refusal::OtherCohort);
        }
        Ok(())
    }

    fn forget_attempt(&self) -> Vec<VaultChange> {
        self.state
            .attempt
            .as_ref()
            .map_or_else(Vec::new, |attempt| {
                self.vault.forget_until(attempt.batch, attempt.slot)
            })
    }
}
