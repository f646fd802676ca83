//! One holder's sums, row by row.

use std::collections::HashSet;

use super::plan::{Past, SlistPlan};
use crate::deterministic::{exp, quantise};
use crate::histories::Histories;

/// Fraction bits of every sum.
pub(super) const FRACTION_BITS: u32 = 24;

/// In how many sessions every item is.
pub(super) fn supports(plan: &SlistPlan, sessions: &Histories) -> Vec<i64> {
    let mut counts = vec![0; plan.item_count];
    let mut distinct = HashSet::new();
    for (_, items) in sessions.iter() {
        distinct.clear();
        for item in latest(items, plan) {
            if distinct.insert(*item) {
                counts[*item as usize] += 1;
            }
        }
    }
    counts
}

/// The largest amount that one session can add to a sum: no cut adds more than 1, and rounding half a unit a pair.
pub(super) fn session_bound(plan: &SlistPlan) -> u64 {
    let events = plan.events_per_session_max as u64;
    (events << FRACTION_BITS) + events * events
}

fn latest<'a>(items: &'a [u32], plan: &SlistPlan) -> &'a [u32] {
    &items[items.len().saturating_sub(plan.events_per_session_max)..]
}

/// A holder's sessions, ready to be summed one row at a time.
#[derive(Debug, Clone, Default)]
pub(super) struct PreparedSessions {
    past: Option<Past>,
    sessions: Vec<Session>,
    /// For each item, in which sessions it stands in which places, in order.
    places: Vec<Vec<(u32, u32)>>,
    /// e^(−d / τ) by distance.
    decay: Vec<f64>,
}

#[derive(Debug, Clone)]
struct Session {
    /// Places of items in the sums.
    items: Vec<u32>,
    /// ω.
    weight: f64,
    distinct: usize,
    /// By event: is it the first of its item?
    first: Vec<bool>,
    /// By cut t: the sum of 1 / (|z|·|y|) over all cuts before it.
    pair_sums: Vec<f64>,
    /// By event b: Σ over cuts t ≥ b of e^(−2(t − b) / τ) / |z|².
    past_sums: Vec<f64>,
    /// By cut: 1 / |y|.
    future: Vec<f64>,
}

/// Sums of one row, and the columns that are not zero.
#[derive(Debug, Default)]
pub(super) struct RowSums {
    sums: Vec<i64>,
    touched: Vec<u32>,
}

impl RowSums {
    pub(super) fn new(size: usize) -> Self {
        Self {
            sums: vec![0; size],
            touched: Vec::new(),
        }
    }

    fn add(&mut self, column: u32, value: f64) {
        let value = quantise(value, FRACTION_BITS, 1 << 50);
        if value != 0 {
            let sum = &mut self.sums[column as usize];
            if *sum == 0 {
                self.touched.push(column);
            }
            *sum += value;
        }
    }

    /// The columns that are not zero, ascending, with their sums; empties the row.
    pub(super) fn take(&mut self) -> Vec<(u32, i64)> {
        self.touched.sort_unstable();
        let sums = &mut self.sums;
        let cells = self.touched.drain(..);
        cells
            .map(|column| (column, std::mem::take(&mut sums[column as usize])))
            .collect()
    }
}

impl PreparedSessions {
    /// `place` gives an item's row, or `u32::MAX` for items left out, of which there are `rows`.
    pub(super) fn new(plan: &SlistPlan, histories: &Histories, place: &[u32], rows: usize) -> Self {
        let decay: Vec<f64> = (0..=plan.events_per_session_max)
            .map(|distance| exp(-(distance as f64) / plan.event_decay))
            .collect();
        let mut prepared = Self {
            past: Some(plan.past),
            sessions: Vec::new(),
            places: vec![Vec::new(); rows],
            decay,
        };
        for (day, items) in histories.iter() {
            let kept = latest(items, plan).iter().map(|item| place[*item as usize]);
            let kept: Vec<u32> = kept.filter(|place| *place != u32::MAX).collect();
            if kept.is_empty() {
                continue;
            }
            let number = prepared.sessions.len() as u32;
            for (event, item) in (0..).zip(&kept) {
                prepared.places[*item as usize].push((number, event));
            }
            let age = plan.newest_day.saturating_sub(day);
            let weight = exp(-f64::from(age) / plan.session_decay_days);
            let session = Session::new(kept, weight, &prepared.decay);
            prepared.sessions.push(session);
        }
        prepared
    }

    /// S: one session reproduced from itself, both sides binary and of sum 1.
    pub(super) fn add_similarity(&self, row: u32, sums: &mut RowSums) {
        for (session, event) in &self.places[row as usize] {
            let session = &self.sessions[*session as usize];
            if !session.first[*event as usize] {
                continue;
            }
            let value = session.weight / (session.distinct * session.distinct) as f64;
            for (item, first) in session.items.iter().zip(&session.first) {
                if *first {
                    sums.add(*item, value);
                }
            }
        }
    }

    /// T: from the past of each cut to its future.
    pub(super) fn add_transitions(&self, row: u32, sums: &mut RowSums) {
        for (session, event) in &self.places[row as usize] {
            let session = &self.sessions[*session as usize];
            let a = *event as usize;
            for b in a + 1..session.items.len() {
                let distance = self.decay[b - a - 1];
                let cuts = match self.past {
                    Some(Past::AllEvents) => session.pair_sums[b] - session.pair_sums[a],
                    _ => session.future[a],
                };
                sums.add(session.items[b], session.weight * distance * cuts);
            }
        }
    }

    /// Z: the past of each cut with itself.
    pub(super) fn add_pasts(&self, row: u32, sums: &mut RowSums) {
        for (session, event) in &self.places[row as usize] {
            let session = &self.sessions[*session as usize];
            let a = *event as usize;
            let cuts = session.items.len() - 1;
            match self.past {
                Some(Past::AllEvents) => {
                    for b in 0..cuts {
                        let (early, late) = (a.min(b), a.max(b));
                        if late < cuts {
                            let value = self.decay[late - early] * session.past_sums[late];
                            sums.add(session.items[b], session.weight * value);
                        }
                    }
                }
                _ if a < cuts => sums.add(row, session.weight),
                _ => {}
            }
        }
    }
}

impl Session {
    fn new(items: Vec<u32>, weight: f64, decay: &[f64]) -> Self {
        let length = items.len();
        let mut seen = HashSet::with_capacity(length);
        let first: Vec<bool> = items.iter().map(|item| seen.insert(*item)).collect();
        // |z| after cut t, the events 0..=t, and |y|, the events after it, are sums of a geometric series.
        let mut sums = vec![0.0; length + 1];
        for distance in 0..length {
            sums[distance + 1] = sums[distance] + decay[distance];
        }
        let cuts = length - 1;
        let past = |cut: usize| sums[cut + 1];
        let future: Vec<f64> = (0..cuts).map(|cut| 1.0 / sums[length - 1 - cut]).collect();
        let mut pair_sums = vec![0.0; length];
        let mut past_sums = vec![0.0; length];
        for cut in 0..cuts {
            pair_sums[cut + 1] = pair_sums[cut] + future[cut] / past(cut);
        }
        let twice = decay.get(1).map_or(0.0, |decay| decay * decay);
        for cut in (0..cuts).rev() {
            past_sums[cut] = 1.0 / (past(cut) * past(cut)) + twice * past_sums[cut + 1];
        }
        Self {
            items,
            weight,
            distinct: seen.len(),
            first,
            pair_sums,
            past_sums,
            future,
        }
    }
}
