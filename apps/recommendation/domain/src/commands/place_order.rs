//! Place an order and reserve its units, all or none.

use std::collections::HashSet;

use crate::{
    commands::{Rejection, record_interaction::check_moment},
    context::Context as Surface,
    decider::Context,
    events::{Event, OrderPlaced},
    ids::{SessionKey, ShopperReference},
    order::{ORDER_LINES_MAX, OrderLine},
    state::CataloguePartition,
};

/// Place an order. Prices are those of the catalogue at the moment of the decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceOrder {
    pub order_id: String,
    pub shopper: ShopperReference,
    pub lines: Vec<RequestedLine>,
    /// Epoch microseconds.
    pub placed_at_us: i64,
    pub session: Option<SessionKey>,
    pub surface: Option<Surface>,
    pub list_id: Option<String>,
}

/// Units of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestedLine {
    pub item_id: String,
    pub quantity: u32,
}

impl PlaceOrder {
    pub(crate) fn decide(
        &self,
        state: &CataloguePartition,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        check_moment(self.placed_at_us, context)?;
        if state.orders.contains_key(&self.order_id) {
            return Err(Rejection::OrderExists);
        }
        let mut items = HashSet::new();
        let sound = (1..=ORDER_LINES_MAX).contains(&self.lines.len())
            && self
                .lines
                .iter()
                .all(|line| line.quantity > 0 && items.insert(&line.item_id));
        if !sound {
            return Err(Rejection::InvalidLines);
        }
        let lines = self
            .lines
            .iter()
            .map(|line| line.reserve(state, context.now_us))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(vec![Event::OrderPlaced(OrderPlaced {
            order_id: self.order_id.clone(),
            shopper: self.shopper,
            lines,
            placed_at_us: self.placed_at_us,
            session: self.session,
            surface: self.surface,
            list_id: self.list_id.clone(),
        })])
    }
}

impl RequestedLine {
    fn reserve(&self, state: &CataloguePartition, now_us: i64) -> Result<OrderLine, Rejection> {
        let item_id = self.item_id.clone();
        let Some(item) = state.items.get(&item_id).filter(|item| !item.deleted) else {
            return Err(Rejection::UnknownItem { item_id });
        };
        if !item.is_available_at(now_us) {
            return Err(Rejection::NotAvailable { item_id });
        }
        match item.units_left() {
            Some(available) if available < self.quantity => {
                Err(Rejection::OutOfStock { item_id, available })
            }
            _ => Ok(OrderLine {
                item_id,
                quantity: self.quantity,
                price_minor: item.price_minor,
            }),
        }
    }
}
