//! The session sums as a state machine.
//!
//! ```text
//! supports of all items ─► items that take part, fixed ─► rows of S, Z and T, block by block ─► weights
//! ```

use super::plan::{Past, SlistPlan, SlistSettings};
use super::session_rows::{self, PreparedSessions, RowSums};
use super::solve::solve;
use super::sums::{SessionSums, chosen_items, places};
use crate::content_hash::HashChain;
use crate::gram::PlanError;
use crate::histories::Histories;
use crate::item_weights::ItemWeights;
use crate::learner::{AbsorbError, AnswerError, Learner, Query, check_dimension};

/// Cells asked for at a time: 8 MiB of integers.
const CELLS_PER_QUERY: usize = 1 << 20;

/// Learns [`ItemWeights`] from sums over all holders' sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct SlistLearner {
    plan: SlistPlan,
    settings: SlistSettings,
    threads: usize,
    unit: u32,
    progress: HashChain,
    phase: Phase,
}

#[derive(Debug, Clone, PartialEq)]
enum Phase {
    Supports,
    Rows(SessionSums),
    Finished(ItemWeights),
}

/// A holder's sessions, prepared for the unit that they belong to.
#[derive(Debug, Default)]
pub struct SlistWorkspace {
    prepared: Option<(u32, PreparedSessions)>,
}

impl SlistLearner {
    /// A learner at its beginning; the last total is solved by `threads` threads, which does not show in the model.
    pub fn new(
        plan: SlistPlan,
        settings: SlistSettings,
        threads: usize,
    ) -> Result<Self, PlanError> {
        plan.check()?;
        settings.check()?;
        Ok(Self {
            progress: HashChain::of(&(&plan, settings)),
            plan,
            settings,
            threads,
            unit: 0,
            phase: Phase::Supports,
        })
    }

    /// Cells of row `row` of `size`: S and Z up to the diagonal (only it, where Z is diagonal), T whole.
    fn row_cells(&self, row: usize, size: usize) -> (usize, usize, usize) {
        let pasts = match self.plan.past {
            Past::LastEvent => 1,
            Past::AllEvents => row + 1,
        };
        (row + 1, pasts, size)
    }

    /// The rows that are asked for next and their cells: as many rows as fit one query, at least one.
    fn next_rows(&self, sums: &SessionSums) -> (std::ops::Range<usize>, usize) {
        let size = sums.items.len();
        let start = sums.transitions.len();
        let (mut end, mut cells) = (start, 0);
        while end < size {
            let (similarity, pasts, transitions) = self.row_cells(end, size);
            let next = cells + similarity + pasts + transitions;
            if end > start && next > CELLS_PER_QUERY {
                break;
            }
            (end, cells) = (end + 1, next);
        }
        (start..end, cells)
    }

    fn rows_answer(&self, sums: &SessionSums, prepared: &PreparedSessions) -> Vec<i64> {
        let size = sums.items.len();
        let (rows, cells) = self.next_rows(sums);
        let mut answer = vec![0; cells];
        let mut scratch = RowSums::new(size);
        let mut start = 0;
        for row in rows {
            let (similarity, pasts, transitions) = self.row_cells(row, size);
            let number = row as u32;
            prepared.add_similarity(number, &mut scratch);
            place_cells(&mut answer[start..start + similarity], 0, scratch.take());
            start += similarity;
            prepared.add_pasts(number, &mut scratch);
            place_cells(
                &mut answer[start..start + pasts],
                row + 1 - pasts,
                scratch.take(),
            );
            start += pasts;
            prepared.add_transitions(number, &mut scratch);
            place_cells(&mut answer[start..start + transitions], 0, scratch.take());
            start += transitions;
        }
        answer
    }

    /// Lower triangles first: the upper halves are mirrored when all rows are there.
    fn absorb_rows(&self, sums: &mut SessionSums, total: &[i64]) {
        let size = sums.items.len();
        let mut start = 0;
        let (rows, _) = self.next_rows(sums);
        for row in rows {
            let (similarity, pasts, transitions) = self.row_cells(row, size);
            sums.similarity
                .push(not_zero(0, &total[start..start + similarity]));
            start += similarity;
            sums.pasts
                .push(not_zero(row + 1 - pasts, &total[start..start + pasts]));
            start += pasts;
            sums.transitions
                .push(not_zero(0, &total[start..start + transitions]));
            start += transitions;
        }
    }

