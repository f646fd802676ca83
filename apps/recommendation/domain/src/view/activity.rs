//! What went on in the shop in the last day, by quarters of an hour, for whoever watches it.

use std::collections::{HashMap, VecDeque};

use crate::{
    events::{InteractionRecorded, OrderPlaced},
    ids::ShopperReference,
    interaction::InteractionKind,
    order::order_total_minor,
};

const QUARTER_US: i64 = 900_000_000;
/// Quarters of an hour in a day: what is kept, beside the one that runs.
pub const DAY_QUARTERS: usize = 96;
const DAY_US: i64 = QUARTER_US * DAY_QUARTERS as i64;
/// Newest interactions that are kept.
pub const NEWEST_MAX: usize = 64;

/// What went on in the last day. Older things are forgotten, and what comes a day late is passed over.
#[derive(Clone, Debug, Default)]
pub struct Activity {
    /// Ascending, without those in which nothing happened.
    quarters: VecDeque<(i64, Quarter)>,
    /// When each shopper was last here, and last bought.
    shoppers: HashMap<u64, i64>,
    buyers: HashMap<u64, i64>,
    /// Oldest first.
    newest: VecDeque<NewestInteraction>,
}

#[derive(Clone, Debug, Default)]
struct Quarter {
    sums: ActivitySums,
    items: HashMap<u32, ItemActivity>,
}

/// Sums over some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ActivitySums {
    pub events: u64,
    pub views: u64,
    pub carts: u64,
    pub orders: u64,
    /// Of orders and of purchases elsewhere.
    pub revenue_minor: i64,
    pub lists: u64,
    /// Items that were opened from a list.
    pub list_clicks: u64,
}

/// What happened to one item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ItemActivity {
    pub views: u64,
    pub carts: u64,
    pub units_sold: u64,
}

/// One of the newest interactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewestInteraction {
    /// Where it stands in the log.
    pub sequence: u64,
    pub shopper: ShopperReference,
    /// Number of the item.
    pub item: u32,
    pub kind: InteractionKind,
    /// Epoch microseconds.
    pub at_us: i64,
}

/// Figures of the last day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActivityFigures {
    pub sums: ActivitySums,
    pub shoppers: u64,
    pub buyers: u64,
    /// Events of each complete quarter of an hour, oldest first: [`DAY_QUARTERS`] counts.
    pub throughput: Vec<u64>,
}

impl Activity {
    pub(super) fn interaction(&mut self, sequence: u64, item: u32, event: &InteractionRecorded) {
        let interaction = &event.interaction;
        let at_us = interaction.occurred_at_us;
        if self.newest.len() == NEWEST_MAX {
            self.newest.pop_front();
        }
        self.newest.push_back(NewestInteraction {
            sequence,
            shopper: event.shopper,
            item,
            kind: interaction.kind,
            at_us,
        });
        let units = u64::from(interaction.quantity.unwrap_or(1));
        let Some(quarter) = self.quarter(at_us) else {
            return;
        };
        quarter.sums.events += 1;
        let of_item = quarter.items.entry(item).or_default();
        match interaction.kind {
            InteractionKind::View => {
                of_item.views += 1;
                quarter.sums.views += 1;
                quarter.sums.list_clicks += u64::from(interaction.list_id.is_some());
            }
            InteractionKind::Cart => {
                of_item.carts += 1;
                quarter.sums.carts += 1;
            }
            InteractionKind::Purchase => {
                of_item.units_sold += units;
                let price_minor = interaction.price_minor.unwrap_or(0);
                let amount = price_minor.saturating_mul(units.cast_signed());
                quarter.sums.revenue_minor = quarter.sums.revenue_minor.saturating_add(amount);
                self.bought(event.shopper, at_us);
            }
            InteractionKind::Impression | InteractionKind::Remove | InteractionKind::Rating => {}
        }
        self.was_here(event.shopper, at_us);
    }

