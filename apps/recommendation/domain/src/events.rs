//! The events of recommendation.
//!
//! Adding a field to an event means a new version, an upcaster from the old one, and a golden fixture beside those of
//! all earlier versions.

mod codec;

use serde::{Deserialize, Serialize};

use crate::{
    campaign::Campaign,
    context::Context,
    ids::{SessionKey, ShopperReference},
    interaction::Interaction,
    item::Item,
    list_request::ListRequest,
    order::OrderLine,
    settings::ServingSettings,
    training::ModelCard,
};

/// Names under which events are stored.
pub mod event_types {
    pub const SHOPPER_INTRODUCED: &str = "ShopperIntroduced";
    pub const INTERACTION_RECORDED: &str = "InteractionRecorded";
    pub const SHOPPER_ERASED: &str = "ShopperErased";
    pub const LIST_SERVED: &str = "ListServed";
    pub const ITEM_UPSERTED: &str = "ItemUpserted";
    pub const ITEM_DELETED: &str = "ItemDeleted";
    pub const ORDER_PLACED: &str = "OrderPlaced";
    pub const ORDER_PAID: &str = "OrderPaid";
    pub const ORDER_SHIPPED: &str = "OrderShipped";
    pub const ORDER_CANCELLED: &str = "OrderCancelled";
    pub const ORDER_RETURNED: &str = "OrderReturned";
    pub const MODEL_PUBLISHED: &str = "ModelPublished";
    pub const MODEL_ACTIVATED: &str = "ModelActivated";
    pub const CAMPAIGN_SAVED: &str = "CampaignSaved";
    pub const CAMPAIGN_ENDED: &str = "CampaignEnded";
    pub const SERVING_SETTINGS_CHANGED: &str = "ServingSettingsChanged";
}

/// A past fact of recommendation.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    ShopperIntroduced(ShopperIntroduced),
    InteractionRecorded(InteractionRecorded),
    ListServed(ListServed),
    ShopperErased(ShopperErased),
    ItemUpserted(ItemUpserted),
    ItemDeleted(ItemDeleted),
    OrderPlaced(OrderPlaced),
    OrderPaid(OrderPaid),
    OrderShipped(OrderShipped),
    OrderCancelled(OrderCancelled),
    OrderReturned(OrderReturned),
    ModelPublished(ModelPublished),
    ModelActivated(ModelActivated),
    ServingSettingsChanged(ServingSettingsChanged),
    CampaignSaved(CampaignSaved),
    CampaignEnded(CampaignEnded),
}

/// A shopper, or the guest of a session, was met for the first time. What names the person is here and nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShopperIntroduced {
    #[serde(skip)]
    pub shopper: ShopperReference,
    /// Known by a session only.
    pub guest: bool,
    /// The merchant's own id of the shopper or the session, sealed under the shopper's key.
    pub personal: String,
}

/// A shopper is to be forgotten: what the shopper did counts no more, and the key is destroyed next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShopperErased {
    #[serde(skip)]
    pub shopper: ShopperReference,
    /// Epoch microseconds.
    pub at_us: i64,
}

/// A shopper did something with an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InteractionRecorded {
    #[serde(skip)]
    pub shopper: ShopperReference,
    #[serde(flatten)]
    pub interaction: Interaction,
}

/// A list was shown: everything that is needed to make it again, and how probable each of its places was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListServed {
    #[serde(skip)]
    pub shopper: ShopperReference,
    /// Under which later interactions and orders name the list.
    pub list_id: String,
    /// Epoch microseconds of the node's clock when it was made.
    pub served_at_us: i64,
    /// Last event of the log that it was made from.
    pub through: u64,
    /// Hash of the model; absent before there was one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub model: Option<String>,
    pub seed: u64,
    pub request: ListRequest,
    /// The items in their places.
    pub items: Vec<ListedItem>,
}

/// One place of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListedItem {
    pub item_id: String,
    /// Probability with which this item came to this place, given the places above.
    pub propensity: f64,
}

/// An item was described, for the first time or anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemUpserted {
    /// The item's number for ever, from 0 in the order of first description.
    pub number: u32,
    #[serde(flatten)]
    pub item: Item,
}

/// An item is not sold any more. It keeps its number, in case it comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemDeleted {
    pub item_id: String,
    pub number: u32,
}

/// An order was placed, and its units are reserved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPlaced {
    pub order_id: String,
    pub shopper: ShopperReference,
    pub lines: Vec<OrderLine>,
    /// Epoch microseconds.
    pub placed_at_us: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub session: Option<SessionKey>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub surface: Option<Context>,
    /// The list that led to it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub list_id: Option<String>,
}

/// An order was paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPaid {
    pub order_id: String,
    /// Epoch microseconds.
    pub at_us: i64,
}

/// The units of an order left the warehouse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderShipped {
    pub order_id: String,
    /// Epoch microseconds.
    pub at_us: i64,
}

/// An order was cancelled, and its units are free again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderCancelled {
    pub order_id: String,
    /// Epoch microseconds.
    pub at_us: i64,
}

/// An order came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderReturned {
    pub order_id: String,
    /// Epoch microseconds.
    pub at_us: i64,
    /// Whether its units are in the warehouse again.
    pub restocked: bool,
}

/// A model was trained and stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelPublished {
    /// Hash of the artefact.
    pub model: String,
    pub card: ModelCard,
}

/// Lists are made by this model from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelActivated {
    /// Hash of the artefact.
    pub model: String,
}

/// What each source counts was changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServingSettingsChanged {
    pub settings: ServingSettings,
}

/// A campaign was begun or changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CampaignSaved {
    pub campaign: Campaign,
}

/// A campaign was ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignEnded {
    pub campaign_id: String,
}

impl Event {
    /// The shopper whom an event is about.
    pub fn shopper(&self) -> Option<ShopperReference> {
        match self {
            Self::ShopperIntroduced(event) => Some(event.shopper),
            Self::InteractionRecorded(event) => Some(event.shopper),
            Self::ListServed(event) => Some(event.shopper),
            Self::ShopperErased(event) => Some(event.shopper),
            Self::OrderPlaced(event) => Some(event.shopper),
            _ => None,
        }
    }

    /// The order that an event is about.
    pub fn order_id(&self) -> Option<&str> {
        match self {
            Self::OrderPlaced(event) => Some(&event.order_id),
            Self::OrderPaid(event) => Some(&event.order_id),
            Self::OrderShipped(event) => Some(&event.order_id),
            Self::OrderCancelled(event) => Some(&event.order_id),
            Self::OrderReturned(event) => Some(&event.order_id),
            _ => None,
        }
    }
}