    fn rows_or_finished(&self, sums: SessionSums) -> Result<Phase, AbsorbError> {
        if sums.transitions.len() < sums.items.len() {
            return Ok(Phase::Rows(sums));
        }
        let sums = SessionSums {
            similarity: sums.similarity.mirrored(),
            pasts: sums.pasts.mirrored(),
            ..sums
        };
        let solved = solve(&sums, &self.settings, self.threads);
        let weights = solved.map_err(|_| AbsorbError::Impossible {
            coordinate: 0,
            reason: "sums of no sessions: the matrix is not positive definite",
        })?;
        Ok(Phase::Finished(weights))
    }
}

/// Cells that lie in `target`, whose first is column `first`.
fn place_cells(target: &mut [i64], first: usize, cells: Vec<(u32, i64)>) {
    for (column, sum) in cells {
        let place = (column as usize).checked_sub(first);
        if let Some(cell) = place.and_then(|place| target.get_mut(place)) {
            *cell = sum;
        }
    }
}

fn not_zero(first: usize, cells: &[i64]) -> impl Iterator<Item = (u32, i64)> {
    let numbered = (first as u32..).zip(cells.iter().copied());
    numbered.filter(|(_, sum)| *sum != 0)
}

impl Learner for SlistLearner {
    type Rows = Histories;
    type Workspace = SlistWorkspace;
    type Model = ItemWeights;

    fn next_query(&self) -> Option<Query> {
        let (name, dimension, row_bound) = match &self.phase {
            Phase::Supports => ("slist/supports".to_owned(), self.plan.item_count, 1),
            Phase::Rows(sums) => {
                let (rows, cells) = self.next_rows(sums);
                let bound = session_rows::session_bound(&self.plan);
                (format!("slist/rows/{}", rows.start), cells, bound)
            }
            Phase::Finished(_) => return None,
        };
        Some(Query {
            name,
            unit: self.unit,
            dimension,
            row_bound,
        })
    }

    fn answer(
        &self,
        sessions: &Histories,
        workspace: &mut SlistWorkspace,
    ) -> Result<Vec<i64>, AnswerError> {
        let query = self.next_query().ok_or(AnswerError::Finished)?;
        query.ring_bits(sessions.len() as u64)?;
        if sessions.item_count() != self.plan.item_count {
            return Err(AnswerError::FeatureCount {
                expected: self.plan.item_count,
                actual: sessions.item_count(),
            });
        }
        match &self.phase {
            Phase::Supports => Ok(session_rows::supports(&self.plan, sessions)),
            Phase::Rows(sums) => {
                let prepared = match &mut workspace.prepared {
                    Some((unit, prepared)) if *unit == self.unit => prepared,
                    cache => {
                        let place = places(&sums.items, self.plan.item_count);
                        let fresh =
                            PreparedSessions::new(&self.plan, sessions, &place, sums.items.len());
                        &mut cache.insert((self.unit, fresh)).1
                    }
                };
                Ok(self.rows_answer(sums, prepared))
            }
            Phase::Finished(_) => Err(AnswerError::Finished),
        }
    }

    fn absorb(&mut self, total: &[i64]) -> Result<(), AbsorbError> {
        check_dimension(self.next_query().as_ref(), total)?;
        if let Some(coordinate) = total.iter().position(|sum| *sum < 0) {
            return Err(AbsorbError::Impossible {
                coordinate,
                reason: "a sum below zero",
            });
        }
        self.phase = match &self.phase {
            Phase::Supports => self.rows_or_finished(SessionSums {
                item_count: self.plan.item_count,
                items: chosen_items(&self.plan, total),
                ..SessionSums::default()
            })?,
            Phase::Rows(sums) => {
                let mut sums = sums.clone();
                self.absorb_rows(&mut sums, total);
                self.rows_or_finished(sums)?
            }
            Phase::Finished(_) => return Err(AbsorbError::Finished),
        };
        self.progress.absorb(total);
        Ok(())
    }

    /// All rows must be summed over the same holders, so unfinished sums are asked for again.
    fn close_unit(&mut self) {
        if !matches!(self.phase, Phase::Finished(_)) {
            self.unit += 1;
            self.phase = Phase::Supports;
            self.progress = HashChain::of(&(&self.plan, self.settings));
        }
    }

    fn model(&self) -> Option<&ItemWeights> {
        match &self.phase {
            Phase::Finished(weights) => Some(weights),
            _ => None,
        }
    }

    fn progress_hash(&self) -> String {
        self.progress.hex()
    }
}
