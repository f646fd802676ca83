//! Several merchants over one world of products.

use accord_random_stream::RandomStream;

use crate::{
    assortment::{Assortment, Item},
    demand::Demand,
    departments::DEPARTMENTS,
    event::{EventKind, ShopEvent},
    products::{Product, draw_products},
    purpose::Purpose,
    seasons::{is_in_fashion, season},
    settings::{InvalidSettings, LAST_DAY, MICROSECONDS_PER_DAY, MarketSettings},
    shopper::Taste,
    visit::{Action, Progress, Step, Visit},
};

/// Items of a shop's own shelf.
const SHELF_ITEMS: usize = 6;
/// By hour of the day, how many visits begin: quiet nights, a lunch break, the evening.
const HOURS: [u32; 24] = [
    2, 1, 1, 1, 1, 2, 3, 5, 6, 7, 7, 8, 9, 8, 7, 7, 7, 8, 9, 11, 12, 11, 8, 4,
];
const HOUR_US: i64 = 3_600_000_000;

/// The merchants, their items and their shoppers.
///
/// Every method is a pure function of the settings and its arguments.
pub struct Market {
    settings: MarketSettings,
    products: Vec<Product>,
    assortments: Vec<Assortment>,
}

impl Market {
    /// Draws products and assortments; fails when the settings make no sense.
    pub fn new(settings: MarketSettings) -> Result<Self, InvalidSettings> {
        settings.check()?;
        let products = draw_products(&settings);
        let assortments = (0..)
            .zip(&settings.merchants)
            .map(|(number, profile)| Assortment::draw(settings.seed, number, profile, &products))
            .collect();
        Ok(Self {
            settings,
            products,
            assortments,
        })
    }

    /// The settings it was made from.
    pub fn settings(&self) -> &MarketSettings {
        &self.settings
    }

    /// How many merchants there are; they are named by their index.
    pub fn merchants(&self) -> usize {
        self.assortments.len()
    }

    /// A merchant's name.
    ///
    /// # Panics
    /// Here and below, when there is no such merchant.
    pub fn merchant_name(&self, merchant: usize) -> &str {
        &self.settings.merchants[merchant].name
    }

    /// All items that the merchant will ever sell; item numbers are places in this list.
    pub fn items(&self, merchant: usize) -> &[Item] {
        &self.assortments[merchant].items
    }

    /// When an item begins to be sold, epoch microseconds; `None`: from ever.
    pub fn available_from_us(&self, item: &Item) -> Option<i64> {
        let day = item.available_from_day;
        (day > 0).then(|| self.day_us(day))
    }

    /// Midnight at which a day begins, epoch microseconds.
    pub fn day_us(&self, day: u32) -> i64 {
        self.settings.starts_at_us + i64::from(day) * MICROSECONDS_PER_DAY
    }

    /// What the shop itself puts on its first page on a day: what is popular in season and in fashion.
    pub fn shelf(&self, merchant: usize, day: u32) -> Vec<u32> {
        let assortment = &self.assortments[merchant];
        let mut wanted: Vec<(f64, u32)> = (0_u32..)
            .zip(&assortment.products)
            .filter(|(_, product)| self.products[**product as usize].arrives_on <= day)
            .map(|(item, place)| {
                let product = &self.products[*place as usize];
                let department = &DEPARTMENTS[usize::from(product.department)];
                let fashion = if is_in_fashion(self.settings.seed, *place, day) {
                    3.0
                } else {
                    1.0
                };
                let season = season(department, self.settings.starts_at_us, day);
                (product.popularity * season * fashion, item)
            })
            .collect();
        wanted.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
        wanted.truncate(SHELF_ITEMS);
        wanted.into_iter().map(|(_, item)| item).collect()
    }

    /// The visits that begin on a day, by time and then by number.
    ///
    /// # Panics
    /// When `day` is beyond [`LAST_DAY`].
    pub fn visits(&self, merchant: usize, day: u32) -> Vec<Visit> {
        assert!(day <= LAST_DAY, "day {day} is beyond {LAST_DAY}");
        let profile = &self.settings.merchants[merchant];
        let seed = self.settings.seed;
        let day = DayOfMerchant {
            merchant,
            day,
            departments: self.departments_demand(merchant, day),
        };
        let mut visits = Vec::new();
        for shopper in 0..profile.shoppers {
            let subject = subject(merchant, shopper);
            let mut stream = RandomStream::new(seed, Purpose::Arrivals, subject, 0);
            let eagerness = stream.unit();
            let range = &profile.visits_per_day;
            let rate = range.start + (range.end - range.start) * eagerness * eagerness;
            let mut stream = RandomStream::new(seed, Purpose::Arrivals, subject, day.day + 1);
            for _ in 0..stream.poisson(rate) {
                let taste = Taste::of_shopper(seed, subject, day.day);
                let number = visits.len() as u32;
                visits.push(self.visit(&day, number, Some(shopper), taste));
            }
        }
        let guests = visits.len() as f64 * profile.guests_per_visit;
        let mut stream = RandomStream::new(
            seed,
            Purpose::Arrivals,
            subject(merchant, u32::MAX),
            day.day + 1,
        );
        // In steps that keep the start of the Poisson inversion far from underflow.
        let steps = (guests / 50.0) as u32 + 1;
        let guests: u32 = (0..steps)
            .map(|_| stream.poisson(guests / f64::from(steps)))
            .sum();
        for _ in 0..guests {
            let number = visits.len() as u32;
            let taste = Taste::of_guest(seed, subject(merchant, number), day.day);
            visits.push(self.visit(&day, number, None, taste));
        }
        visits.sort_by_key(|visit| (visit.now_us, visit.number));
        visits
    }

