//! Secure sums as specifications: FEDERATION's promises, one file each.

mod arrival;
mod crashes;
mod drop_outs;
mod learners;
mod noise;
mod support;
mod transcripts;
