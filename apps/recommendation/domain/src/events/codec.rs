//! Stored form of the events.

use std::borrow::Cow;

use accord_decider::{DecodeError, Description};
use serde::{Deserialize, Serialize};

use super::{Event, event_types as types};
use crate::ids::ShopperReference;

const SHOPPER: &str = "shopper";
const ITEM: &str = "item";
const ORDER: &str = "order";
const MODEL: &str = "model";
const CAMPAIGN: &str = "campaign";
const SETTINGS: &str = "serving-settings";

/// Version in which events are written today.
const VERSION: u16 = 1;

impl Event {
    pub(crate) fn describe(&self) -> Description<'_> {
        let shopper = |shopper: ShopperReference| Cow::Owned(shopper.to_string());
        let (event_type, entity_type, entity_id) = match self {
            Self::ShopperIntroduced(event) => {
                (types::SHOPPER_INTRODUCED, SHOPPER, shopper(event.shopper))
            }
            Self::InteractionRecorded(event) => {
                (types::INTERACTION_RECORDED, SHOPPER, shopper(event.shopper))
            }
            Self::ShopperErased(event) => (types::SHOPPER_ERASED, SHOPPER, shopper(event.shopper)),
            Self::ListServed(event) => (types::LIST_SERVED, SHOPPER, shopper(event.shopper)),
            Self::ItemUpserted(event) => (
                types::ITEM_UPSERTED,
                ITEM,
                Cow::Borrowed(&*event.item.item_id),
            ),
            Self::ItemDeleted(event) => (types::ITEM_DELETED, ITEM, Cow::Borrowed(&*event.item_id)),
            Self::OrderPlaced(event) => {
                (types::ORDER_PLACED, ORDER, Cow::Borrowed(&*event.order_id))
            }
            Self::OrderPaid(event) => (types::ORDER_PAID, ORDER, Cow::Borrowed(&*event.order_id)),
            Self::OrderShipped(event) => {
                (types::ORDER_SHIPPED, ORDER, Cow::Borrowed(&*event.order_id))
            }
            Self::OrderCancelled(event) => (
                types::ORDER_CANCELLED,
                ORDER,
                Cow::Borrowed(&*event.order_id),
            ),
            Self::OrderReturned(event) => (
                types::ORDER_RETURNED,
                ORDER,
                Cow::Borrowed(&*event.order_id),
            ),
            Self::ModelPublished(event) => {
                (types::MODEL_PUBLISHED, MODEL, Cow::Borrowed(&*event.model))
            }
            Self::ModelActivated(event) => {
                (types::MODEL_ACTIVATED, MODEL, Cow::Borrowed(&*event.model))
            }
            Self::CampaignSaved(event) => (
                types::CAMPAIGN_SAVED,
                CAMPAIGN,
                Cow::Borrowed(&*event.campaign.campaign_id),
            ),
            Self::CampaignEnded(event) => (
                types::CAMPAIGN_ENDED,
                CAMPAIGN,
                Cow::Borrowed(&*event.campaign_id),
            ),
            Self::ServingSettingsChanged(_) => (
                types::SERVING_SETTINGS_CHANGED,
                SETTINGS,
                Cow::Borrowed("settings"),
            ),
        };
        Description {
            event_type,
            schema_version: VERSION,
            entity_type,
            entity_id,
        }
    }

    pub(crate) fn encode(&self, buffer: &mut Vec<u8>) {
        match self {
            Self::ShopperIntroduced(event) => write(event, buffer),
            Self::InteractionRecorded(event) => write(event, buffer),
            Self::ListServed(event) => write(event, buffer),
            Self::ShopperErased(event) => write(event, buffer),
            Self::ItemUpserted(event) => write(event, buffer),
            Self::ItemDeleted(event) => write(event, buffer),
            Self::OrderPlaced(event) => write(event, buffer),
            Self::OrderPaid(event) => write(event, buffer),
            Self::OrderShipped(event) => write(event, buffer),
            Self::OrderCancelled(event) => write(event, buffer),
            Self::OrderReturned(event) => write(event, buffer),
            Self::ModelPublished(event) => write(event, buffer),
            Self::ModelActivated(event) => write(event, buffer),
            Self::ServingSettingsChanged(event) => write(event, buffer),
            Self::CampaignSaved(event) => write(event, buffer),
            Self::CampaignEnded(event) => write(event, buffer),
        }
    }

    pub(crate) fn decode(
        event_type: &str,
        schema_version: u16,
        entity_id: &str,
        payload: &str,
    ) -> Result<Self, DecodeError> {
        let stored = Stored {
            event_type,
            schema_version,
            payload,
        };
        let shopper = || {
            ShopperReference::parse(entity_id).ok_or_else(|| DecodeError::Entity {
                event_type: event_type.to_owned(),
                entity_id: entity_id.to_owned(),
            })
        };
        Ok(match (event_type, schema_version) {
            (types::SHOPPER_INTRODUCED, 1) => {
                let mut event: super::ShopperIntroduced = stored.read()?;
                event.shopper = shopper()?;
                Self::ShopperIntroduced(event)
            }
            (types::INTERACTION_RECORDED, 1) => {
                let mut event: super::InteractionRecorded = stored.read()?;
                event.shopper = shopper()?;
                Self::InteractionRecorded(event)
            }
            (types::LIST_SERVED, 1) => {
                let mut event: super::ListServed = stored.read()?;
                event.shopper = shopper()?;
                Self::ListServed(event)
            }
            (types::SHOPPER_ERASED, 1) => {
                let mut event: super::ShopperErased = stored.read()?;
                event.shopper = shopper()?;
                Self::ShopperErased(event)
            }
            (types::ITEM_UPSERTED, 1) => Self::ItemUpserted(stored.read()?),
            (types::ITEM_DELETED, 1) => Self::ItemDeleted(stored.read()?),
            (types::ORDER_PLACED, 1) => Self::OrderPlaced(stored.read()?),
            (types::ORDER_PAID, 1) => Self::OrderPaid(stored.read()?),
            (types::ORDER_SHIPPED, 1) => Self::OrderShipped(stored.read()?),
            (types::ORDER_CANCELLED, 1) => Self::OrderCancelled(stored.read()?),
            (types::ORDER_RETURNED, 1) => Self::OrderReturned(stored.read()?),
            (types::MODEL_PUBLISHED, 1) => Self::ModelPublished(stored.read()?),
            (types::MODEL_ACTIVATED, 1) => Self::ModelActivated(stored.read()?),
            (types::SERVING_SETTINGS_CHANGED, 1) => Self::ServingSettingsChanged(stored.read()?),
            (types::CAMPAIGN_SAVED, 1) => Self::CampaignSaved(stored.read()?),
            (types::CAMPAIGN_ENDED, 1) => Self::CampaignEnded(stored.read()?),
            _ => {
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

struct Stored<'a> {
    event_type: &'a str,
    schema_version: u16,
    payload: &'a str,
}

impl<'a> Stored<'a> {
    fn read<E: Deserialize<'a>>(&self) -> Result<E, DecodeError> {
        serde_json::from_str(self.payload).map_err(|source| DecodeError::Payload {
            event_type: self.event_type.to_owned(),
            schema_version: self.schema_version,
            source,
        })
    }
}

#[cfg(test)]
mod tests;
