//! Read models: rows folded from the log, always behind it by a little, never in contradiction to it.
//!
//! A [`Projection`] turns events into rows. The [`Projector`] reads the log once for all projections of a node and
//! commits rows and checkpoints in one SQL transaction, so a crash can neither lose nor repeat an event. A rebuild
//! fills a second set of tables beside the live one and then switches.

mod checkpoint;
mod projection;
mod projector;
mod rows;
mod store;

pub use checkpoint::{ProjectionStatus, TableSet};
pub use projection::{Poison, Projection, ProjectionError};
pub use projector::{Progress, Projector, ProjectorError, rebuild};
pub use rows::RowInsert;
pub use store::{ReadStore, StoreError};
