//! One holder's counts.

use super::plan::GramPlan;
use crate::cholesky::packed_length;
use crate::deterministic::{exp, ln, quantise};
use crate::histories::{Histories, latest_distinct};

/// In how many histories every item is.
pub(super) fn supports(plan: &GramPlan, histories: &Histories) -> Vec<i64> {
    let mut counts = vec![0; plan.item_count];
    let mut distinct = Vec::new();
    for (_, items) in histories.iter() {
        latest_distinct(items, plan.items_per_history_max, &mut distinct);
        for item in &distinct {
            counts[*item as usize] += 1;
        }
    }
    counts
}

/// The rows `rows` of the packed lower triangle; `place` gives an item's row, or `u32::MAX` for items left out.
pub(super) fn triangle_rows(
    plan: &GramPlan,
    histories: &Histories,
    place: &[u32],
    rows: std::ops::Range<usize>,
) -> Vec<i64> {
    let start = packed_length(rows.start);
    let mut sums = vec![0; packed_length(rows.end) - start];
    let mut distinct = Vec::new();
    for (_, items) in histories.iter() {
        latest_distinct(items, plan.items_per_history_max, &mut distinct);
        let weight = history_weight(plan, distinct.len());
        for item in &mut distinct {
            *item = place[*item as usize];
        }
        // Places ascend with item numbers, so they are still in order.
        distinct.retain(|place| *place != u32::MAX);
        let first = distinct.partition_point(|place| (*place as usize) < rows.start);
        for (index, row) in distinct.iter().enumerate().skip(first) {
            if *row as usize >= rows.end {
                break;
            }
            let row_start = packed_length(*row as usize) - start;
            for column in &distinct[..=index] {
                sums[row_start + *column as usize] += weight;
            }
        }
    }
    sums
}

const WEIGHT_BITS: u32 = 16;

/// What 1 is in the sums.
pub(super) fn scale(plan: &GramPlan) -> i64 {
    if plan.length_exponent == 0.0 {
        1
    } else {
        1 << WEIGHT_BITS
    }
}

/// What one history of so many distinct items counts.
pub(super) fn history_weight(plan: &GramPlan, length: usize) -> i64 {
    if plan.length_exponent == 0.0 || length == 0 {
        return scale(plan);
    }
    let weight = exp(-plan.length_exponent * ln(length as f64));
    quantise(weight, WEIGHT_BITS, scale(plan)).max(1)
}
