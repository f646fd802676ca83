//! Forget a shopper.

use crate::{
    commands::Rejection,
    decider::Context,
    events::{Event, ShopperErased},
    ids::ShopperReference,
    state::ShopperPartition,
};

/// Forget a shopper: what the shopper did counts no more from here on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EraseShopper {
    pub shopper: ShopperReference,
}

impl EraseShopper {
    pub(crate) fn decide(
        &self,
        state: &ShopperPartition,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        let known = state.shoppers.get(&self.shopper.0);
        if known.ok_or(Rejection::UnknownShopper)?.erased {
            return Ok(Vec::new());
        }
        Ok(vec![Event::ShopperErased(ShopperErased {
            shopper: self.shopper,
            at_us: context.now_us,
        })])
    }
}
