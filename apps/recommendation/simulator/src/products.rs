//! The products that all merchants choose from, and the sets they come in.

use accord_random_stream::RandomStream;

use crate::{
    departments::{DEPARTMENTS, THEMES},
    purpose::Purpose,
    settings::MarketSettings,
    words::{BRANDS, FINISHES, STYLE_WORDS, VARIANTS},
};

/// Products that are made to go together: as many of a theme as make a set.
const SET_SIZE: usize = 6;
/// Flattens the head of the popularity curve: rank r weighs 1 / (r + this)^EXPONENT.
const RANK_OFFSET: f64 = 12.0;
const RANK_EXPONENT: f64 = 0.9;
/// Largest relative deviation of a product's price from its kind's.
const PRICE_SPREAD: f64 = 0.35;

/// A product of the world.
pub(crate) struct Product {
    /// 13 digits, in the range that is never given to a real product; the last one checks the others.
    pub code: String,
    pub title: String,
    pub text: String,
    pub department: u8,
    /// Department and noun in one number: products of one kind replace each other.
    pub kind: u16,
    pub brand: u8,
    pub style: u8,
    /// Minor units.
    pub price_minor: i64,
    /// Where it stands among the prices of its kind, from −1 (cheapest) to 1.
    pub price_position: f64,
    pub theme: u8,
    /// Products of one set are bought together.
    pub set: u32,
    /// How often it is asked for, relative to others.
    pub popularity: f64,
    /// The day from which on it exists.
    pub arrives_on: u32,
}

/// Draws all products.
pub(crate) fn draw_products(settings: &MarketSettings) -> Vec<Product> {
    let mut products: Vec<Product> = (0..settings.products)
        .map(|number| draw_product(settings, number))
        .collect();
    put_into_sets(settings.seed, &mut products);
    products
}

fn draw_product(settings: &MarketSettings, number: u32) -> Product {
    let mut stream = RandomStream::new(settings.seed, Purpose::Product, number.into(), 0);
    // Dealt in turn, so that every department is there even in a small world.
    let department = number as usize % DEPARTMENTS.len();
    let described = &DEPARTMENTS[department];
    let noun = stream.below(described.nouns.len() as u32) as usize;
    let (name, usual_price_minor) = described.nouns[noun];
    let brand = described.brands[stream.below(described.brands.len() as u32) as usize];
    let style = stream.below(FINISHES.len() as u32) as usize;
    let finish = FINISHES[style][stream.below(FINISHES[style].len() as u32) as usize];
    let variant = VARIANTS[stream.below(VARIANTS.len() as u32) as usize];
    let theme = draw_theme(&mut stream, department);
    let price_position = stream.uniform(-1.0, 1.0);
    let rank = f64::from(stream.below(settings.products));
    let arrives = stream.unit() < settings.arriving_share;
    let arrives_on = if arrives && settings.arrival_days > 0 {
        1 + stream.below(settings.arrival_days)
    } else {
        0
    };
    Product {
        code: code(number),
        title: format!("{} {name}, {finish}{variant}", BRANDS[brand]),
        text: format!(
            "A {} {name} by {} {}. Goes with {}.",
            STYLE_WORDS[style], BRANDS[brand], described.sentence, THEMES[theme].name
        ),
        department: department as u8,
        kind: (department * 16 + noun) as u16,
        brand: brand as u8,
        style: style as u8,
        price_minor: rounded_price(
            usual_price_minor as f64 * (1.0 + PRICE_SPREAD * price_position),
        ),
        price_position,
        theme: theme as u8,
        set: 0,
        popularity: 1.0 / libm::pow(rank + RANK_OFFSET, RANK_EXPONENT),
        arrives_on,
    }
}

/// A theme in which the department has a part; any, where it has a part in none.
fn draw_theme(stream: &mut RandomStream, department: usize) -> usize {
    let fitting: Vec<usize> = (0..THEMES.len())
        .filter(|theme| THEMES[*theme].departments.contains(&department))
        .collect();
    let drawn = stream.unit();
    let among = |count: usize| ((drawn * count as f64) as usize).min(count - 1);
    match fitting.len() {
        0 => among(THEMES.len()),
        count => fitting[among(count)],
    }
}

/// Sets hold products of one theme and, as far as it goes, of one style, in a drawn order.
fn put_into_sets(seed: u64, products: &mut [Product]) {
    let mut stream = RandomStream::new(seed, Purpose::Sets, 0, 0);
    let draws: Vec<u32> = products.iter().map(|_| stream.below(u32::MAX)).collect();
    let mut order: Vec<usize> = (0..products.len()).collect();
    order.sort_by_key(|place| {
        let product = &products[*place];
        (product.theme, product.style, draws[*place], *place)
    });
    let mut set = 0;
    let mut size = 0;
    let mut theme = None;
    for place in order {
        let product = &mut products[place];
        if theme.is_some_and(|theme| theme != product.theme) || size == SET_SIZE {
            set += 1;
            size = 0;
        }
        theme = Some(product.theme);
        size += 1;
        product.set = set;
    }
}

/// To a price that ends in 90 or 50, as shops write them.
pub(crate) fn rounded_price(minor: f64) -> i64 {
    let halves = libm::round(minor / 50.0).max(2.0) as i64;
    if halves % 2 == 0 {
        halves * 50 - 10
    } else {
        halves * 50
    }
}

/// GS1 keeps 20 to 29 as prefixes for numbers inside a company: no real product has them.
fn code(number: u32) -> String {
    let body = format!("29{number:010}");
    let sum: u32 = body
        .bytes()
        .enumerate()
        .map(|(place, digit)| u32::from(digit - b'0') * if place % 2 == 0 { 1 } else { 3 })
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_digit_of_a_code_checks_the_others() {
        for number in [0, 7, 1_499, 49_999] {
            let code = code(number);
            let sum: u32 = code
                .bytes()
                .enumerate()
                .map(|(place, digit)| u32::from(digit - b'0') * if place % 2 == 0 { 1 } else { 3 })
                .sum();
            assert_eq!((code.len(), sum % 10), (13, 0), "{code}");
        }
    }

    #[test]
    fn prices_are_written_as_shops_write_them() {
        for (minor, expected) in [(12.0, 90), (640.0, 650), (1_004.0, 990), (1_890.0, 1_890)] {
            assert_eq!(rounded_price(minor), expected);
        }
    }

    #[test]
    fn a_set_is_small_and_of_one_theme() {
        let products = draw_products(&MarketSettings::demonstration(5, 0));
        let sets = products.iter().map(|product| product.set).max();
        for set in 0..=sets.unwrap_or(0) {
            let members: Vec<&Product> = products.iter().filter(|one| one.set == set).collect();
            assert!((1..=SET_SIZE).contains(&members.len()), "set {set}");
            assert!(members.iter().all(|one| one.theme == members[0].theme));
        }
    }
}
