//! Stored form of the events.

use std::borrow::Cow;

use accord_decider::{DecodeError, Description};
use serde::{Deserialize, Serialize};

use super::{Event, event_types as types, upcasting};
use crate::{cases::CaseEvent, ids::CustomerReference};

/// Events that hold a transaction or its label.
const TRANSACTION_VERSION: u16 = 2;
/// All other events.
const FIRST_VERSION: u16 = 1;

const CUSTOMER: &str = "customer";
const PARTITION: &str = "partition";
const MODEL: &str = "model";
const POLICY: &str = "policy";
const PARKED_LABELS: &str = "parked-labels";
const WEBHOOKS: &str = "webhooks";
const CASE_SETTINGS: &str = "case-settings";

impl Event {
    /// The customer whom an event is about.
    pub fn customer(&self) -> Option<CustomerReference> {
        match self {
            Self::TransactionAssessed(event) => Some(event.transaction.customer),
            Self::TransactionImported(event) => Some(event.transaction.customer),
            Self::TransactionLabelled(event) => Some(event.customer),
            Self::LabelWithdrawn(event) => Some(event.customer),
            Self::Case(event) => Some(event.case.customer),
            Self::LabelParked(_)
            | Self::ParkedLabelSettled(_)
            | Self::CaseSettingsChanged(_)
            | Self::CaseSettingsAdopted(_)
            | Self::WebhookSubscribed(_)
            | Self::WebhookChanged(_)
            | Self::ContextAdopted(_)
            | Self::ModelPublished(_)
            | Self::PolicyActivated(_) => None,
        }
    }

