//! What a shopper looks for next, when nobody recommends anything.

use accord_random_stream::RandomStream;

use crate::{
    assortment::Assortment, departments::DEPARTMENTS, products::Product, purpose::Purpose,
    seasons::is_in_fashion, shopper::Taste,
};

/// From an item on: what goes with it, or what else there is of its kind; otherwise something new.
const COMPLEMENT_SHARE: f64 = 0.34;
const ALTERNATIVE_SHARE: f64 = 0.26;
/// Of new things: one for the project of the fortnight, one that is always bought.
const PROJECT_SHARE: f64 = 0.35;
const STAPLE_SHARE: f64 = 0.12;
/// How often somebody looks on before taking what does not quite suit.
const LOOKS_MAX: u32 = 6;
/// A product in fashion suits so much better.
const FASHION_FACTOR: f64 = 2.5;

/// What may be looked for on a day.
pub(crate) struct Demand<'a> {
    pub seed: u64,
    pub day: u32,
    pub assortment: &'a Assortment,
    pub products: &'a [Product],
    /// By department, season times the popularity of what there is.
    pub departments: [f64; DEPARTMENTS.len()],
}

impl Demand<'_> {
    /// The next item to look at; `None` where nothing suits.
    pub fn next(&self, taste: &Taste, from: Option<u32>, stream: &mut RandomStream) -> Option<u32> {
        let drawn = stream.unit();
        if let Some(from) = from {
            if drawn < COMPLEMENT_SHARE
                && let Some(item) = self.complement(taste, from, stream)
            {
                return Some(item);
            }
            if drawn < COMPLEMENT_SHARE + ALTERNATIVE_SHARE
                && let Some(item) = self.alternative(taste, from, stream)
            {
                return Some(item);
            }
        }
        self.something_new(taste, stream)
    }

    pub fn product(&self, item: u32) -> &Product {
        &self.products[self.assortment.products[item as usize] as usize]
    }

    fn something_new(&self, taste: &Taste, stream: &mut RandomStream) -> Option<u32> {
        let drawn = stream.unit();
        if drawn < STAPLE_SHARE {
            let staple = taste.staples[stream.below(taste.staples.len() as u32) as usize];
            let mut chosen = RandomStream::new(self.seed, Purpose::Taste, staple.into(), 1);
            return self.by_taste(taste, &mut chosen);
        }
        if drawn < STAPLE_SHARE + PROJECT_SHARE
            && let Some(project) = taste.project
            && let Some(shelf) = self.assortment.themes.get(&project)
            && let Some(item) = self.look_for(taste, stream, |stream| shelf.draw(stream))
        {
            return Some(item);
        }
        self.by_taste(taste, stream)
    }

    fn by_taste(&self, taste: &Taste, stream: &mut RandomStream) -> Option<u32> {
        let department = taste.draw_department(stream, &self.departments)?;
        let shelf = &self.assortment.departments[department];
        self.look_for(taste, stream, |stream| shelf.draw(stream))
    }

    fn complement(&self, taste: &Taste, from: u32, stream: &mut RandomStream) -> Option<u32> {
        let set = self.assortment.sets.get(&self.product(from).set)?;
        self.other_of(set, taste, from, stream)
    }

    fn alternative(&self, taste: &Taste, from: u32, stream: &mut RandomStream) -> Option<u32> {
        let kind = self.assortment.kinds.get(&self.product(from).kind)?;
        self.other_of(kind, taste, from, stream)
    }

    fn other_of(
        &self,
        items: &[u32],
        taste: &Taste,
        from: u32,
        stream: &mut RandomStream,
    ) -> Option<u32> {
        if items.len() < 2 {
            return None;
        }
        let found = self.look_for(taste, stream, |stream| {
            items
                .get(stream.below(items.len() as u32) as usize)
                .copied()
        });
        found.filter(|item| *item != from)
    }

    /// Looks through what is offered until something suits; the last thing seen otherwise.
    fn look_for(
        &self,
        taste: &Taste,
        stream: &mut RandomStream,
        offer: impl Fn(&mut RandomStream) -> Option<u32>,
    ) -> Option<u32> {
        let mut seen = None;
        for _ in 0..LOOKS_MAX {
            let item = offer(stream)?;
            let drawn = stream.unit();
            let product = self.product(item);
            if product.arrives_on > self.day {
                continue;
            }
            seen = Some(item);
            let place = self.assortment.products[item as usize];
            let fashion = if drawn < FASHION_FACTOR * taste.fit(product)
                && is_in_fashion(self.seed, place, self.day)
            {
                FASHION_FACTOR
            } else {
                1.0
            };
            if drawn < fashion * taste.fit(product) {
                break;
            }
        }
        seen
    }
}
