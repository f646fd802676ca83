//! What a shopper takes from a list that is shown: by place and by relevance.

use accord_random_stream::RandomStream;

use crate::{products::Product, shopper::Taste};

/// The n-th place is looked at with probability 1 / (1 + this · n), counted from 0: the examination hypothesis
/// (Richardson, Dominowska and Ragno, 2007).
const ATTENTION_LOSS: f64 = 0.35;
/// A place that is looked at is taken with a probability between these, by relevance.
const CLICK_LEAST: f64 = 0.004;
const CLICK_MOST: f64 = 0.5;
/// What goes with the item on the page, and what replaces it.
const COMPLEMENT_RELEVANCE: f64 = 0.3;
const ALTERNATIVE_RELEVANCE: f64 = 0.2;

/// What a list shows at one place.
pub(crate) struct Shown<'a> {
    pub product: &'a Product,
    /// Whether it was seen or taken in this visit already.
    pub is_known: bool,
}

/// How relevant a product is to a shopper who looks at another, in 0..=1.
pub(crate) fn relevance(taste: &Taste, product: &Product, looking_at: Option<&Product>) -> f64 {
    let mut relevance = taste.affinity(product);
    if let Some(page) = looking_at {
        if page.set == product.set {
            relevance += COMPLEMENT_RELEVANCE;
        } else if page.kind == product.kind {
            relevance += ALTERNATIVE_RELEVANCE;
        }
    }
    relevance.min(1.0)
}

/// Reads the list from the top; gives the place that was taken, and those that were looked at.
pub(crate) fn choose<'a>(
    taste: &Taste,
    looking_at: Option<&Product>,
    list: impl Iterator<Item = Shown<'a>>,
    stream: &mut RandomStream,
) -> (Option<usize>, Vec<usize>) {
    let mut looked_at = Vec::new();
    for (place, shown) in list.enumerate() {
        let is_examined = stream.unit() < 1.0 / (1.0 + ATTENTION_LOSS * place as f64);
        let drawn = stream.unit();
        if !is_examined {
            continue;
        }
        looked_at.push(place);
        let relevance = relevance(taste, shown.product, looking_at);
        let is_taken = drawn < CLICK_LEAST + (CLICK_MOST - CLICK_LEAST) * relevance * relevance;
        if is_taken && !shown.is_known {
            return (Some(place), looked_at);
        }
    }
    (None, looked_at)
}
