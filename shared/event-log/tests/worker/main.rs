//! The worker on a real disk: grouping, answering, remembering, stopping, failing and coming back.

mod adoption;
mod batches;
mod duplicates;
mod failures;
mod gate;
mod low_disk;
mod node;
mod snapshots;
mod stopping;
#[path = "../support/mod.rs"]
mod support;
