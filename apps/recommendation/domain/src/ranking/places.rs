//! From candidates to places: novelty against score, and a known share of chance.
//!
//! Places are filled one after the other. The best candidate of a place is the one with the highest
//! (1 − d)·score − d·overlap, where scores are scaled so that the best candidate has 1, and overlap is the largest share
//! of categories in common with a place above (maximal marginal relevance; Carbonell and Goldstein, 1998). With the
//! probability ε the place goes to a candidate drawn evenly from all that are left instead. The probability of what
//! comes to a place, given the places above, is then exactly (1 − ε)·[it is the best] + ε / (number left). A place that a
//! campaign has pinned is certain.

use crate::{ids::mix, view::LiveView};

/// How places are filled.
pub(super) struct Placing {
    /// d, 0 to 1.
    pub diversity: f64,
    /// ε, 0 to 0.5.
    pub exploration: f64,
    pub seed: u64,
    /// Places, from 1, with the items that campaigns have put there; ascending, each item once.
    pub pins: Vec<(u16, u32)>,
}

/// One filled place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub item: u32,
    pub propensity: f64,
    pub explored: bool,
    pub pinned: bool,
}

struct Candidate {
    item: u32,
    relevance: f64,
    overlap: f64,
}

impl Placing {
    /// Fills up to `count` places from candidates that are given best first.
    pub fn places(
        &self,
        view: &LiveView,
        scores: &[f64],
        candidates: Vec<u32>,
        count: usize,
    ) -> Vec<Place> {
        let score = |item: u32| scores[item as usize];
        let highest = candidates.first().map_or(0.0, |item| score(*item));
        let scale = if highest > 0.0 { 1.0 / highest } else { 1.0 };
        let is_pinned = |item: &u32| self.pins.iter().any(|(_, pinned)| pinned == item);
        let mut left: Vec<Candidate> = candidates
            .into_iter()
            .filter(|item| !is_pinned(item))
            .map(|item| Candidate {
                item,
                relevance: score(item) * scale,
                overlap: 0.0,
            })
            .collect();
        let pinned = |pin: &(u16, u32)| Place {
            item: pin.1,
            propensity: 1.0,
            explored: false,
            pinned: true,
        };
        let mut pins = self.pins.iter().peekable();
        let mut places = Vec::with_capacity(count);
        for place in 0..count as u64 {
            let due = |pin: &&(u16, u32)| u64::from(pin.0) <= place + 1;
            // Where nobody else is left, what is pinned to later places moves up.
            let filled = pins
                .next_if(due)
                .map(pinned)
                .or_else(|| self.fill(place, &mut left))
                .or_else(|| pins.next().map(pinned));
            let Some(filled) = filled else {
                break;
            };
            if self.diversity > 0.0 {
                for candidate in &mut left {
                    let overlap = view
                        .catalogue()
                        .category_overlap(filled.item, candidate.item);
                    candidate.overlap = candidate.overlap.max(overlap);
                }
            }
            places.push(filled);
        }
        places
    }

    /// Gives a place to the best candidate, or to chance; `None` where nobody is left.
    fn fill(&self, place: u64, left: &mut Vec<Candidate>) -> Option<Place> {
        let best = self.best(left)?;
        let chosen = self.draw(place, left.len()).unwrap_or(best);
        let even = self.exploration / left.len() as f64;
        let by_rule = if chosen == best {
            1.0 - self.exploration
        } else {
            0.0
        };
        Some(Place {
            item: left.remove(chosen).item,
            propensity: even + by_rule,
            explored: chosen != best,
            pinned: false,
        })
    }

    /// The first of the best candidates.
    fn best(&self, left: &[Candidate]) -> Option<usize> {
        let value = |candidate: &Candidate| {
            (1.0 - self.diversity) * candidate.relevance - self.diversity * candidate.overlap
        };
        let mut best: Option<(usize, f64)> = None;
        for (index, candidate) in left.iter().enumerate() {
            let value = value(candidate);
            if best.is_none_or(|(_, highest)| value > highest) {
                best = Some((index, value));
            }
        }
        best.map(|(index, _)| index)
    }

    /// Which candidate chance gives the place to; `None`: the best.
    fn draw(&self, place: u64, left: usize) -> Option<usize> {
        let unit = |number: u64| {
            (mix(self.seed ^ mix(number.wrapping_add(1))) >> 11) as f64 / (1_u64 << 53) as f64
        };
        (unit(2 * place) < self.exploration)
            .then(|| ((unit(2 * place + 1) * left as f64) as usize).min(left - 1))
    }
}
