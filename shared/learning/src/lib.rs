//! Learners that never ask for rows.
//!
//! A [`Learner`] asks a [`Query`] whose answer is a vector of integers and receives only the *sum* of all holders'
//! answers. Integers make the sum exact and associative, so a model trained over any partition of the rows is
//! bit-identical to the model trained on the rows in one place: same content hash.
//!
//! This crate is pure: no I/O, no clock, no async runtime, no randomness that is not a function of a plan's seed, and
//! no platform mathematics in anything that reaches an integer ([`deterministic`]).

pub mod calibration;
mod cholesky;
mod content_hash;
pub mod deterministic;
pub mod drift;
mod driver;
pub mod ease;
pub mod entities;
pub mod evaluation;
pub mod gbdt;
pub mod gram;
mod histories;
pub mod ials;
pub mod item_knn;
pub mod item_weights;
mod learner;
pub mod logistic;
pub mod metrics;
mod parallel;
pub mod popularity;
pub mod quantiles;
mod rows;
pub mod session_neighbours;
pub mod slist;
pub mod sparse;
pub mod spd_inverse;

pub use content_hash::content_hash;
pub use driver::{TrainingError, train_centrally, train_centrally_with, train_over_holders};
pub use histories::{Histories, HistoryError};
pub use learner::{AbsorbError, AnswerError, Learner, Query, RING_BITS, RingOverflow};
pub use rows::{MISSING, RowError, TrainingRows, is_missing};
