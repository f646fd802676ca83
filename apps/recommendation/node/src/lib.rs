//! A merchant's node: the recommendation domain behind HTTP, with its log, keys, read models and live view.
//!
//! - [`MerchantNode`] puts the parts together and is what everything else holds.
//! - `application` is one file for each thing that a caller can ask; it knows nothing of HTTP.
//! - `live` folds the log into the memory from which lists are made; `projections` and `queries` are the durable read
//!   side.
//! - `http` translates; `console` draws pages.

mod application;
pub mod console;
mod figures;
mod http;
mod identity;
mod live;
mod models;
mod node;
mod projections;
mod queries;
mod upkeep;

pub use application::{
    ApplicationError, CommandCaller, Decided, ErasureReceipt, HistoricalInteraction,
    HistoricalOrder, InteractionRequest, ListAnswer, ListQuery, ListedRecommendation, ListedShare,
    OrderRequest, ReplayedList, TrainingReport,
};
pub use http::{ACCESS, MERCHANT_ROUTES, Placement, openapi, router, wire};
pub use identity::ShopperIdentity;
pub use node::{MerchantNode, MerchantSettings, OpenError};
pub use queries::orders::{OrderFilter, OrderPage, OrderRow};
