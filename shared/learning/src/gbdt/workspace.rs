//! A holder's working memory: everything that can be derived again from its rows and the learner's state.

use std::collections::BTreeMap;

use super::binned_rows::BinnedRows;
use super::fixed_point::Derivatives;
use super::growing_tree::{GrowingNode, GrowingTree};
use super::histogram::difference;
use super::parallel::{piece_length, run_all};
use super::plan::GbdtPlan;
use super::sampling::Draw;
use super::split::Split;
use super::tree::CompleteTree;
use crate::evaluation::ScoreBins;
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
            quantiles: QuantileWorkspace::default(),
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
                .map(|sorted| sorted.buffers())
                .unwrap_or_default();
            self.sorted = Some(scored.start_tree(state, tree.index, rows, buffers, threads));
        }
        let mut answer = Vec::with_capacity(tree.dimension());
        if let Some(sorted) = &mut self.sorted {
            sorted.descend_to(tree, &scored.binned, threads);
            let histograms = sorted.histograms(tree, &scored.binned, threads);
            for ask in &tree.asks {
                answer.extend_from_slice(&histograms[&ask.node]);
            }
            sorted.parents = histograms;
        }
        answer
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
        buffers: Buffers,
        threads: usize,
    ) -> SortedRows {
        let plan = state.plan;
        let sampled = Draw::rows_of_tree(plan.seed, tree, plan.row_share);
        let held_out = plan
            .calibration
            .as_ref()
            .map(|held_out| Draw::held_out_rows(plan.seed, held_out.held_out_share));
        let new_trees = self.new_trees(state);
        let mut derivatives = buffers.derivatives;
        derivatives.resize(rows.len(), 0);
        let piece = piece_length(rows.len(), threads);
        let binned = &self.binned;
        let parts = self
            .log_odds
            .chunks_mut(piece)
            .zip(derivatives.chunks_mut(piece))
            .enumerate();
        let drawn = run_all(parts.map(|(index, (log_odds, derivatives))| {
            let new_trees = &new_trees;
            move || {
                let mut drawn = Vec::with_capacity(log_odds.len());
                for ((row, log_odds), packed) in (index * piece..).zip(log_odds).zip(derivatives) {
                    add_trees(new_trees, binned.row(row), log_odds);
                    let id = rows.ids()[row];
                    if sampled.has(id) && !held_out.is_some_and(|held_out| held_out.has(id)) {
                        *packed = Derivatives::at(*log_odds, rows.labels()[row]).packed();
                        // Row numbers fit 32 bits: the learner refuses more rows.
                        drawn.push(row as u32);
                    }
                }
                drawn
            }
        }));
        self.trees_applied = state.trees.len();
        SortedRows::new(tree, derivatives, drawn.concat())
    }
}

fn add_trees(trees: &[CompleteTree], bins: &[u8], log_odds: &mut f64) {
    for tree in trees {
        *log_odds += tree.value(bins);
    }
}

/// Vectors that the next tree may use again.
#[derive(Debug, Default)]
struct Buffers {
    derivatives: Vec<i64>,
}

/// The sampled rows of one tree, those of a node side by side.
#[derive(Debug)]
struct SortedRows {
    tree: u32,
    level: u32,
    /// Packed, by row number.
    derivatives: Vec<i64>,
    rows: Vec<u32>,
    /// Where the rows of each node of this level lie.
    segments: BTreeMap<u32, std::ops::Range<usize>>,
    /// This holder's own vectors of the level before.
    parents: BTreeMap<u32, Vec<i64>>,
}

impl SortedRows {
    fn new(tree: u32, derivatives: Vec<i64>, rows: Vec<u32>) -> Self {
        let segments = BTreeMap::from([(0, 0..rows.len())]);
        Self {
            tree,
            level: 0,
            derivatives,
            rows,
            segments,
            parents: BTreeMap::new(),
        }
    }

    fn buffers(self) -> Buffers {
        Buffers {
            derivatives: self.derivatives,
        }
    }

    /// Divides the rows by the splits of all levels above that of the tree.
    fn descend_to(&mut self, tree: &GrowingTree, binned: &BinnedRows, threads: usize) {
        while self.level < tree.level {
            let mut children = BTreeMap::new();
            for (node, segment) in core::mem::take(&mut self.segments) {
                let grown = &tree.nodes[node as usize];
                if let Some(split) = grown.split {
                    let middle = segment.start
                        + partition(&mut self.rows[segment.clone()], split, binned, threads);
                    children.insert(grown.left, segment.start..middle);
                    children.insert(grown.left + 1, middle..segment.end);
                }
            }
            self.segments = children;
            self.level += 1;
        }
    }

    /// This holder's vectors of the asked nodes and of the siblings that the next level may need.
    ///
    /// Of two siblings the one with fewer rows *here* is summed and the other derived from the parent, where this
    /// holder still has it: exact, so which one it is never shows.
    fn histograms(
        &self,
        tree: &GrowingTree,
        binned: &BinnedRows,
        threads: usize,
    ) -> BTreeMap<u32, Vec<i64>> {
        let sum = |node: u32| {
            let rows = &self.rows[self.segments[&node].clone()];
            binned.histogram(&tree.layout, &self.derivatives, rows, threads)
        };
        let mut histograms = BTreeMap::new();
        for ask in &tree.asks {
            let Some(sibling) = &ask.derived else {
                histograms.insert(ask.node, sum(ask.node));
                continue;
            };
            let parent = tree
                .nodes
                .iter()
                .position(|node| node.split.is_some() && node.left == ask.node.min(sibling.node));
            let parent = parent.and_then(|parent| self.parents.get(&(parent as u32)));
            let pair = [ask.node, sibling.node];
            let [fewer, more] = if self.segments[&pair[0]].len() <= self.segments[&pair[1]].len() {
                pair
            } else {
                [pair[1], pair[0]]
            };
            let summed = sum(fewer);
            let derived = parent.map_or_else(|| sum(more), |parent| difference(parent, &summed));
            histograms.extend([(fewer, summed), (more, derived)]);
        }
        histograms
    }
}

/// Moves the rows that go left to the front, keeping the order on either side; returns how many they are.
fn partition(rows: &mut [u32], split: Split, binned: &BinnedRows, threads: usize) -> usize {
    let feature = usize::from(split.feature);
    let pieces = rows.chunks(piece_length(rows.len(), threads));
    let sides = run_all(pieces.map(|piece| {
        move || {
            let mut left = vec![0u32; piece.len()];
            let mut right = vec![0u32; piece.len()];
            let (mut lefts, mut rights) = (0, 0);
            for row in piece {
                let goes_right = split.goes_right(binned.row(*row as usize)[feature]);
                // Written to both sides, counted on one: no branch to mispredict.
                left[lefts] = *row;
                right[rights] = *row;
                lefts += usize::from(!goes_right);
                rights += usize::from(goes_right);
            }
            left.truncate(lefts);
            right.truncate(rights);
            (left, right)
        }
    }));
    let mut place = 0;
    for side in sides
        .iter()
        .map(|(left, _)| left)
        .chain(sides.iter().map(|(_, right)| right))
    {
        rows[place..place + side.len()].copy_from_slice(side);
        place += side.len();
    }
    sides.iter().map(|(left, _)| left.len()).sum()
}
