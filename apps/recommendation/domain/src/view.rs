//! The live view: everything that lists are made from, folded from the log in memory.
//!
//! The decider never looks at it, and it never decides anything: it may lag behind the log by a moment, and whoever makes
//! a list waits until it has the last acknowledged event. It is a plain fold, so the view at any earlier position is the
//! fold of the log up to there.

mod activity;
mod campaigns;
mod catalogue;
mod erasure;
mod fading_counts;
mod shopper_history;

use std::collections::HashMap;

pub use activity::{
    Activity, ActivityFigures, ActivitySums, DAY_QUARTERS, ItemActivity, NewestInteraction,
};
pub use campaigns::{CampaignBook, RunningCampaign};
pub use catalogue::{CatalogueItem, CatalogueView};
pub use erasure::Erasure;
pub use fading_counts::FadingCounts;
pub use shopper_history::{
    CART_ITEMS_MAX, HISTORY_ENTRIES_MAX, HistoryEntry, PURCHASED_ITEMS_MAX, ShopperHistory,
};

use crate::{
    events::{Event, InteractionRecorded, ModelPublished, OrderPlaced},
    ids::ShopperReference,
    interaction::InteractionKind,
    state::{CataloguePartition, ControlState},
};

const DAY_US: i64 = 86_400_000_000;
/// What is popular is forgotten by half in a week.
const POPULARITY_HALF_LIFE_US: i64 = 7 * DAY_US;
/// What trends is what the last day has more of than the weeks before.
const TREND_HALF_LIFE_US: i64 = DAY_US;
const BASELINE_HALF_LIFE_US: i64 = 14 * DAY_US;
/// Attention below which no trend is seen: about five views.
const TREND_NOISE: f64 = 5.0;

/// Everything that lists are made from.
#[derive(Clone, Debug)]
pub struct LiveView {
    through: u64,
    records: CataloguePartition,
    catalogue: CatalogueView,
    shoppers: HashMap<u64, ShopperHistory>,
    popularity: FadingCounts,
    recent: FadingCounts,
    baseline: FadingCounts,
    activity: Activity,
    control: ControlState,
    /// Every published model with its card, in the order of publishing.
    models: Vec<ModelPublished>,
    campaigns: CampaignBook,
    erased: HashMap<u64, Erasure>,
}

impl Default for LiveView {
    fn default() -> Self {
        Self {
            through: 0,
            records: CataloguePartition::default(),
            catalogue: CatalogueView::default(),
            shoppers: HashMap::new(),
            popularity: FadingCounts::new(POPULARITY_HALF_LIFE_US),
            recent: FadingCounts::new(TREND_HALF_LIFE_US),
            baseline: FadingCounts::new(BASELINE_HALF_LIFE_US),
            activity: Activity::default(),
            control: ControlState::default(),
            models: Vec::new(),
            campaigns: CampaignBook::default(),
            erased: HashMap::new(),
        }
    }
}

impl LiveView {
    /// Folds one event, which stands at `sequence` in the log. Events that were folded already are passed over.
    pub fn fold(&mut self, sequence: u64, event: &Event) {
        if sequence <= self.through {
            return;
        }
        self.through = sequence;
        match event {
            Event::ModelPublished(published) => {
                self.control.evolve(event);
                self.models.push(published.clone());
            }
            Event::ModelActivated(_) | Event::ServingSettingsChanged(_) => {
                self.control.evolve(event);
            }
            Event::CampaignSaved(saved) => {
                self.control.evolve(event);
                self.campaigns
                    .save(&self.catalogue, &self.records, &saved.campaign);
            }
            Event::CampaignEnded(ended) => {
                self.control.evolve(event);
                self.campaigns.end(&ended.campaign_id);
            }
            Event::ShopperIntroduced(event) => {
                self.shoppers.entry(event.shopper.0).or_default().guest = event.guest;
            }
            Event::InteractionRecorded(event) => self.interaction(sequence, event),
            Event::ShopperErased(event) => self.erase(event),
            Event::ListServed(event) => self.activity.list(event.served_at_us),
            Event::ItemUpserted(upserted) => {
                self.records.evolve(event);
                self.catalogue.describe(upserted.number, &upserted.item);
                self.refresh_campaigns([upserted.number]);
            }
            Event::ItemDeleted(_) => self.records.evolve(event),
            Event::OrderPlaced(placed) => {
                self.records.evolve(event);
                self.order(placed);
                self.refresh_campaigns_of(event);
            }
            Event::OrderCancelled(_) | Event::OrderReturned(_) => {
                self.records.evolve(event);
                self.forget_purchase(event);
                self.refresh_campaigns_of(event);
            }
            Event::OrderPaid(_) | Event::OrderShipped(_) => {
                self.records.evolve(event);
                self.refresh_campaigns_of(event);
            }
        }
    }

    /// Last event that was folded.
    pub fn through(&self) -> u64 {
        self.through
    }

    /// Says that there is nothing for the view up to here.
    pub fn pass(&mut self, sequence: u64) {
        self.through = self.through.max(sequence);
    }

    pub fn catalogue(&self) -> &CatalogueView {
        &self.catalogue
    }

    /// Stock and orders, as the decider has them.
    pub fn records(&self) -> &CataloguePartition {
        &self.records
    }

    pub fn control(&self) -> &ControlState {
        &self.control
    }

    /// Every published model with its card, in the order of publishing.
    pub fn models(&self) -> &[ModelPublished] {
        &self.models
    }

