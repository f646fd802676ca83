//! Made-up shoppers.

use accord_learning::Histories;
use anyhow::Result;

use crate::recommend::random::hash;

/// Items of a history: from this, up to twice as many less one, evenly.
const LENGTH_MIN: u64 = 8;
/// Items lie within so many places of the one that a shopper came for.
const NEIGHBOURHOOD: u64 = 64;
/// Of ten items, so many lie near; the others are popular ones.
const NEAR_TENTHS: u64 = 7;

/// Shoppers who come for one item, look around it, and pick up what is popular.
pub fn histories(item_count: usize, shoppers: usize, seed: u64) -> Result<Histories> {
    let mut histories = Histories::new(item_count);
    let mut items = Vec::new();
    let count = item_count as u64;
    for shopper in 0..shoppers as u64 {
        let own = hash(seed, shopper);
        let centre = popular(hash(own, 0), count);
        items.clear();
        for event in 1..=LENGTH_MIN + own % LENGTH_MIN {
            let draw = hash(own, event);
            let item = if draw % 10 < NEAR_TENTHS {
                (centre + (draw >> 8) % NEIGHBOURHOOD) % count
            } else {
                popular(hash(draw, 1), count)
            };
            items.push(u32::try_from(item)?);
        }
        histories.push(0, &items)?;
    }
    Ok(histories)
}

/// An item whose number is u³ of the catalogue: low numbers are popular by a power law.
fn popular(draw: u64, count: u64) -> u64 {
    let uniform = (draw >> 11) as f64 / (1u64 << 53) as f64;
    ((uniform * uniform * uniform * count as f64) as u64).min(count - 1)
}
