//! Latent tastes: what a shopper likes, which no event says.

use accord_random_stream::RandomStream;

use crate::{
    departments::{DEPARTMENTS, THEMES},
    products::Product,
    purpose::Purpose,
    words::FINISHES,
};

/// What a department weighs that a shopper does not care for; favourites weigh up to 1.
const INDIFFERENT: f64 = 0.06;
/// Days that an undertaking lasts.
const PROJECT_DAYS: u32 = 14;
/// Share of fortnights in which a shopper is up to something.
const PROJECT_SHARE: f64 = 0.6;
/// Things that a shopper buys again and again.
const STAPLES: usize = 3;

/// What a shopper likes.
#[derive(Clone, Debug)]
pub(crate) struct Taste {
    /// By department, the favourite 1.
    departments: [f64; DEPARTMENTS.len()],
    style: u8,
    second_style: u8,
    /// By department, which of its brands is trusted: a place among them.
    brands: [u8; DEPARTMENTS.len()],
    /// From −1 (cheapest) to 1.
    price_position: f64,
    /// Seeds the choice of staples.
    pub staples: [u32; STAPLES],
    pub project: Option<u8>,
}

impl Taste {
    /// Of a registered shopper on a day; `subject` tells shoppers of all merchants apart.
    pub fn of_shopper(seed: u64, subject: u64, day: u32) -> Self {
        let mut taste = Self::draw(&mut RandomStream::new(seed, Purpose::Taste, subject, 0));
        let fortnight = day / PROJECT_DAYS;
        taste.project = taste.draw_project(&mut RandomStream::new(
            seed,
            Purpose::Project,
            subject,
            fortnight,
        ));
        taste
    }

    /// Of a guest, who comes once.
    pub fn of_guest(seed: u64, subject: u64, day: u32) -> Self {
        let mut stream = RandomStream::new(seed, Purpose::Guest, subject, day);
        let mut taste = Self::draw(&mut stream);
        taste.project = taste.draw_project(&mut stream);
        taste
    }

    fn draw(stream: &mut RandomStream) -> Self {
        let count = DEPARTMENTS.len() as u32;
        let mut departments = [INDIFFERENT; DEPARTMENTS.len()];
        for (place, favourite) in (0_u32..).zip(stream.distinct_below(count, 3)) {
            departments[favourite as usize] = 1.0 / f64::from(1 + place);
        }
        let styles = stream.distinct_below(FINISHES.len() as u32, 2);
        let mut brands = [0; DEPARTMENTS.len()];
        for brand in &mut brands {
            *brand = stream.below(8) as u8;
        }
        Self {
            departments,
            style: styles[0] as u8,
            second_style: styles[1] as u8,
            brands,
            price_position: stream.uniform(-1.0, 1.0),
            staples: std::array::from_fn(|_| stream.below(u32::MAX)),
            project: None,
        }
    }

    /// An undertaking in which a liked department has a part.
    fn draw_project(&self, stream: &mut RandomStream) -> Option<u8> {
        let is_engaged = stream.unit() < PROJECT_SHARE;
        let weights: Vec<f64> = THEMES
            .iter()
            .map(|theme| {
                theme
                    .departments
                    .iter()
                    .map(|department| self.departments[*department])
                    .sum()
            })
            .collect();
        let drawn = draw_by_weight(stream, &weights)?;
        is_engaged.then_some(drawn as u8)
    }

    /// A department by taste and by demand; `None` where none is wanted.
    pub fn draw_department(&self, stream: &mut RandomStream, demand: &[f64]) -> Option<usize> {
        let mut weights = [0.0; DEPARTMENTS.len()];
        for ((weight, liking), demand) in weights.iter_mut().zip(self.departments).zip(demand) {
            *weight = liking * demand;
        }
        draw_by_weight(stream, &weights)
    }

    /// How much a product appeals beyond its department: style, brand and price, in (0, 1].
    pub fn fit(&self, product: &Product) -> f64 {
        let department = usize::from(product.department);
        let style = if product.style == self.style {
            1.0
        } else if product.style == self.second_style {
            0.5
        } else {
            0.15
        };
        let brands = DEPARTMENTS[department].brands;
        let trusted = brands[usize::from(self.brands[department]) % brands.len()];
        let brand = if usize::from(product.brand) == trusted {
            1.0
        } else {
            0.5
        };
        let price = 1.0 - 0.3 * (product.price_position - self.price_position).abs();
        style * brand * price
    }

    /// How much a product appeals, in (0, 1].
    pub fn affinity(&self, product: &Product) -> f64 {
        let department = self.departments[usize::from(product.department)];
        let project = if self.project == Some(product.theme) {
            0.35
        } else {
            0.0
        };
        let wanted = (libm::sqrt(department) + project).min(1.0);
        wanted * libm::sqrt(self.fit(product))
    }
}

/// A place by weight; `None` where nothing weighs.
fn draw_by_weight(stream: &mut RandomStream, weights: &[f64]) -> Option<usize> {
    let total: f64 = weights.iter().sum();
    let mut target = stream.unit() * total;
    let last = weights.iter().rposition(|weight| *weight > 0.0)?;
    for (place, weight) in weights.iter().enumerate() {
        if target < *weight {
            return Some(place);
        }
        target -= weight;
    }
    Some(last)
}
