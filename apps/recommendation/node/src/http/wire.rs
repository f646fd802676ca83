//! What goes over the wire.

use recommendation::{InteractionKind, OrderStatus, Surface};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Kind of an event.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventKindName {
    Impression,
    View,
    Cart,
    Remove,
    Purchase,
    Rating,
}

impl From<EventKindName> for InteractionKind {
    fn from(name: EventKindName) -> Self {
        match name {
            EventKindName::Impression => Self::Impression,
            EventKindName::View => Self::View,
            EventKindName::Cart => Self::Cart,
            EventKindName::Remove => Self::Remove,
            EventKindName::Purchase => Self::Purchase,
            EventKindName::Rating => Self::Rating,
        }
    }
}

/// Where in the shop something happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContextName {
    #[default]
    Home,
    Product,
    Cart,
    AfterPurchase,
}

impl From<ContextName> for Surface {
    fn from(name: ContextName) -> Self {
        match name {
            ContextName::Home => Self::Home,
            ContextName::Product => Self::Product,
            ContextName::Cart => Self::Cart,
            ContextName::AfterPurchase => Self::AfterPurchase,
        }
    }
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatusName {
    Placed,
    Paid,
    Shipped,
    Cancelled,
    Returned,
}

impl From<OrderStatusName> for OrderStatus {
    fn from(name: OrderStatusName) -> Self {
        match name {
            OrderStatusName::Placed => Self::Placed,
            OrderStatusName::Paid => Self::Paid,
            OrderStatusName::Shipped => Self::Shipped,
            OrderStatusName::Cancelled => Self::Cancelled,
            OrderStatusName::Returned => Self::Returned,
        }
    }
}

/// What a shopper did with an item. A shopper, a session, or both are given; with both, the event is the shopper's.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventBody {
    /// Your id of the event; sent again, it changes nothing.
    pub event_id: Option<String>,
    #[serde(rename = "type")]
    pub kind: EventKindName,
    /// Your id of the shopper.
    pub shopper_id: Option<String>,
    /// Your id of the session; alone, it stands for a guest.
    pub session_id: Option<String>,
    pub item_id: String,
    /// RFC 3339; absent: now.
    pub occurred_at: Option<String>,
    /// Units, 1 to 1,000,000; absent: one.
    pub quantity: Option<u32>,
    /// Price of one unit in minor units.
    pub price_minor: Option<i64>,
    /// 1 to 5; with ratings, and only there.
    pub rating: Option<u8>,
    /// Where in the shop it happened.
    pub surface: Option<ContextName>,
    /// The list from which the item was chosen.
    pub list_id: Option<String>,
}

/// An event is in the log.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventAnswer {
    /// Whether the catalogue knows the item. An event of an unknown item is kept, but no list uses it.
    pub item_known: bool,
    /// Whether the event had been sent before.
    pub replayed: bool,
    /// Give it to a query as `position` to be sure that it has this event.
    pub position: String,
}

/// What became of one line of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub struct LineOutcome {
    /// From 1.
    pub line: usize,
    /// As for a single event: 201, or the status of the problem.
    pub status: u16,
    /// Whether the event had been sent before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed: Option<bool>,
    /// Why the line was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<serde_json::Value>,
}

/// What became of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchAnswer {
    pub recorded: usize,
    pub refused: usize,
    /// One for each line, in their order.
    pub lines: Vec<LineOutcome>,
    /// A position that all recorded events have reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,
}

/// An item's description.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DescribeItemBody {
    pub title: String,
    /// Price of one unit in minor units.
    pub price_minor: i64,
    /// ISO 4217; absent: the shop's.
    pub currency: Option<String>,
    /// Units in the warehouse, those that open orders have reserved included; absent: there are always enough.
    pub stock: Option<u32>,
    /// What other merchants call the same product.
    pub product_code: Option<String>,
    /// From the widest to the narrowest.
    #[serde(default)]
    pub categories: Vec<String>,
    #[serde(default)]
    pub text: String,
    /// Address of a picture.
    pub image: Option<String>,
    /// RFC 3339; absent: from ever.
    pub available_from: Option<String>,
    /// RFC 3339; absent: for ever.
    pub available_until: Option<String>,
}

/// An item.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemBody {
    pub item_id: String,
    pub title: String,
    pub price_minor: i64,
    pub currency: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_code: Option<String>,
    pub categories: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Units in the warehouse; absent: there are always enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock: Option<u32>,
    /// Units that open orders have reserved.
    pub reserved: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available_until: Option<String>,
    pub deleted: bool,
    /// Whether lists may show it at this moment.
    pub sold: bool,
}

/// A page of items, in the order of their ids.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemList {
    pub items: Vec<ItemBody>,
    /// Give it as `after` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_after: Option<String>,
}

