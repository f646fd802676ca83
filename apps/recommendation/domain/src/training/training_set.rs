//! What a model is trained on: a fold over the node's log.

use std::collections::{BTreeMap, HashMap, HashSet};

use accord_learning::Histories;

use crate::{
    events::{Event, OrderPlaced},
    interaction::{Interaction, InteractionKind},
    view::HISTORY_ENTRIES_MAX,
};

const DAY_US: i64 = 86_400_000_000;
/// A pause after which a new session begins.
const SESSION_PAUSE_US: i64 = 1_800_000_000;
/// Ratings from which on an item is liked.
const RATING_LIKED: u8 = 3;

/// What shoppers did, collected event by event.
#[derive(Clone, Debug, Default)]
pub struct TrainingSet {
    /// Places of item ids in `numbers`, in the order in which they were met.
    places: HashMap<String, u32>,
    /// The catalogue's number of each place; `None` while nobody has described the item.
    numbers: Vec<Option<u32>>,
    item_count: usize,
    shoppers: BTreeMap<u64, Vec<Liked>>,
    /// Baskets of each shopper, in the order of the log.
    baskets: BTreeMap<u64, Vec<(i64, Vec<u32>)>>,
    erased: HashSet<u64>,
}

/// A shopper turned to an item.
#[derive(Clone, Copy, Debug)]
struct Liked {
    place: u32,
    at_us: i64,
    session: Option<u64>,
}

/// Histories, sessions and baskets of some shoppers, over item numbers.
pub(super) struct Collected {
    pub histories: Histories,
    pub sessions: Histories,
    pub baskets: Histories,
}

impl Collected {
    pub fn item_count(&self) -> usize {
        self.histories.item_count()
    }
}

impl TrainingSet {
    /// Folds one event.
    pub fn add(&mut self, event: &Event) {
        match event {
            Event::ItemUpserted(event) => {
                let place = self.place(&event.item.item_id);
                self.numbers[place as usize] = Some(event.number);
                self.item_count = self.item_count.max(event.number as usize + 1);
            }
            Event::InteractionRecorded(event) => {
                self.interaction(event.shopper.0, &event.interaction);
            }
            Event::OrderPlaced(event) if !self.erased.contains(&event.shopper.0) => {
                self.order(event);
            }
            Event::ShopperErased(event) => {
                self.shoppers.remove(&event.shopper.0);
                self.baskets.remove(&event.shopper.0);
                self.erased.insert(event.shopper.0);
            }
            _ => {}
        }
    }

    /// What some shoppers did, in the order of their references.
    pub(super) fn histories(&self, mut takes_part: impl FnMut(u64) -> bool) -> Collected {
        let mut collected = Collected {
            histories: Histories::new(self.item_count),
            sessions: Histories::new(self.item_count),
            baskets: Histories::new(self.item_count),
        };
        let push = |histories: &mut Histories, at_us: i64, items: &[u32]| {
            if !items.is_empty() {
                histories
                    .push(day(at_us), items)
                    .expect("items are numbered below their count");
            }
        };
        for (shopper, liked) in &self.shoppers {
            if !takes_part(*shopper) {
                continue;
            }
            let last_us = liked.last().map_or(0, |liked| liked.at_us);
            push(&mut collected.histories, last_us, &self.items(liked));
            for session in sessions(liked) {
                push(&mut collected.sessions, last_us, &self.items(session));
            }
            for (at_us, basket) in self.baskets.get(shopper).into_iter().flatten() {
                let known = basket.iter().filter_map(|place| self.number(*place));
                push(&mut collected.baskets, *at_us, &known.collect::<Vec<_>>());
            }
        }
        collected
    }

    /// What each shopper did: reference, and item numbers in their order.
    pub(super) fn each_shopper(&self) -> impl Iterator<Item = (u64, Vec<u32>)> {
        self.shoppers
            .iter()
            .map(|(shopper, liked)| (*shopper, self.items(liked)))
    }

    pub(super) fn item_count(&self) -> usize {
        self.item_count
    }

    fn interaction(&mut self, shopper: u64, interaction: &Interaction) {
        let likes = match interaction.kind {
            InteractionKind::View | InteractionKind::Cart | InteractionKind::Purchase => true,
            InteractionKind::Rating => interaction
                .rating
                .is_some_and(|rating| rating >= RATING_LIKED),
            InteractionKind::Impression | InteractionKind::Remove => false,
        };
        if !likes {
            return;
        }
        let place = self.place(&interaction.item_id);
        let at_us = interaction.occurred_at_us;
        self.like(
            shopper,
            Liked {
                place,
                at_us,
                session: interaction.session.map(|session| session.0),
            },
        );
        if interaction.kind == InteractionKind::Purchase {
            self.buy(shopper, at_us, place);
        }
    }

    fn order(&mut self, event: &OrderPlaced) {
        for line in &event.lines {
            let place = self.place(&line.item_id);
            let (at_us, session) = (event.placed_at_us, event.session.map(|session| session.0));
            self.like(
                event.shopper.0,
                Liked {
                    place,
                    at_us,
                    session,
                },
            );
            self.buy(event.shopper.0, at_us, place);
        }
    }

    fn like(&mut self, shopper: u64, liked: Liked) {
        let history = self.shoppers.entry(shopper).or_default();
        // Cutting at twice the limit costs little, and no shopper grows without bound.
        if history.len() >= 2 * HISTORY_ENTRIES_MAX {
            history.drain(..history.len() - HISTORY_ENTRIES_MAX);
        }
        history.push(liked);
    }

    /// Purchases of one shopper at one moment are one basket.
    fn buy(&mut self, shopper: u64, at_us: i64, place: u32) {
        let baskets = self.baskets.entry(shopper).or_default();
        match baskets.last_mut() {
            Some((last_us, basket)) if *last_us == at_us => basket.push(place),
            _ => baskets.push((at_us, vec![place])),
        }
    }

    fn items(&self, liked: &[Liked]) -> Vec<u32> {
        let newest = &liked[liked.len().saturating_sub(HISTORY_ENTRIES_MAX)..];
        let known = newest.iter().filter_map(|liked| self.number(liked.place));
        known.collect()
    }

    fn number(&self, place: u32) -> Option<u32> {
        self.numbers[place as usize]
    }

    fn place(&mut self, item_id: &str) -> u32 {
        if let Some(place) = self.places.get(item_id) {
            return *place;
        }
        let place = self.numbers.len() as u32;
        self.places.insert(item_id.to_owned(), place);
        self.numbers.push(None);
        place
    }
}

/// A history cut where the session changes its name, or pauses for half an hour where it has none.
fn sessions(liked: &[Liked]) -> impl Iterator<Item = &[Liked]> {
    liked.chunk_by(|earlier, later| match (earlier.session, later.session) {
        (Some(earlier), Some(later)) => earlier == later,
        _ => (later.at_us - earlier.at_us).abs() <= SESSION_PAUSE_US,
    })
}

fn day(at_us: i64) -> u32 {
    u32::try_from(at_us.div_euclid(DAY_US)).unwrap_or(0)
}
