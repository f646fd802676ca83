//! How a merchant's lists are made: what each source of recommendations counts.

use serde::{Deserialize, Serialize};

/// What each source counts and how lists are shaped. Versions count up from 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServingSettings {
    pub version: u32,
    /// What the long-term taste of a shopper counts (a linear item-item model over the whole history).
    pub taste: f64,
    /// What the present session counts (a linear model from the last items to the next).
    pub session: f64,
    /// What goes together in baskets counts; it leads in carts and after a purchase.
    pub together: f64,
    /// What likeness of categories and words counts; it is all that a new item has.
    pub content: f64,
    /// What everybody buys and looks at now counts.
    pub popularity: f64,
    /// From 0 (best scores only) to 1 (every place to another category): the weight of novelty in maximal marginal
    /// relevance.
    pub diversity: f64,
    /// Share of places that are drawn at random from the best candidates, from 0 to 0.5, so that lists can later be
    /// judged by what they did not show.
    pub exploration: f64,
    /// Whether items that a shopper has bought may be shown again.
    pub shows_purchased: bool,
}

impl ServingSettings {
    /// What a node begins with.
    pub const INITIAL: Self = Self {
        version: 0,
        taste: 1.0,
        session: 1.0,
        together: 1.0,
        content: 0.3,
        popularity: 0.2,
        diversity: 0.2,
        exploration: 0.05,
        shows_purchased: false,
    };

    /// The highest weight of a source.
    pub const WEIGHT_MAX: f64 = 100.0;
    /// The highest share of places that are drawn at random.
    pub const EXPLORATION_MAX: f64 = 0.5;

    /// Name of the first field whose value makes no sense.
    pub fn fault(&self) -> Option<(&'static str, &'static str)> {
        let weights = [
            ("taste", self.taste),
            ("session", self.session),
            ("together", self.together),
            ("content", self.content),
            ("popularity", self.popularity),
        ];
        let wrong = |(_, weight): &&(&str, f64)| !(0.0..=Self::WEIGHT_MAX).contains(weight);
        if let Some((name, _)) = weights.iter().find(wrong) {
            return Some((name, "must be between 0 and 100"));
        }
        if !(0.0..=1.0).contains(&self.diversity) {
            return Some(("diversity", "must be between 0 and 1"));
        }
        (!(0.0..=Self::EXPLORATION_MAX).contains(&self.exploration))
            .then_some(("exploration", "must be between 0 and 0.5"))
    }
}