    /// `items` are the numbers and units of the order's items.
    pub(super) fn order(&mut self, event: &OrderPlaced, items: impl Iterator<Item = (u32, u32)>) {
        let Some(quarter) = self.quarter(event.placed_at_us) else {
            return;
        };
        quarter.sums.events += 1;
        quarter.sums.orders += 1;
        let total_minor = order_total_minor(&event.lines);
        quarter.sums.revenue_minor = quarter.sums.revenue_minor.saturating_add(total_minor);
        for (item, units) in items {
            quarter.items.entry(item).or_default().units_sold += u64::from(units);
        }
        self.bought(event.shopper, event.placed_at_us);
        self.was_here(event.shopper, event.placed_at_us);
    }

    pub(super) fn list(&mut self, served_at_us: i64) {
        if let Some(quarter) = self.quarter(served_at_us) {
            quarter.sums.lists += 1;
        }
    }

    /// Forgets who a shopper was; what the shopper did stays in the sums, which name nobody.
    pub(super) fn forget(&mut self, shopper: ShopperReference) {
        self.shoppers.remove(&shopper.0);
        self.buyers.remove(&shopper.0);
        self.newest
            .retain(|interaction| interaction.shopper != shopper);
    }

    /// Figures of the day before a moment.
    pub fn figures(&self, now_us: i64) -> ActivityFigures {
        let running = now_us.div_euclid(QUARTER_US);
        let first = running - DAY_QUARTERS as i64;
        let mut figures = ActivityFigures {
            throughput: vec![0; DAY_QUARTERS],
            ..ActivityFigures::default()
        };
        for (index, quarter) in self.day(now_us) {
            let (sums, more) = (&mut figures.sums, &quarter.sums);
            sums.events += more.events;
            sums.views += more.views;
            sums.carts += more.carts;
            sums.orders += more.orders;
            sums.revenue_minor = sums.revenue_minor.saturating_add(more.revenue_minor);
            sums.lists += more.lists;
            sums.list_clicks += more.list_clicks;
            if let Ok(place) = usize::try_from(index - first)
                && let Some(count) = figures.throughput.get_mut(place)
            {
                *count = more.events;
            }
        }
        let lately = |moments: &HashMap<u64, i64>| {
            let those = moments.values().filter(|at_us| **at_us > now_us - DAY_US);
            those.count() as u64
        };
        figures.shoppers = lately(&self.shoppers);
        figures.buyers = lately(&self.buyers);
        figures
    }

    /// Items that were looked at most in the day before a moment, the most first; ties by number.
    pub fn top_items(&self, now_us: i64, count: usize) -> Vec<(u32, ItemActivity)> {
        let mut sums: HashMap<u32, ItemActivity> = HashMap::new();
        for (_, quarter) in self.day(now_us) {
            for (item, more) in &quarter.items {
                let sum = sums.entry(*item).or_default();
                sum.views += more.views;
                sum.carts += more.carts;
                sum.units_sold += more.units_sold;
            }
        }
        let mut ranking: Vec<(u32, ItemActivity)> = sums.into_iter().collect();
        ranking.sort_unstable_by_key(|(item, sum)| (std::cmp::Reverse(sum.views), *item));
        ranking.truncate(count);
        ranking
    }

