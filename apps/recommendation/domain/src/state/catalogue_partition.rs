//! Items and orders as far as decisions need them: numbers, prices and units.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::{
    events::{Event, ItemUpserted, OrderPlaced},
    item::Item,
    order::{OrderLine, OrderStatus},
};

/// An order is kept for its next step until 60 days after it was placed, in microseconds. After that it can neither be
/// changed nor does its id tell a repetition by itself (the log's memory of keys still does).
pub const ORDER_KEPT_US: i64 = 60 * 86_400_000_000;

/// Items and orders of a merchant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CataloguePartition {
    pub items: HashMap<String, ItemRecord>,
    pub orders: HashMap<String, OrderRecord>,
    /// Orders in the order of their placing, so that old ones can be let go.
    placed: VecDeque<(i64, String)>,
}

/// What decisions need of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemRecord {
    pub number: u32,
    /// Events so far.
    pub version: u64,
    pub deleted: bool,
    pub price_minor: i64,
    /// Units in the warehouse; `None`: there are always enough.
    pub stock: Option<u32>,
    /// Units that open orders have reserved.
    pub reserved: u32,
    pub available_from_us: Option<i64>,
    pub available_until_us: Option<i64>,
    /// Of the whole description.
    fingerprint: u64,
}

/// What decisions need of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRecord {
    pub status: OrderStatus,
    /// Events so far.
    pub version: u64,
    /// Reference of the shopper.
    pub shopper: u64,
    pub lines: Vec<OrderLine>,
}

impl ItemRecord {
    /// Units that can still be sold; `None`: any number.
    pub fn units_left(&self) -> Option<u32> {
        self.stock.map(|stock| stock.saturating_sub(self.reserved))
    }

    /// Whether its window of availability holds at a moment.
    pub fn is_available_at(&self, now_us: i64) -> bool {
        self.available_from_us.is_none_or(|from| from <= now_us)
            && self.available_until_us.is_none_or(|until| now_us < until)
    }

    /// Whether a unit of it can be sold at a moment.
    pub fn is_sold_at(&self, now_us: i64) -> bool {
        !self.deleted && self.units_left() != Some(0) && self.is_available_at(now_us)
    }

    /// Whether a description would change nothing.
    pub(crate) fn is_as_described(&self, item: &Item) -> bool {
        !self.deleted && self.stock == item.stock && self.fingerprint == item.fingerprint()
    }
}

impl CataloguePartition {
    /// Folds one event.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::ItemUpserted(event) => self.describe(event),
            Event::ItemDeleted(event) => {
                if let Some(item) = self.items.get_mut(&event.item_id) {
                    item.deleted = true;
                    item.version += 1;
                }
            }
            Event::OrderPlaced(event) => self.place(event),
            Event::OrderPaid(event) => {
                self.step(&event.order_id, OrderStatus::Paid);
            }
            Event::OrderShipped(event) => {
                for line in self.step(&event.order_id, OrderStatus::Shipped) {
                    self.release(&line);
                    self.stock(&line, u32::saturating_sub);
                }
            }
            Event::OrderCancelled(event) => {
                for line in self.step(&event.order_id, OrderStatus::Cancelled) {
                    self.release(&line);
                }
            }
            Event::OrderReturned(event) => {
                let lines = self.step(&event.order_id, OrderStatus::Returned);
                if event.restocked {
                    for line in lines {
                        self.stock(&line, u32::saturating_add);
                    }
                }
            }
            _ => {}
        }
    }

    fn describe(&mut self, event: &ItemUpserted) {
        let item = &event.item;
        let known = self.items.get(&item.item_id);
        let record = ItemRecord {
            number: event.number,
            version: known.map_or(0, |known| known.version) + 1,
            deleted: false,
            price_minor: item.price_minor,
            stock: item.stock,
            reserved: known.map_or(0, |known| known.reserved),
            available_from_us: item.available_from_us,
            available_until_us: item.available_until_us,
            fingerprint: item.fingerprint(),
        };
        self.items.insert(item.item_id.clone(), record);
    }

    fn place(&mut self, event: &OrderPlaced) {
        while let Some((placed_at_us, _)) = self.placed.front()
            && *placed_at_us < event.placed_at_us - ORDER_KEPT_US
        {
            if let Some((_, order_id)) = self.placed.pop_front() {
                self.let_go(&order_id);
            }
        }
        for line in &event.lines {
            if let Some(item) = self.items.get_mut(&line.item_id) {
                item.reserved = item.reserved.saturating_add(line.quantity);
                item.version += 1;
            }
        }
        self.placed
            .push_back((event.placed_at_us, event.order_id.clone()));
        let record = OrderRecord {
            status: OrderStatus::Placed,
            version: 1,
            shopper: event.shopper.0,
            lines: event.lines.clone(),
        };
        self.orders.insert(event.order_id.clone(), record);
    }

    /// An order that nobody paid or shipped in all that time holds no units any more.
    fn let_go(&mut self, order_id: &str) {
        let Some(order) = self.orders.remove(order_id) else {
            return;
        };
        if matches!(order.status, OrderStatus::Placed | OrderStatus::Paid) {
            order.lines.iter().for_each(|line| self.release(line));
        }
    }

    /// Moves an order on and gives its lines.
    fn step(&mut self, order_id: &str, status: OrderStatus) -> Vec<OrderLine> {
        let Some(order) = self.orders.get_mut(order_id) else {
            return Vec::new();
        };
        order.status = status;
        order.version += 1;
        order.lines.clone()
    }

    fn release(&mut self, line: &OrderLine) {
        if let Some(item) = self.items.get_mut(&line.item_id) {
            item.reserved = item.reserved.saturating_sub(line.quantity);
            item.version += 1;
        }
    }

    fn stock(&mut self, line: &OrderLine, change: impl Fn(u32, u32) -> u32) {
        if let Some(item) = self.items.get_mut(&line.item_id)
            && let Some(stock) = &mut item.stock
        {
            *stock = change(*stock, line.quantity);
        }
    }
}
