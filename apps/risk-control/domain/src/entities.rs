//! What is remembered of terminals, cards, devices and network addresses.
//!
//! One record serves all four: when it was used, by how many customers, and which frauds were confirmed on it. A
//! partition knows the part that its own customers did; parts of several partitions add up, because every transaction
//! and every customer belongs to exactly one.

mod activity;
mod confirmed_frauds;
mod customers;
mod directory;
mod fraud_run;
mod record;
mod shared;
mod summary;

pub use confirmed_frauds::{ConfirmedFraud, ConfirmedFrauds};
pub use directory::EntityDirectory;
pub use shared::SharedCell;
pub use summary::{EntityRecords, EntitySummaries, EntitySummary};
