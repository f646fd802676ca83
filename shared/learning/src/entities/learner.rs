//! The exchange of entity statistics as a state machine over sums.

use std::ops::Range;

use super::events::{EntityEvents, Happening};
use super::plan::{AGES, AMOUNTS, EntityPlan, FRAUDS, PlanError, USES};
use super::statistics::{Cell, CellTotals, EntityStatistics};
use crate::content_hash::HashChain;
use crate::learner::{AbsorbError, AnswerError, Learner, Query, check_dimension};

/// Sums [`EntityStatistics`], one release after the other. Every release is a unit of its own.
///
/// A release whose unit is closed is not asked again: its sum may be known to somebody, and the next one may have other
/// holders. What happened in its cells stays unknown.
#[derive(Debug, Clone)]
pub struct EntityLearner {
    plan: EntityPlan,
    /// The release that is asked for.
    release: u32,
    statistics: EntityStatistics,
    chain: HashChain,
}

impl EntityLearner {
    /// A learner at its beginning.
    pub fn new(plan: EntityPlan) -> Result<Self, PlanError> {
        plan.check()?;
        Ok(Self {
            statistics: EntityStatistics::new(plan.width),
            chain: HashChain::of(&plan),
            release: 0,
            plan,
        })
    }

    /// The plan it follows.
    pub fn plan(&self) -> &EntityPlan {
        &self.plan
    }

    /// What was released so far.
    pub fn statistics(&self) -> &EntityStatistics {
        &self.statistics
    }

    /// When the next release may be asked for (epoch microseconds): its last cell is over then.
    pub fn next_release_us(&self) -> Option<i64> {
        self.next_cells()
            .map(|_| self.plan.release_end_us(self.release))
    }

    fn next_cells(&self) -> Option<Range<i64>> {
        (self.release < self.plan.release_count()).then(|| self.plan.cells_of(self.release))
    }

    /// Integers of one cell.
    fn cell_length(&self) -> usize {
        self.plan.names.len() * self.plan.measures()
    }
}

impl Learner for EntityLearner {
    type Rows = EntityEvents;
    type Workspace = ();
    type Model = EntityStatistics;

    fn next_query(&self) -> Option<Query> {
        let cells = self.next_cells()?;
        Some(Query {
            name: format!("entities/{}", self.release),
            unit: self.release,
            dimension: (cells.end - cells.start) as usize * self.cell_length(),
            row_bound: self.plan.row_bound(),
        })
    }

    fn answer(&self, events: &EntityEvents, _: &mut ()) -> Result<Vec<i64>, AnswerError> {
        let (Some(query), Some(cells)) = (self.next_query(), self.next_cells()) else {
            return Err(AnswerError::Finished);
        };
        if !events.is_empty() && events.place_count() != self.plan.names.len() {
            return Err(AnswerError::FeatureCount {
                expected: self.plan.names.len(),
                actual: events.place_count(),
            });
        }
        let width = self.plan.width;
        let learnt = events.learnt_within(
            cells.start * width.microseconds(),
            cells.end * width.microseconds(),
        );
        query.ring_bits(learnt.len() as u64)?;
        let age_max = i64::from(self.plan.age_cells_max);
        let mut sums = vec![0; query.dimension];
        for event in learnt {
            let cell = width.cell_of(event.learnt_us);
            let start = (cell - cells.start) as usize * self.cell_length()
                + event.place as usize * self.plan.measures();
            let age = |happened_us: i64| (cell - width.cell_of(happened_us)).clamp(0, age_max);
            let sums = &mut sums[start..start + self.plan.measures()];
            match event.happening {
                Happening::Used { amount_minor } => {
                    sums[USES] += 1;
                    if let Some(most) = self.plan.amount_minor_max {
                        sums[AMOUNTS] += amount_minor.min(most).cast_signed();
                    }
                }
                Happening::FraudConfirmed { happened_us } => {
                    sums[FRAUDS] += 1;
                    sums[AGES] += age(happened_us);
                }
                Happening::FraudRetracted { happened_us } => {
                    sums[FRAUDS] -= 1;
                    sums[AGES] -= age(happened_us);
                }
            }
        }
        Ok(sums)
    }

    fn absorb(&mut self, total: &[i64]) -> Result<(), AbsorbError> {
        check_dimension(self.next_query().as_ref(), total)?;
        let measures = self.plan.measures();
        let impossible = total.iter().enumerate().find(|(coordinate, sum)| {
            let is_count = matches!(coordinate % measures, USES | AMOUNTS);
            is_count && **sum < 0 && !self.plan.noisy
        });
        if let Some((coordinate, _)) = impossible {
            return Err(AbsorbError::Impossible {
                coordinate,
                reason: "a count below zero",
            });
        }
        let numbers = self.next_cells().into_iter().flatten();
        for (number, sums) in numbers.zip(total.chunks_exact(self.cell_length())) {
            let totals = (0..).zip(sums.chunks_exact(measures));
            self.statistics.push(Cell {
                number,
                totals: totals
                    .filter(|(_, sums)| sums.iter().any(|sum| *sum != 0))
                    .map(|(place, sums)| (place, cell_totals(sums)))
                    .collect(),
            });
        }
        self.chain.absorb(total);
        self.release += 1;
        Ok(())
    }

    fn close_unit(&mut self) {
        if self.release < self.plan.release_count() {
            self.chain.absorb(&[]);
            self.release += 1;
        }
    }

    fn model(&self) -> Option<&EntityStatistics> {
        (self.release == self.plan.release_count()).then_some(&self.statistics)
    }

    fn progress_hash(&self) -> String {
        self.chain.hex()
    }
}

fn cell_totals(sums: &[i64]) -> CellTotals {
    CellTotals {
        uses: sums[USES],
        frauds: sums[FRAUDS],
        age_cells: sums[AGES],
        amount_minor: sums.get(AMOUNTS).copied().unwrap_or(0),
    }
}
