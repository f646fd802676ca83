//! The events of cases and their stored form.
//!
//! The case is not in the payloads: it is the entity that the envelope names, and the envelope's entity version is the
//! case's version.

use std::borrow::Cow;

use accord_decider::{DecodeError, Description, PartitionOffset};
use serde::{Deserialize, Serialize};

use super::{
    case_id::CaseId,
    disposition::Disposition,
    settings::{CaseSettings, Severity},
};
use crate::{policy::Decision, transaction::LabelledPurchase};

/// All case events are at their first version.
const VERSION: u16 = 1;
const CASE: &str = "case";

/// Something happened to a case.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseEvent {
    pub case: CaseId,
    pub happened: CaseHappening,
}

/// What happened to a case.
#[derive(Clone, Debug, PartialEq)]
pub enum CaseHappening {
    AlertRaised(AlertRaised),
    Assigned(CaseAssigned),
    Released(CaseReleased),
    Noted(CaseNoted),
    Escalated(CaseEscalated),
    Resolved(CaseResolved),
    Reopened(CaseReopened),
    Expired(CaseExpired),
}

/// An assessed transaction needs a person. The first alert of a case opens it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertRaised {
    pub transaction_id: String,
    /// What a label of this transaction will have to say of it.
    pub purchase: LabelledPurchase,
    pub amount_minor: i64,
    pub score: f64,
    pub decision: Decision,
    /// Score times amount, rounded down to minor units.
    pub expected_loss_minor: i64,
    /// The case's severity, this alert included.
    pub severity: Severity,
    /// Epoch microseconds.
    #[serde(rename = "raised_at")]
    pub raised_at_us: i64,
    /// When the case is due, this alert included.
    #[serde(rename = "due_at")]
    pub due_at_us: i64,
}

/// Somebody works the case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseAssigned {
    /// Id of a principal.
    pub assignee: String,
}

/// Nobody works the case any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseReleased {}

/// Somebody wrote something down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseNoted {
    /// Sealed under the customer's key.
    pub note: String,
}

/// The case waits for a supervisor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseEscalated {
    /// Sealed under the customer's key.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
}

/// It was found out what the case is. The labels that follow from it are the next events of the same commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseResolved {
    pub disposition: Disposition,
    /// Id of the principal, who may undo it.
    pub by: String,
    #[serde(rename = "resolved_at")]
    pub resolved_at_us: i64,
    /// Until when it can be undone.
    #[serde(rename = "undo_until")]
    pub undo_until_us: i64,
    /// Transactions whose label this resolution changes.
    pub labelled: Vec<String>,
    /// Sealed under the customer's key.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
}

/// A resolution was undone. The corrected labels are the next events of the same commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseReopened {
    /// Sealed under the customer's key.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
}

/// The case gave way to newer ones before anybody resolved it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseExpired {
    #[serde(rename = "expired_at")]
    pub expired_at_us: i64,
}

/// Other settings hold for case work from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseSettingsChanged {
    pub settings: CaseSettings,
}

/// A data partition took over the settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseSettingsAdopted {
    /// Offset in the control partition.
    pub control_offset: PartitionOffset,
    pub settings: CaseSettings,
}

/// Names under which the events of cases are stored.
pub mod event_types {
    pub const ALERT_RAISED: &str = "AlertRaised";
    pub const CASE_ASSIGNED: &str = "CaseAssigned";
    pub const CASE_RELEASED: &str = "CaseReleased";
    pub const CASE_NOTED: &str = "CaseNoted";
    pub const CASE_ESCALATED: &str = "CaseEscalated";
    pub const CASE_RESOLVED: &str = "CaseResolved";
    pub const CASE_REOPENED: &str = "CaseReopened";
    pub const CASE_EXPIRED: &str = "CaseExpired";
    pub const CASE_SETTINGS_CHANGED: &str = "CaseSettingsChanged";
    pub const CASE_SETTINGS_ADOPTED: &str = "CaseSettingsAdopted";
}

