//! One holder's answers: sums over its shoppers' factors.

use std::ops::Range;

use super::model::IalsModel;
use super::plan::IalsPlan;
use crate::cholesky::packed_length;
use crate::deterministic::quantise;
use crate::histories::{Histories, latest_distinct};

/// Fraction bits of factors' products and sums.
pub(super) const FRACTION_BITS: u32 = 24;
/// A shopper's factor is clipped here.
const FACTOR_BOUND: f64 = 16.0;
/// The most that one shopper adds to any coordinate: a product of two factors.
pub(super) const SHOPPER_BOUND: u64 = (16 * 16) << FRACTION_BITS;

/// The shoppers of one holder with their factors of one round.
#[derive(Debug, Clone)]
pub(super) struct Shoppers {
    ends: Vec<usize>,
    /// Distinct items, ascending.
    items: Vec<u32>,
    factors: Vec<f64>,
}

/// Coordinates for one item: Σ u·uᵀ packed, Σ u, and the number of shoppers.
pub(super) const fn item_dimension(factors: usize) -> usize {
    packed_length(factors) + factors + 1
}

impl Shoppers {
    /// Folds every history in; shoppers without items say nothing.
    pub(super) fn new(plan: &IalsPlan, histories: &Histories, items: &IalsModel) -> Self {
        let mut shoppers = Self {
            ends: Vec::with_capacity(histories.len()),
            items: Vec::with_capacity(histories.event_count()),
            factors: Vec::with_capacity(histories.len() * plan.factors),
        };
        let mut distinct = Vec::new();
        for (_, history) in histories.iter().filter(|(_, history)| !history.is_empty()) {
            latest_distinct(history, plan.items_per_history_max, &mut distinct);
            let folded = items.fold_in(&distinct);
            let clipped = folded
                .into_iter()
                .map(|factor| factor.clamp(-FACTOR_BOUND, FACTOR_BOUND));
            shoppers.factors.extend(clipped);
            shoppers.items.extend_from_slice(&distinct);
            shoppers.ends.push(shoppers.items.len());
        }
        shoppers
    }

    /// Σ u·uᵀ packed and the number of shoppers.
    pub(super) fn sum_all(&self, factors: usize) -> Vec<i64> {
        let mut sums = vec![0; packed_length(factors) + 1];
        for shopper in self.factors.chunks_exact(factors) {
            add_products(&mut sums, shopper);
        }
        sums[packed_length(factors)] = self.ends.len() as i64;
        sums
    }

    /// The coordinates of the items in `range`.
    pub(super) fn sum_items(&self, factors: usize, range: Range<usize>) -> Vec<i64> {
        let dimension = item_dimension(factors);
        let products = packed_length(factors);
        let mut sums = vec![0; range.len() * dimension];
        let mut own = vec![0; dimension];
        let mut start = 0;
        for (shopper, end) in self.factors.chunks_exact(factors).zip(&self.ends) {
            let items = &self.items[start..*end];
            start = *end;
            let first = items.partition_point(|item| (*item as usize) < range.start);
            let last = items.partition_point(|item| (*item as usize) < range.end);
            if first == last {
                continue;
            }
            // Quantised once, so that a shopper adds the same to all of its items.
            own.fill(0);
            add_products(&mut own, shopper);
            for (sum, factor) in own[products..].iter_mut().zip(shopper) {
                *sum = quantise(*factor, FRACTION_BITS, SHOPPER_BOUND as i64);
            }
            own[dimension - 1] = 1;
            for item in &items[first..last] {
                let place = (*item as usize - range.start) * dimension;
                for (sum, value) in sums[place..place + dimension].iter_mut().zip(&own) {
                    *sum += value;
                }
            }
        }
        sums
    }
}

fn add_products(sums: &mut [i64], shopper: &[f64]) {
    let mut cells = sums.iter_mut();
    for (row, left) in shopper.iter().enumerate() {
        for (right, cell) in shopper[..=row].iter().zip(cells.by_ref()) {
            *cell += quantise(left * right, FRACTION_BITS, SHOPPER_BOUND as i64);
        }
    }
}
