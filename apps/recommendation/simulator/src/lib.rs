//! Simulated shops: five merchants over one world of products, their shoppers, and what shoppers do with a list of
//! recommendations.
//!
//! [`Market`] has **random access by day**: [`Market::visits`] and [`Market::day`] are pure functions of the settings,
//! the merchant and the day. Nothing is carried from one day to the next, so a live stream resumes at any day without
//! replaying what came before.
//!
//! A [`Visit`] is walked step by step. History is walked with the shop's own shelves ([`Market::shelf`]); live traffic
//! shows the visit what a node recommends, and the shopper may take something from it ([`Visit::next`]).
//!
//! | file | holds |
//! |---|---|
//! | `settings` | what is simulated, checked before use |
//! | `departments`, `words` | departments, nouns, brands, finishes and themes, in our own words |
//! | `products` | the products that all merchants choose from, and the sets they come in |
//! | `assortment` | what one merchant sells: ids of its own, prices, stock, when an item arrives |
//! | `seasons` | what the time of the year and a trend do to demand |
//! | `shopper` | latent tastes: departments, style, brands, price, a project of the fortnight |
//! | `demand` | what a shopper looks for next, without recommendations |
//! | `choice` | what a shopper takes from a list, by place and by relevance |
//! | `visit` | one session from arrival to checkout |
//! | `market` | the public entry point |
//!
//! Deliberately absent: clocks, threads, I/O, the platform's own mathematics. The same settings give the same events
//! everywhere.

mod assortment;
mod choice;
mod demand;
mod departments;
mod event;
mod market;
mod products;
mod purpose;
mod seasons;
mod settings;
mod shopper;
mod visit;
mod words;

pub use assortment::Item;
pub use event::{EventKind, ShopEvent};
pub use market::Market;
pub use settings::{
    ITEMS_MAX, InvalidSettings, LAST_DAY, MICROSECONDS_PER_DAY, MarketSettings, MerchantProfile,
    PRODUCTS_MAX, SHOPPERS_MAX, demonstration_merchants,
};
pub use visit::{Action, Step, Visit};
