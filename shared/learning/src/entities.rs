//! What all holders together saw of shared entities: terminals, merchants, devices.
//!
//! Time is cut into cells. For every entity and cell the holders sum how often it was used, which frauds became known,
//! and how long ago these had happened; where the plan wants it, amounts as well. An event counts in the cell in which
//! its holder *learnt* of it, so no released cell ever changes: a fraud that is confirmed later, or taken back, is a
//! signed increment of a later cell.
//!
//! ```text
//! names, plan          what an entity is called, which cells there are          fixed for all holders
//! EntityEvents         what one holder saw                                      stays with it
//! EntityLearner        one query for each release of so many cells              sums of integers
//! EntityStatistics     the sums; minus one's own, what the others saw
//! ```
//!
//! Without noise a small cell is an individual transaction: whoever reads the sums sees that somebody purchased there
//! in that hour. Hashing names into few buckets ([`EntityNames::hashed`]) mixes entities, which hides and blurs.

mod events;
mod learner;
mod names;
mod plan;
mod statistics;

pub use events::{EntityEvent, EntityEvents, EventError, Happening};
pub use learner::EntityLearner;
pub use names::{EntityNames, LISTED_MAX};
pub use plan::{CellWidth, EntityPlan, PlanError};
pub use statistics::{Cell, CellTotals, EntityStatistics};
