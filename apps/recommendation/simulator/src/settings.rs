//! What is simulated: the world of products, and the merchants.

use std::{collections::HashSet, ops::Range};

use crate::departments::DEPARTMENTS;

/// Microseconds in a simulated day.
pub const MICROSECONDS_PER_DAY: i64 = 86_400_000_000;
/// The last day that can be simulated; it keeps every time within `i64` microseconds.
pub const LAST_DAY: u32 = 10_000_000;
/// Most products of a world.
pub const PRODUCTS_MAX: u32 = 50_000;
/// Most items of a merchant: no more than there are products.
pub const ITEMS_MAX: u32 = PRODUCTS_MAX;
/// Most shoppers of a merchant.
pub const SHOPPERS_MAX: u32 = 1_000_000;
/// Keeps `exp(-rate)`, the start of the Poisson inversion, far from underflow.
const VISITS_PER_DAY_MAX: f64 = 50.0;

/// Everything that the simulated events depend on. Plain data; [`Market::new`](crate::Market::new) checks it.
#[derive(Clone, Debug, PartialEq)]
pub struct MarketSettings {
    /// Two markets with the same settings but other seeds are independent.
    pub seed: u64,
    /// Midnight (UTC) at which day 0 begins, epoch microseconds.
    pub starts_at_us: i64,
    /// Products that the merchants choose from.
    pub products: u32,
    /// Share of the products that did not exist on day 0.
    pub arriving_share: f64,
    /// Days over which those arrive, evenly.
    pub arrival_days: u32,
    /// The merchants, by the index that the market's methods take.
    pub merchants: Vec<MerchantProfile>,
}

/// What makes a merchant.
#[derive(Clone, Debug, PartialEq)]
pub struct MerchantProfile {
    /// Begins every shopper, session and event id; different from the other merchants' names.
    pub name: String,
    /// Two letters that begin the merchant's own item ids.
    pub item_prefix: String,
    /// How many of the world's products it sells.
    pub items: u32,
    /// Registered shoppers.
    pub shoppers: u32,
    /// Visits of a registered shopper on a day: its rate is drawn from this range, low ones more often.
    pub visits_per_day: Range<f64>,
    /// Visits by guests for each visit of a registered shopper.
    pub guests_per_visit: f64,
    /// Departments that it prefers in its choice of products; empty for all alike. See [`MarketSettings::departments`].
    pub focus: Vec<String>,
    /// Prices relative to the world's.
    pub price_level: f64,
}

impl MarketSettings {
    /// The five merchants of [`demonstration_merchants`] over 1,500 products, of which 15 % arrive over half a year.
    pub fn demonstration(seed: u64, starts_at_us: i64) -> Self {
        Self {
            seed,
            starts_at_us,
            products: 1_500,
            arriving_share: 0.15,
            arrival_days: 180,
            merchants: demonstration_merchants(),
        }
    }

    /// The names of all departments.
    pub fn departments() -> impl Iterator<Item = &'static str> {
        DEPARTMENTS.iter().map(|department| department.name)
    }

    pub(crate) fn check(&self) -> Result<(), InvalidSettings> {
        if self.starts_at_us % MICROSECONDS_PER_DAY != 0
            || self.starts_at_us.unsigned_abs() > LATEST_START
        {
            return Err(InvalidSettings::Start);
        }
        if !(1..=PRODUCTS_MAX).contains(&self.products) {
            return Err(InvalidSettings::Products);
        }
        if !(0.0..1.0).contains(&self.arriving_share) || self.arrival_days > LAST_DAY {
            return Err(InvalidSettings::Arrivals);
        }
        let names: HashSet<&str> = self.merchants.iter().map(|one| one.name.as_str()).collect();
        if names.is_empty() || names.len() < self.merchants.len() {
            return Err(InvalidSettings::Merchants);
        }
        self.merchants
            .iter()
            .try_for_each(|merchant| merchant.check(self.products))
    }
}

impl MerchantProfile {
    fn check(&self, products: u32) -> Result<(), InvalidSettings> {
        let fault = |what| {
            Err(InvalidSettings::Merchant {
                name: self.name.clone(),
                what,
            })
        };
        let visits = &self.visits_per_day;
        if !(1..=products).contains(&self.items) {
            return fault("between 1 item and as many as there are products");
        }
        if self.shoppers > SHOPPERS_MAX {
            return fault("at most 1,000,000 shoppers");
        }
        if !(0.0 <= visits.start && visits.start <= visits.end && visits.end <= VISITS_PER_DAY_MAX)
        {
            return fault("between 0 and 50 visits a day");
        }
        if !(0.0..=10.0).contains(&self.guests_per_visit) {
            return fault("between 0 and 10 guests for each visit");
        }
        if !(0.1..=10.0).contains(&self.price_level) {
            return fault("a price level between 0.1 and 10");
        }
        let known = |name: &String| MarketSettings::departments().any(|known| known == name);
        if !self.focus.iter().all(known) {
            return fault("departments that exist");
        }
        Ok(())
    }
}

/// The five merchants of the demo.
///
/// | merchant | items | shoppers | what it is |
/// |---|---|---|---|
/// | anchor | 900 | 1,200 | sells everything |
/// | beacon | 600 | 700 | kitchen, table, garden |
/// | canvas | 400 | 400 | paper, toys, light |
/// | drift | 250 | 220 | outdoors and travel |
/// | ember | 150 | 100 | tea, coffee and what goes with it; dearer |
pub fn demonstration_merchants() -> Vec<MerchantProfile> {
    let merchant =
        |name: &str, prefix: &str, items, shoppers, price_level, focus: &[&str]| MerchantProfile {
            name: name.to_owned(),
            item_prefix: prefix.to_owned(),
            items,
            shoppers,
            visits_per_day: 0.03..0.5,
            guests_per_visit: 0.35,
            focus: focus.iter().map(|name| (*name).to_owned()).collect(),
            price_level,
        };
    vec![
        merchant("anchor", "AN", 900, 1_200, 1.0, &[]),
        merchant(
            "beacon",
            "BE",
            600,
            700,
            0.97,
            &["Kitchen", "Tableware", "Garden", "Textiles"],
        ),
        merchant(
            "canvas",
            "CA",
            400,
            400,
            1.03,
            &["Stationery", "Toys", "Lighting"],
        ),
        merchant(
            "drift",
            "DR",
            250,
            220,
            0.94,
            &["Outdoors", "Travel", "Pets", "Garden"],
        ),
        merchant(
            "ember",
            "EM",
            150,
            100,
            1.15,
            &["Tea and coffee", "Tableware", "Kitchen"],
        ),
    ]
}

/// Why settings cannot be simulated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSettings {
    #[error("the start must be midnight UTC, and within 100,000 years of 1970")]
    Start,
    #[error("there must be between 1 and {PRODUCTS_MAX} products")]
    Products,
    #[error("the share of arriving products must lie in 0..1, and they arrive by day {LAST_DAY}")]
    Arrivals,
    #[error("there must be at least one merchant, each with a name of its own")]
    Merchants,
    #[error("merchant {name} needs {what}")]
    Merchant { name: String, what: &'static str },
}

/// Keeps all times of a simulation within `i64` microseconds.
const LATEST_START: u64 = 100_000 * 366 * MICROSECONDS_PER_DAY as u64;
