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
mod driver;
pub mod evaluation;
pub mod gbdt;
mod learner;
pub mod logistic;
pub mod metrics;
mod parallel;
pub mod quantiles;
mod rows;

pub use content_hash::content_hash;
pub use driver::{TrainingError, train_centrally, train_centrally_with, train_over_holders};
pub use learner::{AbsorbError, AnswerError, Learner, Query, RING_BITS, RingOverflow};
pub use rows::{MISSING, RowError, TrainingRows, is_missing};
