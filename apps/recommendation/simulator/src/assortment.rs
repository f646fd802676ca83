//! What one merchant sells, and the tables by which demand finds it.

use std::collections::BTreeMap;

use accord_random_stream::RandomStream;

use crate::{
    departments::DEPARTMENTS,
    products::{Product, rounded_price},
    purpose::Purpose,
    settings::MerchantProfile,
};

/// How much a merchant prefers products of the departments in its focus.
const FOCUS_FACTOR: f64 = 6.0;

/// An item of a merchant's catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The merchant's own id, such as `AN-04217`.
    pub item_id: String,
    /// The same at every merchant that sells the product.
    pub product_code: String,
    pub title: String,
    pub text: String,
    /// From the widest to the narrowest.
    pub categories: Vec<String>,
    /// Minor units.
    pub price_minor: i64,
    /// Units in the warehouse at first.
    pub stock: u32,
    /// The day from which on it is sold; 0: from the beginning.
    pub available_from_day: u32,
}

/// A merchant's items; item numbers are places in them.
pub(crate) struct Assortment {
    pub items: Vec<Item>,
    /// The product of each item.
    pub products: Vec<u32>,
    /// Items of each department, by falling popularity.
    pub departments: Vec<Shelf>,
    pub kinds: BTreeMap<u16, Vec<u32>>,
    pub sets: BTreeMap<u32, Vec<u32>>,
    pub themes: BTreeMap<u8, Shelf>,
}

/// Items that are drawn by popularity.
#[derive(Default)]
pub(crate) struct Shelf {
    pub items: Vec<u32>,
    /// Sums of popularity up to and with each item.
    cumulated: Vec<f64>,
}

impl Shelf {
    fn push(&mut self, item: u32, popularity: f64) {
        self.items.push(item);
        self.cumulated.push(self.total() + popularity);
    }

    /// Popularity of all items together.
    pub fn total(&self) -> f64 {
        self.cumulated.last().copied().unwrap_or(0.0)
    }

    /// An item by popularity; `None` from an empty shelf.
    pub fn draw(&self, stream: &mut RandomStream) -> Option<u32> {
        let target = stream.unit() * self.total();
        let place = self.cumulated.partition_point(|sum| *sum <= target);
        let place = place.min(self.items.len().checked_sub(1)?);
        self.items.get(place).copied()
    }
}

impl Assortment {
    /// Chooses and describes the items of a merchant. `number` tells merchants apart.
    pub fn draw(seed: u64, number: u64, profile: &MerchantProfile, products: &[Product]) -> Self {
        let mut stream = RandomStream::new(seed, Purpose::Assortment, number, 0);
        let focused: Vec<bool> = DEPARTMENTS
            .iter()
            .map(|department| profile.focus.iter().any(|name| name == department.name))
            .collect();
        // The first of a race with exponential times are a weighted sample (Efraimidis and Spirakis, 2006).
        let mut race: Vec<(f64, u32)> = (0..)
            .zip(products)
            .map(|(place, product)| {
                let focus = if focused[usize::from(product.department)] {
                    FOCUS_FACTOR
                } else {
                    1.0
                };
                let weight = focus * libm::sqrt(product.popularity);
                (-libm::log(1.0 - stream.unit()) / weight, place)
            })
            .collect();
        race.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        let chosen: Vec<u32> = race
            .into_iter()
            .take(profile.items as usize)
            .map(|(_, product)| product)
            .collect();
        let numbers = stream.distinct_below(profile.items * 7, profile.items);
        let items = chosen.iter().zip(numbers).map(|(product, number_of_item)| {
            let mut stream =
                RandomStream::new(seed, Purpose::Item, number << 32 | u64::from(*product), 0);
            item(
                profile,
                &products[*product as usize],
                number_of_item,
                &mut stream,
            )
        });
        Self::of(items.collect(), chosen, products)
    }

    fn of(items: Vec<Item>, chosen: Vec<u32>, products: &[Product]) -> Self {
        let mut by_popularity: Vec<(u32, &Product)> = (0..)
            .zip(&chosen)
            .map(|(item, product)| (item, &products[*product as usize]))
            .collect();
        by_popularity.sort_by(|(one, first), (other, second)| {
            let order = second.popularity.total_cmp(&first.popularity);
            order.then(one.cmp(other))
        });
        let mut departments: Vec<Shelf> = DEPARTMENTS.iter().map(|_| Shelf::default()).collect();
        let mut kinds: BTreeMap<u16, Vec<u32>> = BTreeMap::new();
        let mut sets: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        let mut themes: BTreeMap<u8, Shelf> = BTreeMap::new();
        for (item, product) in by_popularity {
            departments[usize::from(product.department)].push(item, product.popularity);
            kinds.entry(product.kind).or_default().push(item);
            sets.entry(product.set).or_default().push(item);
            let theme = themes.entry(product.theme).or_default();
            theme.push(item, product.popularity);
        }
        Self {
            items,
            products: chosen,
            departments,
            kinds,
            sets,
            themes,
        }
    }
}

fn item(
    profile: &MerchantProfile,
    product: &Product,
    number: u32,
    stream: &mut RandomStream,
) -> Item {
    let department = &DEPARTMENTS[usize::from(product.department)];
    let (noun, _) = department.nouns[usize::from(product.kind) % 16];
    let price = product.price_minor as f64 * profile.price_level * stream.uniform(0.96, 1.04);
    Item {
        item_id: format!("{}-{number:05}", profile.item_prefix),
        product_code: product.code.clone(),
        title: product.title.clone(),
        text: product.text.clone(),
        categories: vec![department.name.to_owned(), capitalised(noun)],
        price_minor: rounded_price(price),
        stock: 30 + (product.popularity * 20_000.0) as u32 + stream.below(200),
        available_from_day: product.arrives_on,
    }
}

fn capitalised(noun: &str) -> String {
    let mut letters = noun.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
