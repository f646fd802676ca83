//! The durable read models of a merchant's node, one file each.

mod commands;
mod lists;
mod orders;
mod shoppers;

use std::sync::Arc;

use accord_read_store::Projection;
use recommendation::Event;

/// Places of the projections in [`all`].
pub const COMMANDS: usize = 0;
pub const ORDERS: usize = 1;
pub const LISTS: usize = 2;
pub const SHOPPERS: usize = 3;

/// All projections of a node.
pub fn all() -> Vec<Arc<dyn Projection<Event>>> {
    vec![
        Arc::new(commands::Commands),
        Arc::new(orders::Orders),
        Arc::new(lists::Lists),
        Arc::new(shoppers::Shoppers),
    ]
}
