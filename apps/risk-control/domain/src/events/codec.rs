//! Stored form of the events.

use std::{borrow::Cow, sync::Arc};

use accord_decider::{DecodeError, Description};
use serde::{Deserialize, Serialize};

use super::{Event, event_types as types, upcasting};
use crate::{cases::CaseEvent, ids::CustomerReference};

/// Version in which each event is written. Version 2 of those that hold a transaction or its label added card, device,
/// address and feature set; version 2 of policies and adoptions added rules and lists, of models the card, of drafts what
/// they rest on, all of which version 1 reads as none.
fn written_version(event: &Event) -> u16 {
    match event {
        Event::TransactionAssessed(_)
        | Event::TransactionImported(_)
        | Event::TransactionLabelled(_)
        | Event::ContextAdopted(_)
        | Event::PolicyActivated(_)
        | Event::PolicyDrafted(_)
        | Event::ModelPublished(_) => 2,
        _ => 1,
    }
}

const CUSTOMER: &str = "customer";
const PARTITION: &str = "partition";
const MODEL: &str = "model";
const POLICY: &str = "policy";
const PARKED_LABELS: &str = "parked-labels";
const WEBHOOKS: &str = "webhooks";
const CASE_SETTINGS: &str = "case-settings";
const POLICY_DRAFT: &str = "policy-draft";
const RULE: &str = "rule";

