//! Recommendation, pure: shoppers, items and orders; lists with reasons.
//!
//! [`Recommendation`] is the decider: it keeps the log of interactions, items, orders and models, and reserves stock.
//! Nothing in here reads a clock, a file or a random number.

mod campaign;
mod commands;
mod context;
mod decider;
mod events;
mod ids;
mod interaction;
mod item;
mod list_request;
mod model;
mod order;
mod ranking;
mod settings;
mod state;
mod training;
mod view;

pub use campaign::{
    CAMPAIGN_PLACE_MAX, CAMPAIGN_POINTS_MAX, CAMPAIGNS_MAX, Campaign, CampaignEffect, CampaignFault,
};
pub use commands::{
    ActivateModel, ChangeOrder, ChangeSettings, Command, DeleteItem, EndCampaign, EraseShopper,
    IntroduceShopper, Introduction, OrderChange, PlaceOrder, PublishModel, RecordInteraction,
    RecordList, Rejection, RequestedLine, SaveCampaign, UpsertItem,
};
pub use context::Context as Surface;
pub use decider::{Context, Recommendation};
pub use events::{
    CampaignEnded, CampaignSaved, Event, InteractionRecorded, ItemDeleted, ItemUpserted,
    ListServed, ListedItem, ModelActivated, ModelPublished, OrderCancelled, OrderPaid, OrderPlaced,
    OrderReturned, OrderShipped, ServingSettingsChanged, ShopperErased, ShopperIntroduced,
    event_types,
};
pub use ids::{SessionKey, ShopperReference, TEXT_ID_BYTES_MAX, is_text_id};
pub use interaction::{Interaction, InteractionKind, QUANTITY_MAX, RATING_MAX};
pub use item::{
    CATEGORIES_MAX, IMAGE_BYTES_MAX, Item, ItemFault, PRICE_MINOR_MAX, STOCK_MAX, TEXT_BYTES_MAX,
    TITLE_BYTES_MAX,
};
pub use list_request::{LIST_LENGTH_MAX, ListRequest, REQUEST_ITEMS_MAX};
pub use model::{ModelError, RecommendationModel};
pub use order::{ORDER_LINES_MAX, OrderLine, OrderStatus, order_total_minor};
pub use ranking::{
    CheckedRequest, Ingredients, RankedItem, RankedList, Reason, Relation, Share, Source,
    Workspace, item_fields, recently_viewed, recommend, related_items, trending_items,
};
pub use settings::ServingSettings;
pub use state::{
    CATALOGUE_PARTITION, CataloguePartition, ControlState, ItemRecord, ORDER_KEPT_US, OrderRecord,
    PartitionState, ShopperPartition, ShopperRecord, shopper_partition,
};
pub use training::{ModelCard, ModelFigures, TrainingFault, TrainingSet, train};
pub use view::{
    Activity, ActivityFigures, ActivitySums, CART_ITEMS_MAX, CampaignBook, CatalogueItem,
    CatalogueView, DAY_QUARTERS, Erasure, FadingCounts, HISTORY_ENTRIES_MAX, HistoryEntry,
    ItemActivity, LiveView, NewestInteraction, PURCHASED_ITEMS_MAX, RunningCampaign,
    ShopperHistory,
};
