//! One visit from arrival to checkout, step by step.

use accord_random_stream::RandomStream;

use crate::{
    choice::{Shown, choose, relevance},
    departments::DEPARTMENTS,
    market::Market,
    shopper::Taste,
};

/// Pages of items that a visit looks at, at most.
const PAGES_MAX: u32 = 40;
/// After each page a shopper goes on with this probability.
const GOES_ON: f64 = 0.82;
/// An item on the page goes into the cart with a probability between these, by relevance.
const CART_LEAST: f64 = 0.03;
const CART_MOST: f64 = 0.42;
/// What is in the cart is taken out again, or more than one of it bought.
const REMOVED_SHARE: f64 = 0.08;
const SEVERAL_SHARE: f64 = 0.12;
/// A cart is bought at the end of the visit, a bought item rated.
const CHECKOUT_SHARE: f64 = 0.62;
const RATED_SHARE: f64 = 0.2;
const SECOND_US: i64 = 1_000_000;
/// A rating follows its purchase after at most this long, on the same evening.
const RATING_DELAY_MAX_S: u32 = 5_400;

/// What a shopper does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Comes to the first page.
    Arrive,
    /// Opens an item's page.
    View { item: u32 },
    /// Puts units of the item into the cart.
    Cart { item: u32, quantity: u32 },
    /// Takes the item out of the cart.
    Remove { item: u32 },
    /// Buys what is in the cart: items and units.
    Purchase { lines: Vec<(u32, u32)> },
    /// Gives an item that was bought 1 to 5 stars.
    Rate { item: u32, rating: u8 },
}

/// Something done, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Epoch microseconds.
    pub at_us: i64,
    pub action: Action,
    /// The place in the list shown before that the item was taken from.
    pub taken_from: Option<usize>,
    /// Places of that list that were looked at.
    pub looked_at: Vec<usize>,
}

/// A visit under way. Holds no borrow, so that live traffic can keep it between requests.
pub struct Visit {
    pub(crate) merchant: usize,
    pub(crate) day: u32,
    pub(crate) number: u32,
    /// The registered shopper's number; `None` for a guest.
    pub(crate) shopper: Option<u32>,
    pub(crate) taste: Taste,
    pub(crate) stream: RandomStream,
    pub(crate) now_us: i64,
    /// By department, how much is wanted on the day.
    pub(crate) departments: [f64; DEPARTMENTS.len()],
    pub(crate) progress: Progress,
}

/// How far a visit is.
#[derive(Default)]
pub(crate) struct Progress {
    stage: Stage,
    pages: u32,
    looking_at: Option<u32>,
    seen: Vec<u32>,
    cart: Vec<(u32, u32)>,
    /// What remains to be rated.
    bought: Vec<u32>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Arriving,
    Browsing,
    /// On an item's page.
    Considering,
    /// After the till, or gone without.
    Left,
}

impl Visit {
    /// When the next step is taken, at the earliest.
    pub fn now_us(&self) -> i64 {
        self.now_us
    }

    /// The shopper's id, such as `anchor-shopper-00017`; `None` for a guest.
    pub fn shopper_id(&self, market: &Market) -> Option<String> {
        let name = market.merchant_name(self.merchant);
        self.shopper
            .map(|shopper| format!("{name}-shopper-{shopper:05}"))
    }

    /// The session's id, such as `anchor-session-00042-00017`.
    pub fn session_id(&self, market: &Market) -> String {
        let name = market.merchant_name(self.merchant);
        format!("{name}-session-{:05}-{:05}", self.day, self.number)
    }

    /// The item whose page is open.
    pub fn looking_at(&self) -> Option<u32> {
        self.progress.looking_at
    }

    /// What the shopper does next, having been shown `list` (item numbers, from the top) on the page; `None` once the
    /// visit is over. The market must be the one that the visit comes from.
    pub fn next(&mut self, market: &Market, list: &[u32]) -> Option<Step> {
        match self.progress.stage {
            Stage::Arriving => {
                self.progress.stage = Stage::Browsing;
                Some(self.step(Action::Arrive))
            }
            Stage::Considering => match self.consider(market) {
                Some(step) => Some(step),
                None => self.browse(market, list),
            },
            Stage::Browsing => self.browse(market, list),
            Stage::Left => self.rate(market),
        }
    }

