//! Take an order a step further: pay, ship, cancel, return.

use crate::{
    commands::Rejection,
    decider::Context,
    events::{Event, OrderCancelled, OrderPaid, OrderReturned, OrderShipped},
    order::OrderStatus,
    state::CataloguePartition,
};

/// A step in the life of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderChange {
    Pay,
    Ship,
    Cancel,
    /// `restocked`: whether its units are in the warehouse again.
    Return {
        restocked: bool,
    },
}

/// Take an order a step further. A step that it has taken already is fulfilled, not refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeOrder {
    pub order_id: String,
    pub change: OrderChange,
}

impl OrderChange {
    /// Where the step leads.
    pub fn target(self) -> OrderStatus {
        match self {
            Self::Pay => OrderStatus::Paid,
            Self::Ship => OrderStatus::Shipped,
            Self::Cancel => OrderStatus::Cancelled,
            Self::Return { .. } => OrderStatus::Returned,
        }
    }

    fn may_follow(self, status: OrderStatus) -> bool {
        match self {
            Self::Pay => status == OrderStatus::Placed,
            Self::Ship => status == OrderStatus::Paid,
            Self::Cancel => matches!(status, OrderStatus::Placed | OrderStatus::Paid),
            Self::Return { .. } => status == OrderStatus::Shipped,
        }
    }
}

impl ChangeOrder {
    pub(crate) fn decide(
        &self,
        state: &CataloguePartition,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        let order = state
            .orders
            .get(&self.order_id)
            .ok_or(Rejection::UnknownOrder)?;
        if order.status == self.change.target() {
            return Ok(Vec::new());
        }
        if !self.change.may_follow(order.status) {
            return Err(Rejection::OrderCannotChange {
                status: order.status,
            });
        }
        let order_id = self.order_id.clone();
        let at_us = context.now_us;
        Ok(vec![match self.change {
            OrderChange::Pay => Event::OrderPaid(OrderPaid { order_id, at_us }),
            OrderChange::Ship => Event::OrderShipped(OrderShipped { order_id, at_us }),
            OrderChange::Cancel => Event::OrderCancelled(OrderCancelled { order_id, at_us }),
            OrderChange::Return { restocked } => Event::OrderReturned(OrderReturned {
                order_id,
                at_us,
                restocked,
            }),
        }])
    }
}
