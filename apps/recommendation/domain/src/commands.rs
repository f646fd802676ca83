//! The commands of recommendation, one file each: what is asked, when it is refused, what happens.

mod activate_model;
mod change_order;
mod change_settings;
mod delete_item;
mod end_campaign;
mod erase_shopper;
mod place_order;
mod publish_model;
mod record_interaction;
mod record_list;
mod save_campaign;
mod upsert_item;

pub use activate_model::ActivateModel;
pub use change_order::{ChangeOrder, OrderChange};
pub use change_settings::ChangeSettings;
pub use delete_item::DeleteItem;
pub use end_campaign::EndCampaign;
pub use erase_shopper::EraseShopper;
pub use place_order::{PlaceOrder, RequestedLine};
pub use publish_model::PublishModel;
pub use record_interaction::{IntroduceShopper, Introduction, RecordInteraction};
pub use record_list::RecordList;
pub use save_campaign::SaveCampaign;
pub use upsert_item::UpsertItem;

use crate::{campaign::CampaignFault, order::OrderStatus};

/// An imperative of recommendation.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    IntroduceShopper(IntroduceShopper),
    RecordInteraction(RecordInteraction),
    RecordList(RecordList),
    EraseShopper(EraseShopper),
    UpsertItem(UpsertItem),
    DeleteItem(DeleteItem),
    PlaceOrder(PlaceOrder),
    ChangeOrder(ChangeOrder),
    PublishModel(PublishModel),
    ActivateModel(ActivateModel),
    ChangeSettings(ChangeSettings),
    SaveCampaign(SaveCampaign),
    EndCampaign(EndCampaign),
}

/// Why a command is refused. Nothing is stored for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("the command belongs to another kind of partition")]
    WrongPartition,
    #[error("the moment lies more than 10 minutes ahead of the node's clock")]
    OccurredInFuture,
    #[error("nobody has met this shopper")]
    UnknownShopper,
    #[error("this shopper was erased")]
    Erased,
    #[error("there is no such item")]
    UnknownItem { item_id: String },
    #[error("the item is not sold at present")]
    NotAvailable { item_id: String },
    #[error("only {available} units of the item are left")]
    OutOfStock { item_id: String, available: u32 },
    #[error("an order needs 1 to 100 lines of at least one unit, each of another item")]
    InvalidLines,
    #[error("an order of this id exists already")]
    OrderExists,
    #[error("there is no such order, or it was closed long ago")]
    UnknownOrder,
    #[error("the order is {}", status.name())]
    OrderCannotChange { status: OrderStatus },
    #[error("the model was never published")]
    UnknownModel,
    #[error("{field} {message}")]
    InvalidSettings {
        field: &'static str,
        message: &'static str,
    },
    #[error("someone else has changed the settings meanwhile")]
    StaleSettings,
    #[error("the campaign is not valid")]
    InvalidCampaign(Vec<CampaignFault>),
    #[error("someone else has changed the campaign meanwhile")]
    StaleCampaign,
    #[error("a node has at most 64 campaigns; end one first")]
    TooManyCampaigns,
    #[error("there is no such campaign")]
    UnknownCampaign,
    #[error("a catalogue has at most 1,000,000 items")]
    CatalogueFull,
}