/// A write is in the log.
#[derive(Debug, Serialize, ToSchema)]
pub struct WrittenAnswer {
    /// Whether anything was written; `false` where everything was so already.
    pub changed: bool,
    /// Give it to a query as `position` to be sure that it has this write.
    pub position: String,
}

/// A field that filters may use.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemFieldBody {
    pub name: String,
    /// `bool`, `int`, `double` or `string`.
    #[serde(rename = "type")]
    pub field_type: &'static str,
    /// Whether it may be missing.
    pub optional: bool,
    pub description: String,
}

/// Units of one item.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderLineBody {
    pub item_id: String,
    /// At least 1.
    pub quantity: u32,
}

/// An order to be placed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceOrderBody {
    /// Your id of the order; sent again, it is answered as before. Absent: made from the Idempotency-Key, or new.
    pub order_id: Option<String>,
    pub shopper_id: Option<String>,
    pub session_id: Option<String>,
    /// 1 to 100 lines, each of another item.
    pub lines: Vec<OrderLineBody>,
    /// RFC 3339; absent: now.
    pub placed_at: Option<String>,
    pub surface: Option<ContextName>,
    /// The list that led to it.
    pub list_id: Option<String>,
}

/// One line of an order.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderedLineBody {
    pub item_id: String,
    pub quantity: u32,
    /// Price of one unit in minor units, as it was when the order was placed.
    pub price_minor: i64,
}

/// An order.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderBody {
    pub order_id: String,
    /// `placed`, `paid`, `shipped`, `cancelled` or `returned`.
    pub status: &'static str,
    /// Absent for a guest, and once the shopper is forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shopper_id: Option<String>,
    /// Of a guest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    pub lines: Vec<OrderedLineBody>,
    pub total_minor: i64,
    pub currency: String,
    /// RFC 3339.
    pub placed_at: String,
    /// RFC 3339.
    pub changed_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_id: Option<String>,
}

/// An order was placed, and its units are reserved.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlacedAnswer {
    pub order_id: String,
    pub lines: Vec<OrderedLineBody>,
    pub total_minor: i64,
    pub currency: String,
    pub position: String,
}

/// How an order comes back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnBody {
    /// Whether its units are in the warehouse again.
    pub restocked: bool,
}

/// A page of orders, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderList {
    pub orders: Vec<OrderBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// What is asked for in a list.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecommendationsBody {
    pub shopper_id: Option<String>,
    /// Alone, it stands for a guest.
    pub session_id: Option<String>,
    #[serde(default)]
    pub context: ContextName,
    /// The item of the page, or what lies in the cart or was just bought; absent: what the log says.
    #[serde(default)]
    pub items: Vec<String>,
    /// Places, 1 to 200 (20).
    pub count: Option<u16>,
    /// A condition over item fields, such as `price < 20.0 && categories.contains("shoes")`.
    pub filter: Option<String>,
    #[serde(default)]
    pub exclude: Vec<String>,
    /// 0 to 1.
    pub diversity: Option<f64>,
    /// 0 to 0.5.
    pub exploration: Option<f64>,
    /// Whether items that the shopper has bought may be shown.
    pub shows_purchased: Option<bool>,
    /// Whether items that the shopper has looked at may be shown; absent: yes.
    pub shows_seen: Option<bool>,
    /// Whether the list is recorded, to be measured later; absent: yes.
    pub record: Option<bool>,
}

/// What one contributor adds to a score.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShareBody {
    /// `taste`, `session`, `together`, `content`, `popularity` or `campaign`.
    pub source: &'static str,
    /// The item that speaks for this one; absent for popularity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because_item_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because_title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<String>,
    pub value: f64,
}

/// One place of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecommendedItemBody {
    pub item_id: String,
    pub title: String,
    pub price_minor: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The sum of the shares.
    pub score: f64,
    /// Why, in words.
    pub reason: String,
    pub shares: Vec<ShareBody>,
    /// Probability with which this item came to this place, given the places above.
    pub propensity: f64,
    /// Drawn at random instead of taken for its score.
    pub explored: bool,
    /// Put there by a campaign instead of taken for its score.
    pub pinned: bool,
}

/// A list.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecommendationsAnswer {
    /// Name it as `list_id` in events and orders that follow from the list.
    pub list_id: String,
    pub items: Vec<RecommendedItemBody>,
    /// Why the list is shorter than asked for, where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'static str>,
    pub currency: String,
    /// Hash of the model; absent before the first training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What chance was drawn from.
    pub seed: String,
    /// The last event that the list was made from.
    pub position: String,
    /// RFC 3339.
    pub served_at: String,
    /// Whether the list is on its way to the log; it is written a moment after the answer.
    pub recorded: bool,
}

/// Items that are related to one.
#[derive(Debug, Serialize, ToSchema)]
pub struct RelatedAnswer {
    pub items: Vec<RecommendedItemBody>,
}