    /// Opens another page, or goes to the till.
    fn browse(&mut self, market: &Market, list: &[u32]) -> Option<Step> {
        let goes_on = self.progress.pages == 0 || self.stream.unit() < GOES_ON;
        if !goes_on || self.progress.pages >= PAGES_MAX {
            return self.leave();
        }
        let (taken_from, looked_at) = self.choose(market, list);
        let next = match taken_from {
            Some(place) => list.get(place).copied(),
            None => {
                let demand = market.demand(self);
                demand.next(&self.taste, self.progress.looking_at, &mut self.stream)
            }
        };
        let Some(item) = next else {
            return self.leave();
        };
        self.now_us += self.seconds(6, 60);
        self.progress.pages += 1;
        self.progress.looking_at = Some(item);
        self.progress.seen.push(item);
        self.progress.stage = Stage::Considering;
        Some(Step {
            taken_from,
            looked_at,
            ..self.step(Action::View { item })
        })
    }

    fn choose(&mut self, market: &Market, list: &[u32]) -> (Option<usize>, Vec<usize>) {
        let page = self
            .progress
            .looking_at
            .map(|item| market.product(self.merchant, item));
        let shown = list.iter().map(|item| Shown {
            product: market.product(self.merchant, *item),
            is_known: self.progress.seen.contains(item),
        });
        choose(&self.taste, page, shown, &mut self.stream)
    }

    /// Puts the item on the page into the cart, or takes something out; `None` to go on.
    fn consider(&mut self, market: &Market) -> Option<Step> {
        self.progress.stage = Stage::Browsing;
        let item = self.progress.looking_at?;
        let product = market.product(self.merchant, item);
        let relevance = relevance(&self.taste, product, None);
        let drawn = self.stream.unit();
        let several = self.stream.unit() < SEVERAL_SHARE;
        let is_in_cart = self.progress.cart.iter().any(|(other, _)| *other == item);
        if !is_in_cart && drawn < CART_LEAST + (CART_MOST - CART_LEAST) * relevance * relevance {
            self.now_us += self.seconds(3, 30);
            let quantity = if several { 2 } else { 1 };
            self.progress.cart.push((item, quantity));
            return Some(self.step(Action::Cart { item, quantity }));
        }
        if self.progress.cart.len() > 1 && self.stream.unit() < REMOVED_SHARE {
            self.now_us += self.seconds(2, 20);
            let (item, _) = self.progress.cart.remove(0);
            return Some(self.step(Action::Remove { item }));
        }
        None
    }

    fn leave(&mut self) -> Option<Step> {
        let buys = !self.progress.cart.is_empty() && self.stream.unit() < CHECKOUT_SHARE;
        let lines = std::mem::take(&mut self.progress.cart);
        self.progress.stage = Stage::Left;
        if !buys {
            return None;
        }
        self.now_us += self.seconds(30, 180);
        self.progress.bought = lines.iter().map(|(item, _)| *item).collect();
        Some(self.step(Action::Purchase { lines }))
    }

    fn rate(&mut self, market: &Market) -> Option<Step> {
        while let Some(item) = self.progress.bought.pop() {
            if self.stream.unit() < RATED_SHARE {
                let fit = self.taste.fit(market.product(self.merchant, item));
                let stars = 2.6 + 2.4 * libm::sqrt(fit) + self.stream.uniform(-1.0, 0.8);
                self.now_us += self.seconds(120, RATING_DELAY_MAX_S);
                let rating = libm::round(stars).clamp(1.0, 5.0) as u8;
                return Some(self.step(Action::Rate { item, rating }));
            }
        }
        None
    }

    fn step(&self, action: Action) -> Step {
        Step {
            at_us: self.now_us,
            action,
            taken_from: None,
            looked_at: Vec::new(),
        }
    }

    fn seconds(&mut self, least: u32, most: u32) -> i64 {
        i64::from(least + self.stream.below(most - least)) * SECOND_US
    }
}