use event_types as types;

impl CaseEvent {
    pub(crate) fn describe(&self) -> Description<'_> {
        Description {
            event_type: self.happened.event_type(),
            schema_version: VERSION,
            entity_type: CASE,
            entity_id: Cow::Owned(self.case.to_string()),
        }
    }

    pub(crate) fn encode(&self, buffer: &mut Vec<u8>) {
        match &self.happened {
            CaseHappening::AlertRaised(event) => write(event, buffer),
            CaseHappening::Assigned(event) => write(event, buffer),
            CaseHappening::Released(event) => write(event, buffer),
            CaseHappening::Noted(event) => write(event, buffer),
            CaseHappening::Escalated(event) => write(event, buffer),
            CaseHappening::Resolved(event) => write(event, buffer),
            CaseHappening::Reopened(event) => write(event, buffer),
            CaseHappening::Expired(event) => write(event, buffer),
        }
    }

    /// Reads a stored payload; `None` for an event of another kind or version.
    pub(crate) fn decode(
        event_type: &str,
        schema_version: u16,
        entity_id: &str,
        payload: &str,
    ) -> Option<Result<Self, DecodeError>> {
        if schema_version != VERSION {
            return None;
        }
        let happened = match event_type {
            types::ALERT_RAISED => read(payload).map(CaseHappening::AlertRaised),
            types::CASE_ASSIGNED => read(payload).map(CaseHappening::Assigned),
            types::CASE_RELEASED => read(payload).map(CaseHappening::Released),
            types::CASE_NOTED => read(payload).map(CaseHappening::Noted),
            types::CASE_ESCALATED => read(payload).map(CaseHappening::Escalated),
            types::CASE_RESOLVED => read(payload).map(CaseHappening::Resolved),
            types::CASE_REOPENED => read(payload).map(CaseHappening::Reopened),
            types::CASE_EXPIRED => read(payload).map(CaseHappening::Expired),
            _ => return None,
        };
        let Some(case) = CaseId::parse(entity_id) else {
            return Some(Err(DecodeError::Entity {
                event_type: event_type.to_owned(),
                entity_id: entity_id.to_owned(),
            }));
        };
        Some(
            happened
                .map(|happened| Self { case, happened })
                .map_err(|source| DecodeError::Payload {
                    event_type: event_type.to_owned(),
                    schema_version,
                    source,
                }),
        )
    }
}

impl CaseHappening {
    pub fn event_type(&self) -> &'static str {
        match self {
            Self::AlertRaised(_) => types::ALERT_RAISED,
            Self::Assigned(_) => types::CASE_ASSIGNED,
            Self::Released(_) => types::CASE_RELEASED,
            Self::Noted(_) => types::CASE_NOTED,
            Self::Escalated(_) => types::CASE_ESCALATED,
            Self::Resolved(_) => types::CASE_RESOLVED,
            Self::Reopened(_) => types::CASE_REOPENED,
            Self::Expired(_) => types::CASE_EXPIRED,
        }
    }

    /// The sealed note that came with it, if any.
    pub fn note(&self) -> Option<&str> {
        match self {
            Self::Noted(event) => Some(&event.note),
            Self::Escalated(event) => event.note.as_deref(),
            Self::Resolved(event) => event.note.as_deref(),
            Self::Reopened(event) => event.note.as_deref(),
            Self::AlertRaised(_) | Self::Assigned(_) | Self::Released(_) | Self::Expired(_) => None,
        }
    }
}

fn write<E: Serialize>(event: &E, buffer: &mut Vec<u8>) {
    serde_json::to_writer(buffer, event).expect("events are plain data, which always serialises");
}

fn read<'a, E: Deserialize<'a>>(payload: &'a str) -> Result<E, serde_json::Error> {
    serde_json::from_str(payload)
}
