//! The three sums of sessions.

use super::plan::SlistPlan;
use super::session_rows::{self, FRACTION_BITS, PreparedSessions, RowSums};
use crate::gram::PlanError;
use crate::histories::Histories;
use crate::parallel;
use crate::sparse::SparseRows;

/// S, Z and T over all sessions, exact, in units of 2^−24.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionSums {
    pub(super) item_count: usize,
    /// The item numbers of the rows, ascending.
    pub(super) items: Vec<u32>,
    /// S, whole rows.
    pub(super) similarity: SparseRows,
    /// Z, whole rows.
    pub(super) pasts: SparseRows,
    /// T, rows are pasts.
    pub(super) transitions: SparseRows,
}

/// What one unit of a sum is worth.
pub(super) const UNIT: f64 = 1.0 / (1u64 << FRACTION_BITS) as f64;

impl SessionSums {
    /// Sums the sessions of one holder directly, for catalogues too large for a secure sum of all pairs. The result is
    /// the one that a [`SlistLearner`](super::SlistLearner) reaches.
    pub fn of(plan: &SlistPlan, sessions: &Histories, threads: usize) -> Result<Self, PlanError> {
        plan.check()?;
        let supports = session_rows::supports(plan, sessions);
        let items = chosen_items(plan, &supports);
        let prepared = PreparedSessions::new(
            plan,
            sessions,
            &places(&items, plan.item_count),
            items.len(),
        );
        let rows: Vec<u32> = (0u32..).take(items.len()).collect();
        let pieces = parallel::run_all(
            rows.chunks(rows.len().div_ceil(threads.max(1)).max(1))
                .map(|rows| {
                    let prepared = &prepared;
                    let size = items.len();
                    move || {
                        let mut piece = Self::default();
                        let mut sums = RowSums::new(size);
                        for row in rows {
                            piece.push_row_of(prepared, *row, &mut sums);
                        }
                        piece
                    }
                }),
        );
        let mut whole = Self {
            item_count: plan.item_count,
            items,
            ..Self::default()
        };
        for piece in pieces {
            for row in 0..piece.similarity.len() {
                let of = |rows: &SparseRows| {
                    let (columns, values) = rows.row(row);
                    columns
                        .iter()
                        .copied()
                        .zip(values.iter().copied())
                        .collect::<Vec<_>>()
                };
                whole.similarity.push(of(&piece.similarity));
                whole.pasts.push(of(&piece.pasts));
                whole.transitions.push(of(&piece.transitions));
            }
        }
        Ok(whole)
    }

    /// The item numbers of the rows, ascending.
    pub fn items(&self) -> &[u32] {
        &self.items
    }

    /// Cells that are not zero in all three.
    pub fn cell_count(&self) -> usize {
        let parts = [&self.similarity, &self.pasts, &self.transitions];
        parts.map(SparseRows::cell_count).iter().sum()
    }

    fn push_row_of(&mut self, prepared: &PreparedSessions, row: u32, sums: &mut RowSums) {
        prepared.add_similarity(row, sums);
        self.similarity.push(sums.take());
        prepared.add_pasts(row, sums);
        self.pasts.push(sums.take());
        prepared.add_transitions(row, sums);
        self.transitions.push(sums.take());
    }
}

/// The items that take part, ascending: frequent enough, and the most frequent if there are too many.
pub(super) fn chosen_items(plan: &SlistPlan, supports: &[i64]) -> Vec<u32> {
    let enough = |item: &u32| supports[*item as usize] >= plan.support_min as i64;
    let mut items: Vec<u32> = (0u32..).take(supports.len()).filter(enough).collect();
    if items.len() > plan.items_max {
        items.sort_by_key(|item| (-supports[*item as usize], *item));
        items.truncate(plan.items_max);
        items.sort_unstable();
    }
    items
}

/// The row of each item, `u32::MAX` for items left out.
pub(super) fn places(items: &[u32], item_count: usize) -> Vec<u32> {
    let mut places = vec![u32::MAX; item_count];
    for (row, item) in (0..).zip(items) {
        places[*item as usize] = row;
    }
    places
}