    /// The newest interactions of items of the catalogue, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &NewestInteraction> {
        self.newest.iter().rev()
    }

    fn day(&self, now_us: i64) -> impl Iterator<Item = (i64, &Quarter)> {
        let running = now_us.div_euclid(QUARTER_US);
        let first = running - DAY_QUARTERS as i64;
        self.quarters
            .iter()
            .filter(move |(index, _)| (first..=running).contains(index))
            .map(|(index, quarter)| (*index, quarter))
    }

    /// The quarter of a moment; `None` for one that is over for more than a day.
    fn quarter(&mut self, at_us: i64) -> Option<&mut Quarter> {
        let index = at_us.div_euclid(QUARTER_US);
        let newest = self.quarters.back().map_or(i64::MIN, |(index, _)| *index);
        if index > newest {
            self.quarters.push_back((index, Quarter::default()));
            self.forget_before(index - DAY_QUARTERS as i64);
        } else if index < newest - DAY_QUARTERS as i64 {
            return None;
        }
        let place = match self
            .quarters
            .binary_search_by_key(&index, |(index, _)| *index)
        {
            Ok(place) => place,
            Err(place) => {
                self.quarters.insert(place, (index, Quarter::default()));
                place
            }
        };
        self.quarters.get_mut(place).map(|(_, quarter)| quarter)
    }

    fn forget_before(&mut self, first: i64) {
        while self
            .quarters
            .front()
            .is_some_and(|(index, _)| *index < first)
        {
            self.quarters.pop_front();
        }
        let from_us = first.saturating_mul(QUARTER_US);
        self.shoppers.retain(|_, at_us| *at_us >= from_us);
        self.buyers.retain(|_, at_us| *at_us >= from_us);
    }

    fn was_here(&mut self, shopper: ShopperReference, at_us: i64) {
        let last = self.shoppers.entry(shopper.0).or_insert(at_us);
        *last = at_us.max(*last);
    }

    fn bought(&mut self, shopper: ShopperReference, at_us: i64) {
        let last = self.buyers.entry(shopper.0).or_insert(at_us);
        *last = at_us.max(*last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interaction::Interaction;

    const HOUR_US: i64 = 4 * QUARTER_US;

    fn event(shopper: u64, kind: InteractionKind, at_us: i64) -> InteractionRecorded {
        InteractionRecorded {
            shopper: ShopperReference(shopper),
            interaction: Interaction {
                kind,
                item_id: "mug".to_owned(),
                occurred_at_us: at_us,
                quantity: Some(2),
                price_minor: Some(500),
                rating: None,
                session: None,
                surface: None,
                list_id: (shopper == 1).then(|| "list".to_owned()),
            },
        }
    }

    #[test]
    fn figures_are_those_of_the_last_day_in_any_order_of_telling() {
        let mut activity = Activity::default();
        let now_us = 100 * HOUR_US;
        for (sequence, (shopper, kind, at_us)) in (1..).zip([
            (1, InteractionKind::View, now_us - 30 * HOUR_US),
            (2, InteractionKind::View, now_us - HOUR_US),
            (1, InteractionKind::View, now_us - 2 * HOUR_US),
            (1, InteractionKind::Purchase, now_us - HOUR_US),
            (3, InteractionKind::Cart, now_us),
            (4, InteractionKind::View, now_us - 40 * HOUR_US),
        ]) {
            activity.interaction(sequence, 7, &event(shopper, kind, at_us));
        }
        activity.list(now_us);
        let figures = activity.figures(now_us);
        assert_eq!((figures.shoppers, figures.buyers), (3, 1));
        let expected = ActivitySums {
            events: 4,
            views: 2,
            carts: 1,
            orders: 0,
            revenue_minor: 1_000,
            lists: 1,
            list_clicks: 1,
        };
        assert_eq!(figures.sums, expected);
        assert_eq!(figures.throughput.iter().sum::<u64>(), 3);
        assert_eq!(figures.throughput[DAY_QUARTERS - 4], 2);
        let of_item = ItemActivity {
            views: 2,
            carts: 1,
            units_sold: 2,
        };
        assert_eq!(activity.top_items(now_us, 5), [(7, of_item)]);
        assert_eq!(
            activity.figures(now_us + 30 * HOUR_US).sums,
            ActivitySums::default()
        );
    }

    #[test]
    fn a_shopper_who_is_forgotten_is_neither_counted_nor_listed() {
        let mut activity = Activity::default();
        activity.interaction(1, 7, &event(1, InteractionKind::Purchase, 5));
        activity.interaction(2, 7, &event(2, InteractionKind::View, 6));
        activity.forget(ShopperReference(1));
        let figures = activity.figures(10);
        assert_eq!(
            (figures.shoppers, figures.buyers, figures.sums.events),
            (1, 0, 2)
        );
        let newest: Vec<u64> = activity.newest_first().map(|one| one.sequence).collect();
        assert_eq!(newest, [2]);
    }

    #[test]
    fn only_the_newest_interactions_are_kept() {
        let mut activity = Activity::default();
        for sequence in 1..=100_u64 {
            let event = event(1, InteractionKind::View, sequence.cast_signed());
            activity.interaction(sequence, 0, &event);
        }
        let newest: Vec<u64> = activity.newest_first().map(|one| one.sequence).collect();
        assert_eq!((newest.len(), newest[0]), (NEWEST_MAX, 100));
    }
}
