//! A holder's working memory: everything that can be derived again from its rows and the learner's state.

use super::binned_rows::BinnedRows;
use super::fixed_point::Derivatives;
use super::growing_tree::{GrowingNode, GrowingTree};
use super::plan::GbdtPlan;
use super::sampling::Draw;
use super::sorted_rows::{Buffers, SortedRows};
use super::tree::CompleteTree;
use crate::evaluation::ScoreBins;
use crate::parallel::{piece_length, run_all};
use crate::quantiles::{QuantileBins, QuantileWorkspace};
use crate::rows::TrainingRows;

/// A holder's cache for one learner and one set of rows: about 90 bytes per row of 30 features.
#[derive(Debug)]
pub struct GbdtWorkspace {
    threads: usize,
    pub(super) quantiles: QuantileWorkspace,
    scored: Option<ScoredRows>,
    sorted: Option<SortedRows>,
}

impl Default for GbdtWorkspace {
    fn default() -> Self {
        Self::with_threads(1)
    }
}

impl GbdtWorkspace {
    /// An empty workspace that answers with `threads` threads (at least one). The answers do not depend on it.
    pub fn with_threads(threads: usize) -> Self {
        Self {
            threads: threads.max(1),
            quantiles: QuantileWorkspace::with_threads(threads),
            scored: None,
            sorted: None,
        }
    }

    /// The vectors of the nodes that the growing tree asks about, one after the other.
    pub(super) fn answer_for_tree(
        &mut self,
        state: &TrainingState<'_>,
        tree: &GrowingTree,
        rows: &TrainingRows,
    ) -> Vec<i64> {
        let threads = self.threads;
        let scored = self
            .scored
            .get_or_insert_with(|| ScoredRows::new(state, rows, threads));
        if self
            .sorted
            .as_ref()
            .is_none_or(|sorted| sorted.tree != tree.index)
        {
            let buffers = self
                .sorted
                .take()
                .map(SortedRows::into_buffers)
                .unwrap_or_default();
            self.sorted = Some(scored.start_tree(state, tree.index, rows, buffers, threads));
        }
        match &mut self.sorted {
            Some(sorted) => sorted.answer(tree, &scored.binned, threads),
            None => Vec::new(),
        }
    }

    /// Counts of the held-out rows by log-odds and label.
    pub(super) fn answer_for_calibration(
        &mut self,
        state: &TrainingState<'_>,
        held_out: Draw,
        rows: &TrainingRows,
    ) -> Vec<i64> {
        let threads = self.threads;
        let scored = self
            .scored
            .get_or_insert_with(|| ScoredRows::new(state, rows, threads));
        scored.apply_trees(state, threads);
        let mut bins = ScoreBins::empty();
        for ((log_odds, label), id) in scored.log_odds.iter().zip(rows.labels()).zip(rows.ids()) {
            if held_out.has(*id) {
                bins.add(*log_odds, *label);
            }
        }
        bins.counts().to_vec()
    }
}

/// What the learner knows that a holder needs.
pub(super) struct TrainingState<'learner> {
    pub plan: &'learner GbdtPlan,
    pub bins: &'learner QuantileBins,
    pub base_log_odds: f64,
    pub trees: &'learner [Vec<GrowingNode>],
}

/// Binned rows with their log-odds so far.
#[derive(Debug)]
struct ScoredRows {
    binned: BinnedRows,
    log_odds: Vec<f64>,
    trees_applied: usize,
}

impl ScoredRows {
    fn new(state: &TrainingState<'_>, rows: &TrainingRows, threads: usize) -> Self {
        Self {
            binned: BinnedRows::new(rows, state.bins, threads),
            log_odds: vec![state.base_log_odds; rows.len()],
            trees_applied: 0,
        }
    }

    /// Adds the trees that were finished since the last time, in their order.
    fn apply_trees(&mut self, state: &TrainingState<'_>, threads: usize) {
        let new_trees = self.new_trees(state);
        let piece = piece_length(self.log_odds.len(), threads);
        let binned = &self.binned;
        run_all(
            self.log_odds
                .chunks_mut(piece)
                .enumerate()
                .map(|(index, part)| {
                    let new_trees = &new_trees;
                    move || {
                        for (row, log_odds) in (index * piece..).zip(part) {
                            add_trees(new_trees, binned.row(row), log_odds);
                        }
                    }
                }),
        );
        self.trees_applied = state.trees.len();
    }

    fn new_trees(&self, state: &TrainingState<'_>) -> Vec<CompleteTree> {
        state.trees[self.trees_applied..]
            .iter()
            .map(|nodes| CompleteTree::new(state.plan, nodes))
            .collect()
    }

    /// Draws the tree's rows and computes their derivatives, in the same pass that adds the trees before it.
    fn start_tree(
        &mut self,
        state: &TrainingState<'_>,
        tree: u32,
        rows: &TrainingRows,
        mut buffers: Buffers,
        threads: usize,
    ) -> SortedRows {
        let plan = state.plan;
        let sampled = Draw::rows_of_tree(plan.seed, tree, plan.row_share);
        let held_out = plan
            .calibration
            .as_ref()
            .map(|held_out| Draw::held_out_rows(plan.seed, held_out.held_out_share));
        let new_trees = self.new_trees(state);
        buffers.derivatives.resize(rows.len(), 0);
        let piece = piece_length(rows.len(), threads);
        let binned = &self.binned;
        let parts = self
            .log_odds
            .chunks_mut(piece)
            .zip(buffers.derivatives.chunks_mut(piece))
            .enumerate();
        let drawn = run_all(parts.map(|(index, (log_odds, derivatives))| {
            let new_trees = &new_trees;
            move || {
                let first = index * piece;
                for (row, log_odds) in (first..).zip(&mut *log_odds) {
                    add_trees(new_trees, binned.row(row), log_odds);
                }
                // For all rows, drawn or not: without a condition the loop works on several rows at once.
                for ((packed, log_odds), label) in derivatives
                    .iter_mut()
                    .zip(log_odds)
                    .zip(&rows.labels()[first..])
                {
                    *packed = Derivatives::at(*log_odds, *label).packed();
                }
                let ids = &rows.ids()[first..first + derivatives.len()];
                let is_drawn =
                    |id: u64| sampled.has(id) && !held_out.is_some_and(|held_out| held_out.has(id));
                numbers_of(first, ids, is_drawn)
            }
        }));
        self.trees_applied = state.trees.len();
        SortedRows::new(tree, drawn.concat(), buffers)
    }
}

/// The numbers of the rows whose id is drawn; the first id is that of row `first`.
fn numbers_of(first: usize, ids: &[u64], is_drawn: impl Fn(u64) -> bool) -> Vec<u32> {
    let mut numbers = vec![0u32; ids.len()];
    let mut drawn = 0;
    for (row, id) in (first..).zip(ids) {
        // Written in any case, counted if drawn: no branch to mispredict. Row numbers fit 32 bits: the learner refuses
        // more rows.
        numbers[drawn] = row as u32;
        drawn += usize::from(is_drawn(*id));
    }
    numbers.truncate(drawn);
    numbers
}

fn add_trees(trees: &[CompleteTree], bins: &[u8], log_odds: &mut f64) {
    for tree in trees {
        *log_odds += tree.value(bins);
    }
}
