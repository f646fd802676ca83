//! The measuring kit behind `accord bench`: how fast, how late, and compared with what.
//!
//! A number says little on its own, so this crate measures both the system and its limits:
//!
//! - [`load`] puts requests on a server, in a closed loop (how much can it do?) or in an open loop
//!   at a constant arrival rate (how long do callers wait when they do not wait for each other?).
//! - [`echo`] is the bare HTTP ceiling: the same listener with nothing behind it.
//! - [`disk`] is the disk's own answer to "write this and make it durable".
//! - [`process`] is what a run costs in processor time and memory.
//! - [`ratio`] sets a measurement against its limit, with a floor that it has to meet.
//! - [`report`] prints any of these as an aligned table or as JSON.
//!
//! Invariants: every run is bounded in count and in time, load is only ever put on a loopback
//! address, and the generator runs on a single thread of its own and allocates nothing per request,
//! because on a small machine it takes its processor time from the server it measures.

pub mod disk;
pub mod echo;
pub mod latency;
pub mod load;
pub mod number;
pub mod process;
pub mod ratio;
pub mod report;
