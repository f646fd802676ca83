//! A holder's rows of one tree, sorted by node.

use std::collections::BTreeMap;
use std::ops::Range;

use super::binned_rows::BinnedRows;
use super::growing_tree::{Ask, GrowingTree};
use super::histogram::difference;
use super::split::Split;
use crate::parallel::{piece_length, run_all};

/// The sampled rows of one tree, those of a node side by side.
#[derive(Debug)]
pub(super) struct SortedRows {
    pub tree: u32,
    level: u32,
    /// Where the rows of each node of this level lie.
    segments: BTreeMap<u32, Range<usize>>,
    rows: Vec<u32>,
    buffers: Buffers,
    /// This holder's own vectors of the nodes of the level that was answered last.
    histograms: BTreeMap<u32, Vec<i64>>,
}

/// Large vectors that the next tree can use again.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    /// Packed, by row number.
    pub derivatives: Vec<i64>,
    /// At least as long as there are rows to be sorted.
    pub scratch: Vec<u32>,
}

impl SortedRows {
    /// All rows at the root. `buffers` must hold their derivatives.
    pub(super) fn new(tree: u32, rows: Vec<u32>, mut buffers: Buffers) -> Self {
        buffers.scratch.resize(rows.len(), 0);
        let segments = BTreeMap::from([(0, 0..rows.len())]);
        Self {
            tree,
            level: 0,
            segments,
            rows,
            buffers,
            histograms: BTreeMap::new(),
        }
    }

    pub(super) fn into_buffers(self) -> Buffers {
        self.buffers
    }

    /// The vectors of the nodes that the tree asks about, one after the other.
    pub(super) fn answer(
        &mut self,
        tree: &GrowingTree,
        binned: &BinnedRows,
        threads: usize,
    ) -> Vec<i64> {
        while self.level < tree.level {
            self.descend(tree, binned, threads);
        }
        let mut histograms = BTreeMap::new();
        for ask in &tree.asks {
            self.sum(ask, tree, binned, threads, &mut histograms);
        }
        self.histograms = histograms;
        let answers: Vec<&[i64]> = tree
            .asks
            .iter()
            .map(|ask| self.histograms[&ask.node].as_slice())
            .collect();
        answers.concat()
    }

    /// Divides the rows of every node of this level between its children.
    fn descend(&mut self, tree: &GrowingTree, binned: &BinnedRows, threads: usize) {
        let mut children = BTreeMap::new();
        for (node, segment) in core::mem::take(&mut self.segments) {
            let grown = &tree.nodes[node as usize];
            if let Some(split) = grown.split {
                let rows = &mut self.rows[segment.clone()];
                let scratch = &mut self.buffers.scratch[..segment.len()];
                let middle = segment.start + partition(rows, scratch, split, binned, threads);
                children.insert(grown.left, segment.start..middle);
                children.insert(grown.left + 1, middle..segment.end);
            }
        }
        self.segments = children;
        self.level += 1;
    }

    /// This holder's vectors of an asked node and of the sibling that the next level may need.
    ///
    /// Of two siblings the one with fewer rows *here* is summed and the other derived from the parent, where this
    /// holder still has it. That is exact, so which one it is never shows.
    fn sum(
        &self,
        ask: &Ask,
        tree: &GrowingTree,
        binned: &BinnedRows,
        threads: usize,
        histograms: &mut BTreeMap<u32, Vec<i64>>,
    ) {
        let sum = |node: u32| {
            let rows = &self.rows[self.segments[&node].clone()];
            binned.histogram(&tree.layout, &self.buffers.derivatives, rows, threads)
        };
        let Some(sibling) = &ask.derived else {
            histograms.insert(ask.node, sum(ask.node));
            return;
        };
        let (mut fewer, mut more) = (ask.node, sibling.node);
        if self.segments[&fewer].len() > self.segments[&more].len() {
            (fewer, more) = (more, fewer);
        }
        let summed = sum(fewer);
        let derived = match self.histograms.get(&sibling.parent) {
            Some(parent) => difference(parent, &summed),
            None => sum(more),
        };
        histograms.extend([(fewer, summed), (more, derived)]);
    }
}

/// Moves the rows that go left to the front, keeping the order on either side; returns how many they are. `scratch`
/// must be as long as `rows`.
fn partition(
    rows: &mut [u32],
    scratch: &mut [u32],
    split: Split,
    binned: &BinnedRows,
    threads: usize,
) -> usize {
    let piece = piece_length(rows.len(), threads);
    let pieces = rows.chunks_mut(piece).zip(scratch.chunks_mut(piece));
    let lefts = run_all(
        pieces.map(|(rows, scratch)| move || partition_piece(rows, scratch, split, binned)),
    );
    // Close the gaps between the left sides, then put the right sides, which wait in the scratch, behind them.
    let mut place = 0;
    for (index, left) in lefts.iter().enumerate() {
        rows.copy_within(index * piece..index * piece + left, place);
        place += left;
    }
    let all_left = place;
    for (scratch, left) in scratch.chunks(piece).zip(&lefts) {
        let right = scratch.len() - left;
        rows[place..place + right].copy_from_slice(&scratch[..right]);
        place += right;
    }
    all_left
}

/// Leaves the rows that go left at the front of `rows` and the others at the front of `scratch`; returns how many go
/// left.
fn partition_piece(
    rows: &mut [u32],
    scratch: &mut [u32],
    split: Split,
    binned: &BinnedRows,
) -> usize {
    let bins = binned.column(split.feature);
    let (mut left, mut right) = (0, 0);
    for index in 0..rows.len() {
        let row = rows[index];
        let goes_right = split.goes_right(bins[row as usize]);
        // Written to both sides, counted on one: no branch to mispredict.
        rows[left] = row;
        scratch[right] = row;
        left += usize::from(!goes_right);
        right += usize::from(goes_right);
    }
    left
}
