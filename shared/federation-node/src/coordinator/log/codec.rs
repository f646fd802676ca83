//! The stored form of a coordinator's events.

use std::borrow::Cow;

use accord_decider::{DecodeError, Description, LoggedDecider, PartitionId, PartitionOffset};
use serde::{Deserialize, Serialize};

use super::record::{ProtocolRecord, RecordKind};
use super::{Command, CoordinatorLog, Event, Jobs, ProtocolAdvanced};

const VERSION: u16 = 1;

impl LoggedDecider for CoordinatorLog {
    const STATE_SCHEMA: &'static str = "coordinator-1";

    fn initial(_: PartitionId) -> Jobs {
        Jobs::default()
    }

    fn describe(event: &Event) -> Description<'_> {
        let event_type = match event {
            Event::JobProposed(_) => "JobProposed",
            Event::InstitutionEnrolled(_) => "InstitutionEnrolled",
            Event::InstitutionDeclined(_) => "InstitutionDeclined",
            Event::InstitutionRefused(_) => "InstitutionRefused",
            Event::MessageRefused(_) => "MessageRefused",
            Event::Protocol(advanced) => advanced.record.kind.name(),
            Event::JobFinished(_) => "JobFinished",
            Event::JobAborted(_) => "JobAborted",
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
            Event::JobProposed(event) => serde_json::to_writer(buffer, event),
            Event::InstitutionEnrolled(event) => serde_json::to_writer(buffer, event),
            Event::InstitutionDeclined(event)
            | Event::InstitutionRefused(event)
            | Event::MessageRefused(event) => serde_json::to_writer(buffer, event),
            Event::Protocol(event) => serde_json::to_writer(buffer, &event.record),
            Event::JobFinished(event) => serde_json::to_writer(buffer, event),
            Event::JobAborted(event) => serde_json::to_writer(buffer, event),
        };
        written.expect("events are plain data, which always serialises");
    }

    fn decode(
        event_type: &str,
        schema_version: u16,
        entity_id: &str,
        payload: &str,
    ) -> Result<Event, DecodeError> {
        if schema_version != VERSION {
            return Err(unknown(event_type, schema_version));
        }
        Ok(match event_type {
            "JobProposed" => Event::JobProposed(read(event_type, payload)?),
            "InstitutionEnrolled" => Event::InstitutionEnrolled(read(event_type, payload)?),
            "InstitutionDeclined" => Event::InstitutionDeclined(read(event_type, payload)?),
            "InstitutionRefused" => Event::InstitutionRefused(read(event_type, payload)?),
            "MessageRefused" => Event::MessageRefused(read(event_type, payload)?),
            "JobFinished" => Event::JobFinished(read(event_type, payload)?),
            "JobAborted" => Event::JobAborted(read(event_type, payload)?),
            _ => {
                let kind = RecordKind::of_name(event_type)
                    .ok_or_else(|| unknown(event_type, schema_version))?;
                let record: ProtocolRecord = read(event_type, payload)?;
                Event::Protocol(ProtocolAdvanced {
                    job: entity_id.to_owned(),
                    number: record.number,
                    record: ProtocolRecord { kind, ..record },
                })
            }
        })
    }

    fn pending_adoption(_: &Jobs, _: &Jobs) -> Option<Command> {
        None
    }

    fn adopted_offset(_: &Jobs) -> PartitionOffset {
        0
    }
}

/// Reads a payload; jobs' names stand in it and as the entity alike.
fn read<'a, T: Deserialize<'a> + Serialize>(
    event_type: &str,
    payload: &'a str,
) -> Result<T, DecodeError> {
    serde_json::from_str(payload).map_err(|source| DecodeError::Payload {
        event_type: event_type.to_owned(),
        schema_version: VERSION,
        source,
    })
}

fn unknown(event_type: &str, schema_version: u16) -> DecodeError {
    DecodeError::UnknownType {
        event_type: event_type.to_owned(),
        schema_version,
    }
}
