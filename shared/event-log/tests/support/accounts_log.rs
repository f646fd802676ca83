//! The stored form of the accounts.

use std::borrow::Cow;

use accord_decider::{DecodeError, Description, LoggedDecider, PartitionId, PartitionOffset};
use serde::{Deserialize, Serialize};

use super::accounts::{
    AccountPartition, Accounts, Command, Control, Event, Limit, Movement, State, adopted_offset,
};

const VERSION: u16 = 1;

#[derive(Serialize, Deserialize)]
struct LimitSetPayload {
    amount: u64,
}

impl LoggedDecider for Accounts {
    const STATE_SCHEMA: &'static str = "accounts-1";

    fn initial(partition: PartitionId) -> State {
        if partition.is_control() {
            State::Control(Control::default())
        } else {
            State::Accounts(AccountPartition::default())
        }
    }

    fn describe(event: &Event) -> Description<'_> {
        let (event_type, entity_type, entity_id) = match event {
            Event::Deposited(movement) => ("Deposited", "account", movement.account.to_string()),
            Event::Withdrawn(movement) => ("Withdrawn", "account", movement.account.to_string()),
            Event::LimitAdopted(_) => ("LimitAdopted", "partition", "limit".to_owned()),
            Event::LimitSet { .. } => ("LimitSet", "limit", "withdrawal".to_owned()),
        };
        Description {
            event_type,
            schema_version: VERSION,
            entity_type,
            entity_id: Cow::Owned(entity_id),
        }
    }

    fn entity_version(state: &State, event: &Event) -> u64 {
        match (state, event) {
            (
                State::Accounts(state),
                Event::Deposited(Movement { account, .. })
                | Event::Withdrawn(Movement { account, .. }),
            ) => state.accounts[account].version,
            (State::Accounts(state), _) => state.adoptions,
            // Every event of the control partition sets the one limit.
            (State::Control(state), _) => state.offset,
        }
    }

    fn encode(event: &Event, buffer: &mut Vec<u8>) {
        let written = match event {
            Event::Deposited(movement) | Event::Withdrawn(movement) => {
                serde_json::to_writer(buffer, movement)
            }
            Event::LimitAdopted(limit) => serde_json::to_writer(buffer, limit),
            Event::LimitSet { amount } => {
                serde_json::to_writer(buffer, &LimitSetPayload { amount: *amount })
            }
        };
        written.unwrap();
    }

    fn decode(
        event_type: &str,
        schema_version: u16,
        entity_id: &str,
        payload: &str,
    ) -> Result<Event, DecodeError> {
        let movement = || -> Result<Movement, DecodeError> {
            let mut movement: Movement = read(event_type, payload)?;
            movement.account = entity_id.parse().map_err(|_| DecodeError::Entity {
                event_type: event_type.to_owned(),
                entity_id: entity_id.to_owned(),
            })?;
            Ok(movement)
        };
        match (event_type, schema_version) {
            ("Deposited", VERSION) => Ok(Event::Deposited(movement()?)),
            ("Withdrawn", VERSION) => Ok(Event::Withdrawn(movement()?)),
            ("LimitAdopted", VERSION) => Ok(Event::LimitAdopted(read(event_type, payload)?)),
            ("LimitSet", VERSION) => {
                let LimitSetPayload { amount } = read(event_type, payload)?;
                Ok(Event::LimitSet { amount })
            }
            _ => Err(DecodeError::UnknownType {
                event_type: event_type.to_owned(),
                schema_version,
            }),
        }
    }

    fn pending_adoption(control: &State, data: &State) -> Option<Command> {
        let (State::Control(control), State::Accounts(data)) = (control, data) else {
            return None;
        };
        control
            .limit
            .filter(|limit: &Limit| limit.control_offset > adopted_offset(data))
            .map(Command::AdoptLimit)
    }

    fn adopted_offset(state: &State) -> PartitionOffset {
        match state {
            State::Control(state) => state.limit.map_or(0, |limit| limit.control_offset),
            State::Accounts(state) => adopted_offset(state),
        }
    }
}

fn read<'a, T: Deserialize<'a>>(event_type: &str, payload: &'a str) -> Result<T, DecodeError> {
    serde_json::from_str(payload).map_err(|source| DecodeError::Payload {
        event_type: event_type.to_owned(),
        schema_version: VERSION,
        source,
    })
}
