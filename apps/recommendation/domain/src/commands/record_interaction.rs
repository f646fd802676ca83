//! Record what a shopper did with an item.

use crate::{
    commands::Rejection,
    decider::Context,
    events::{Event, InteractionRecorded, ShopperIntroduced},
    ids::ShopperReference,
    interaction::Interaction,
    state::ShopperPartition,
};

/// How far the time of an interaction or order may lie ahead of the node's clock, in microseconds.
pub const FUTURE_TOLERANCE_US: i64 = 600_000_000;

/// Who a shopper is, for the case that the shopper is met for the first time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Introduction {
    /// Known by a session only.
    pub guest: bool,
    /// The merchant's own id, sealed under the shopper's key.
    pub personal: String,
}

/// Meet a shopper; nothing happens where the shopper is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntroduceShopper {
    pub shopper: ShopperReference,
    pub introduction: Introduction,
}

/// Record what a shopper did with an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordInteraction {
    pub shopper: ShopperReference,
    pub introduction: Introduction,
    pub interaction: Interaction,
}

impl IntroduceShopper {
    pub(crate) fn decide(&self, state: &ShopperPartition) -> Result<Vec<Event>, Rejection> {
        state.refuse_erased(self.shopper)?;
        let introduced = self.introduction.event(state, self.shopper);
        Ok(introduced.into_iter().collect())
    }
}

impl RecordInteraction {
    pub(crate) fn decide(
        &self,
        state: &ShopperPartition,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        state.refuse_erased(self.shopper)?;
        check_moment(self.interaction.occurred_at_us, context)?;
        // What the command is about comes first: a repetition is answered with its first event.
        let recorded = Event::InteractionRecorded(InteractionRecorded {
            shopper: self.shopper,
            interaction: self.interaction.clone(),
        });
        let introduced = self.introduction.event(state, self.shopper);
        Ok(std::iter::once(recorded).chain(introduced).collect())
    }
}

impl Introduction {
    /// The event of a shopper whom nobody has met before.
    pub(crate) fn event(
        &self,
        state: &ShopperPartition,
        shopper: ShopperReference,
    ) -> Option<Event> {
        (!state
            .shoppers
            .get(&shopper.0)
            .is_some_and(|known| known.introduced))
        .then(|| {
            Event::ShopperIntroduced(ShopperIntroduced {
                shopper,
                guest: self.guest,
                personal: self.personal.clone(),
            })
        })
    }
}

/// The future is refused; the past is not, because shops import what happened.
pub(crate) fn check_moment(at_us: i64, context: &Context) -> Result<(), Rejection> {
    if at_us > context.now_us.saturating_add(FUTURE_TOLERANCE_US) {
        return Err(Rejection::OccurredInFuture);
    }
    Ok(())
}