impl Event {
    /// The customer whom an event is about.
    pub fn customer(&self) -> Option<CustomerReference> {
        match self {
            Self::TransactionAssessed(event) => Some(event.transaction.customer),
            Self::TransactionImported(event) => Some(event.transaction.customer),
            Self::TransactionLabelled(event) => Some(event.customer),
            Self::LabelWithdrawn(event) => Some(event.customer),
            Self::TransactionAdvised(event) => Some(event.transaction.customer),
            Self::TransactionReversed(event) => Some(event.customer),
            Self::TransactionRefunded(event) => Some(event.customer),
            Self::ChallengeAnswered(event) => Some(event.customer),
            Self::Case(event) => Some(event.case.customer),
            _ => None,
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
            Self::TransactionAdvised(event) => (
                types::TRANSACTION_ADVISED,
                CUSTOMER,
                event.transaction.customer.to_string(),
            ),
            Self::TransactionReversed(event) => (
                types::TRANSACTION_REVERSED,
                CUSTOMER,
                event.customer.to_string(),
            ),
            Self::TransactionRefunded(event) => (
                types::TRANSACTION_REFUNDED,
                CUSTOMER,
                event.customer.to_string(),
            ),
            Self::ChallengeAnswered(event) => (
                types::CHALLENGE_ANSWERED,
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
            Self::PolicyDrafted(event) => {
                (types::POLICY_DRAFTED, POLICY_DRAFT, event.draft.to_string())
            }
            Self::PolicyDraftSubmitted(event) => (
                types::POLICY_DRAFT_SUBMITTED,
                POLICY_DRAFT,
                event.draft.to_string(),
            ),
            Self::PolicyDraftApproved(event) => (
                types::POLICY_DRAFT_APPROVED,
                POLICY_DRAFT,
                event.draft.to_string(),
            ),
            Self::PolicyDraftRejected(event) => (
                types::POLICY_DRAFT_REJECTED,
                POLICY_DRAFT,
                event.draft.to_string(),
            ),
            Self::PolicyDraftClosed(event) => (
                types::POLICY_DRAFT_CLOSED,
                POLICY_DRAFT,
                event.draft.to_string(),
            ),
            Self::RuleSwitchedOff(event) => {
                (types::RULE_SWITCHED_OFF, RULE, event.rule.to_string())
            }
            Self::SwitchOffReviewed(event) => {
                (types::SWITCH_OFF_REVIEWED, RULE, event.rule.to_string())
            }
            Self::ShadowStarted(event) => (types::SHADOW_STARTED, MODEL, event.model.clone()),
            Self::ShadowEnded(event) => (types::SHADOW_ENDED, MODEL, event.model.clone()),
            Self::ModelRolledBack(event) => (types::MODEL_ROLLED_BACK, MODEL, event.model.clone()),
            Self::RollBackReviewed(event) => {
                (types::ROLL_BACK_REVIEWED, MODEL, event.model.clone())
            }
        };
        Description {
            event_type,
            schema_version: written_version(self),
            entity_type,
            entity_id: Cow::Owned(entity_id),
        }
    }

    pub(crate) fn encode(&self, buffer: &mut Vec<u8>) {
        match self {
            Self::TransactionAssessed(event) => write(event, buffer),
            Self::TransactionImported(event) => write(event, buffer),
            Self::TransactionLabelled(event) => write(event, buffer),
            Self::TransactionAdvised(event) => write(event, buffer),
            Self::TransactionReversed(event) => write(event, buffer),
            Self::TransactionRefunded(event) => write(event, buffer),
            Self::ChallengeAnswered(event) => write(event, buffer),
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
            Self::PolicyDrafted(event) => write(event, buffer),
            Self::PolicyDraftSubmitted(event) => write(event, buffer),
            Self::PolicyDraftApproved(event) => write(event, buffer),
            Self::PolicyDraftRejected(event) => write(event, buffer),
            Self::PolicyDraftClosed(event) => write(event, buffer),
            Self::RuleSwitchedOff(event) => write(event, buffer),
            Self::SwitchOffReviewed(event) => write(event, buffer),
            Self::ShadowStarted(event) => write(event, buffer),
            Self::ShadowEnded(event) => write(event, buffer),
            Self::ModelRolledBack(event) => write(event, buffer),
            Self::RollBackReviewed(event) => write(event, buffer),
        }
    }

    /// Reads a stored payload. The customer, draft or rule is not in the payload: it is the entity that the envelope
    /// names. What version 2 added has a default, so version 1 needs no other upcaster.
    pub(crate) fn decode(
        event_type: &str,
        schema_version: u16,
        entity_id: &str,
        payload: &str,
    ) -> Result<Self, DecodeError> {
        let entity_error = || DecodeError::Entity {
            event_type: event_type.to_owned(),
            entity_id: entity_id.to_owned(),
        };
        let customer = || CustomerReference::parse(entity_id).ok_or_else(entity_error);
        let draft = || entity_id.parse::<u64>().map_err(|_| entity_error());
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
            (types::TRANSACTION_ADVISED, 1) => {
                let mut event: super::TransactionAdvised = read(event_type, 1, payload)?;
                event.transaction.customer = customer()?;
                Self::TransactionAdvised(event)
            }
            (types::TRANSACTION_REVERSED, 1) => {
                let mut event: crate::aftermath::TransactionReversed =
                    read(event_type, 1, payload)?;
                event.customer = customer()?;
                Self::TransactionReversed(event)
            }
            (types::TRANSACTION_REFUNDED, 1) => {
                let mut event: crate::aftermath::TransactionRefunded =
                    read(event_type, 1, payload)?;
                event.customer = customer()?;
                Self::TransactionRefunded(event)
            }
            (types::CHALLENGE_ANSWERED, 1) => {
                let mut event: crate::aftermath::ChallengeAnswered = read(event_type, 1, payload)?;
                event.customer = customer()?;
                Self::ChallengeAnswered(event)
            }
            (types::CONTEXT_ADOPTED, 1 | 2) => {
                Self::ContextAdopted(read(event_type, schema_version, payload)?)
            }
            (types::MODEL_PUBLISHED, 1 | 2) => {
                Self::ModelPublished(read(event_type, schema_version, payload)?)
            }
            (types::SHADOW_STARTED, 1) => {
                let mut event: super::ShadowStarted = read(event_type, 1, payload)?;
                entity_id.clone_into(&mut event.model);
                Self::ShadowStarted(event)
            }
            (types::SHADOW_ENDED, 1) => {
                let mut event: super::ShadowEnded = read(event_type, 1, payload)?;
                entity_id.clone_into(&mut event.model);
                Self::ShadowEnded(event)
            }
            (types::MODEL_ROLLED_BACK, 1) => {
                let mut event: super::ModelRolledBack = read(event_type, 1, payload)?;
                entity_id.clone_into(&mut event.model);
                Self::ModelRolledBack(event)
            }
            (types::ROLL_BACK_REVIEWED, 1) => {
                let mut event: super::RollBackReviewed = read(event_type, 1, payload)?;
                entity_id.clone_into(&mut event.model);
                Self::RollBackReviewed(event)
            }
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
            (types::POLICY_ACTIVATED, 1 | 2) => {
                Self::PolicyActivated(read(event_type, schema_version, payload)?)
            }
            (types::POLICY_DRAFTED, 1 | 2) => {
                let mut event: super::PolicyDrafted = read(event_type, schema_version, payload)?;
                event.draft = draft()?;
                Self::PolicyDrafted(event)
            }
            (types::POLICY_DRAFT_SUBMITTED, 1) => {
                let mut event: super::PolicyDraftSubmitted = read(event_type, 1, payload)?;
                event.draft = draft()?;
                Self::PolicyDraftSubmitted(event)
            }
            (types::POLICY_DRAFT_APPROVED, 1) => {
                let mut event: super::PolicyDraftApproved = read(event_type, 1, payload)?;
                event.draft = draft()?;
                Self::PolicyDraftApproved(event)
            }
            (types::POLICY_DRAFT_REJECTED, 1) => {
                let mut event: super::PolicyDraftRejected = read(event_type, 1, payload)?;
                event.draft = draft()?;
                Self::PolicyDraftRejected(event)
            }
            (types::POLICY_DRAFT_CLOSED, 1) => {
                let mut event: super::PolicyDraftClosed = read(event_type, 1, payload)?;
                event.draft = draft()?;
                Self::PolicyDraftClosed(event)
            }
            (types::RULE_SWITCHED_OFF, 1) => {
                let mut event: super::RuleSwitchedOff = read(event_type, 1, payload)?;
                event.rule = Arc::from(entity_id);
                Self::RuleSwitchedOff(event)
            }
            (types::SWITCH_OFF_REVIEWED, 1) => {
                let mut event: super::SwitchOffReviewed = read(event_type, 1, payload)?;
                event.rule = Arc::from(entity_id);
                Self::SwitchOffReviewed(event)
            }
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
