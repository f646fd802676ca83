//! The stored form of a participant's events.

use std::borrow::Cow;

use accord_decider::{DecodeError, Description, LoggedDecider, PartitionId, PartitionOffset};
use accord_federation::participant::ParticipantEvent;
use serde::Deserialize;

use super::{Command, Event, Jobs, ParticipantLog, ProtocolAdvanced};

const VERSION: u16 = 1;

impl LoggedDecider for ParticipantLog {
    const STATE_SCHEMA: &'static str = "participant-1";

    fn initial(_: PartitionId) -> Jobs {
        Jobs::default()
    }

    fn describe(event: &Event) -> Description<'_> {
        let event_type = match event {
            Event::PlanSigned(_) => "PlanSigned",
            Event::PlanDeclined(_) => "PlanDeclined",
            Event::JobBegun(_) => "JobBegun",
            Event::Protocol(advanced) => step_name(&advanced.event),
            Event::MessageRefused(_) => "MessageRefused",
            Event::JobEnded(_) => "JobEnded",
        };
        Description {
            event_type,
            schema_version: VERSION,
            entity_type: "job",
            entity_id: Cow::Borrowed(event.job()),
        }
    }

    fn entity_version(state: &Jobs, event: &Event) -> u64 {
        state.version(event.job())
    }

    fn encode(event: &Event, buffer: &mut Vec<u8>) {
        let written = match event {
            Event::PlanSigned(event) => serde_json::to_writer(buffer, event),
            Event::PlanDeclined(event) => serde_json::to_writer(buffer, event),
            Event::JobBegun(event) => serde_json::to_writer(buffer, event),
            Event::Protocol(event) => serde_json::to_writer(buffer, event),
            Event::MessageRefused(event) => serde_json::to_writer(buffer, event),
            Event::JobEnded(event) => serde_json::to_writer(buffer, event),
        };
        written.expect("events are plain data, which always serialises");
    }

    fn decode(
        event_type: &str,
        schema_version: u16,
        _: &str,
        payload: &str,
    ) -> Result<Event, DecodeError> {
        let unknown = || DecodeError::UnknownType {
            event_type: event_type.to_owned(),
            schema_version,
        };
        if schema_version != VERSION {
            return Err(unknown());
        }
        Ok(match event_type {
            "PlanSigned" => Event::PlanSigned(read(event_type, payload)?),
            "PlanDeclined" => Event::PlanDeclined(read(event_type, payload)?),
            "JobBegun" => Event::JobBegun(read(event_type, payload)?),
            "MessageRefused" => Event::MessageRefused(read(event_type, payload)?),
            "JobEnded" => Event::JobEnded(read(event_type, payload)?),
            _ if STEPS.contains(&event_type) => {
                let advanced: ProtocolAdvanced = read(event_type, payload)?;
                Event::Protocol(advanced)
            }
            _ => return Err(unknown()),
        })
    }

    fn pending_adoption(_: &Jobs, _: &Jobs) -> Option<Command> {
        None
    }

    fn adopted_offset(_: &Jobs) -> PartitionOffset {
        0
    }
}

const STEPS: [&str; 9] = [
    "KeysAdvertised",
    "SecretsShared",
    "SharesHeld",
    "AnswerMasked",
    "SurvivorsSigned",
    "Answered",
    "PrivacySpent",
    "SumReleased",
    "UnitClosed",
];

fn step_name(event: &ParticipantEvent) -> &'static str {
    let step = match event {
        ParticipantEvent::KeysAdvertised { .. } => 0,
        ParticipantEvent::SecretsShared { .. } => 1,
        ParticipantEvent::SharesHeld { .. } => 2,
        ParticipantEvent::AnswerMasked { .. } => 3,
        ParticipantEvent::SurvivorsSigned { .. } => 4,
        ParticipantEvent::Answered { .. } => 5,
        ParticipantEvent::PrivacySpent { .. } => 6,
        ParticipantEvent::SumReleased { .. } => 7,
        ParticipantEvent::UnitClosed { .. } => 8,
    };
    STEPS[step]
}

fn read<'a, T: Deserialize<'a>>(event_type: &str, payload: &'a str) -> Result<T, DecodeError> {
    serde_json::from_str(payload).map_err(|source| DecodeError::Payload {
        event_type: event_type.to_owned(),
        schema_version: VERSION,
        source,
    })
}