    /// Everything that shoppers do in the visits that begin on a day, with the shop's own shelf instead of
    /// recommendations; by time and then by id. A visit's last events may lie after midnight.
    pub fn day(&self, merchant: usize, day: u32) -> Vec<ShopEvent> {
        let shelf = self.shelf(merchant, day);
        let mut events = Vec::new();
        for mut visit in self.visits(merchant, day) {
            self.walk(&mut visit, &shelf, &mut events);
        }
        events.sort_by(|one, other| {
            let order = one.occurred_at_us.cmp(&other.occurred_at_us);
            order.then_with(|| one.event_id.cmp(&other.event_id))
        });
        events
    }

    pub(crate) fn product(&self, merchant: usize, item: u32) -> &Product {
        &self.products[self.assortments[merchant].products[item as usize] as usize]
    }

    pub(crate) fn demand(&self, visit: &Visit) -> Demand<'_> {
        Demand {
            seed: self.settings.seed,
            day: visit.day,
            assortment: &self.assortments[visit.merchant],
            products: &self.products,
            departments: visit.departments,
        }
    }

    fn departments_demand(&self, merchant: usize, day: u32) -> [f64; DEPARTMENTS.len()] {
        let shelves = &self.assortments[merchant].departments;
        std::array::from_fn(|department| {
            let season = season(&DEPARTMENTS[department], self.settings.starts_at_us, day);
            season * libm::sqrt(shelves[department].total())
        })
    }

    fn visit(&self, day: &DayOfMerchant, number: u32, shopper: Option<u32>, taste: Taste) -> Visit {
        let mut stream = RandomStream::new(
            self.settings.seed,
            Purpose::Visit,
            subject(day.merchant, number),
            day.day,
        );
        let mut place = stream.below(HOURS.iter().sum());
        let mut hour = 0;
        for (next, share) in (0_i64..).zip(HOURS) {
            hour = next;
            if place < share {
                break;
            }
            place -= share;
        }
        let within = i64::from(stream.below(3_600_000)) * 1_000;
        let starts_at_us = self.day_us(day.day) + hour * HOUR_US + within;
        Visit {
            merchant: day.merchant,
            day: day.day,
            number,
            shopper,
            taste,
            departments: day.departments,
            stream,
            now_us: starts_at_us,
            progress: Progress::default(),
        }
    }

    fn walk(&self, visit: &mut Visit, shelf: &[u32], events: &mut Vec<ShopEvent>) {
        let shopper_id = visit.shopper_id(self);
        let session_id = visit.session_id(self);
        let name = self.merchant_name(visit.merchant);
        let (day, number) = (visit.day, visit.number);
        let mut count = 0_u32;
        let mut record = |kind, item, at_us, quantity, rating| {
            events.push(ShopEvent {
                event_id: format!("{name}-event-{day:05}-{number:05}-{count:03}"),
                kind,
                item,
                shopper_id: shopper_id.clone(),
                session_id: session_id.clone(),
                occurred_at_us: at_us,
                quantity,
                rating,
            });
            count += 1;
        };
        // The shelf stands on the first page only.
        let mut list = shelf;
        while let Some(Step {
            at_us,
            action,
            looked_at,
            ..
        }) = visit.next(self, list)
        {
            for place in looked_at {
                record(EventKind::Impression, list[place], at_us, 1, None);
            }
            match action {
                Action::Arrive => continue,
                Action::View { item } => record(EventKind::View, item, at_us, 1, None),
                Action::Cart { item, quantity } => {
                    record(EventKind::Cart, item, at_us, quantity, None);
                }
                Action::Remove { item } => record(EventKind::Remove, item, at_us, 1, None),
                Action::Purchase { lines } => {
                    for (item, quantity) in lines {
                        record(EventKind::Purchase, item, at_us, quantity, None);
                    }
                }
                Action::Rate { item, rating } => {
                    record(EventKind::Rating, item, at_us, 1, Some(rating));
                }
            }
            list = &[];
        }
    }
}

/// What the visits of a day share.
struct DayOfMerchant {
    merchant: usize,
    day: u32,
    departments: [f64; DEPARTMENTS.len()],
}

/// One number for a shopper (or a visit) of a merchant.
fn subject(merchant: usize, number: u32) -> u64 {
    (merchant as u64) << 32 | u64::from(number)
}
