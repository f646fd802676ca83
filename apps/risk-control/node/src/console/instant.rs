//! Instants in the data of live events.

pub use accord_console::time::serialize_instant as serialize;