    /// Campaigns with the items that each is about.
    pub fn campaigns(&self) -> &CampaignBook {
        &self.campaigns
    }

    pub fn shopper(&self, shopper: ShopperReference) -> Option<&ShopperHistory> {
        self.shoppers.get(&shopper.0)
    }

    /// Shoppers and guests that were ever met.
    pub fn shopper_count(&self) -> usize {
        self.shoppers.len()
    }

    /// How popular each item is, as its number says; comparable with each other only.
    pub fn popularity(&self) -> &FadingCounts {
        &self.popularity
    }

    /// What went on in the last day.
    pub fn activity(&self) -> &Activity {
        &self.activity
    }

    /// An item of the catalogue with its number, deleted or not.
    pub fn item(&self, item_id: &str) -> Option<(u32, &CatalogueItem)> {
        let number = self.records.items.get(item_id)?.number;
        Some((number, self.catalogue.item(number)?))
    }

    /// Whether an item can be sold at a moment: not deleted, within its window, and in stock.
    pub fn is_sold_at(&self, number: u32, now_us: i64) -> bool {
        self.catalogue
            .item(number)
            .and_then(|item| self.records.items.get(&item.item.item_id))
            .is_some_and(|record| record.is_sold_at(now_us))
    }

    /// How much more attention than usual an item gets; 1 is as usual.
    pub fn trend(&self, number: u32, now_us: i64) -> f64 {
        let recent = self.recent.at(number, now_us);
        let usual = self.baseline.at(number, now_us)
            * (TREND_HALF_LIFE_US as f64 / BASELINE_HALF_LIFE_US as f64);
        (recent + TREND_NOISE) / (usual + TREND_NOISE)
    }

    fn interaction(&mut self, sequence: u64, event: &InteractionRecorded) {
        let interaction = &event.interaction;
        let known = self.records.items.get(&interaction.item_id);
        let history = self.shoppers.entry(event.shopper.0).or_default();
        // An item that nobody has described cannot be recommended, nor can it recommend others.
        let Some(number) = known.map(|item| item.number) else {
            return;
        };
        history.add(HistoryEntry {
            item: number,
            kind: interaction.kind,
            at_us: interaction.occurred_at_us,
            quantity: interaction.quantity.unwrap_or(1),
            rating: interaction.rating,
            session: interaction.session,
        });
        self.activity.interaction(sequence, number, event);
        self.attention(number, interaction.kind, interaction.occurred_at_us);
    }

    fn order(&mut self, event: &OrderPlaced) {
        if self.erased.contains_key(&event.shopper.0) {
            return;
        }
        let numbered = event.lines.iter().filter_map(|line| {
            let item = self.records.items.get(&line.item_id)?;
            Some((item.number, line.quantity))
        });
        self.activity.order(event, numbered);
        for line in &event.lines {
            let Some(item) = self.records.items.get(&line.item_id) else {
                continue;
            };
            let number = item.number;
            self.shoppers
                .entry(event.shopper.0)
                .or_default()
                .add(HistoryEntry {
                    item: number,
                    kind: InteractionKind::Purchase,
                    at_us: event.placed_at_us,
                    quantity: line.quantity,
                    rating: None,
                    session: event.session,
                });
            self.attention(number, InteractionKind::Purchase, event.placed_at_us);
        }
    }

    /// An order that was cancelled or returned was no purchase in the end.
    fn forget_purchase(&mut self, event: &Event) {
        let order = event.order_id().and_then(|id| self.records.orders.get(id));
        let Some(order) = order else {
            return;
        };
        let Some(history) = self.shoppers.get_mut(&order.shopper) else {
            return;
        };
        for line in &order.lines {
            if let Some(item) = self.records.items.get(&line.item_id) {
                history.forget_purchase(item.number);
            }
        }
    }

    /// Stock moved: what conditions say of the items of an order may have changed.
    fn refresh_campaigns_of(&mut self, event: &Event) {
        if self.campaigns.all().is_empty() {
            return;
        }
        let order = event.order_id().and_then(|id| self.records.orders.get(id));
        let lines = order.map_or(&[][..], |order| &order.lines);
        let numbers: Vec<u32> = lines
            .iter()
            .filter_map(|line| Some(self.records.items.get(&line.item_id)?.number))
            .collect();
        self.refresh_campaigns(numbers);
    }

    fn refresh_campaigns(&mut self, numbers: impl IntoIterator<Item = u32>) {
        for number in numbers {
            self.campaigns
                .refresh(&self.catalogue, &self.records, number);
        }
    }

    fn attention(&mut self, number: u32, kind: InteractionKind, at_us: i64) {
        let weight = attention_weight(kind);
        if weight > 0.0 {
            self.count(number, weight, at_us);
        }
    }

    fn count(&mut self, number: u32, weight: f64, at_us: i64) {
        for counts in [&mut self.popularity, &mut self.recent, &mut self.baseline] {
            counts.add(number, weight, at_us);
        }
    }
}

/// What an event counts for popularity.
fn attention_weight(kind: InteractionKind) -> f64 {
    match kind {
        InteractionKind::View => 1.0,
        InteractionKind::Cart => 3.0,
        InteractionKind::Purchase => 5.0,
        InteractionKind::Impression | InteractionKind::Remove | InteractionKind::Rating => 0.0,
    }
}

#[cfg(test)]
mod tests;