    pub(crate) fn describe(&self) -> Description<'_> {
        let (event_type, entity_type, entity_id) = match self {
            Self::TransactionAssessed(event) => (
                types::TRANSACTION_ASSESSED,
                CUSTOMER,
                event.transaction.customer.to_string(),
            ),
            Self::TransactionImported(event) => (
                types::TRANSACTION_IMPORTED,
                CUSTOMER,
                event.transaction.customer.to_string(),
            ),
            Self::TransactionLabelled(event) => (
                types::TRANSACTION_LABELLED,
                CUSTOMER,
                event.customer.to_string(),
            ),
            Self::ContextAdopted(_) => (types::CONTEXT_ADOPTED, PARTITION, "context".to_owned()),
            Self::ModelPublished(event) => (types::MODEL_PUBLISHED, MODEL, event.model.clone()),
            Self::PolicyActivated(event) => (
                types::POLICY_ACTIVATED,
                POLICY,
                event.policy.version.to_string(),
            ),
            Self::LabelWithdrawn(event) => {
                (types::LABEL_WITHDRAWN, CUSTOMER, event.customer.to_string())
            }
            Self::LabelParked(_) => (types::LABEL_PARKED, PARKED_LABELS, "waiting".to_owned()),
            Self::ParkedLabelSettled(_) => (
                types::PARKED_LABEL_SETTLED,
                PARKED_LABELS,
                "waiting".to_owned(),
            ),
            Self::Case(event) => return event.describe(),
            Self::CaseSettingsChanged(event) => (
                types::CASE_SETTINGS_CHANGED,
                CASE_SETTINGS,
                event.settings.version.to_string(),
            ),
            Self::CaseSettingsAdopted(_) => (
                types::CASE_SETTINGS_ADOPTED,
                PARTITION,
                "context".to_owned(),
            ),
            Self::WebhookSubscribed(_) => (
                types::WEBHOOK_SUBSCRIBED,
                WEBHOOKS,
                "subscriptions".to_owned(),
            ),
            Self::WebhookChanged(_) => {
                (types::WEBHOOK_CHANGED, WEBHOOKS, "subscriptions".to_owned())
            }
        };
        Description {
            event_type,
            schema_version: match self {
                Self::TransactionAssessed(_)
                | Self::TransactionImported(_)
                | Self::TransactionLabelled(_) => TRANSACTION_VERSION,
                _ => FIRST_VERSION,
            },
            entity_type,
            entity_id: Cow::Owned(entity_id),
        }
    }

    pub(crate) fn encode(&self, buffer: &mut Vec<u8>) {
        match self {
            Self::TransactionAssessed(event) => write(event, buffer),
            Self::TransactionImported(event) => write(event, buffer),
            Self::TransactionLabelled(event) => write(event, buffer),
            Self::ContextAdopted(event) => write(event, buffer),
            Self::ModelPublished(event) => write(event, buffer),
            Self::PolicyActivated(event) => write(event, buffer),
            Self::LabelWithdrawn(event) => write(event, buffer),
            Self::LabelParked(event) => write(event, buffer),
            Self::ParkedLabelSettled(event) => write(event, buffer),
            Self::Case(event) => event.encode(buffer),
            Self::CaseSettingsChanged(event) => write(event, buffer),
            Self::CaseSettingsAdopted(event) => write(event, buffer),
            Self::WebhookSubscribed(event) => write(event, buffer),
            Self::WebhookChanged(event) => write(event, buffer),
        }
    }

    /// Reads a stored payload. The customer is not in the payload: it is the entity that the envelope names.
    pub(crate) fn decode(
        event_type: &str,
        schema_version: u16,
        entity_id: &str,
        payload: &str,
    ) -> Result<Self, DecodeError> {
        let customer = || {
            CustomerReference::parse(entity_id).ok_or_else(|| DecodeError::Entity {
                event_type: event_type.to_owned(),
                entity_id: entity_id.to_owned(),
            })
        };
        let upcast = upcasting::to_current(event_type, schema_version, payload)?;
        let payload = upcast.as_deref().unwrap_or(payload);
        Ok(match (event_type, schema_version) {
            (types::TRANSACTION_ASSESSED, 1..=2) => {
                let mut event: super::TransactionAssessed =
                    read(event_type, schema_version, payload)?;
                event.transaction.customer = customer()?;
                Self::TransactionAssessed(event)
            }
            (types::TRANSACTION_IMPORTED, 1..=2) => {
                let mut event: super::TransactionImported =
                    read(event_type, schema_version, payload)?;
                event.transaction.customer = customer()?;
                Self::TransactionImported(event)
            }
            (types::TRANSACTION_LABELLED, 1..=2) => {
                let mut event: super::TransactionLabelled =
                    read(event_type, schema_version, payload)?;
                event.customer = customer()?;
                Self::TransactionLabelled(event)
            }
            (types::CONTEXT_ADOPTED, 1) => Self::ContextAdopted(read(event_type, 1, payload)?),
            (types::MODEL_PUBLISHED, 1) => Self::ModelPublished(read(event_type, 1, payload)?),
            (types::POLICY_ACTIVATED, 1) => Self::PolicyActivated(read(event_type, 1, payload)?),
            (types::LABEL_WITHDRAWN, 1) => {
                let mut event: super::LabelWithdrawn = read(event_type, 1, payload)?;
                event.customer = customer()?;
                Self::LabelWithdrawn(event)
            }
            (types::LABEL_PARKED, 1) => Self::LabelParked(read(event_type, 1, payload)?),
            (types::PARKED_LABEL_SETTLED, 1) => {
                Self::ParkedLabelSettled(read(event_type, 1, payload)?)
            }
            (types::CASE_SETTINGS_CHANGED, 1) => {
                Self::CaseSettingsChanged(read(event_type, 1, payload)?)
            }
            (types::CASE_SETTINGS_ADOPTED, 1) => {
                Self::CaseSettingsAdopted(read(event_type, 1, payload)?)
            }
            (types::WEBHOOK_SUBSCRIBED, 1) => {
                Self::WebhookSubscribed(read(event_type, 1, payload)?)
            }
            (types::WEBHOOK_CHANGED, 1) => Self::WebhookChanged(read(event_type, 1, payload)?),
            _ => {
                if let Some(event) =
                    CaseEvent::decode(event_type, schema_version, entity_id, payload)
                {
                    return event.map(Self::Case);
                }
                return Err(DecodeError::UnknownType {
                    event_type: event_type.to_owned(),
                    schema_version,
                });
            }
        })
    }
}

fn write<E: Serialize>(event: &E, buffer: &mut Vec<u8>) {
    serde_json::to_writer(buffer, event).expect("events are plain data, which always serialises");
}

pub(super) fn read<'a, E: Deserialize<'a>>(
    event_type: &str,
    schema_version: u16,
    payload: &'a str,
) -> Result<E, DecodeError> {
    serde_json::from_str(payload).map_err(|source| DecodeError::Payload {
        event_type: event_type.to_owned(),
        schema_version,
        source,
    })
}

#[cfg(test)]
mod tests;
