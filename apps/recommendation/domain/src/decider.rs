//! The decider of recommendation: one partition's state, one command, its events.

use accord_decider::{
    Decider, DecodeError, Description, LoggedDecider, PartitionId, PartitionOffset,
};

use crate::{
    commands::{Command, Rejection},
    events::Event,
    state::{
        CATALOGUE_PARTITION, CataloguePartition, ControlState, PartitionState, ShopperPartition,
    },
};

/// What a decision may use apart from its partition's state.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// The time at which the decision is recorded, in epoch microseconds.
    pub now_us: i64,
}

/// Recommendation as a decider. It keeps the log; lists are made beside it, from the [live view](crate::LiveView).
#[derive(Clone, Copy, Debug)]
pub struct Recommendation;

impl Decider for Recommendation {
    type State = PartitionState;
    type Command = Command;
    type Event = Event;
    type Context = Context;
    type Rejection = Rejection;

    fn decide(
        state: &PartitionState,
        context: &Context,
        command: &Command,
    ) -> Result<Vec<Event>, Rejection> {
        match (state, command) {
            (PartitionState::Shoppers(state), Command::RecordInteraction(command)) => {
                command.decide(state, context)
            }
            (PartitionState::Shoppers(state), Command::IntroduceShopper(command)) => {
                command.decide(state)
            }
            (PartitionState::Shoppers(state), Command::RecordList(command)) => {
                command.decide(state)
            }
            (PartitionState::Catalogue(state), Command::UpsertItem(command)) => {
                command.decide(state)
            }
            (PartitionState::Catalogue(state), Command::DeleteItem(command)) => {
                command.decide(state)
            }
            (PartitionState::Catalogue(state), Command::PlaceOrder(command)) => {
                command.decide(state, context)
            }
            (PartitionState::Catalogue(state), Command::ChangeOrder(command)) => {
                command.decide(state, context)
            }
            (PartitionState::Control(state), Command::PublishModel(command)) => {
                Ok(command.decide(state))
            }
            (PartitionState::Control(state), Command::ActivateModel(command)) => {
                command.decide(state)
            }
            (PartitionState::Control(state), Command::ChangeSettings(command)) => {
                command.decide(state)
            }
            (PartitionState::Control(state), Command::SaveCampaign(command)) => {
                command.decide(state)
            }
            (PartitionState::Control(state), Command::EndCampaign(command)) => {
                command.decide(state)
            }
            (PartitionState::Shoppers(state), Command::EraseShopper(command)) => {
                command.decide(state, context)
            }
            _ => Err(Rejection::WrongPartition),
        }
    }

    fn evolve(state: &mut PartitionState, event: &Event) {
        match state {
            PartitionState::Control(state) => state.evolve(event),
            PartitionState::Catalogue(state) => state.evolve(event),
            PartitionState::Shoppers(state) => state.evolve(event),
        }
    }
}

impl LoggedDecider for Recommendation {
    const STATE_SCHEMA: &'static str = "recommendation-3";

    fn initial(partition: PartitionId) -> PartitionState {
        if partition.is_control() {
            PartitionState::Control(ControlState::default())
        } else if partition == CATALOGUE_PARTITION {
            PartitionState::Catalogue(CataloguePartition::default())
        } else {
            PartitionState::Shoppers(ShopperPartition::default())
        }
    }

    fn describe(event: &Event) -> Description<'_> {
        event.describe()
    }

    fn entity_version(state: &PartitionState, event: &Event) -> u64 {
        match state {
            PartitionState::Control(state) => state.offset,
            PartitionState::Catalogue(state) => catalogue_version(state, event),
            PartitionState::Shoppers(state) => event
                .shopper()
                .and_then(|shopper| state.shoppers.get(&shopper.0))
                .map_or(0, |record| record.version),
        }
    }

    fn encode(event: &Event, buffer: &mut Vec<u8>) {
        event.encode(buffer);
    }

    fn decode(
        event_type: &str,
        schema_version: u16,
        entity_id: &str,
        payload: &str,
    ) -> Result<Event, DecodeError> {
        Event::decode(event_type, schema_version, entity_id, payload)
    }

    /// No decision of a data partition uses what the control partition decides: models and settings act where lists
    /// are made, beside the log.
    fn pending_adoption(_control: &PartitionState, _data: &PartitionState) -> Option<Command> {
        None
    }

    fn adopted_offset(_state: &PartitionState) -> PartitionOffset {
        0
    }
}

fn catalogue_version(state: &CataloguePartition, event: &Event) -> u64 {
    match event {
        Event::ItemUpserted(event) => state
            .items
            .get(&event.item.item_id)
            .map(|item| item.version),
        Event::ItemDeleted(event) => state.items.get(&event.item_id).map(|item| item.version),
        _ => event
            .order_id()
            .and_then(|order_id| state.orders.get(order_id))
            .map(|order| order.version),
    }
    .unwrap_or(0)
}

#[cfg(test)]
mod tests;