/// An item that rises.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrendingItemBody {
    pub item_id: String,
    pub title: String,
    pub price_minor: i64,
    /// How much more attention than usual; 1 is as usual.
    pub rise: f64,
}

/// Items that rise, the largest rise first.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrendingAnswer {
    pub items: Vec<TrendingItemBody>,
}

/// An item that was viewed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ViewedItemBody {
    pub item_id: String,
    pub title: String,
    pub price_minor: i64,
    /// RFC 3339.
    pub viewed_at: String,
}

/// Items that were viewed, the last one first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ViewedAnswer {
    pub items: Vec<ViewedItemBody>,
}

/// Something that a shopper did.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryEntryBody {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub item_id: String,
    pub title: String,
    pub quantity: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<u8>,
    /// RFC 3339.
    pub occurred_at: String,
}

/// What is known of a shopper.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShopperBody {
    /// All events of items that the catalogue knows.
    pub events: u64,
    pub guest: bool,
    /// Item ids in the order in which they were put there.
    pub cart: Vec<String>,
    /// The newest events, newest first.
    pub history: Vec<HistoryEntryBody>,
}

/// One place of a list that was shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServedItemBody {
    pub item_id: String,
    /// Probability with which this item came to this place, given the places above.
    pub propensity: f64,
}

/// A list that was shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServedListBody {
    pub list_id: String,
    /// RFC 3339.
    pub served_at: String,
    pub context: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Last event of the log that it was made from.
    pub through: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What chance was drawn from.
    pub seed: String,
    pub items: Vec<ServedItemBody>,
}

/// A list that was shown, made again.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplayedListBody {
    /// Whether both have the same items in the same places with the same probabilities.
    pub identical: bool,
    /// As the log has it.
    pub served: ServedListBody,
    /// As it was made again, with scores and shares.
    pub items: Vec<RecommendedItemBody>,
}

/// What a campaign does to its items.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CampaignEffectBody {
    /// The best of them stands in this place, 1 to 20.
    Pin { place: u16 },
    /// So much, up to 10, is added to their scores; the strongest item of a history adds about 1.
    Boost { points: f64 },
    /// So much, up to 10, is taken from their scores.
    Bury { points: f64 },
    /// They are not shown.
    Exclude {},
}

/// A campaign to be begun or changed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveCampaignBody {
    /// 1 for a new campaign; of a change one more than the present version.
    pub version: u32,
    pub title: String,
    pub effect: CampaignEffectBody,
    /// The items that it is about: a condition over item fields.
    pub filter: String,
    /// Where it acts; empty: everywhere.
    #[serde(default)]
    pub contexts: Vec<ContextName>,
    /// RFC 3339; absent: from now on.
    pub from: Option<String>,
    /// RFC 3339; absent: until it is ended.
    pub until: Option<String>,
}

/// A campaign.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignBody {
    pub campaign_id: String,
    pub version: u32,
    pub title: String,
    pub effect: CampaignEffectBody,
    pub filter: String,
    /// `home`, `product`, `cart`, `after_purchase`; empty: everywhere.
    pub contexts: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Items of the catalogue that it is about now.
    pub items: usize,
}

/// What an erasure did.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErasureBody {
    /// What stood for the shopper in the log; nothing leads from it to the shopper any more.
    pub shopper_reference: String,
    /// Hash of the model that knew the shopper; absent where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_before: Option<String>,
    /// Hash of the model that makes the lists now: that of a log without the shopper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_after: Option<String>,
    /// Whether the key is destroyed, so that nobody can read who the shopper was.
    pub key_destroyed: bool,
    /// Of the erasure in the log.
    pub position: String,
}

/// What each source counts and how lists are shaped.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingsBody {
    /// Of a change: one more than the present version.
    pub version: u32,
    pub taste: f64,
    pub session: f64,
    pub together: f64,
    pub content: f64,
    pub popularity: f64,
    pub diversity: f64,
    pub exploration: f64,
    pub shows_purchased: bool,
}

/// Figures of a model on shoppers that it was not trained on.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelFiguresBody {
    pub recall_at_20: f64,
    pub ndcg_at_100: f64,
}

/// A model and its card.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelBody {
    /// Hash of the artefact.
    pub model: String,
    pub active: bool,
    /// Last event of the log that it was trained on.
    pub trained_through: u64,
    pub items: u64,
    pub shoppers: u64,
    pub sessions: u64,
    pub baskets: u64,
    /// The settings that validation chose.
    pub settings: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation: Option<ModelFiguresBody>,
    /// Popularity on the same shoppers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub popularity: Option<ModelFiguresBody>,
    pub validation_cases: u64,
}

/// All models, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelList {
    pub models: Vec<ModelBody>,
}

/// One generation of a read model.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadModelBody {
    pub name: String,
    pub generation: i64,
    pub live: bool,
    /// Events of the log that it does not have yet.
    pub lag_events: u64,
    pub parked_entities: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
}
