//! Global bins of every feature, found by exact counting.
//!
//! A feature is read as an order-preserving 32-bit key ([`FeatureKey`]). Four rounds of 8 bits count rows by key, each
//! round only inside the buckets that hold a wanted rank, so the cuts are true order statistics of all holders' rows
//! together: merging sketches that holders made by themselves is not the same thing.
//!
//! Ranks are wanted evenly over all rows, evenly over the positive rows, and ever closer towards both ends
//! ([`CutCounts`]): with a fraction of a percent of positives, evenly spaced quantiles of all rows put exactly the tail
//! that matters into one bin.

mod bins;
mod key;
mod learner;
mod plan;
mod search;
mod targets;
mod workspace;

pub use bins::{CUTS_MAX, FeatureBins, QuantileBins};
pub use key::FeatureKey;
pub(crate) use key::round_to_f32;
pub use learner::QuantileLearner;
pub use plan::{CutCounts, QuantilePlan};
pub use workspace::QuantileWorkspace;
